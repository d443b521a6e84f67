// The table of formats, and those that are one line each. The longer ones stand in formats_*.cc, by subject.
//
// A format here is the exact language of the RFC that JSON Schema names for it, over code points and without regard to
// what a resolver or a calendar of leap seconds would say. Where an RFC's language is not regular (A-labels, nested
// regular expressions) the file concerned says which part of it is taken.
#include "schema/formats.h"

#include "schema/formats_parts.h"

namespace fcformat {
namespace {

// RFC 6901, section 3. Control characters are fine: they are escaped by JSON, not by the pointer.
constexpr std::string_view kPointer = R"((?:/(?:[^~/]|~[01])*)*)";

struct NamedFormat {
  std::string_view name;
  ExprId (*build)(FormatBuilder&);
};

constexpr NamedFormat kFormats[] = {
    {"date", calendar_date},
    {"time", time_of_day},
    {"date-time", [](FormatBuilder& b) { return b.sequence({calendar_date(b), b.pattern("[Tt]"), time_of_day(b)}); }},
    {"duration", duration},
    {"email", [](FormatBuilder& b) { return mailbox(b, false); }},
    {"idn-email", [](FormatBuilder& b) { return mailbox(b, true); }},
    {"hostname", host_name},
    {"idn-hostname", [](FormatBuilder& b) { return international_host_name(b, true); }},
    {"ipv4", ipv4_address},
    {"ipv6", [](FormatBuilder& b) { return ipv6_address(b, 1); }},
    {"uri", [](FormatBuilder& b) { return resource_identifier(b, ResourceForm::kAbsolute, false); }},
    {"uri-reference", [](FormatBuilder& b) { return resource_identifier(b, ResourceForm::kReference, false); }},
    {"iri", [](FormatBuilder& b) { return resource_identifier(b, ResourceForm::kAbsolute, true); }},
    {"iri-reference", [](FormatBuilder& b) { return resource_identifier(b, ResourceForm::kReference, true); }},
    {"uri-template", resource_template},
    // RFC 9562, section 4: any version and variant, letters of either case.
    {"uuid", [](FormatBuilder& b) { return b.pattern("[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"); }},
    {"json-pointer", [](FormatBuilder& b) { return b.pattern(kPointer); }},
    // draft-bhutton-relative-json-pointer-00, section 3. The shift of an array index ("0-1/x") came with that draft.
    {"relative-json-pointer",
     [](FormatBuilder& b) {
       return b.sequence(
           {b.pattern("(?:0|[1-9][0-9]*)(?:[-+][1-9][0-9]*)?"), b.either({b.text(U"#"), b.pattern(kPointer)})});
     }},
    {"regex", regular_expression},
};

}  // namespace

bool format_expression(ExpressionArena& arena, std::string_view name, ExprId* expression) {
  for (const NamedFormat& format : kFormats) {
    if (format.name != name) continue;
    std::string key = "format " + std::string(name);
    if (const ExprId* known = arena.recall(key)) {
      *expression = *known;
    } else {
      FormatBuilder builder(arena);
      *expression = format.build(builder);
      arena.remember(key, *expression);
    }
    return true;
  }
  return false;
}

}  // namespace fcformat
