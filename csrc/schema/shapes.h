// Normal forms: what a schema says of each JSON type, as unions of conjunctions ("shapes").
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "regex/expression.h"
#include "schema/number_set.h"

namespace fcformat {

using FormulaId = uint32_t;
using NameId = uint32_t;
using ObjectShapeId = uint32_t;
using ArrayShapeId = uint32_t;

constexpr FormulaId kFalseFormula = 0, kTrueFormula = 1;

// At least one member whose key is in `keys` has its value in `value`.
struct MemberExists {
  ExprId keys;
  FormulaId value;
  auto operator<=>(const MemberExists&) const = default;
};

struct ObjectShape {
  std::vector<std::pair<NameId, FormulaId>> properties;  // the member of this name, if there is one, is in ...; sorted
  std::vector<std::pair<ExprId, FormulaId>> patterns;   // every member whose key is in ... has its value in ...; sorted
  std::vector<NameId> required;                         // sorted
  std::vector<FormulaId> names;                         // every key, as a string, is in each of these; sorted
  std::vector<FormulaId> other_names;                   // for each of these, some key is not in it; sorted
  std::vector<MemberExists> exists;                     // sorted
  std::vector<std::pair<NameId, NameId>> dependencies;  // where the first is present, so is the second; sorted
  std::vector<ObjectShapeId> excluded;                  // constants that it is not; sorted
  std::vector<NameId> order;                            // declared order, for JSONStyle.property_order = "schema"
  uint32_t min = 0, max = kUnbounded;
  bool unconstrained() const {
    return properties.empty() && patterns.empty() && required.empty() && names.empty() && other_names.empty() &&
           exists.empty() && dependencies.empty() && excluded.empty() && min == 0 && max == kUnbounded;
  }
};

// Between min and max of the items from index `start` on are in `item`.
struct Contains {
  FormulaId item;
  uint32_t start, min, max;
  auto operator<=>(const Contains&) const = default;
};

struct ArrayShape {
  std::vector<FormulaId> prefix;
  FormulaId rest = kTrueFormula;
  std::vector<Contains> contains;      // sorted
  std::vector<ArrayShapeId> excluded;  // constants that it is not; sorted
  uint32_t min = 0, max = kUnbounded;
  bool unique = false;    // no two items are equal
  bool repeated = false;  // some two items are equal
  bool unconstrained() const {
    return prefix.empty() && rest == kTrueFormula && contains.empty() && excluded.empty() && min == 0 &&
           max == kUnbounded && !unique && !repeated;
  }
};

struct Normal {
  bool null = false, true_value = false, false_value = false;
  NumberSet numbers;
  ExprId strings = 0;                  // an expression over code points
  std::vector<ObjectShapeId> objects;  // union
  std::vector<ArrayShapeId> arrays;    // union
};

}  // namespace fcformat
