// How values are spelled: the surface syntax and the permitted style.
#pragma once

#include <cstdint>

namespace fcformat {

enum class Syntax : uint8_t {
  kJson,
  kPython,           // Python literals
  kPythonArguments,  // an object as keyword arguments; the values inside are Python literals
  kJsonString,       // JSON, spelled inside a JSON string: every quote and backslash is escaped once more
  kTagged,           // an object as texts around each key and value; strings are raw text, other values are JSON
  kDelimited,        // the same with bare keys and delimited strings at every level
};

enum class Whitespace : uint8_t { kFlexible, kCompact, kPython };

struct Surface {
  Syntax syntax = Syntax::kJson;
  Whitespace whitespace = Whitespace::kFlexible;
  uint16_t max_whitespace = 40;
  bool minimal_escapes = false;
  bool python_words = false;  // kTagged: None, True and False may stand for null, true and false

  bool tagged() const { return syntax == Syntax::kTagged || syntax == Syntax::kDelimited; }
  bool python() const { return syntax == Syntax::kPython || syntax == Syntax::kPythonArguments; }
};

}  // namespace fcformat
