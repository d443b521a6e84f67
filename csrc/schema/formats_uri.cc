// Uniform resource identifiers (RFC 3986), their international form (RFC 3987), and URI templates (RFC 6570).
#include <string>

#include "schema/formats_parts.h"

namespace fcformat {
namespace {

// RFC 3987, section 2.2, without the bidirectional formatting characters that section 4.1 forbids.
constexpr std::string_view kBeyondAscii =
    R"(\u00A0-\u200D\u2010-\u2029\u202F-\uD7FF\uF900-\uFDCF\uFDF0-\uFFEF\u{10000}-\u{1FFFD}\u{20000}-\u{2FFFD}\u{30000}-\u{3FFFD})"
    R"(\u{40000}-\u{4FFFD}\u{50000}-\u{5FFFD}\u{60000}-\u{6FFFD}\u{70000}-\u{7FFFD}\u{80000}-\u{8FFFD}\u{90000}-\u{9FFFD})"
    R"(\u{A0000}-\u{AFFFD}\u{B0000}-\u{BFFFD}\u{C0000}-\u{CFFFD}\u{D0000}-\u{DFFFD}\u{E1000}-\u{EFFFD})";
constexpr std::string_view kPrivate = R"(\uE000-\uF8FF\u{F0000}-\u{FFFFD}\u{100000}-\u{10FFFD})";

}  // namespace

ExprId resource_identifier(FormatBuilder& b, ResourceForm form, bool international) {
  // unreserved / sub-delims, the inside of a character class
  std::string plain = R"(A-Za-z0-9\-._~!$&'()*+,;=)";
  if (international) plain += kBeyondAscii;
  auto run = [&](const std::string& more) { return "(?:[" + plain + more + "]|%[0-9A-Fa-f]{2})"; };

  ExprId address = b.either({ipv6_address(b, 1), b.pattern(R"([vV][0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+)")});
  ExprId literal = b.sequence({b.text(U"["), address, b.text(U"]")});
  ExprId name = b.pattern(run("") + "*");  // a dotted IPv4 address is one, too
  ExprId user = b.optional(b.pattern(run(":") + "*@"));
  ExprId port = b.pattern("(?::[0-9]*)?");
  ExprId authority = b.sequence({b.text(U"//"), user, b.either({literal, name}), port});

  // A path is segments between slashes; only where it begins do the rules differ.
  ExprId rest = b.pattern(run(":@/") + "*");
  ExprId after_authority = b.optional(b.sequence({b.text(U"/"), rest}));
  ExprId absolute = b.sequence({b.text(U"/"), b.optional(b.sequence({b.pattern(run(":@")), rest}))});
  ExprId with_authority = b.sequence({authority, after_authority});
  ExprId rootless = b.sequence({b.pattern(run(":@")), rest});

  ExprId query = b.pattern("(?:\\?" + run(std::string(":@/?") + std::string(international ? kPrivate : "")) + "*)?");
  ExprId fragment = b.pattern("(?:#" + run(":@/?") + "*)?");
  ExprId tail = b.sequence({query, fragment});

  ExprId scheme = b.pattern(R"([A-Za-z][A-Za-z0-9+\-.]*:)");
  ExprId whole = b.sequence({scheme, b.either({with_authority, absolute, rootless, b.arena.epsilon()}), tail});
  if (form == ResourceForm::kAbsolute) return whole;
  // A relative path's first segment has no colon: it would read as a scheme.
  ExprId no_scheme = b.sequence({b.pattern(run("@") + "+"), after_authority});
  ExprId relative = b.sequence({b.either({with_authority, absolute, no_scheme, b.arena.epsilon()}), tail});
  return b.either({whole, relative});
}

// Section 2, with the apostrophe as a literal, as the official suite has it. The operators reserved for later belong to the syntax.
ExprId resource_template(FormatBuilder& b) {
  std::string beyond = std::string(R"(\u00A0-\uD7FF)") + std::string(kBeyondAscii) + std::string(kPrivate);
  std::string literal = R"([!#$&'()*+,\-./0-9:;=?@A-Z[\]_a-z~)" + beyond + "]|%[0-9A-Fa-f]{2}";
  std::string character = "(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})";
  std::string variable = character + "(?:\\.?" + character + ")*(?::[1-9][0-9]{0,3}|\\*)?";
  return b.pattern("(?:" + literal + "|\\{[+#./;?&=,!@|]?" + variable + "(?:," + variable + ")*\\})*");
}

}  // namespace fcformat
