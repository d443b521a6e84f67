// What the formats' files share: a few words for building expressions, and the parts that several formats have in common.
// Internal to formats*.cc.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "regex/expression.h"
#include "regex/pattern_parser.h"

namespace fcformat {

// Expressions of one arena, written shortly.
class FormatBuilder {
 public:
  explicit FormatBuilder(ExpressionArena& arena) : arena(arena) {}

  ExprId pattern(std::string_view text) { return parse_full_pattern(arena, text); }
  ExprId text(std::u32string_view text) { return arena.literal(text); }
  ExprId sequence(std::initializer_list<ExprId> parts) {
    ExprId out = arena.epsilon();
    for (size_t i = parts.size(); i-- > 0;) out = arena.concat(parts.begin()[i], out);
    return out;
  }
  ExprId either(std::vector<ExprId> parts) { return arena.unite(std::move(parts)); }
  ExprId optional(ExprId part) { return arena.unite(arena.epsilon(), part); }
  ExprId any_number(ExprId part) { return arena.repeat(part, 0, kUnbounded); }
  ExprId at_least_one(ExprId part) { return arena.repeat(part, 1, kUnbounded); }

  ExpressionArena& arena;
};

// formats_address.cc
ExprId ipv4_address(FormatBuilder& b);
// `elided` is how many groups "::" stands for at least: one (RFC 4291), two in an e-mail address (RFC 5321).
ExprId ipv6_address(FormatBuilder& b, uint32_t elided);
ExprId ascii_label(FormatBuilder& b);  // at most 63 characters, and no A-label
ExprId host_name(FormatBuilder& b);
ExprId mailbox(FormatBuilder& b, bool international);

// formats_idna.cc
ExprId international_host_name(FormatBuilder& b, bool normalized);

// formats_time.cc
ExprId calendar_date(FormatBuilder& b);
ExprId time_of_day(FormatBuilder& b);
ExprId duration(FormatBuilder& b);

// formats_uri.cc
enum class ResourceForm { kAbsolute, kReference };
ExprId resource_identifier(FormatBuilder& b, ResourceForm form, bool international);
ExprId resource_template(FormatBuilder& b);

// formats_regex.cc
ExprId regular_expression(FormatBuilder& b);

}  // namespace fcformat
