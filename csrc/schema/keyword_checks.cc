// Whether a keyword's value is what it must be (`keywords.cc` says what), at every subschema.
#include <algorithm>
#include <string>
#include <string_view>

#include "errors.h"
#include "regex/pattern_parser.h"
#include "schema/formats.h"
#include "schema/loader.h"

namespace fcformat {
namespace {

bool is_count(const Json& v) { return v.is_number() && v.number().is_integer() && !v.negative; }
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
    case Expect::kAnything:
      return nullptr;
    case Expect::kType:
      if (is_type(v) || (v.is_array() && !v.items.empty() && std::all_of(v.items.begin(), v.items.end(), is_type)))
        return nullptr;
      return "one of null, boolean, object, array, number, string, integer, or a list of them";
    case Expect::kCount:
      return is_count(v) ? nullptr : "a non-negative integer";
    case Expect::kNumber:
      return v.is_number() ? nullptr : "a number";
    case Expect::kPositive:
      return v.is_number() && !v.negative && !v.number().is_zero() ? nullptr : "a number above 0";
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

void check_pattern(PatternExpressions& patterns, const std::string& pattern, const Document& document, uint32_t index,
                   std::string_view keyword) {
  try {
    patterns.of(pattern);
  } catch (const PatternError& e) {
    std::string where = document.pointer(index), name(keyword);
    std::string message = "at " + place(where) + ": " + name + " \"" + excerpt(pattern) + "\": " + e.what();
    if (e.unsupported) throw UnsupportedSchemaError(message, where, name);
    throw SchemaError(message, where, name);
  }
}

}  // namespace

void check_keywords(const Document& document, uint32_t index, const LoaderOptions& options,
                    PatternExpressions& patterns, ExpressionArena& arena) {
  const Subschema& s = document.at(index);
  if (!is_schema(*s.json)) {
    std::string where = document.pointer(index);
    throw SchemaError(
        "at " + place(where) + ": found " + type_name(*s.json) + " (" + summary(*s.json) + "), expected a schema",
        where, "");
  }
  for (auto [keyword, value] : document.values(index)) {
    if (!(s.keywords & keywords(keyword))) continue;
    const KeywordFacts& facts = keyword_facts(keyword);
    if (const char* expected = misfit(facts.expect, *value)) {
      std::string where = document.pointer(index), name(facts.name);
      throw SchemaError("at " + place(where) + ": " + name + " is " + summary(*value) + ", expected " + expected, where,
                        name);
    }
    if (keyword == Keyword::kPattern) check_pattern(patterns, value->text, document, index, facts.name);
    if (keyword == Keyword::kPatternProperties) {
      for (const auto& member : value->members) check_pattern(patterns, member.first, document, index, facts.name);
    }
    ExprId ignored;
    if (keyword == Keyword::kFormat && options.refuse_unknown_formats &&
        !format_expression(arena, value->text, &ignored)) {
      std::string where = document.pointer(index);
      throw UnsupportedSchemaError("at " + place(where) + ": the format \"" + value->text + "\" is not known", where,
                                   "format");
    }
  }
}

uint32_t count_of(const Json& value) {
  const Decimal d = value.number();
  if (d.is_zero()) return 0;
  if (d.point() > 9) return kUnbounded - 1;
  return static_cast<uint32_t>(std::stoul(d.digits + std::string(static_cast<size_t>(d.exponent), '0')));
}

}  // namespace fcformat
