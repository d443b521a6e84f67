// A list of different values, in the order in which they came: searched by eye while it is short, by hash when it grows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <vector>

namespace fcformat {

inline size_t mix(size_t seed, size_t value) { return (seed ^ value) * 0x9E3779B97F4A7C15ull + (seed >> 29); }

template <typename T, typename Hash>
class SmallSet {
 public:
  // False where the value is there already.
  bool add(const T& value) {
    if (index_.empty()) {
      if (std::find(list_.begin(), list_.end(), value) != list_.end()) return false;
      list_.push_back(value);
      if (list_.size() > kShort) index_.insert(list_.begin(), list_.end());
      return true;
    }
    if (!index_.insert(value).second) return false;
    list_.push_back(value);
    return true;
  }
  size_t size() const { return list_.size(); }
  const T& operator[](size_t i) const { return list_[i]; }
  std::vector<T> take() { return std::move(list_); }

 private:
  static constexpr size_t kShort = 24;
  std::vector<T> list_;
  std::unordered_set<T, Hash> index_;
};

}  // namespace fcformat
