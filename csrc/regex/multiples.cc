// Whether digits can be appended to a number so that it becomes a multiple of something, within bounds. Arithmetic says so at
// once, where a search over remainders would visit as many states as the least common multiple has values.
#include <algorithm>
#include <array>
#include <numeric>

#include "regex/expression.h"
#include "regex/expression_impl.h"

namespace fcformat {
namespace {

using Wide = unsigned __int128;
using Signed = __int128;

constexpr int32_t kMostDigits = 37;  // of what is appended, so that it fits 127 bits
constexpr uint64_t kLargestModulus = uint64_t{1} << 62;
constexpr int kMostLookedAt = 512;  // multiples, for one question
constexpr int kMostWritten = 64;    // of those, written out

constexpr auto kPowers = [] {
  std::array<Signed, kMostDigits + 1> powers{1};
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

uint64_t times(uint64_t a, uint64_t b, uint64_t modulus) { return static_cast<uint64_t>(Wide{a} * b % modulus); }

uint64_t power_of_ten(int32_t exponent, uint64_t modulus) {
  uint64_t out = 1 % modulus;
  for (uint64_t base = 10 % modulus; exponent > 0; exponent >>= 1, base = times(base, base, modulus)) {
    if (exponent & 1) out = times(out, base, modulus);
  }
  return out;
}

// x = value modulo modulus.
struct Congruence {
  uint64_t value = 0, modulus = 1;
};

// The x with a * x = b modulo the modulus, if there are any.
std::optional<Congruence> solve(uint64_t a, uint64_t b, uint64_t modulus) {
  uint64_t common = std::gcd(a, modulus);
  if (b % common != 0) return std::nullopt;
  a /= common, b /= common, modulus /= common;
  Signed inverse = 0, next = 1;  // of a, by Euclid's algorithm
  for (uint64_t r = modulus, s = a % modulus; s != 0;) {
    uint64_t quotient = r / s;
    std::swap(inverse, next);
    next -= inverse * quotient;
    r -= quotient * s;
    std::swap(r, s);
  }
  const auto m = static_cast<Signed>(modulus);
  return Congruence{times(b % modulus, static_cast<uint64_t>((inverse % m + m) % m), modulus), modulus};
}

// What is appended to a number's text: digits of its integer part, then of its fraction.
struct Shape {
  int32_t integers = 0, fractions = 0;
  int32_t digits() const { return integers + fractions; }
  Signed end() const { return kPowers[static_cast<size_t>(digits())]; }
};

// The greatest appended digits, read as a number, that keep to a bound from below: -1 where none do.
struct Floor {
  Signed digits;
  bool exact;  // they are the bound
};

// `negative`: the number's own sign, by which the bound is turned into one of magnitudes.
Floor floor_of(const Decimal& bound, bool negative, const IntervalState& s, int32_t matched, Shape shape) {
  const Floor none{-1, false}, all{shape.end() - 1, false};
  if (bound.is_zero()) return s.nonzero ? none : Floor{0, true};
  if (bound.negative != negative) return none;
  int64_t from = 0, count = shape.digits();  // the bound's digits that face the appended ones
  if (s.nonzero) {
    const int64_t point = int64_t{s.point} + shape.integers;
    if (point != bound.point()) return point < bound.point() ? all : none;
    if (matched < 0) return matched == kSmallerThanBound ? all : none;
    from = matched;
  } else {
    count = bound.point() - s.point + shape.fractions;
    if (count > shape.digits()) return all;
    if (count <= 0) return {0, false};
  }
  Signed digits = 0;
  const auto size = static_cast<int64_t>(bound.digits.size());
  for (int64_t i = from; i < from + count; ++i)
    digits = digits * 10 + (i < size ? bound.digits[static_cast<size_t>(i)] - '0' : 0);
  return {digits, from + count >= size};
}

// Where the appended digits, read as a number, must lie.
struct Range {
  Signed least, most;
};

struct DivisorPart {
  NumberDivisor divisor;
  MultipleState state;
};

struct IntervalPart {
  NumberInterval interval;
  bool exponent;
  IntervalState state;
};

// The parts of an intersection that say something of a number's value.
struct NumberParts {
  std::vector<DivisorPart> divisors;
  std::vector<IntervalPart> intervals;
  NumberPhase phase = NumberPhase::kStart;
  bool negative = false;

  bool begins() const { return phase == NumberPhase::kStart || phase == NumberPhase::kMinus; }
  // A number has no needless zeros at its beginning.
  Signed least(Shape shape) const { return begins() && shape.integers > 1 ? shape.end() / 10 : 0; }

  // False where no number goes on with a minus.
  bool take_minus() {
    for (DivisorPart& part : divisors) {
      auto next = step(part.divisor, part.state, '-');
      if (!next) return false;
      part.state = *next;
    }
    for (IntervalPart& part : intervals) {
      auto next = step(part.interval, part.exponent, part.state, '-');
      if (!next) return false;
      part.state = *next;
    }
    phase = NumberPhase::kMinus;
    negative = true;
    return true;
  }

  Range range(Shape shape) const {
    Range out{least(shape), shape.end() - 1};
    for (const auto& part : intervals) {
      const auto& interval = part.interval;
      const auto& s = part.state;
      auto lower = [&](const Decimal& bound, bool open, int32_t matched) {
        Floor floor = floor_of(bound, negative, s, matched, shape);
        out.least = std::max(out.least, floor.digits + (floor.exact && !open ? 0 : 1));
      };
      auto upper = [&](const Decimal& bound, bool open, int32_t matched) {
        Floor floor = floor_of(bound, negative, s, matched, shape);
        out.most = std::min(out.most, floor.digits - (floor.exact && open ? 1 : 0));
      };
      const bool low = interval.low && !s.low_done, high = interval.high && !s.high_done;
      if (low && !negative) lower(*interval.low, interval.low_open, s.low_matched);
      if (low && negative) upper(*interval.low, interval.low_open, s.low_matched);
      if (high && !negative) upper(*interval.high, interval.high_open, s.high_matched);
      if (high && negative) lower(*interval.high, interval.high_open, s.high_matched);
    }
    return out;
  }
};

// The multiples among the digits that may be appended: first, first + stride, ... up to most, but for those that one of `others`
// holds for.
struct Candidates {
  Signed first = 0, most = -1;
  uint64_t stride = 1;
  std::vector<Congruence> others;
};

class MultipleSearch {
 public:
  // `spelling`: what bounds the digits, which is part of the expression.
  MultipleSearch(ExpressionArena& arena, ExprId e, ExprId spelling, NumberParts parts, int32_t places,
                 int32_t written_places)
      : arena_(arena),
        e_(e),
        spelling_(spelling),
        parts_(std::move(parts)),
        places_(places),
        written_places_(written_places) {}

  std::optional<bool> alive() {
    std::optional<bool> found = alive_with_sign();
    if (parts_.phase != NumberPhase::kStart || (found && *found)) return found;
    if (!parts_.take_minus()) return found;
    minus_ = true;
    std::optional<bool> below = alive_with_sign();
    return below && !*below ? found : below;
  }

 private:
  std::optional<bool> alive_with_sign() {
    const bool longer = parts_.begins() || parts_.phase == NumberPhase::kInteger;
    bool unknown = false;
    too_long_ = false;
    for (Shape shape{parts_.begins() ? 1 : 0, places_ - written_places_};; ++shape.integers) {
      if (shape.digits() > kMostDigits) return std::nullopt;
      const Range range = parts_.range(shape);
      if (range.most < parts_.least(shape)) break;  // the bound has fewer digits
      std::optional<bool> found = alive_in(shape, range);
      if (found && *found) return true;
      unknown |= !found;
      if (!longer || too_long_) break;
    }
    return unknown ? std::nullopt : std::optional<bool>(false);
  }

  std::optional<bool> alive_in(Shape shape, Range range) {
    Candidates found;
    std::optional<bool> some = candidates(shape, range, &found);
    if (!some || !*some) return some;
    const auto stride = static_cast<Signed>(found.stride);
    for (Signed digits = found.first; digits <= found.most; digits += stride) {
      if (++looked_at_ > kMostLookedAt) return std::nullopt;
      bool other = std::any_of(found.others.begin(), found.others.end(), [&](const Congruence& c) {
        return static_cast<uint64_t>(digits % static_cast<Signed>(c.modulus)) == c.value;
      });
      if (other) continue;
      if (++written_ > kMostWritten) return std::nullopt;
      if (arena_.matches(e_, text(digits, shape))) return true;
      if (shape.integers > checked_) {
        checked_ = shape.integers;
        std::u32string ones(static_cast<size_t>(shape.integers), U'1');
        too_long_ = !arena_.matches(spelling_, minus_ ? U'-' + ones : ones);
        if (too_long_) return false;
      }
    }
    return false;
  }

  // False where there are none, nothing where numbers get too large to say.
  std::optional<bool> candidates(Shape shape, Range range, Candidates* out) const {
    Congruence all;
    for (const auto& [divisor, state] : parts_.divisors) {
      if (state.surplus) continue;  // no multiple, as is asked
      // With W for what is written, W * 10^power + digits * 10^finer at the divisor's places or at ours, where those are more.
      const int32_t finer = std::max(0, divisor.scale - places_), coarser = std::max(0, places_ - divisor.scale);
      if (coarser > 18 ||
          static_cast<Signed>(divisor.modulus) > kLargestModulus / kPowers[static_cast<size_t>(coarser)])
        return std::nullopt;
      const uint64_t modulus = divisor.modulus * static_cast<uint64_t>(kPowers[static_cast<size_t>(coarser)]);
      const int32_t power = std::max(places_, divisor.scale) - state.places + shape.integers;
      const uint64_t written = times(state.remainder, power_of_ten(power, modulus), modulus);
      const std::optional<Congruence> one = solve(power_of_ten(finer, modulus), (modulus - written) % modulus, modulus);
      if (divisor.negated) {
        if (one) out->others.push_back(*one);
        continue;
      }
      if (!one) return false;
      // all.value + all.modulus * k = one.value
      const uint64_t apart = (one->value + one->modulus - all.value % one->modulus) % one->modulus;
      const std::optional<Congruence> k = solve(all.modulus % one->modulus, apart, one->modulus);
      if (!k) return false;
      if (Wide{all.modulus} * k->modulus > kLargestModulus) return std::nullopt;
      all.value += all.modulus * k->value;
      all.modulus *= k->modulus;
    }
    const auto stride = static_cast<Signed>(all.modulus);
    out->stride = all.modulus;
    out->first = range.least + (static_cast<Signed>(all.value) + stride - range.least % stride) % stride;
    out->most = range.most;
    return std::none_of(out->others.begin(), out->others.end(), [&](const Congruence& c) {  // of all of them
      return all.modulus % c.modulus == 0 && all.value % c.modulus == c.value;
    });
  }

  std::u32string text(Signed digits, Shape shape) const {
    std::u32string out(static_cast<size_t>(shape.digits()), U'0');
    for (size_t i = out.size(); i-- > 0; digits /= 10) out[i] += static_cast<char32_t>(digits % 10);
    const auto integers = static_cast<size_t>(shape.integers);
    while (out.size() > integers && out.back() == U'0') out.pop_back();
    const bool pointed = parts_.phase == NumberPhase::kPoint || parts_.phase == NumberPhase::kFraction;
    if (parts_.phase == NumberPhase::kPoint && out.empty()) out = U"0";
    if (!pointed && out.size() > integers) out.insert(integers, 1, U'.');
    return minus_ ? U'-' + out : out;
  }

  ExpressionArena& arena_;
  const ExprId e_, spelling_;
  NumberParts parts_;
  const int32_t places_;          // that a multiple may have
  const int32_t written_places_;  // of those
  bool minus_ = false;            // is appended first
  bool too_long_ = false;         // the shape looked at last has more digits than can be spelled
  int32_t checked_ = 0;           // up to here, integer parts can be spelled
  int looked_at_ = 0, written_ = 0;
};

}  // namespace

// Whether some number goes on from here, where it must be a multiple of something; nothing where that is not asked or takes too
// long to say. What else an expression asks of such a number, it asks of the value, or it bounds the digits, so that the
// spelling without needless zeros stands for all.
//
// Few multiples are looked at for that: of 2^n numbers in a row, one is divisible by none of n others (Kanold, "Über eine
// zahlentheoretische Funktion von Jacobsthal", Mathematische Annalen 170, 1967).
std::optional<bool> ExpressionArena::alive_by_multiples(ExprId e) {
  const ExprNode n = impl_->at(e);
  std::vector<ExprId> children{e};
  if (n.kind == ExprKind::kIntersect || n.kind == ExprKind::kUnion)
    children.assign(impl_->children.begin() + n.a, impl_->children.begin() + n.a + n.b);
  if (n.kind == ExprKind::kUnion) {
    bool unknown = false;
    for (ExprId part : children) {  // a union holds no unions: one level
      std::optional<bool> alive = alive_by_multiples(part);
      if (alive && *alive) return true;
      unknown |= !alive;
    }
    return unknown ? std::nullopt : std::optional<bool>(false);
  }
  NumberParts parts;
  std::vector<ExprId> spelling;
  int32_t places = INT32_MAX, written_places = 0;
  for (ExprId child : children) {
    const ExprNode m = impl_->at(child);
    if (m.kind == ExprKind::kMultiple) {
      const NumberDivisor& divisor = impl_->divisors[m.a];
      const MultipleState& state = impl_->multiple_states[m.b];
      parts.divisors.push_back({divisor, state});
      parts.phase = state.phase;
      if (!divisor.negated && divisor.scale < places) places = divisor.scale, written_places = state.places;
    } else if (m.kind == ExprKind::kInterval) {
      const auto& [interval, exponent] = impl_->intervals[m.a];
      const IntervalState& state = impl_->interval_states[m.b];
      parts.intervals.push_back({interval, exponent, state});
      parts.negative |= state.negative;  // one that holds for certain does not know any more, and need not
    } else if (m.kind != ExprKind::kComplement) {
      spelling.push_back(child);
    }
  }
  if (places == INT32_MAX) return std::nullopt;
  return MultipleSearch(*this, e, intersect(std::move(spelling)), std::move(parts), places, written_places).alive();
}

}  // namespace fcformat
