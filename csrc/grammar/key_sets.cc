#include "grammar/key_sets.h"

#include "grammar/small_set.h"

namespace fcformat {

size_t KeySets::NodeHash::operator()(const Node& n) const { return mix(mix(mix(n.bit, n.prefix), n.left), n.right); }

KeySetId KeySets::intern(const Node& node) {
  auto [it, is_new] = index_.try_emplace(node, static_cast<KeySetId>(nodes_.size()));
  if (is_new) nodes_.push_back(node);
  return it->second;
}

bool KeySets::contains(KeySetId set, const std::u32string& text) const {
  if (set == 0) return false;
  auto it = key_index_.find(text);
  if (it == key_index_.end()) return false;
  while (nodes_[set].bit != 0) set = (it->second & nodes_[set].bit) ? nodes_[set].right : nodes_[set].left;
  return nodes_[set].left == it->second;
}

KeySetId KeySets::branch(uint32_t prefix_a, KeySetId a, uint32_t prefix_b, KeySetId b) {
  uint32_t difference = prefix_a ^ prefix_b;
  uint32_t bit = difference & (~difference + 1);
  bool a_right = (prefix_a & bit) != 0;
  return intern({bit, prefix_a & (bit - 1), a_right ? b : a, a_right ? a : b});
}

KeySetId KeySets::with(KeySetId set, const std::u32string& text) {
  auto [it, is_new] = key_index_.try_emplace(text, static_cast<uint32_t>(keys_.size()));
  if (is_new) {
    keys_.push_back(text);
    key_bytes_ += 2 * (text.size() * sizeof(char32_t) + sizeof(text)) + 48;
  }
  uint32_t key = it->second;
  KeySetId made = intern({0, 0, key, 0});
  if (set == 0) return made;
  std::vector<KeySetId> way;  // branches that the key belongs below
  while (nodes_[set].bit != 0 && (key & (nodes_[set].bit - 1)) == nodes_[set].prefix) {
    way.push_back(set);
    set = (key & nodes_[set].bit) ? nodes_[set].right : nodes_[set].left;
  }
  const Node at = nodes_[set];
  if (set != made) made = branch(key, made, at.bit != 0 ? at.prefix : at.left, set);
  while (!way.empty()) {
    Node above = nodes_[way.back()];
    way.pop_back();
    ((key & above.bit) ? above.right : above.left) = made;
    made = intern(above);
  }
  return made;
}

}  // namespace fcformat
