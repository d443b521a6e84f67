// Sets of numbers, closed under and, or, not: unions of intervals with divisibility and exceptions, and of single values.
#pragma once

#include <vector>

#include "regex/expression.h"

namespace fcformat {

struct NumberPiece {
  NumberInterval interval;
  std::vector<Decimal> multiples;      // a multiple of each of these
  std::vector<Decimal> non_multiples;  // of none of these
  std::vector<Decimal> excluded;       // none of these values
  bool integer = false;                // called an integer, and spelled as one; multiples then say so
  // What the negation calls integers: of the non-multiples, and of the excluded. Each is among those as well.
  std::vector<Decimal> integer_non_multiples, integer_excluded;
  bool operator==(const NumberPiece&) const = default;
};

struct NumberSet {
  std::vector<NumberPiece> pieces;
  std::vector<Decimal> points;          // single values
  std::vector<Decimal> integer_points;  // single values that the schema also calls integers: spelled as such

  static NumberSet all() { return {{NumberPiece{}}, {}, {}}; }
  bool trivially_empty() const { return pieces.empty() && points.empty() && integer_points.empty(); }
  bool operator==(const NumberSet&) const = default;
};

NumberSet meet(const NumberSet& a, const NumberSet& b);
NumberSet unite(const NumberSet& a, const NumberSet& b);
NumberSet complement(const NumberSet& a);
bool is_multiple(const Decimal& value, const Decimal& divisor);

struct NumberSpelling {
  bool plain_integers = true;  // integers as digits alone
  uint32_t max_digits = 400;   // in the integer part, and in the fraction
};
// The language of all permitted spellings of the set's values.
ExprId spell(ExpressionArena& arena, const NumberSet& set, const NumberSpelling& spelling);

}  // namespace fcformat
