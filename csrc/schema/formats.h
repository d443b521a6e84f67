// The string formats of JSON Schema as regular languages.
#pragma once

#include <string_view>

#include "regex/expression.h"

namespace fcformat {

// Sets `expression` to the language of a format; false where the name is none that is asserted.
bool format_expression(ExpressionArena& arena, std::string_view name, ExprId* expression);

}  // namespace fcformat
