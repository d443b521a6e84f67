#include "mask/masked_copy.h"

#include <algorithm>
#include <cstring>

namespace fcformat {
namespace {

constexpr std::size_t kWords = 64;  // a part of a row, which stays in the nearest cache between copying and masking
constexpr std::size_t kColumns = kWords * 32;

template <class Bits>
bool holds_other(const Bits* begin, const Bits* end, Bits value) {
  return std::any_of(begin, end, [value](Bits bits) { return bits != value; });
}

// One row; false where nothing in it is allowed.
template <class Bits>
bool copy_row(const ApplyTask& task, const Bits* source, const uint32_t* words, Bits* target, Bits infinity) {
  bool allows = false, seen = false;
  for (std::size_t first = 0; first < task.columns; first += kColumns) {
    const std::size_t columns = std::min(kColumns, task.columns - first);
    const std::size_t word = std::min(first / 32, task.bitmask_words);
    const std::size_t count = std::min((columns + 31) / 32, task.bitmask_words - word);
    if (std::all_of(words + word, words + word + count, [](uint32_t w) { return w == 0; })) {
      std::fill_n(target + first, columns, infinity);
      continue;
    }
    std::memcpy(target + first, source + first, columns * sizeof(Bits));
    ApplyTask part;
    part.logits = target + first;
    part.type = task.type;
    part.rows = 1;
    part.columns = columns;
    part.row_stride = static_cast<std::ptrdiff_t>(columns);
    part.bitmask = words + word;
    part.bitmask_words = count;
    part.bitmask_row_stride = static_cast<std::ptrdiff_t>(count);
    apply_bitmask(part);
    allows = true;
    if (!seen) seen = holds_other(target + first, target + first + columns, infinity);
  }
  if (seen || !allows) return allows;
  allows = false;
  for (std::size_t column = 0; column < std::min(task.columns, task.bitmask_words * 32); ++column) {
    if (words[column >> 5] >> (column & 31) & 1) {
      target[column] = 0;  // the bits of zero are zero in every type
      allows = true;
    }
  }
  return allows;
}

template <class Bits>
std::vector<std::size_t> copy_rows(const ApplyTask& task, void* target, Bits infinity) {
  std::vector<std::size_t> empty;
  for (std::size_t row = 0; row < task.rows; ++row) {
    const auto at = static_cast<std::ptrdiff_t>(row);
    if (!copy_row(task, static_cast<const Bits*>(task.logits) + at * task.row_stride,
                  task.bitmask + at * task.bitmask_row_stride, static_cast<Bits*>(target) + row * task.columns,
                  infinity)) {
      empty.push_back(row);
    }
  }
  return empty;
}

}  // namespace

std::vector<std::size_t> masked_copy(const ApplyTask& task, void* target) {
  switch (task.type) {
    case LogitType::kFloat16:
      return copy_rows<std::uint16_t>(task, target, 0xFC00u);
    case LogitType::kBFloat16:
      return copy_rows<std::uint16_t>(task, target, 0xFF80u);
    case LogitType::kFloat32:
      return copy_rows<std::uint32_t>(task, target, 0xFF800000u);
    case LogitType::kFloat64:
      return copy_rows<std::uint64_t>(task, target, 0xFFF0000000000000u);
  }
  return {};
}

}  // namespace fcformat
