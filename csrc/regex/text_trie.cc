#include "regex/text_trie.h"

namespace fcformat {

TextTrie::TextTrie(std::span<const std::u32string_view> texts) {
  size_t most = 1;
  for (auto text : texts) most += text.size();
  nodes_.reserve(std::min(most, texts.size() * 8 + 16));
  nodes_.push_back({0, 0, 0, 0, static_cast<uint32_t>(texts.size()), false});
  size_t level = 1;  // where the next level begins
  for (size_t depth = 0, at = 0; at < nodes_.size(); ++depth) {
    for (; at < level; ++at) {
      Node node = nodes_[at];
      node.first = static_cast<uint32_t>(nodes_.size());
      uint32_t i = node.begin;
      if (i < node.end && texts[i].size() == depth) node.accept = true, ++i;
      while (i < node.end) {
        uint32_t code = texts[i][depth], begin = i;
        while (i < node.end && texts[i][depth] == code) ++i;
        nodes_.push_back({code, 0, 0, begin, i, false});
      }
      node.count = static_cast<uint32_t>(nodes_.size()) - node.first;
      nodes_[at] = node;
    }
    level = nodes_.size();
  }
}

}  // namespace fcformat
