// The kernels behind apply.h: one loop, whose step chooses 32 columns by a word of the bitmask. The step is written
// once with the compilers' vector extension, which becomes SSE2, AVX2 or NEON by the function it is inlined into, and
// once for AVX-512, whose stores take mask bits as they are.

#include "apply.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define FCFORMAT_X86_KERNELS 1
#include <immintrin.h>
#endif

#if defined(__GNUC__) || defined(__clang__)
#define FCFORMAT_INLINE inline __attribute__((always_inline))
#else
#define FCFORMAT_INLINE inline
#endif

namespace fcformat {
namespace {

constexpr std::size_t kWordBits = 32;
constexpr std::uint32_t kAllAllowed = 0xFFFFFFFFu;

// Minus infinity in each type's own bits. The kernels move bit patterns, so 16-bit floats need no arithmetic support.
constexpr std::uint16_t kHalf = 0xFC00u;
constexpr std::uint16_t kBrain = 0xFF80u;
constexpr std::uint32_t kSingle = 0xFF800000u;
constexpr std::uint64_t kDouble = 0xFFF0000000000000u;

template <class Bits>
using RowKernel = void (*)(Bits* row, std::size_t columns, const std::uint32_t* words, std::size_t word_count,
                           Bits value);

// Words are looked at in runs: a run that allows everything is skipped by one well-predicted branch, any other run is
// treated without branches, since at densities near one it is chance which of its words are full.
constexpr std::size_t kRun = 16;

FCFORMAT_INLINE bool run_is_allowed(const std::uint32_t* words) {
  std::uint32_t common = kAllAllowed;
  for (std::size_t i = 0; i < kRun; ++i) common &= words[i];
  return common == kAllAllowed;
}

// The columns behind the last whole word, and those that the bitmask does not reach.
template <class Bits>
FCFORMAT_INLINE void finish_row(Bits* row, std::size_t columns, const std::uint32_t* words, std::size_t word_count,
                                std::size_t whole_words, Bits value) {
  std::size_t column = whole_words * kWordBits;
  if (whole_words < word_count) {
    const std::uint32_t word = words[whole_words];
    for (std::uint32_t bit = 0; column < columns; ++column, ++bit) {
      if (((word >> bit) & 1u) == 0) row[column] = value;
    }
  }
  std::fill(row + column, row + columns, value);
}

// A word's 32 columns, chosen by its bits. Whole vectors are loaded, chosen and stored: where the logits are not in the
// cache, that is about as fast as a plain fill, since loads run ahead.
#if defined(__GNUC__) || defined(__clang__)

// The vector extension of GCC and Clang: SSE2, AVX2 or NEON, whatever the enclosing function is compiled for.
template <class Bits, std::size_t kBytes>
struct Lanes {
  static constexpr std::size_t kCount = kBytes / sizeof(Bits);
  typedef Bits Vector __attribute__((vector_size(kBytes)));

