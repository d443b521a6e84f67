// The bytes of all tokens as a trie flattened depth-first, so that a refused byte skips its whole subtree.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace fcformat {

class TokenTrie {
 public:
  TokenTrie() = default;
  // (bytes, id); ids may repeat bytes. The empty text is left out.
  explicit TokenTrie(const std::vector<std::pair<std::string_view, uint32_t>>& entries);

  size_t size() const { return bytes_.size(); }
  uint8_t byte(size_t node) const { return bytes_[node]; }
  uint32_t depth(size_t node) const { return depths_[node]; }      // 1 for a first byte
  uint32_t subtree_end(size_t node) const { return ends_[node]; }  // first node behind the subtree
  // The node of a text; size() where no token begins with it.
  size_t find(std::string_view text) const;
  // Ids that end at this node, and those of the whole subtree.
  const uint32_t* ids_begin(size_t node) const { return ids_.data() + id_starts_[node]; }
  const uint32_t* ids_end(size_t node) const { return ids_.data() + id_starts_[node + 1]; }
  const uint32_t* subtree_ids_end(size_t node) const { return ids_.data() + id_starts_[ends_[node]]; }
  // Place of the first id at or below a node in the order of the nodes; and all ids in that order.
  uint32_t id_start(size_t node) const { return id_starts_[node]; }
  const std::vector<uint32_t>& ids() const { return ids_; }
  uint32_t max_depth() const { return max_depth_; }
  size_t memory() const { return bytes_.size() * 13 + ids_.size() * 4; }

 private:
  std::vector<uint8_t> bytes_;
  std::vector<uint32_t> depths_, ends_, id_starts_, ids_;
  uint32_t max_depth_ = 0;
};

}  // namespace fcformat
