// `contentEncoding` and `contentMediaType` of draft 7: the strings that hold what they say.
#pragma once

#include <string_view>

#include "regex/expression.h"

namespace fcformat {

// Sets `expression` to the strings that are base64, JSON texts, or JSON texts in base64; false where what is named is none
// of these, and says nothing. An empty name: the keyword is not there.
bool content_expression(ExpressionArena& arena, std::string_view encoding, std::string_view media_type,
                        ExprId* expression);

}  // namespace fcformat
