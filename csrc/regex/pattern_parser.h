// ECMA-262 regular expressions (with the u flag's reading of code points) as expressions.
#pragma once

#include <string_view>

#include "regex/expression.h"

namespace fcformat {

// The language of all strings in which `pattern` matches somewhere (JSON Schema's `pattern` is not anchored).
// Throws PatternError with the offset in code points.
ExprId parse_search_pattern(ExpressionArena& arena, std::string_view pattern_utf8);

// The language of all strings that match `pattern` from beginning to end.
ExprId parse_full_pattern(ExpressionArena& arena, std::string_view pattern_utf8);

}  // namespace fcformat
