// What masks are stored as, kept once for all grammars of a vocabulary: most grammars know the same few strings, numbers
// and ends of values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace fcformat {

using MaskData = std::shared_ptr<const std::vector<uint32_t>>;

class MaskPool {
 public:
  // The data, shared with whoever holds the same; `is_new` where nobody does.
  MaskData share(std::vector<uint32_t> data, bool* is_new);

 private:
  // Only held inside of a grammar's own lock, so that fork() waits for it too.
  std::mutex mutex_;
  std::unordered_multimap<uint64_t, std::weak_ptr<const std::vector<uint32_t>>> known_;
  size_t tidy_at_ = 1024;  // entries at which those that nobody holds are dropped
};

}  // namespace fcformat
