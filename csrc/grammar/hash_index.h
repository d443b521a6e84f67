// Ids of values that are kept elsewhere, found by the values' hashes: four bytes an entry and some free ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace fcformat {

class HashIndex {
 public:
  // The id for which `same(id)` holds and false; or `id` itself, now added, and true. `hash_of(id)` is asked when the
  // table grows.
  template <typename Same, typename HashOf>
  std::pair<uint32_t, bool> add(size_t hash, uint32_t id, Same&& same, HashOf&& hash_of) {
    if (count_ * 4 >= slots_.size() * 3) grow(hash_of);
    size_t at = place(hash);
    for (; slots_[at] != kFree; at = (at + 1) & (slots_.size() - 1)) {
      if (same(slots_[at])) return {slots_[at], false};
    }
    slots_[at] = id;
    ++count_;
    return {id, true};
  }
  size_t bytes() const { return slots_.size() * sizeof(uint32_t); }

 private:
  static constexpr uint32_t kFree = UINT32_MAX;

  size_t place(size_t hash) const { return (hash ^ hash >> 32) & (slots_.size() - 1); }

  template <typename HashOf>
  void grow(HashOf&& hash_of) {
    std::vector<uint32_t> old = std::exchange(slots_, {});
    slots_.assign(old.empty() ? 16 : old.size() * 2, kFree);
    for (uint32_t id : old) {
      if (id == kFree) continue;
      size_t at = place(hash_of(id));
      while (slots_[at] != kFree) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = id;
    }
  }

  std::vector<uint32_t> slots_;  // as many as a power of two
  size_t count_ = 0;
};

}  // namespace fcformat
