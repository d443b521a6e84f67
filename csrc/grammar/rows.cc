#include "grammar/rows.h"

#include <algorithm>
#include <cstring>

namespace fcformat {
namespace {

constexpr size_t kFirstChunk = 64, kLargestChunk = 4096;  // codes

// The maps in which one byte is apart: the commonest by far, so there is one copy of them for all grammars.
using SingleMaps = std::array<std::array<uint8_t, 256>, 256>;
const SingleMaps& single_maps() {
  static const auto maps = [] {
    auto made = std::make_unique<SingleMaps>();
    for (size_t byte = 0; byte < 256; ++byte) {
      (*made)[byte].fill(0);
      (*made)[byte][byte] = 1;
    }
    return made;
  }();
  return *maps;
}

}  // namespace

uint32_t* RowStore::room_for(size_t count) {
  if (left_ < count) {
    chunk_ = std::max(count, std::clamp(chunk_ * 2, kFirstChunk, kLargestChunk));
    chunks_.push_back(std::make_unique_for_overwrite<uint32_t[]>(chunk_));
    left_ = chunk_;
    code_bytes_ += chunk_ * sizeof(uint32_t);
  }
  uint32_t* room = chunks_.back().get() + (chunk_ - left_);
  left_ -= count;
  return room;
}

const uint8_t* RowStore::intern(const ByteClasses& classes) {
  uint64_t hash = 0;
  for (size_t i = 0; i < classes.size(); i += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, classes.data() + i, sizeof word);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
    hash ^= hash >> 29;
  }
  auto [it, end] = index_.equal_range(hash);
  for (; it != end; ++it) {
    if (*it->second == classes) return it->second->data();
  }
  maps_.push_back(classes);
  index_.emplace(hash, &maps_.back());
  return maps_.back().data();
}

Row RowStore::add(const Entries& entries) {
  ByteClasses classes;
  uint32_t codes[256];
  size_t count = 1, changes = 0, last_change = 0;
  codes[0] = entries[0];
  classes[0] = 0;
  for (size_t byte = 1; byte < 256; ++byte) {
    if (entries[byte] == entries[byte - 1]) {
      classes[byte] = classes[byte - 1];
      continue;
    }
    ++changes;
    last_change = byte;
    size_t c = static_cast<size_t>(std::find(codes, codes + count, entries[byte]) - codes);
    if (c == count) codes[count++] = entries[byte];
    classes[byte] = static_cast<uint8_t>(c);
  }
  uint32_t* room = room_for(count);
  std::copy(codes, codes + count, room);
  if (count == 2 && changes == 2 && classes[last_change - 1] == 1 && last_change >= 2 && classes[last_change - 2] == 0)
    return {single_maps()[last_change - 1].data(), room};
  return {intern(classes), room};
}

}  // namespace fcformat
