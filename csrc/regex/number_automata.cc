#include "regex/number_automata.h"

namespace fcformat {
namespace {

constexpr int32_t kExponentCap = 4'000'000;

enum class Order : uint8_t { kLess, kEqual, kGreater, kOpen };

Order flip(Order order) {
  return order == Order::kLess ? Order::kGreater : order == Order::kGreater ? Order::kLess : order;
}

void match_digit(const Decimal& bound, int32_t digit, int32_t* matched) {
  if (*matched < 0) return;
  size_t at = static_cast<size_t>(*matched);
  int32_t expected = at < bound.digits.size() ? bound.digits[at] - '0' : 0;
  if (digit == expected) {
    if (at < bound.digits.size()) ++*matched;
  } else {
    *matched = digit < expected ? kSmallerThanBound : kGreaterThanBound;
  }
}

Order order_of_digits(const Decimal& bound, int32_t matched) {
  if (matched == kSmallerThanBound) return Order::kLess;
  if (matched == kGreaterThanBound) return Order::kGreater;
  return static_cast<size_t>(matched) == bound.digits.size() ? Order::kEqual : Order::kLess;
}

// How the value read compares with a bound. kOpen: it depends on what follows.
Order order(const Decimal& bound, const IntervalState& s, int32_t matched, bool exponent, bool at_end) {
  if (!s.nonzero) {
    if (at_end) return bound.is_zero() ? Order::kEqual : bound.negative ? Order::kGreater : Order::kLess;
    if (s.phase == NumberPhase::kStart) return Order::kOpen;
    bool mantissa_over = s.phase >= NumberPhase::kE;
    if (bound.is_zero()) return mantissa_over ? Order::kEqual : Order::kOpen;
    // The value is zero, or takes the sign read.
    if (mantissa_over || s.negative != bound.negative) return bound.negative ? Order::kGreater : Order::kLess;
    bool fraction =
        s.phase == NumberPhase::kPoint || s.phase == NumberPhase::kFraction || s.phase == NumberPhase::kZero;
    if (!exponent && fraction && s.point <= bound.point() - 1) return bound.negative ? Order::kGreater : Order::kLess;
    return Order::kOpen;
  }
  if (bound.is_zero() || s.negative != bound.negative) return s.negative ? Order::kLess : Order::kGreater;
  Order magnitude = Order::kOpen;
  if (at_end || s.phase >= NumberPhase::kE) {
    if (!at_end) return Order::kOpen;
    int64_t point = int64_t{s.point} + (s.exponent_negative ? -int64_t{s.exponent} : int64_t{s.exponent});
    magnitude = point < bound.point()   ? Order::kLess
                : point > bound.point() ? Order::kGreater
                                        : order_of_digits(bound, matched);
  } else if (!exponent) {
    bool fraction = s.phase == NumberPhase::kPoint || s.phase == NumberPhase::kFraction;
    if (s.point > bound.point()) magnitude = Order::kGreater;
    if (fraction && s.point < bound.point()) magnitude = Order::kLess;
    if (fraction && s.point == bound.point() && matched < 0)
      magnitude = matched == kSmallerThanBound ? Order::kLess : Order::kGreater;
  }
  return s.negative ? flip(magnitude) : magnitude;
}

}  // namespace

bool NumberInterval::empty() const {
  if (!low || !high) return false;
  int c = compare(*low, *high);
  return c > 0 || (c == 0 && (low_open || high_open));
}

bool is_complete(NumberPhase phase) {
  return phase == NumberPhase::kZero || phase == NumberPhase::kInteger || phase == NumberPhase::kFraction ||
         phase == NumberPhase::kExponent;
}

std::optional<NumberPhase> next_phase(NumberPhase phase, uint32_t c) {
  using P = NumberPhase;
  bool digit = c >= '0' && c <= '9', e = c == 'e' || c == 'E';
  switch (phase) {
    case P::kStart:
      if (c == '-') return P::kMinus;
      [[fallthrough]];
    case P::kMinus:
      if (c == '0') return P::kZero;
      if (digit) return P::kInteger;
      return std::nullopt;
    case P::kInteger:
      if (digit) return P::kInteger;
      [[fallthrough]];
    case P::kZero:
      if (c == '.') return P::kPoint;
      if (e) return P::kE;
      return std::nullopt;
    case P::kPoint:
      if (digit) return P::kFraction;
      return std::nullopt;
    case P::kFraction:
      if (digit) return P::kFraction;
      if (e) return P::kE;
      return std::nullopt;
    case P::kE:
      if (c == '+' || c == '-') return P::kExponentSign;
      [[fallthrough]];
    case P::kExponentSign:
    case P::kExponent:
      if (digit) return P::kExponent;
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<IntervalState> step(const NumberInterval& interval, bool exponent, IntervalState s, uint32_t c) {
  auto phase = next_phase(s.phase, c);
  if (!phase || (*phase == NumberPhase::kE && !exponent)) return std::nullopt;
  s.phase = *phase;
  int32_t digit = static_cast<int32_t>(c) - '0';
  switch (*phase) {
    case NumberPhase::kMinus:
      s.negative = true;
      break;
    case NumberPhase::kInteger:
    case NumberPhase::kFraction:
      if (digit != 0) s.nonzero = true;
      if (s.nonzero) {
        if (!s.low_done && interval.low) match_digit(*interval.low, digit, &s.low_matched);
        if (!s.high_done && interval.high) match_digit(*interval.high, digit, &s.high_matched);
        if (*phase == NumberPhase::kInteger) ++s.point;
      } else if (*phase == NumberPhase::kFraction) {
        --s.point;
      }
      break;
    case NumberPhase::kExponentSign:
      s.exponent_negative = c == '-';
      break;
    case NumberPhase::kExponent:
      if (s.exponent < kExponentCap) s.exponent = s.exponent * 10 + digit;
      break;
    default:
      break;
  }
  if (!s.low_done) {
    Order o = interval.low ? order(*interval.low, s, s.low_matched, exponent, false) : Order::kGreater;
    if (o == Order::kLess || (o == Order::kEqual && interval.low_open)) return std::nullopt;
    if (o != Order::kOpen) s.low_done = true, s.low_matched = 0;
  }
  if (!s.high_done) {
    Order o = interval.high ? order(*interval.high, s, s.high_matched, exponent, false) : Order::kLess;
    if (o == Order::kGreater || (o == Order::kEqual && interval.high_open)) return std::nullopt;
    if (o != Order::kOpen) s.high_done = true, s.high_matched = 0;
  }
  if (s.low_done && s.high_done) {  // what is left is the spelling alone
    IntervalState free;
    free.phase = s.phase;
    free.low_done = free.high_done = true;
    return free;
  }
  return s;
}

bool accepts(const NumberInterval& interval, const IntervalState& s) {
  if (!is_complete(s.phase)) return false;
  if (!s.low_done && interval.low) {
    Order o = order(*interval.low, s, s.low_matched, true, true);
    if (o == Order::kLess || (o == Order::kEqual && interval.low_open)) return false;
  }
  if (!s.high_done && interval.high) {
    Order o = order(*interval.high, s, s.high_matched, true, true);
    if (o == Order::kGreater || (o == Order::kEqual && interval.high_open)) return false;
  }
  return true;
}

std::optional<NumberDivisor> make_divisor(const Decimal& divisor, bool negated) {
  constexpr uint64_t kCap = uint64_t{1} << 60;
  NumberDivisor out;
  out.negated = negated;
  out.scale = divisor.exponent < 0 ? static_cast<int32_t>(-divisor.exponent) : 0;
  uint64_t modulus = 0;
  for (char c : divisor.digits) {
    if (modulus > (kCap - 9) / 10) return std::nullopt;
    modulus = modulus * 10 + static_cast<uint64_t>(c - '0');
  }
  for (int64_t i = 0; i < divisor.exponent; ++i) {
    if (modulus > kCap / 10) return std::nullopt;
    modulus *= 10;
  }
  if (modulus == 0 || out.scale > 1000) return std::nullopt;
  out.modulus = modulus;
  return out;
}

std::optional<MultipleState> step(const NumberDivisor& divisor, MultipleState s, uint32_t c) {
  auto phase = next_phase(s.phase, c);
  if (!phase || *phase == NumberPhase::kE) return std::nullopt;
  s.phase = *phase;
  if (s.surplus) return s;
  if (c >= '0' && c <= '9') {
    uint64_t digit = c - '0';
    bool fraction = *phase == NumberPhase::kFraction;
    if (fraction && s.places == divisor.scale) {
      if (digit != 0) {
        if (!divisor.negated) return std::nullopt;
        s.surplus = true;
        s.remainder = 0;
        s.places = 0;
      }
    } else {
      s.remainder = static_cast<uint64_t>((static_cast<unsigned __int128>(s.remainder) * 10 + digit) % divisor.modulus);
      if (fraction) ++s.places;
    }
  }
  return s;
}

bool accepts(const NumberDivisor& divisor, const MultipleState& s) {
  if (!is_complete(s.phase)) return false;
  unsigned __int128 remainder = s.remainder;
  for (int32_t i = s.places; i < divisor.scale; ++i) remainder = remainder * 10 % divisor.modulus;
  bool multiple = !s.surplus && remainder == 0;
  return multiple != divisor.negated;
}

}  // namespace fcformat
