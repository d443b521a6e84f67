#include "schema/number_set.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

#include "errors.h"

namespace fcformat {
namespace {

constexpr size_t kMaxPieces = 10'000;
constexpr size_t kMaxExcludedWithExponent = 64;  // with more exceptions, numbers are written without exponent

bool less(const Decimal& a, const Decimal& b) { return compare(a, b) < 0; }

void tidy(std::vector<Decimal>* values) {
  std::sort(values->begin(), values->end(), less);
  values->erase(std::unique(values->begin(), values->end()), values->end());
}

bool inside(const NumberInterval& interval, const Decimal& v) {
  if (interval.low) {
    int c = compare(v, *interval.low);
    if (c < 0 || (c == 0 && interval.low_open)) return false;
  }
  if (interval.high) {
    int c = compare(v, *interval.high);
    if (c > 0 || (c == 0 && interval.high_open)) return false;
  }
  return true;
}

bool holds(const NumberPiece& piece, const Decimal& v) {
  return inside(piece.interval, v) &&
         std::all_of(piece.multiples.begin(), piece.multiples.end(),
                     [&](const Decimal& m) { return is_multiple(v, m); }) &&
         std::none_of(piece.non_multiples.begin(), piece.non_multiples.end(),
                      [&](const Decimal& m) { return is_multiple(v, m); }) &&
         !std::binary_search(piece.excluded.begin(), piece.excluded.end(), v, less);
}

NumberInterval meet_intervals(const NumberInterval& a, const NumberInterval& b) {
  NumberInterval out = a;
  if (b.low) {
    int c = out.low ? compare(*b.low, *out.low) : 1;
    if (c > 0) out.low = b.low, out.low_open = b.low_open;
    if (c == 0) out.low_open |= b.low_open;
  }
  if (b.high) {
    int c = out.high ? compare(*b.high, *out.high) : -1;
    if (c < 0) out.high = b.high, out.high_open = b.high_open;
    if (c == 0) out.high_open |= b.high_open;
  }
  return out;
}

// Of lists that are tidy.
std::vector<Decimal> joined(const std::vector<Decimal>& a, const std::vector<Decimal>& b) {
  std::vector<Decimal> out;
  out.reserve(a.size() + b.size());
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out), less);
  return out;
}

// The least common multiple, where it is small enough to count with.
std::optional<Decimal> common_multiple(const Decimal& a, const Decimal& b) {
  auto x = make_divisor(a, false), y = make_divisor(b, false);
  if (!x || !y) return std::nullopt;
  uint64_t m = x->modulus, n = y->modulus;
  int32_t scale = std::max(x->scale, y->scale);
  constexpr uint64_t kLargest = uint64_t{1} << 50;
  auto scaled = [&](uint64_t* value, int32_t own) {
    for (; own < scale; ++own) {
      if (*value > kLargest / 10) return false;
      *value *= 10;
    }
    return true;
  };
  if (!scaled(&m, x->scale) || !scaled(&n, y->scale)) return std::nullopt;
  uint64_t common = m / std::gcd(m, n);
  if (common > kLargest / n) return std::nullopt;
  return parse_decimal(std::to_string(common * n) + "e-" + std::to_string(scale));
}

// Says the same with fewer divisors. False where no number can be divided so.
bool simplify_divisors(NumberPiece* piece) {
  std::vector<Decimal>& multiples = piece->multiples;
  for (size_t i = 0; i + 1 < multiples.size();) {
    if (auto common = common_multiple(multiples[i], multiples[i + 1])) {
      multiples[i + 1] = *common;
      multiples.erase(multiples.begin() + static_cast<long>(i));
    } else {
      ++i;
    }
  }
  tidy(&multiples);
  auto divides = [](const Decimal& divisor, const Decimal& value) {
    return make_divisor(divisor, false) && is_multiple(value, divisor);
  };
  std::vector<Decimal>& never = piece->non_multiples;
  for (const Decimal& d : never) {
    if (std::any_of(multiples.begin(), multiples.end(), [&](const Decimal& m) { return divides(d, m); })) return false;
  }
  for (size_t i = 0; i < never.size();) {
    bool implied = std::any_of(never.begin(), never.end(),
                               [&](const Decimal& d) { return !(d == never[i]) && divides(d, never[i]); });
    if (implied) {
      never.erase(never.begin() + static_cast<long>(i));
    } else {
      ++i;
    }
  }
  return true;
}

