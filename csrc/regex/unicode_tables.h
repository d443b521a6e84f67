// Sets of code points for \p{...} in patterns: general categories, scripts, script extensions and the binary properties
// that ECMA-262 lists. The data lie in unicode_tables.cc, which generate_unicode_tables.py writes; kUnicodeVersion says
// which version of Unicode they follow.
#pragma once

#include <string_view>

#include "regex/expression.h"

namespace fcformat {

// `names` are all spellings in lower case without underscores, separated by spaces, the first one canonical.
struct UnicodeSet {
  const char* names;
  const char* ranges;  // see generate_unicode_tables.py for the encoding
};
struct UnicodeUnion {
  const char* names;
  const char* members;
};

extern const char kUnicodeVersion[];
// Each ends with a row of null pointers.
extern const UnicodeSet kGeneralCategories[];
extern const UnicodeUnion kGeneralCategoryGroups[];
extern const UnicodeSet kScripts[];
extern const UnicodeSet kScriptExtensions[];
extern const UnicodeSet kBinaryProperties[];

// The set that \p{name=value}, or \p{value} where `name` is empty, stands for. Names are compared loosely (UAX #44,
// LM3: case, underscores and hyphens do not matter). False where there is no such property or value.
bool find_unicode_property(std::string_view name, std::string_view value, CodeSet* set);

}  // namespace fcformat
