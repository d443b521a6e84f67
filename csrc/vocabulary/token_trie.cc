#include "vocabulary/token_trie.h"

#include <algorithm>
#include <bit>

namespace fcformat {
namespace {

// A text with its first eight bytes as a number that sorts as they do: comparing two texts then seldom needs more.
struct Entry {
  uint64_t head;
  std::string_view text;
  uint32_t id;

  bool operator<(const Entry& other) const {
    if (head != other.head) return head < other.head;
    if (int order = text.compare(other.text)) return order < 0;
    return id < other.id;
  }
};

uint64_t head_of(std::string_view text) {
  uint64_t head = 0;
  for (size_t i = 0; i < 8; ++i) head = head << 8 | (i < text.size() ? static_cast<uint8_t>(text[i]) : 0);
  return head;
}

size_t shared_length(const Entry& a, const Entry& b) {
  size_t limit = std::min(a.text.size(), b.text.size());
  size_t shared = a.head == b.head ? 8 : static_cast<size_t>(std::countl_zero(a.head ^ b.head)) / 8;
  if (shared < 8) return std::min(shared, limit);
  while (shared < limit && a.text[shared] == b.text[shared]) ++shared;
  return std::min(shared, limit);
}

}  // namespace

TokenTrie::TokenTrie(const std::vector<std::pair<std::string_view, uint32_t>>& given) {
  std::vector<Entry> entries;
  entries.reserve(given.size());
  for (const auto& [text, id] : given) {
    if (!text.empty()) entries.push_back({head_of(text), text, id});
  }
  std::sort(entries.begin(), entries.end());
  std::vector<uint32_t> open;  // nodes on the way to the last text
  const Entry none{0, {}, 0};
  const Entry* last = &none;
  ids_.reserve(entries.size());
  for (const Entry& entry : entries) {
    size_t shared = shared_length(entry, *last);
    while (open.size() > shared) {
      ends_[open.back()] = static_cast<uint32_t>(bytes_.size());
      open.pop_back();
    }
    for (size_t i = shared; i < entry.text.size(); ++i) {
      open.push_back(static_cast<uint32_t>(bytes_.size()));
      bytes_.push_back(static_cast<uint8_t>(i < 8 ? entry.head >> (56 - 8 * i) : static_cast<uint8_t>(entry.text[i])));
      depths_.push_back(static_cast<uint32_t>(i + 1));
      ends_.push_back(0);
      id_starts_.push_back(static_cast<uint32_t>(ids_.size()));
    }
    // Equal texts follow one another, and a longer text follows its prefix, so ids lie in the order of the nodes.
    ids_.push_back(entry.id);
    max_depth_ = std::max(max_depth_, static_cast<uint32_t>(entry.text.size()));
    last = &entry;
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