void check_size(const NumberSet& set) {
  if (set.pieces.size() > kMaxPieces) {
    throw GrammarLimitError("a set of numbers needs more than max_number_pieces = " + std::to_string(kMaxPieces) +
                            " intervals");
  }
}

CodeSet digits_from(char lo) { return {{static_cast<uint32_t>(lo), '9'}}; }

ExprId minus_if(ExpressionArena& arena, ExprId e) {
  return arena.concat(arena.repeat(arena.char_class({{'-', '-'}}), 0, 1), e);
}

ExprId plain_integer(ExpressionArena& arena, uint32_t max_digits) {
  ExprId rest = arena.repeat(arena.char_class(digits_from('0')), 0, max_digits - 1);
  return arena.unite(arena.char_class({{'0', '0'}}), arena.concat(arena.char_class(digits_from('1')), rest));
}

ExprId fraction(ExpressionArena& arena, uint32_t max_digits) {
  return arena.concat(arena.char_class({{'.', '.'}}), arena.repeat(arena.char_class(digits_from('0')), 1, max_digits));
}

ExprId exponent_mark(ExpressionArena& arena) {
  return arena.concat(arena.char_class({{'e', 'e'}, {'E', 'E'}}),
                      arena.repeat(arena.char_class({{'+', '+'}, {'-', '-'}}), 0, 1));
}

ExprId exponent(ExpressionArena& arena) {
  return arena.concat(exponent_mark(arena), arena.repeat(arena.char_class(digits_from('0')), 1, 3));
}

// One digit before the point: in this spelling the exponent alone says how large a number is.
ExprId scientific(ExpressionArena& arena, uint32_t max_digits) {
  return arena.concat(arena.char_class(digits_from('1')),
                      arena.concat(arena.repeat(fraction(arena, max_digits), 0, 1), exponent(arena)));
}

// Whether, on one side of zero, every leading digit has some exponent that brings it inside.
bool wide(const std::optional<Decimal>& near, const std::optional<Decimal>& far) {
  if (!near || near->is_zero() || !far) return !far || far->is_zero() || far->point() > -250;
  return far->point() > near->point() + 1;
}

bool allows_exponent(const NumberInterval& i) {
  auto side = [](const Decimal& d) { return d.is_zero() ? 0 : d.negative ? -1 : 1; };
  bool has_positive = !i.high || side(*i.high) > 0, has_negative = !i.low || side(*i.low) < 0;
  std::optional<Decimal> low = i.low && side(*i.low) > 0 ? i.low : std::nullopt;
  std::optional<Decimal> high = i.high && side(*i.high) < 0 ? i.high : std::nullopt;
  auto magnitude_ok = [](const std::optional<Decimal>& d) {
    return !d || d->is_zero() || (d->point() < 250 && d->point() > -250);
  };
  if (!magnitude_ok(i.low) || !magnitude_ok(i.high)) return false;
  return (!has_positive || wide(low, i.high)) && (!has_negative || wide(high, i.low));
}

