#include "mask/mask_cache.h"

#include <bit>
#include <cstring>

namespace fcformat {
namespace {

constexpr size_t kSmall = 768;  // entries of a list beyond which the next larger form is taken

}  // namespace

StoredMask::StoredMask(const uint32_t* words, size_t count, const std::vector<uint32_t>* base) {
  size_t tokens = 0;
  for (size_t i = 0; i < count && tokens <= kSmall; ++i) tokens += static_cast<size_t>(std::popcount(words[i]));
  if (tokens <= kSmall) {
    data_.reserve(tokens);
    for (size_t i = 0; i < count; ++i) {
      for (uint32_t w = words[i]; w != 0; w &= w - 1)
        data_.push_back(static_cast<uint32_t>(i * 32) + static_cast<uint32_t>(std::countr_zero(w)));
    }
    return;
  }
  if (base) {
    size_t different = 0;
    for (size_t i = 0; i < count && different <= kSmall; ++i) different += words[i] != (*base)[i];
    if (different <= kSmall) {
      kind_ = Kind::kDifference;
      base_ = base;
      for (size_t i = 0; i < count; ++i) {
        if (words[i] != (*base)[i]) data_.insert(data_.end(), {static_cast<uint32_t>(i), words[i]});
      }
      return;
    }
  }
  kind_ = Kind::kWhole;
  data_.assign(words, words + count);
}

void StoredMask::write(uint32_t* words, size_t count) const {
  switch (kind_) {
    case Kind::kTokens:
      std::memset(words, 0, count * sizeof(uint32_t));
      for (uint32_t id : data_) words[id >> 5] |= 1u << (id & 31);
      break;
    case Kind::kDifference:
      std::memcpy(words, base_->data(), count * sizeof(uint32_t));
      for (size_t i = 0; i < data_.size(); i += 2) words[data_[i]] = data_[i + 1];
      break;
    case Kind::kWhole:
      std::memcpy(words, data_.data(), count * sizeof(uint32_t));
      break;
  }
}

int32_t MaskCache::root(uint64_t state, bool create) {
  auto it = roots_.find(state);
  if (it != roots_.end()) return it->second;
  if (!create) return -1;
  nodes_.emplace_back();
  bytes_ += 64;
  return roots_[state] = static_cast<int32_t>(nodes_.size() - 1);
}

int32_t MaskCache::child(int32_t node, uint32_t frame, bool create) {
  uint64_t key = static_cast<uint64_t>(static_cast<uint32_t>(node)) << 32 | frame;
  auto it = children_.find(key);
  if (it != children_.end()) return it->second;
  if (!create) return -1;
  nodes_.emplace_back();
  bytes_ += 64;
  return children_[key] = static_cast<int32_t>(nodes_.size() - 1);
}

const KeptMask* MaskCache::mask(int32_t node) const {
  int32_t at = nodes_[static_cast<size_t>(node)].mask;
  return at < 0 ? nullptr : &masks_[static_cast<size_t>(at)];
}

void MaskCache::store(int32_t node, KeptMask mask) {
  bytes_ += mask.bytes();
  masks_.push_back(std::move(mask));
  nodes_[static_cast<size_t>(node)].mask = static_cast<int32_t>(masks_.size() - 1);
}

void MaskCache::make_room() {
  if (bytes_ <= max_bytes_) return;
  nodes_.clear();
  masks_.clear();
  roots_.clear();
  children_.clear();
  bytes_ = 0;
}

}  // namespace fcformat
