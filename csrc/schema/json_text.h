// A schema's JSON text, read without a detour over Python objects.
#pragma once

#include <optional>
#include <string_view>

#include "schema/json.h"

namespace fcformat {

// The value of a text, numbers with all their digits; of members with one name, the last one, in the place of the first.
// Nothing where the text is no JSON, nests deeper than `max_depth` or holds a number beyond what is read plainly: then a
// slower reader is to say what is wrong.
std::optional<Json> read_json_text(std::string_view text, int max_depth);

}  // namespace fcformat
