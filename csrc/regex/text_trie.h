// A set of texts as a tree of their beginnings. The children of a node lie side by side, sorted, so that nothing is
// allocated for a node.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace fcformat {

class TextTrie {
 public:
  struct Node {
    uint32_t code = 0;              // the code point that leads here
    uint32_t first = 0, count = 0;  // children
    uint32_t begin = 0, end = 0;    // the texts that go through here, by their places
    bool accept = false;            // the text at `begin` ends here
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  TextTrie() = default;
  // The texts are sorted and distinct. They are not kept.
  explicit TextTrie(std::span<const std::u32string_view> texts);

  const Node& operator[](uint32_t node) const { return nodes_[node]; }
  std::span<const Node> children(uint32_t node) const {
    return {nodes_.data() + nodes_[node].first, nodes_[node].count};
  }
  // The node one code point further, or kNone.
  uint32_t child(uint32_t node, uint32_t code) const {
    auto all = children(node);
    auto it = std::lower_bound(all.begin(), all.end(), code, [](const Node& n, uint32_t c) { return n.code < c; });
    return it != all.end() && it->code == code ? nodes_[node].first + static_cast<uint32_t>(it - all.begin()) : kNone;
  }
  size_t bytes() const { return nodes_.size() * sizeof(Node); }

 private:
  std::vector<Node> nodes_;  // the root, its children, those of the first child …: level by level
};

}  // namespace fcformat
