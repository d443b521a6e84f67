// Masks of a grammar, kept by what they depend on: a state, and only as many stack entries as filling the mask has read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "mask/mask_pool.h"

namespace fcformat {

// A mask as it is kept: a list of tokens, or the difference to a base mask, or the whole.
class StoredMask {
 public:
  StoredMask() = default;
  StoredMask(const uint32_t* words, size_t count, const std::vector<uint32_t>* base, MaskPool& pool);
  void write(uint32_t* words, size_t count) const;
  // What others share counts for the first.
  size_t bytes() const { return sizeof(*this) + (is_owner_ ? data_->size() * sizeof(uint32_t) + 112 : 0); }

 private:
  enum class Kind : uint8_t { kTokens, kDifference, kWhole };
  Kind kind_ = Kind::kTokens;
  const std::vector<uint32_t>* base_ = nullptr;  // kDifference; belongs to the vocabulary
  MaskData data_;                                // ids; or (word, value) pairs; or all words
  bool is_owner_ = false;
};

// Tokens of a mask that write keys, and are to be tried again where one of those may have been used.
struct DependentTokens {
  std::vector<uint32_t> escaped;   // end the key being written, with escapes
  std::vector<uint32_t> with_key;  // hold whole keys: these
  std::vector<std::u32string> keys;
  bool any() const { return !escaped.empty() || !with_key.empty(); }
};

struct KeptMask {
  StoredMask mask;
  std::unique_ptr<const DependentTokens> dependent;
  size_t bytes() const {
    size_t tokens = dependent ? dependent->escaped.size() + dependent->with_key.size() : 0;
    return sizeof(*this) + mask.bytes() + tokens * sizeof(uint32_t) +
           (dependent ? dependent->keys.size() * 64 + 128 : 0);
  }
};

class MaskCache {
 public:
  explicit MaskCache(size_t max_bytes) : max_bytes_(max_bytes) {}

  // The node for a state, and its child under one more stack entry. Nodes are numbers; -1 where there is none yet.
  int32_t root(uint64_t state, bool create);
  int32_t child(int32_t node, uint32_t frame, bool create);
  const KeptMask* mask(int32_t node);
  void store(int32_t node, KeptMask mask);
  size_t bytes() const { return bytes_; }
  uint64_t hits = 0, misses = 0;
  // Where the budget is used up, drops the masks that were not asked for the longest, down to half of it; nodes are invalid
  // afterwards.
  void make_room();

 private:
  static constexpr size_t kNodeBytes = 72;  // with its entry in a map
  struct Node {
    int32_t mask = -1;
    int32_t parent = -1;
    uint64_t last_used = 0;
  };
  std::vector<Node> nodes_;
  std::vector<KeptMask> masks_;
  std::unordered_map<uint64_t, int32_t> roots_, children_;
  size_t max_bytes_, bytes_ = 0;
  uint64_t clock_ = 0;
};

}  // namespace fcformat
