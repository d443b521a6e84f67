// Which subschemas say the same: schemas are often written out more than once, and "this and not that" is seen to be
// empty at once where both are known to be one.
#pragma once

#include <string>
#include <unordered_map>

#include "schema/json.h"

namespace fcformat {

class Contents {
 public:
  // Numbers a subschema by what it says: equal numbers mean equal schemas, if both stand in one resource. Annotations
  // do not count; `ordered`: the order of properties does. A subschema that is named equals no other.
  explicit Contents(bool ordered) : ordered_(ordered) {}
  uint32_t of(const Json& schema);

 private:
  uint32_t number(std::string key);
  std::string members_of(const Json& map);

  bool ordered_;
  std::unordered_map<const Json*, uint32_t> known_;
  std::unordered_map<std::string, uint32_t> numbers_;
};

}  // namespace fcformat
