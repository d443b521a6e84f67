// Sets of keys as numbers: equal sets are one number, and a set with one more key shares all but a few nodes with it.
//
// A set is a binary trie over the keys' numbers ("Fast Mergeable Integer Maps", Okasaki, Gill 1998), its nodes hash-consed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fcformat {

using KeySetId = uint32_t;  // 0: the empty set

class KeySets {
 public:
  KeySets() { nodes_.push_back({}); }
  // The keys of all sets with their numbers, as UTF-8 and in its order: what begins alike stands together.
  using Index = std::map<std::string, uint32_t, std::less<>>;
  const Index& index() const { return key_index_; }
  // Whether a key of the set begins so. Of many keys that do, in whatever set, only some are looked at: then it may.
  bool may_begin(KeySetId set, std::string_view begin) const;

  bool contains(KeySetId set, uint32_t key) const;
  bool contains(KeySetId set, const std::u32string& key) const;
  KeySetId with(KeySetId set, const std::u32string& key);
  size_t bytes() const { return nodes_.size() * (sizeof(Node) + 48) + key_bytes_; }

 private:
  // A leaf: bit 0, the key in `left`. A branch: the lowest bit in which its keys differ; `prefix`: the bits below that.
  struct Node {
    uint32_t bit = 0, prefix = 0;
    KeySetId left = 0, right = 0;
    bool operator==(const Node&) const = default;
  };
  struct NodeHash {
    size_t operator()(const Node& n) const;
  };
  KeySetId intern(const Node& node);
  KeySetId branch(uint32_t prefix_a, KeySetId a, uint32_t prefix_b, KeySetId b);

  std::vector<Node> nodes_;
  std::unordered_map<Node, KeySetId, NodeHash> node_index_;
  Index key_index_;
  size_t key_bytes_ = 0;
};

}  // namespace fcformat
