#include "schema/formats.h"

namespace fcformat {

bool format_expression(ExpressionArena&, std::string_view, ExprId*) { return false; }

}  // namespace fcformat
