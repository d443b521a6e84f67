#include "mask/mask_pool.h"

#include <algorithm>

namespace fcformat {

MaskData MaskPool::share(std::vector<uint32_t> data, bool* is_new) {
  uint64_t hash = data.size();
  for (uint32_t word : data) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
    hash ^= hash >> 29;
  }
  std::lock_guard lock(mutex_);
  auto [it, end] = known_.equal_range(hash);
  for (; it != end; ++it) {
    MaskData found = it->second.lock();
    if (found && *found == data) {
      *is_new = false;
      return found;
    }
  }
  if (known_.size() >= tidy_at_) {
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    tidy_at_ = std::max<size_t>(1024, known_.size() * 2);
  }
  data.shrink_to_fit();
  MaskData made = std::make_shared<const std::vector<uint32_t>>(std::move(data));
  known_.emplace(hash, made);
  *is_new = true;
  return made;
}

}  // namespace fcformat
