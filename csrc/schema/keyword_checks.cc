// What each keyword's value must look like, in one table, and which keywords the engine refuses.
#include <algorithm>
#include <string>

#include "errors.h"
#include "regex/pattern_parser.h"
#include "schema/formats.h"
#include "schema/keyword_table.h"
#include "schema/loader.h"

namespace fcformat {
namespace {

enum class Expect : uint8_t {
  kType,
  kCount,
  kNumber,
  kPositive,
  kString,
  kPattern,
  kFormat,
  kBool,
  kNames,
  kArray,
  kSchema,
  kSchemas,
  kSchemaMap,
  kItems,
  kDependencies,
  kNameLists,
  kExclusive
};

constexpr KeywordTable kKeywords({
    std::pair<std::string_view, Expect>{"type", Expect::kType},
    std::pair<std::string_view, Expect>{"enum", Expect::kArray},
    std::pair<std::string_view, Expect>{"$ref", Expect::kString},
    std::pair<std::string_view, Expect>{"$defs", Expect::kSchemaMap},
    std::pair<std::string_view, Expect>{"minLength", Expect::kCount},
    std::pair<std::string_view, Expect>{"maxLength", Expect::kCount},
    std::pair<std::string_view, Expect>{"minItems", Expect::kCount},
    std::pair<std::string_view, Expect>{"maxItems", Expect::kCount},
    std::pair<std::string_view, Expect>{"minProperties", Expect::kCount},
    std::pair<std::string_view, Expect>{"maxProperties", Expect::kCount},
    std::pair<std::string_view, Expect>{"minContains", Expect::kCount},
    std::pair<std::string_view, Expect>{"maxContains", Expect::kCount},
    std::pair<std::string_view, Expect>{"minimum", Expect::kNumber},
    std::pair<std::string_view, Expect>{"maximum", Expect::kNumber},
    std::pair<std::string_view, Expect>{"multipleOf", Expect::kPositive},
    std::pair<std::string_view, Expect>{"exclusiveMinimum", Expect::kExclusive},
    std::pair<std::string_view, Expect>{"exclusiveMaximum", Expect::kExclusive},
    std::pair<std::string_view, Expect>{"pattern", Expect::kPattern},
    std::pair<std::string_view, Expect>{"format", Expect::kFormat},
    std::pair<std::string_view, Expect>{"uniqueItems", Expect::kBool},
    std::pair<std::string_view, Expect>{"required", Expect::kNames},
    std::pair<std::string_view, Expect>{"properties", Expect::kSchemaMap},
    std::pair<std::string_view, Expect>{"patternProperties", Expect::kSchemaMap},
    std::pair<std::string_view, Expect>{"additionalProperties", Expect::kSchema},
    std::pair<std::string_view, Expect>{"propertyNames", Expect::kSchema},
    std::pair<std::string_view, Expect>{"items", Expect::kItems},
    std::pair<std::string_view, Expect>{"prefixItems", Expect::kSchemas},
    std::pair<std::string_view, Expect>{"additionalItems", Expect::kSchema},
    std::pair<std::string_view, Expect>{"contains", Expect::kSchema},
    std::pair<std::string_view, Expect>{"allOf", Expect::kSchemas},
    std::pair<std::string_view, Expect>{"anyOf", Expect::kSchemas},
    std::pair<std::string_view, Expect>{"oneOf", Expect::kSchemas},
    std::pair<std::string_view, Expect>{"not", Expect::kSchema},
    std::pair<std::string_view, Expect>{"if", Expect::kSchema},
    std::pair<std::string_view, Expect>{"then", Expect::kSchema},
    std::pair<std::string_view, Expect>{"else", Expect::kSchema},
    std::pair<std::string_view, Expect>{"dependentRequired", Expect::kNameLists},
    std::pair<std::string_view, Expect>{"dependentSchemas", Expect::kSchemaMap},
    std::pair<std::string_view, Expect>{"dependencies", Expect::kDependencies},
    std::pair<std::string_view, Expect>{"unevaluatedProperties", Expect::kSchema},
    std::pair<std::string_view, Expect>{"unevaluatedItems", Expect::kSchema},
    std::pair<std::string_view, Expect>{"$dynamicRef", Expect::kString},
    std::pair<std::string_view, Expect>{"$recursiveRef", Expect::kString},
});

bool is_count(const Json& v) { return v.is_number() && v.number.is_integer() && !v.number.negative; }
bool is_schema(const Json& v) { return v.is_object() || v.is_bool(); }
bool all_strings(const Json& v) {
  return v.is_array() && std::all_of(v.items.begin(), v.items.end(), [](const Json& i) { return i.is_string(); });
}

const char* const kTypes[] = {"null", "boolean", "object", "array", "number", "string", "integer"};
bool is_type(const Json& v) {
  return v.is_string() && std::any_of(std::begin(kTypes), std::end(kTypes), [&](const char* t) { return v.text == t; });
}

// What was expected, or nullptr where the value is fine.
const char* misfit(Expect expect, const Json& v) {
  switch (expect) {
    case Expect::kType:
      if (is_type(v) || (v.is_array() && !v.items.empty() && std::all_of(v.items.begin(), v.items.end(), is_type)))
        return nullptr;
      return "one of null, boolean, object, array, number, string, integer, or a list of them";
    case Expect::kCount:
      return is_count(v) ? nullptr : "a non-negative integer";
    case Expect::kNumber:
      return v.is_number() ? nullptr : "a number";
    case Expect::kPositive:
      return v.is_number() && !v.number.negative && !v.number.is_zero() ? nullptr : "a number above 0";
    case Expect::kString:
    case Expect::kPattern:
    case Expect::kFormat:
      return v.is_string() ? nullptr : "a string";
    case Expect::kBool:
      return v.is_bool() ? nullptr : "a boolean";
    case Expect::kNames:
      return all_strings(v) || v.is_bool() ? nullptr
                                           : "a list of names";  // a boolean is draft 3's, and said nothing in draft 4
    case Expect::kArray:
      return v.is_array() ? nullptr : "an array";
    case Expect::kSchema:
      return is_schema(v) ? nullptr : "a schema";
    case Expect::kSchemas:
      return v.is_array() && !v.items.empty() && std::all_of(v.items.begin(), v.items.end(), is_schema)
                 ? nullptr
                 : "a non-empty list of schemas";
    case Expect::kSchemaMap:
      return v.is_object() &&
                     std::all_of(v.members.begin(), v.members.end(), [](const auto& m) { return is_schema(m.second); })
                 ? nullptr
                 : "an object whose values are schemas";
    case Expect::kItems:
      return is_schema(v) || (v.is_array() && std::all_of(v.items.begin(), v.items.end(), is_schema))
                 ? nullptr
                 : "a schema or a list of schemas";
    case Expect::kDependencies:
      return v.is_object() && std::all_of(v.members.begin(), v.members.end(),
                                          [](const auto& m) {
                                            return is_schema(m.second) || all_strings(m.second) || m.second.is_string();
                                          })
                 ? nullptr
                 : "an object whose values are schemas or lists of names";
    case Expect::kNameLists:
      return v.is_object() && std::all_of(v.members.begin(), v.members.end(),
                                          [](const auto& m) { return all_strings(m.second); })
                 ? nullptr
                 : "an object whose values are lists of names";
    case Expect::kExclusive:
      return v.is_number() || v.is_bool() ? nullptr : "a number";
  }
  return nullptr;
}

std::string place(const std::string& pointer) { return pointer.empty() ? "the root" : pointer; }

void check_pattern(ExpressionArena& arena, const std::string& pattern, const std::string& pointer,
                   const std::string& keyword) {
  try {
    parse_search_pattern(arena, pattern);
  } catch (const PatternError& e) {
    std::string message = "at " + place(pointer) + ": " + keyword + " \"" + excerpt(pattern) + "\": " + e.what();
    if (e.unsupported) throw UnsupportedSchemaError(message, pointer, keyword);
    throw SchemaError(message, pointer, keyword);
  }
}

}  // namespace

uint32_t count_of(const Json& value, const std::string& pointer, const std::string& keyword) {
  if (!is_count(value)) {
    throw SchemaError(
        "at " + place(pointer) + ": " + keyword + " is " + summary(value) + ", expected a non-negative integer",
        pointer, keyword);
  }
  const Decimal& d = value.number;
  if (d.is_zero()) return 0;
  if (d.point() > 9) return kUnbounded - 1;
  return static_cast<uint32_t>(std::stoul(d.digits + std::string(static_cast<size_t>(d.exponent), '0')));
}

void check_keywords(const Document& document, const LoaderOptions& options, ExpressionArena& arena) {
  for (uint32_t i = 0; i < document.size(); ++i) {
    const Subschema& s = document.at(i);
    if (!is_schema(*s.json)) {
      throw SchemaError(
          "at " + place(s.pointer) + ": found " + type_name(*s.json) + " (" + summary(*s.json) + "), expected a schema",
          s.pointer, "");
    }
    if (document.dialect(i) <= Dialect::kDraft7 && s.json->find("$ref")) continue;  // its siblings say nothing there
    for (const auto& [keyword, value] : s.json->members) {
      const Expect* expect = kKeywords.find(keyword);
      if (!expect || !has_keyword(document.dialect(i), keyword)) continue;  // an annotation
      if (const char* expected = misfit(*expect, value)) {
        throw SchemaError(
            "at " + place(s.pointer) + ": " + keyword + " is " + summary(value) + ", expected " + expected, s.pointer,
            keyword);
      }
      if (*expect == Expect::kPattern) check_pattern(arena, value.text, s.pointer, keyword);
      if (keyword == "patternProperties") {
        for (const auto& member : value.members) check_pattern(arena, member.first, s.pointer, keyword);
      }
      ExprId ignored;
      if (*expect == Expect::kFormat && options.refuse_unknown_formats &&
          !format_expression(arena, value.text, &ignored)) {
        throw UnsupportedSchemaError("at " + place(s.pointer) + ": the format \"" + value.text + "\" is not known",
                                     s.pointer, keyword);
      }
    }
  }
}

}  // namespace fcformat
