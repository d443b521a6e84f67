// How values are spelled: the surface syntax and the permitted style.
#pragma once

#include <cstdint>

namespace fcformat {

enum class Syntax : uint8_t {
  kJson,
  kPython,           // Python literals
  kPythonArguments,  // an object as keyword arguments; the values inside are Python literals
  kJsonString,       // JSON, spelled inside a JSON string: every quote and backslash is escaped once more
};

enum class Whitespace : uint8_t { kFlexible, kCompact, kPython };

struct Surface {
  Syntax syntax = Syntax::kJson;
  Whitespace whitespace = Whitespace::kFlexible;
  uint16_t max_whitespace = 40;
  bool minimal_escapes = false;

  bool python() const { return syntax == Syntax::kPython || syntax == Syntax::kPythonArguments; }
};

}  // namespace fcformat
