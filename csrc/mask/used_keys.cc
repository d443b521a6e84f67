#include "mask/used_keys.h"

namespace fcformat {
namespace {

// The first of the siblings in [node, end) whose byte is not less.
size_t sibling_from(const TokenTrie& trie, size_t node, size_t end, uint8_t byte) {
  while (node < end && trie.byte(node) < byte) node = trie.subtree_end(node);
  return node;
}

}  // namespace

// Keys and ways to end a string are both sorted: each is sought from where the other stands ("Leapfrog Triejoin", Veldhuizen 2014).
std::vector<uint32_t> completions(const KeySets& keys, KeySetId used, const std::string& begun, uint8_t quote,
                                  const Vocabulary& vocabulary) {
  constexpr char kBehindAll = '\xFF';  // no byte of UTF-8
  const TokenTrie& closings = vocabulary.closings();
  const KeySets::Index& index = keys.index();
  std::vector<uint32_t> out;
  auto at = index.lower_bound(begun);
  while (at != index.end() && at->first.starts_with(begun)) {
    const std::string& key = at->first;
    size_t length = begun.size(), node = 0, end = closings.size();  // the siblings behind so much of the key
    for (; length < key.size(); ++length) {
      auto byte = static_cast<uint8_t>(key[length]);
      node = sibling_from(closings, node, end, byte);
      if (node == end || closings.byte(node) != byte) break;
      end = closings.subtree_end(node++);
    }
    if (length == key.size()) {
      node = sibling_from(closings, node, end, quote);
      if (node < end && closings.byte(node) == quote && keys.contains(used, at->second))
        out.push_back(*closings.ids_begin(node));
      ++at;
    } else {
      char next = node < end ? static_cast<char>(closings.byte(node)) : kBehindAll;
      at = index.lower_bound(key.substr(0, length) + next);
    }
  }
  return out;
}

}  // namespace fcformat
