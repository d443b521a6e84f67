#include "mask/mask_cache.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace fcformat {
namespace {

constexpr size_t kSmall = 768;  // entries of a list beyond which the next larger form is taken

// Calls sink(place, word) for the words that are not 0 in both masks' exclusive-or, until it says no. Most are, so many are
// looked at in one go.
template <typename Sink>
bool each_difference(const uint32_t* words, const uint32_t* others, size_t count, Sink&& sink) {
  constexpr size_t kBlock = 16;
  for (size_t i = 0; i < count; i += kBlock) {
    size_t end = std::min(i + kBlock, count);
    if (end - i == kBlock) {
      uint32_t any = 0;
      for (size_t k = 0; k < kBlock; ++k) any |= others ? words[i + k] ^ others[i + k] : words[i + k];
      if (any == 0) continue;
    }
    for (size_t k = i; k < end; ++k) {
      if (words[k] != (others ? others[k] : 0) && !sink(static_cast<uint32_t>(k), words[k])) return false;
    }
  }
  return true;
}

}  // namespace

StoredMask::StoredMask(const uint32_t* words, size_t count, const std::vector<uint32_t>* base, MaskPool& pool) {
  uint32_t found[2 * kSmall];
  size_t size = 0;
  bool few = each_difference(words, nullptr, count, [&](uint32_t place, uint32_t word) {
    for (; word != 0; word &= word - 1) {
      if (size == kSmall) return false;
      found[size++] = place * 32 + static_cast<uint32_t>(std::countr_zero(word));
    }
    return true;
  });
  if (!few && base) {
    size = 0;
    kind_ = Kind::kDifference;
    base_ = base;
    few = each_difference(words, base->data(), count, [&](uint32_t place, uint32_t word) {
      if (size == 2 * kSmall) return false;
      found[size++] = place;
      found[size++] = word;
      return true;
    });
  }
  if (few) {
    data_ = pool.share({found, found + size}, &is_owner_);
    return;
  }
  base_ = nullptr;
  kind_ = Kind::kWhole;
  data_ = pool.share({words, words + count}, &is_owner_);
}

void StoredMask::write(uint32_t* words, size_t count) const {
  const std::vector<uint32_t>& data = *data_;
  switch (kind_) {
    case Kind::kTokens:
      std::memset(words, 0, count * sizeof(uint32_t));
      for (uint32_t id : data) words[id >> 5] |= 1u << (id & 31);
      break;
    case Kind::kDifference:
      std::memcpy(words, base_->data(), count * sizeof(uint32_t));
      for (size_t i = 0; i < data.size(); i += 2) words[data[i]] = data[i + 1];
      break;
    case Kind::kWhole:
      std::memcpy(words, data.data(), count * sizeof(uint32_t));
      break;
  }
}

int32_t MaskCache::root(uint64_t state, bool create) {
  auto it = roots_.find(state);
  if (it != roots_.end()) return it->second;
  if (!create) return -1;
  nodes_.emplace_back();
  bytes_ += kNodeBytes;
  return roots_[state] = static_cast<int32_t>(nodes_.size() - 1);
}

int32_t MaskCache::child(int32_t node, uint32_t frame, bool create) {
  uint64_t key = static_cast<uint64_t>(static_cast<uint32_t>(node)) << 32 | frame;
  auto it = children_.find(key);
  if (it != children_.end()) return it->second;
  if (!create) return -1;
  nodes_.push_back({-1, node, 0});
  bytes_ += kNodeBytes;
  return children_[key] = static_cast<int32_t>(nodes_.size() - 1);
}

const KeptMask* MaskCache::mask(int32_t node) {
  Node& n = nodes_[static_cast<size_t>(node)];
  if (n.mask < 0) return nullptr;
  n.last_used = ++clock_;
  return &masks_[static_cast<size_t>(n.mask)];
}

void MaskCache::store(int32_t node, KeptMask mask) {
  bytes_ += mask.bytes();
  masks_.push_back(std::move(mask));
  nodes_[static_cast<size_t>(node)].mask = static_cast<int32_t>(masks_.size() - 1);
  nodes_[static_cast<size_t>(node)].last_used = ++clock_;
}

void MaskCache::make_room() {
  if (bytes_ <= max_bytes_) return;
  std::vector<size_t> order;  // nodes with masks, the last used first
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].mask >= 0) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return nodes_[a].last_used > nodes_[b].last_used; });
  std::vector<bool> kept(nodes_.size());  // with a mask that stays, or on the way to one
  size_t bytes = 0;
  uint64_t oldest = UINT64_MAX;  // of the masks that stay
  for (size_t i : order) {
    size_t more = masks_[static_cast<size_t>(nodes_[i].mask)].bytes();
    for (auto at = static_cast<int32_t>(i); at >= 0 && !kept[static_cast<size_t>(at)];
         at = nodes_[static_cast<size_t>(at)].parent)
      more += kNodeBytes;
    if (bytes + more > max_bytes_ / 2) break;
    bytes += more;
    oldest = nodes_[i].last_used;
    for (auto at = static_cast<int32_t>(i); at >= 0 && !kept[static_cast<size_t>(at)];
         at = nodes_[static_cast<size_t>(at)].parent)
      kept[static_cast<size_t>(at)] = true;
  }
  // Parents come before their children, so one pass renumbers both.
  std::vector<int32_t> place(nodes_.size(), -1);
  std::vector<Node> nodes;
  std::vector<KeptMask> masks;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!kept[i]) continue;
    Node node = nodes_[i];
    if (node.parent >= 0) node.parent = place[static_cast<size_t>(node.parent)];
    if (node.mask >= 0 && node.last_used >= oldest) {
      masks.push_back(std::move(masks_[static_cast<size_t>(node.mask)]));
      node.mask = static_cast<int32_t>(masks.size() - 1);
    } else {
      node.mask = -1;
    }
    place[i] = static_cast<int32_t>(nodes.size());
    nodes.push_back(node);
  }
  auto renumber = [&](auto& map, auto&& key_of) {
    std::unordered_map<uint64_t, int32_t> out;
    for (const auto& [key, node] : map) {
      if (int32_t at = place[static_cast<size_t>(node)]; at >= 0) out.emplace(key_of(key), at);
    }
    map = std::move(out);
  };
  renumber(roots_, [](uint64_t key) { return key; });
  renumber(children_, [&](uint64_t key) {
    return static_cast<uint64_t>(static_cast<uint32_t>(place[static_cast<size_t>(key >> 32)])) << 32 |
           (key & 0xFFFFFFFF);
  });
  nodes_ = std::move(nodes);
  masks_ = std::move(masks);
  bytes_ = bytes;
}

}  // namespace fcformat
