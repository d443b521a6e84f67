#include "grammar/key_sets.h"

#include "grammar/small_set.h"
#include "regex/expression.h"

namespace fcformat {

size_t KeySets::NodeHash::operator()(const Node& n) const { return mix(mix(mix(n.bit, n.prefix), n.left), n.right); }

KeySetId KeySets::intern(const Node& node) {
  auto [it, is_new] = node_index_.try_emplace(node, static_cast<KeySetId>(nodes_.size()));
  if (is_new) nodes_.push_back(node);
  return it->second;
}

bool KeySets::contains(KeySetId set, const std::u32string& text) const {
  if (set == 0) return false;
  auto it = key_index_.find(encode_utf8(text));
  return it != key_index_.end() && contains(set, it->second);
}

bool KeySets::contains(KeySetId set, uint32_t key) const {
  if (set == 0) return false;
  while (nodes_[set].bit != 0) set = (key & nodes_[set].bit) ? nodes_[set].right : nodes_[set].left;
  return nodes_[set].left == key;
}

bool KeySets::may_begin(KeySetId set, std::string_view begin) const {
  constexpr int kLookedAt = 16;
  auto at = key_index_.lower_bound(begin);
  for (int i = 0; i < kLookedAt; ++i, ++at) {
    if (at == key_index_.end() || !at->first.starts_with(begin)) return false;
    if (contains(set, at->second)) return true;
  }
  return true;
}

KeySetId KeySets::branch(uint32_t prefix_a, KeySetId a, uint32_t prefix_b, KeySetId b) {
  uint32_t difference = prefix_a ^ prefix_b;
  uint32_t bit = difference & (~difference + 1);
  bool a_right = (prefix_a & bit) != 0;
  return intern({bit, prefix_a & (bit - 1), a_right ? b : a, a_right ? a : b});
}

KeySetId KeySets::with(KeySetId set, const std::u32string& text) {
  auto [it, is_new] = key_index_.try_emplace(encode_utf8(text), static_cast<uint32_t>(key_index_.size()));
  if (is_new) key_bytes_ += sizeof(Index::value_type) + it->first.size() + 48;
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