// Each value's spellings: digits, with zeros behind the last decimal place, and with an exponent.
ExprId spell_points(ExpressionArena& arena, const std::vector<Decimal>& points, bool plain,
                    const NumberSpelling& spelling) {
  std::vector<std::u32string> whole;
  std::map<size_t, std::vector<std::u32string>> broken;  // by how many places they have
  std::vector<ExprId> parts;
  auto ascii = [](const std::string& text) { return std::u32string(text.begin(), text.end()); };
  const int64_t most = spelling.max_digits;
  for (const Decimal& v : points) {
    int64_t point = v.point();
    bool huge = point > 300 || point < -300 || v.exponent < -600;  // written out it would be all zeros
    std::string text = v.negative ? "-" : "";
    if (huge) {
      if (plain) whole.push_back(ascii(to_string(v)));
    } else if (v.exponent >= 0 || v.is_zero()) {
      text += v.is_zero() ? "0" : v.digits + std::string(static_cast<size_t>(v.exponent), '0');
      if (v.is_zero() || point <= most) whole.push_back(ascii(text));
      if (v.is_zero()) whole.push_back(U"-0");
    } else if (point > 0) {
      auto whole_digits = static_cast<size_t>(point);
      if (point <= most)
        broken[v.digits.size() - whole_digits].push_back(
            ascii(text + v.digits.substr(0, whole_digits) + "." + v.digits.substr(whole_digits)));
    } else {
      auto zeros = static_cast<size_t>(-point);
      broken[zeros + v.digits.size()].push_back(ascii(text + "0." + std::string(zeros, '0') + v.digits));
    }
    bool has_exponent =
        !v.is_zero() && !plain && (point > 6 || point < -2) && static_cast<int64_t>(v.digits.size()) <= most + 1;
    if (has_exponent) {
      std::string mantissa =
          (v.negative ? "-" : "") + v.digits.substr(0, 1) + (v.digits.size() > 1 ? "." + v.digits.substr(1) : "");
      int64_t e = point - 1;
      ExprId sign = e < 0 ? arena.literal(U"-") : arena.repeat(arena.literal(U"+"), 0, 1);
      ExprId digits =
          arena.concat(arena.repeat(arena.literal(U"0"), 0, 1), arena.literal(ascii(std::to_string(e < 0 ? -e : e))));
      parts.push_back(
          arena.concat(arena.literal(ascii(mantissa)),
                       arena.concat(arena.char_class({{'e', 'e'}, {'E', 'E'}}), arena.concat(sign, digits))));
    }
  }
  ExprId zero = arena.char_class({{'0', '0'}});
  if (!whole.empty()) {
    ExprId e = arena.literal_set(std::move(whole));
    ExprId zeros = arena.concat(arena.char_class({{'.', '.'}}), arena.repeat(zero, 1, spelling.max_digits));
    parts.push_back(plain ? e : arena.concat(e, arena.repeat(zeros, 0, 1)));
  }
  for (auto& [places, texts] : broken) {
    if (places > spelling.max_digits) continue;
    ExprId zeros = arena.repeat(zero, 0, spelling.max_digits - static_cast<uint32_t>(places));
    parts.push_back(arena.concat(arena.literal_set(std::move(texts)), zeros));
  }
  return arena.unite(std::move(parts));
}

// Whole numbers of at most so many digits that are not less than a positive one.
ExprId whole_numbers_from(ExpressionArena& arena, const std::string& least, size_t max_digits) {
  auto digits = [&](size_t count) {
    return arena.repeat(arena.char_class(digits_from('0')), static_cast<uint32_t>(count), static_cast<uint32_t>(count));
  };
  const std::u32string text(least.begin(), least.end());
  std::vector<ExprId> parts;
  if (text.size() <= max_digits) parts.push_back(arena.literal(text));
  for (size_t i = 0; i < text.size() && text.size() <= max_digits; ++i) {  // where the first larger digit stands
    if (text[i] == '9') continue;
    ExprId larger = arena.char_class(digits_from(static_cast<char>(text[i] + 1)));
    parts.push_back(arena.concat(arena.literal(text.substr(0, i)), arena.concat(larger, digits(text.size() - i - 1))));
  }
  for (size_t length = text.size() + 1; length <= max_digits; ++length)
    parts.push_back(arena.concat(arena.char_class(digits_from('1')), digits(length - 1)));
  return arena.unite(std::move(parts));
}

// Multiples written with an exponent so large that every mantissa gives one: where the divisor has no prime factors but
// 2 and 5. Floating-point numbers beyond 1e16 are commonly written so.
constexpr int kMantissaPlaces = 16;

bool has_large(const NumberInterval& i) {
  bool positive = !i.high || (!i.high->negative && i.high->point() > kMantissaPlaces);
  bool negative = !i.low || (i.low->negative && i.low->point() > kMantissaPlaces);
  return positive || negative;
}

ExprId spell_large_multiples(ExpressionArena& arena, const std::vector<Decimal>& divisors) {
  constexpr size_t kExponentDigits = 3;
  int least = kMantissaPlaces;
  for (const Decimal& d : divisors) {
    auto divisor = make_divisor(d, false);
    if (!divisor) return arena.empty();
    int powers = 0;  // 10^powers is a multiple of the divisor's digits
    uint64_t rest = divisor->modulus;
    for (; rest % 10 == 0 || rest % 5 == 0 || rest % 2 == 0; ++powers) {
      rest /= rest % 10 == 0 ? 10 : rest % 5 == 0 ? 5 : 2;
    }
    if (rest != 1) return arena.empty();
    least = std::max(least, kMantissaPlaces + powers);
  }
  const std::string name = "multiples with exponents from " + std::to_string(least);
  if (const ExprId* known = arena.recall(name)) return *known;
  ExprId mark =
      arena.concat(arena.char_class({{'e', 'e'}, {'E', 'E'}}), arena.repeat(arena.char_class({{'+', '+'}}), 0, 1));
  ExprId out =
      arena.concat(arena.char_class(digits_from('1')),
                   arena.concat(arena.repeat(fraction(arena, kMantissaPlaces), 0, 1),
                                arena.concat(mark, whole_numbers_from(arena, std::to_string(least), kExponentDigits))));
  arena.remember(name, out);
  return out;
}

