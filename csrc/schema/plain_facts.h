// What can be seen of a schema at one glance: which types it may have, its few values, and the members that tell it from
// others. Alternatives that such facts keep apart need no question asked about every pair of them.
#pragma once

#include <cstdint>
#include <vector>

#include "schema/shapes.h"

namespace fcformat {

using ValueId = uint32_t;  // a JSON value that stands in a schema

// If an object has the member, it has one of these values.
struct Discriminator {
  NameId name;
  bool required;
  std::vector<ValueId> values;  // sorted
};

struct PlainFacts {
  static constexpr uint8_t kNull = 1, kBoolean = 2, kNumber = 4, kString = 8, kArray = 16, kObject = 32, kAny = 63;
  uint8_t types = kAny;
  bool few = false;                    // it has no values but these
  std::vector<ValueId> values;         // sorted
  std::vector<Discriminator> members;  // of its objects; sorted by name
};

// Whether no object has both.
bool apart(const std::vector<Discriminator>& a, const std::vector<Discriminator>& b);
// Whether no value has both.
bool apart(const PlainFacts& a, const PlainFacts& b);

}  // namespace fcformat
