// Applying a token bitmask to logits in main memory: what is forbidden becomes minus infinity.
//
// This is the last part of a constrained decoding step, and a purely mechanical one: it knows element types and
// strides, neither grammars nor tensors. Filling the bitmask is the matcher's work.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fcformat {

enum class LogitType { kFloat16, kBFloat16, kFloat32, kFloat64 };

// The type called "float16", "bfloat16", "float32" or "float64"; throws std::invalid_argument for any other name.
LogitType logit_type_from_name(std::string_view name);

// Instruction sets that the kernels are written for. kPortable is what every processor of the target has: SSE2 on
// x86-64, NEON on AArch64.
enum class SimdLevel { kPortable, kAvx2, kAvx512 };

// The best level that this processor supports, found once.
SimdLevel best_simd_level();

// A matrix of logits and the bitmask rows that belong to it. Strides count elements (of the logits' type) and words.
struct ApplyTask {
  void* logits = nullptr;
  LogitType type = LogitType::kFloat32;
  std::size_t rows = 0;     // rows to treat: of the matrix, or entries of `indices`
  std::size_t columns = 0;  // logits in a row
  std::ptrdiff_t row_stride = 0;
  const std::uint32_t* bitmask = nullptr;
  std::size_t bitmask_words = 0;
  std::ptrdiff_t bitmask_row_stride = 0;
  const std::int64_t* indices = nullptr;  // row numbers, the same in logits and bitmask; null: 0 .. rows-1
};

// Column i of a row stays as it is where bit i % 32 of word i / 32 is set, and becomes minus infinity everywhere else,
// also past the last word. Bits past the last column are ignored. Allowed logits keep their bits (they may be read and
// written back).
void apply_bitmask(const ApplyTask& task, SimdLevel level = best_simd_level());

}  // namespace fcformat
