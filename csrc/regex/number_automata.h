// Two small automata over the characters of a number's text: does the value lie in an interval, is it a multiple.
//
// Both read JSON's spelling from left to right in exact decimal arithmetic and give up (return no state) as soon as no
// continuation can succeed on their own account, which keeps searches over their combinations short.
#pragma once

#include <cstdint>
#include <optional>

#include "regex/decimal.h"

namespace fcformat {

struct NumberInterval {
  std::optional<Decimal> low, high;  // absent: unbounded
  bool low_open = false, high_open = false;
  bool operator==(const NumberInterval&) const = default;
  bool empty() const;
};

// Where in the text of a number the automaton stands.
enum class NumberPhase : uint8_t { kStart, kMinus, kZero, kInteger, kPoint, kFraction, kE, kExponentSign, kExponent };
bool is_complete(NumberPhase phase);
// The phase after one character, or nothing where JSON's grammar has none.
std::optional<NumberPhase> next_phase(NumberPhase phase, uint32_t c);

inline constexpr int32_t kSmallerThanBound = -1, kGreaterThanBound = -2;

struct IntervalState {
  NumberPhase phase = NumberPhase::kStart;
  bool negative = false, nonzero = false, exponent_negative = false;
  bool low_done = false, high_done = false;   // that end can no longer be violated
  int32_t point = 0;                          // value = 0.DIGITS * 10^point, from the first nonzero digit on
  int32_t low_matched = 0, high_matched = 0;  // digits equal to the bound's so far, or one of the above
  int32_t exponent = 0;
  bool operator==(const IntervalState&) const = default;
};
std::optional<IntervalState> step(const NumberInterval& interval, bool exponent, IntervalState state, uint32_t c);
bool accepts(const NumberInterval& interval, const IntervalState& state);

// value is a multiple of digits * 10^exponent.
struct NumberDivisor {
  uint64_t modulus = 1;  // remainders are taken of the value scaled by 10^scale
  int32_t scale = 0;     // decimal places that count; all later ones must be zero
  bool negated = false;
  bool operator==(const NumberDivisor&) const = default;
};
// Nothing where the modulus does not fit 60 bits.
std::optional<NumberDivisor> make_divisor(const Decimal& divisor, bool negated);

struct MultipleState {
  NumberPhase phase = NumberPhase::kStart;
  bool surplus = false;  // a nonzero digit behind the last place that counts: no multiple
  int32_t places = 0;    // decimal places read
  uint64_t remainder = 0;
  bool operator==(const MultipleState&) const = default;
};
std::optional<MultipleState> step(const NumberDivisor& divisor, MultipleState state, uint32_t c);
bool accepts(const NumberDivisor& divisor, const MultipleState& state);

}  // namespace fcformat
