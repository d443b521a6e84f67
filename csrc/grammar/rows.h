// Rows of 256 entries, kept small: bytes that do the same share a class, and rows whose bytes fall into the same classes
// share that map. Most states of a grammar know two or three classes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

namespace fcformat {

struct Row {
  const uint8_t* classes = nullptr;  // of each byte
  const uint32_t* codes = nullptr;   // of each class; null where the row is not built yet
  uint32_t operator[](size_t byte) const { return codes[classes[byte]]; }
};

class RowStore {
 public:
  using Entries = std::array<uint32_t, 256>;
  Row add(const Entries& entries);
  size_t bytes() const { return code_bytes_ + maps_.size() * (sizeof(ByteClasses) + 48); }

 private:
  using ByteClasses = std::array<uint8_t, 256>;
  const uint8_t* intern(const ByteClasses& classes);
  uint32_t* room_for(size_t count);

  std::deque<ByteClasses> maps_;
  std::unordered_multimap<uint64_t, const ByteClasses*> index_;
  std::vector<std::unique_ptr<uint32_t[]>> chunks_;
  size_t left_ = 0, chunk_ = 0, code_bytes_ = 0;
};

}  // namespace fcformat