  static FCFORMAT_INLINE void choose_word(Bits* out, std::uint32_t word, Bits value) {
    const Vector values = value - Vector{};
    Vector lane_bit;
    for (std::size_t lane = 0; lane < kCount; ++lane) lane_bit[lane] = static_cast<Bits>(Bits{1} << lane);
    for (std::size_t first = 0; first < kWordBits; first += kCount) {
      Vector old;
      std::memcpy(&old, out + first, kBytes);
      const Bits piece = static_cast<Bits>(word >> first);
      const Vector word_bits = piece - Vector{};
      const Vector chosen = (word_bits & lane_bit) == lane_bit ? old : values;
      std::memcpy(out + first, &chosen, kBytes);
    }
  }
};

#else

template <class Bits, std::size_t kBytes>
struct Lanes {
  static FCFORMAT_INLINE void choose_word(Bits* out, std::uint32_t word, Bits value) {
    for (std::uint32_t bit = 0; bit < kWordBits; ++bit) {
      if (((word >> bit) & 1u) == 0) out[bit] = value;
    }
  }
};

#endif

template <class Bits, std::size_t kVectorBytes>
FCFORMAT_INLINE void plain_row(Bits* row, std::size_t columns, const std::uint32_t* words, std::size_t word_count,
                               Bits value) {
  const std::size_t whole_words = std::min(columns / kWordBits, word_count);
  std::size_t index = 0;
  for (; index + kRun <= whole_words; index += kRun) {
    if (run_is_allowed(words + index)) continue;
    for (std::size_t i = index; i < index + kRun; ++i)
      Lanes<Bits, kVectorBytes>::choose_word(row + i * kWordBits, words[i], value);
  }
  for (; index < whole_words; ++index)
    Lanes<Bits, kVectorBytes>::choose_word(row + index * kWordBits, words[index], value);
  finish_row(row, columns, words, word_count, whole_words, value);
}

template <class Bits>
void row_portable(Bits* row, std::size_t columns, const std::uint32_t* words, std::size_t word_count, Bits value) {
  plain_row<Bits, 16>(row, columns, words, word_count, value);
}

#if defined(FCFORMAT_X86_KERNELS)

template <class Bits>
__attribute__((target("avx2"))) void row_avx2(Bits* row, std::size_t columns, const std::uint32_t* words,
                                              std::size_t word_count, Bits value) {
  plain_row<Bits, 32>(row, columns, words, word_count, value);
}

#define FCFORMAT_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

// Only what is forbidden is written, and nothing read. Alone that would wait for each line to come from memory; asked for
// this long before, it is there, which takes less than reading and writing it, and less than a plain fill.
constexpr std::size_t kAhead = 4096;  // bytes

FCFORMAT_AVX512 inline void forbid_line(std::uint16_t* line, std::uint32_t allowed, std::uint16_t value) {
  _mm_prefetch(reinterpret_cast<const char*>(line) + kAhead, _MM_HINT_ET0);
  _mm512_mask_storeu_epi16(line, ~allowed, _mm512_set1_epi16(static_cast<short>(value)));
}

FCFORMAT_AVX512 inline void forbid_line(std::uint32_t* line, std::uint32_t allowed, std::uint32_t value) {
  _mm_prefetch(reinterpret_cast<const char*>(line) + kAhead, _MM_HINT_ET0);
  _mm512_mask_storeu_epi32(line, static_cast<__mmask16>(~allowed), _mm512_set1_epi32(static_cast<int>(value)));
}

template <class Bits>
FCFORMAT_AVX512 inline void choose_word_avx512(Bits* out, std::uint32_t word, Bits value) {
  constexpr std::size_t kLine = 64 / sizeof(Bits);
  for (std::size_t first = 0; first < kWordBits; first += kLine) forbid_line(out + first, word >> first, value);
}

template <class Bits>
FCFORMAT_AVX512 void row_avx512(Bits* row, std::size_t columns, const std::uint32_t* words, std::size_t word_count,
                                Bits value) {
  const std::size_t whole_words = std::min(columns / kWordBits, word_count);
  std::size_t index = 0;
  for (; index + kRun <= whole_words; index += kRun) {
    if (run_is_allowed(words + index)) continue;
    for (std::size_t i = index; i < index + kRun; ++i) choose_word_avx512(row + i * kWordBits, words[i], value);
  }
  for (; index < whole_words; ++index) choose_word_avx512(row + index * kWordBits, words[index], value);
  finish_row(row, columns, words, word_count, whole_words, value);
}

#endif  // FCFORMAT_X86_KERNELS

template <class Bits>
RowKernel<Bits> kernel_for(SimdLevel level) {
#if defined(FCFORMAT_X86_KERNELS)
  // Eight bytes a logit are memory-bound already: AVX2 is as fast there.
  if constexpr (sizeof(Bits) < 8) {
    if (level == SimdLevel::kAvx512) return row_avx512<Bits>;
  }
  if (level != SimdLevel::kPortable) return row_avx2<Bits>;
#else
  (void)level;
#endif
  return row_portable<Bits>;
}

template <class Bits>
void apply_rows(const ApplyTask& task, Bits value, SimdLevel level) {
  const RowKernel<Bits> kernel = kernel_for<Bits>(level);
  Bits* const logits = static_cast<Bits*>(task.logits);
  for (std::size_t entry = 0; entry < task.rows; ++entry) {
    const std::ptrdiff_t row =
        task.indices != nullptr ? static_cast<std::ptrdiff_t>(task.indices[entry]) : static_cast<std::ptrdiff_t>(entry);
    kernel(logits + row * task.row_stride, task.columns, task.bitmask + row * task.bitmask_row_stride,
           task.bitmask_words, value);
  }
}

SimdLevel detect_simd_level() {
#if defined(FCFORMAT_X86_KERNELS)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return SimdLevel::kAvx512;
  }
  if (__builtin_cpu_supports("avx2")) return SimdLevel::kAvx2;
#endif
  return SimdLevel::kPortable;
}

}  // namespace

LogitType logit_type_from_name(std::string_view name) {
  if (name == "float32") return LogitType::kFloat32;
  if (name == "bfloat16") return LogitType::kBFloat16;
  if (name == "float16") return LogitType::kFloat16;
  if (name == "float64") return LogitType::kFloat64;
  throw std::invalid_argument("apply_bitmask: found logits of type '" + std::string(name) +
                              "', expected float16, bfloat16, float32 or float64");
}

SimdLevel best_simd_level() {
  static const SimdLevel level = detect_simd_level();
  return level;
}

void apply_bitmask(const ApplyTask& task, SimdLevel level) {
  level = std::min(level, best_simd_level());  // never an instruction that the processor lacks
  switch (task.type) {
    case LogitType::kFloat16:
      return apply_rows<std::uint16_t>(task, kHalf, level);
    case LogitType::kBFloat16:
      return apply_rows<std::uint16_t>(task, kBrain, level);
    case LogitType::kFloat32:
      return apply_rows<std::uint32_t>(task, kSingle, level);
    case LogitType::kFloat64:
      return apply_rows<std::uint64_t>(task, kDouble, level);
  }
}

}  // namespace fcformat
