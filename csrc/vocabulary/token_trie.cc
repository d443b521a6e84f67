#include "vocabulary/token_trie.h"

#include <algorithm>

namespace fcformat {

TokenTrie::TokenTrie(std::vector<std::pair<std::string_view, uint32_t>> entries) {
  std::erase_if(entries, [](const auto& e) { return e.first.empty(); });
  std::sort(entries.begin(), entries.end());
  std::vector<uint32_t> open;  // nodes on the way to the last text
  std::string_view last;
  ids_.reserve(entries.size());
  for (const auto& [text, id] : entries) {
    size_t shared = 0, limit = std::min(text.size(), last.size());
    while (shared < limit && text[shared] == last[shared]) ++shared;
    while (open.size() > shared) {
      ends_[open.back()] = static_cast<uint32_t>(bytes_.size());
      open.pop_back();
    }
    for (size_t i = shared; i < text.size(); ++i) {
      open.push_back(static_cast<uint32_t>(bytes_.size()));
      bytes_.push_back(static_cast<uint8_t>(text[i]));
      depths_.push_back(static_cast<uint32_t>(i + 1));
      ends_.push_back(0);
      id_starts_.push_back(static_cast<uint32_t>(ids_.size()));
    }
    // Equal texts follow one another, and a longer text follows its prefix, so ids lie in the order of the nodes.
    ids_.push_back(id);
    max_depth_ = std::max(max_depth_, static_cast<uint32_t>(text.size()));
    last = text;
  }
  while (!open.empty()) {
    ends_[open.back()] = static_cast<uint32_t>(bytes_.size());
    open.pop_back();
  }
  id_starts_.push_back(static_cast<uint32_t>(ids_.size()));
}

size_t TokenTrie::find(std::string_view text) const {
  size_t node = 0, end = size();
  for (size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<uint8_t>(text[i]);
    while (node < end && bytes_[node] < byte) node = ends_[node];
    if (node >= end || bytes_[node] != byte) return size();
    if (i + 1 == text.size()) return node;
    end = ends_[node++];
  }
  return size();
}

}  // namespace fcformat