ExprId spell_piece(ExpressionArena& arena, const NumberPiece& piece, const NumberSpelling& spelling) {
  bool plain = piece.integer && spelling.plain_integers;
  bool divisible = !piece.multiples.empty() || !piece.non_multiples.empty();
  bool only_whole = plain && piece.non_multiples.empty() &&
                    std::all_of(piece.multiples.begin(), piece.multiples.end(),
                                [](const Decimal& m) { return m == Decimal{false, "1", 0}; });
  bool bounded = piece.interval.low || piece.interval.high;
  ExprId integer = plain_integer(arena, spelling.max_digits);
  // Without an exponent, and with one. Divisible numbers are written out, unless they are very large.
  std::vector<std::pair<ExprId, bool>> spellings;
  if (plain) {
    spellings.emplace_back(minus_if(arena, integer), false);
  } else {
    ExprId digits = arena.concat(integer, arena.repeat(fraction(arena, spelling.max_digits), 0, 1));
    bool exponents = !divisible && piece.excluded.size() <= kMaxExcludedWithExponent &&
                     (!bounded || allows_exponent(piece.interval));
    if (exponents && !bounded && piece.excluded.empty()) {
      spellings.emplace_back(minus_if(arena, arena.concat(digits, arena.repeat(exponent(arena), 0, 1))), true);
    } else {
      spellings.emplace_back(minus_if(arena, digits), false);
      if (exponents) spellings.emplace_back(minus_if(arena, scientific(arena, spelling.max_digits)), true);
    }
  }
  if (!plain && !piece.multiples.empty() && piece.non_multiples.empty() &&
      piece.excluded.size() <= kMaxExcludedWithExponent &&
      (!bounded || (has_large(piece.interval) && allows_exponent(piece.interval)))) {
    spellings.emplace_back(minus_if(arena, spell_large_multiples(arena, piece.multiples)), true);
  }
  std::vector<ExprId> out;
  for (const auto& [texts, has_exponent] : spellings) {
    std::vector<ExprId> parts{texts};
    if (bounded) parts.push_back(arena.number_interval(piece.interval, has_exponent));
    if (!only_whole && !(has_exponent && divisible)) {
      for (const Decimal& m : piece.multiples) parts.push_back(arena.number_multiple(m, false));
      for (const Decimal& m : piece.non_multiples) parts.push_back(arena.number_multiple(m, true));
    }
    if (has_exponent) {
      for (const Decimal& v : piece.excluded) {
        parts.push_back(arena.unite(arena.number_interval({std::nullopt, v, false, true}, true),
                                    arena.number_interval({v, std::nullopt, true, false}, true)));
      }
    } else if (!piece.excluded.empty()) {
      parts.push_back(arena.complement(spell_points(arena, piece.excluded, false, spelling)));
    }
    out.push_back(arena.intersect(std::move(parts)));
  }
  return arena.unite(std::move(out));
}

}  // namespace

bool is_multiple(const Decimal& value, const Decimal& divisor) {
  if (value.is_zero()) return true;
  MultipleState state;
  auto d = make_divisor(divisor, false);
  if (!d)
    throw GrammarLimitError("multipleOf " + to_string(divisor).substr(0, 40) +
                            " needs remainders beyond max_remainder = 2^60");
  // value = digits * 10^exponent, and the divisor counts `scale` decimal places.
  int64_t shift = value.exponent + d->scale;
  if (shift < 0) return false;  // a nonzero digit behind the last place that counts
  if (shift > 1'000'000) throw GrammarLimitError("a number's exponent is beyond max_exponent = 1000000");
  unsigned __int128 r = 0;
  for (char c : value.digits) r = (r * 10 + static_cast<unsigned>(c - '0')) % d->modulus;
  for (int64_t i = 0; i < shift; ++i) r = r * 10 % d->modulus;
  return r == 0;
}

NumberSet unite(const NumberSet& a, const NumberSet& b) {
  NumberSet out = a;
  for (const NumberPiece& piece : b.pieces) {
    if (std::find(out.pieces.begin(), out.pieces.end(), piece) == out.pieces.end()) out.pieces.push_back(piece);
  }
  if (std::find(out.pieces.begin(), out.pieces.end(), NumberPiece{}) != out.pieces.end()) return NumberSet::all();
  out.points = joined(a.points, b.points);
  out.integer_points = joined(a.integer_points, b.integer_points);
  check_size(out);
  return out;
}

NumberSet meet(const NumberSet& a, const NumberSet& b) {
  NumberSet out;
  for (const NumberPiece& x : a.pieces) {
    for (const NumberPiece& y : b.pieces) {
      NumberPiece piece{meet_intervals(x.interval, y.interval),
                        joined(x.multiples, y.multiples),
                        joined(x.non_multiples, y.non_multiples),
                        joined(x.excluded, y.excluded),
                        x.integer || y.integer,
                        joined(x.integer_non_multiples, y.integer_non_multiples),
                        joined(x.integer_excluded, y.integer_excluded)};
      if (!piece.interval.empty() && simplify_divisors(&piece)) out.pieces.push_back(std::move(piece));
    }
    check_size(out);
  }
  auto filter = [&](const NumberSet& points, const NumberSet& by) {
    for (const Decimal& v : points.integer_points) {
      bool in = std::any_of(by.pieces.begin(), by.pieces.end(), [&](const NumberPiece& p) { return holds(p, v); });
      if (in) out.integer_points.push_back(v);
    }
    for (const Decimal& v : points.points) {
      bool in = false, free = false;
      for (const NumberPiece& p : by.pieces) {
        if (!holds(p, v)) continue;
        in = true;
        free |= !p.integer;
      }
      if (in) (free ? out.points : out.integer_points).push_back(v);
    }
  };
  filter(a, b);
  filter(b, a);
  auto all_points = [](const NumberSet& s) { return joined(s.points, s.integer_points); };
  std::vector<Decimal> pa = all_points(a), pb = all_points(b), both;
  std::set_intersection(pa.begin(), pa.end(), pb.begin(), pb.end(), std::back_inserter(both), less);
  for (const Decimal& v : both) {
    bool free = std::binary_search(a.points.begin(), a.points.end(), v, less) &&
                std::binary_search(b.points.begin(), b.points.end(), v, less);
    (free ? out.points : out.integer_points).push_back(v);
  }
  tidy(&out.points);
  tidy(&out.integer_points);
  return out;
}

NumberSet complement(const NumberSet& a) {
  NumberSet out = NumberSet::all();
  out.pieces[0].excluded = joined(a.points, a.integer_points);
  out.pieces[0].integer_excluded = a.integer_points;
  for (const NumberPiece& piece : a.pieces) {
    NumberSet broken;
    if (piece.interval.low) {
      NumberPiece p;
      p.interval.high = piece.interval.low, p.interval.high_open = !piece.interval.low_open;
      broken.pieces.push_back(p);
    }
    if (piece.interval.high) {
      NumberPiece p;
      p.interval.low = piece.interval.high, p.interval.low_open = !piece.interval.high_open;
      broken.pieces.push_back(p);
    }
    for (const Decimal& m : piece.multiples) {
      NumberPiece p;
      p.non_multiples = {m};
      if (piece.integer) p.integer_non_multiples = {m};
      broken.pieces.push_back(p);
    }
    for (const Decimal& m : piece.non_multiples) {
      NumberPiece p;
      p.multiples = {m};
      p.integer = std::binary_search(piece.integer_non_multiples.begin(), piece.integer_non_multiples.end(), m, less);
      broken.pieces.push_back(p);
    }
    std::set_difference(piece.excluded.begin(), piece.excluded.end(), piece.integer_excluded.begin(),
                        piece.integer_excluded.end(), std::back_inserter(broken.points), less);
    broken.integer_points = piece.integer_excluded;
    out = meet(out, broken);
  }
  return out;
}

ExprId spell(ExpressionArena& arena, const NumberSet& set, const NumberSpelling& spelling) {
  std::vector<ExprId> parts;
  for (const NumberPiece& piece : set.pieces) parts.push_back(spell_piece(arena, piece, spelling));
  if (!set.points.empty()) parts.push_back(spell_points(arena, set.points, false, spelling));
  if (!set.integer_points.empty())
    parts.push_back(spell_points(arena, set.integer_points, spelling.plain_integers, spelling));
  return arena.unite(std::move(parts));
}

}  // namespace fcformat
