#include "schema/keywords.h"

#include <array>
#include <cstddef>

namespace fcformat {
namespace {

using enum Keyword;

constexpr size_t kNumber = static_cast<size_t>(kCount);

// In the order of the enumeration.
constexpr std::array<KeywordFacts, kNumber> kFacts{{
    {kAdditionalItems, "additionalItems", Expect::kSchema, Holds::kSchema},
    {kAdditionalProperties, "additionalProperties", Expect::kSchema, Holds::kSchema},
    {kAllOf, "allOf", Expect::kSchemas, Holds::kList},
    {kAnyOf, "anyOf", Expect::kSchemas, Holds::kList},
    {kConst, "const", Expect::kAnything, Holds::kNothing, Dialect::kDraft6},
    {kContains, "contains", Expect::kSchema, Holds::kSchema, Dialect::kDraft6},
    {kContentEncoding, "contentEncoding", Expect::kString, Holds::kNothing, Dialect::kDraft7, Dialect::kDraft7},
    {kContentMediaType, "contentMediaType", Expect::kString, Holds::kNothing, Dialect::kDraft7, Dialect::kDraft7},
    {kContentSchema, "contentSchema", Expect::kAnything, Holds::kSchema},
    {kDefinitions, "definitions", Expect::kAnything, Holds::kMap},
    {kDefs, "$defs", Expect::kSchemaMap, Holds::kMap},
    {kDependencies, "dependencies", Expect::kDependencies, Holds::kDependencies},
    {kDependentRequired, "dependentRequired", Expect::kNameLists, Holds::kNothing, Dialect::kDraft2019},
    {kDependentSchemas, "dependentSchemas", Expect::kSchemaMap, Holds::kMap, Dialect::kDraft2019},
    {kDynamicRef, "$dynamicRef", Expect::kString, Holds::kNothing, Dialect::kDraft2020},
    {kElse, "else", Expect::kSchema, Holds::kSchema, Dialect::kDraft7},
    {kEnum, "enum", Expect::kArray},
    {kExclusiveMaximum, "exclusiveMaximum", Expect::kExclusive},
    {kExclusiveMinimum, "exclusiveMinimum", Expect::kExclusive},
    {kFormat, "format", Expect::kFormat},
    {kIf, "if", Expect::kSchema, Holds::kSchema, Dialect::kDraft7},
    {kItems, "items", Expect::kItems, Holds::kSchemaOrList},
    {kMaxContains, "maxContains", Expect::kCount, Holds::kNothing, Dialect::kDraft2019},
    {kMaximum, "maximum", Expect::kNumber},
    {kMaxItems, "maxItems", Expect::kCount},
    {kMaxLength, "maxLength", Expect::kCount},
    {kMaxProperties, "maxProperties", Expect::kCount},
    {kMinContains, "minContains", Expect::kCount, Holds::kNothing, Dialect::kDraft2019},
    {kMinimum, "minimum", Expect::kNumber},
    {kMinItems, "minItems", Expect::kCount},
    {kMinLength, "minLength", Expect::kCount},
    {kMinProperties, "minProperties", Expect::kCount},
    {kMultipleOf, "multipleOf", Expect::kPositive},
    {kNot, "not", Expect::kSchema, Holds::kSchema},
    {kOneOf, "oneOf", Expect::kSchemas, Holds::kList},
    {kPattern, "pattern", Expect::kPattern},
    {kPatternProperties, "patternProperties", Expect::kSchemaMap, Holds::kMap},
    {kPrefixItems, "prefixItems", Expect::kSchemas, Holds::kList, Dialect::kDraft2020},
    {kProperties, "properties", Expect::kSchemaMap, Holds::kMap},
    {kPropertyNames, "propertyNames", Expect::kSchema, Holds::kSchema, Dialect::kDraft6},
    {kRecursiveRef, "$recursiveRef", Expect::kString, Holds::kNothing, Dialect::kDraft2019},
    {kRef, "$ref", Expect::kString},
    {kRequired, "required", Expect::kNames},
    {kThen, "then", Expect::kSchema, Holds::kSchema, Dialect::kDraft7},
    {kType, "type", Expect::kType},
    {kUnevaluatedItems, "unevaluatedItems", Expect::kSchema, Holds::kSchema, Dialect::kDraft2019},
    {kUnevaluatedProperties, "unevaluatedProperties", Expect::kSchema, Holds::kSchema, Dialect::kDraft2019},
    {kUniqueItems, "uniqueItems", Expect::kBool},
}};

constexpr bool in_order() {
  for (size_t i = 0; i < kNumber; ++i) {
    if (static_cast<size_t>(kFacts[i].keyword) != i) return false;
  }
  return true;
}
static_assert(in_order());

// Open addressing; looked up for every member of every schema.
constexpr size_t kSlots = 256;
constexpr size_t slot_of(std::string_view k) {
  auto at = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(k[i])); };
  return (k.size() * 59 + at(0) * 31 + at(k.size() / 2) * 7 + at(k.size() - 1)) % kSlots;
}
constexpr std::array<uint8_t, kSlots> make_slots() {
  std::array<uint8_t, kSlots> slots{};
  for (size_t i = 0; i < kNumber; ++i) {
    size_t slot = slot_of(kFacts[i].name);
    while (slots[slot] != 0) slot = (slot + 1) % kSlots;
    slots[slot] = static_cast<uint8_t>(i + 1);
  }
  return slots;
}
constexpr auto kBySlot = make_slots();

}  // namespace

const KeywordFacts* keyword_facts(std::string_view name) {
  if (name.empty()) return nullptr;
  for (size_t slot = slot_of(name); kBySlot[slot] != 0; slot = (slot + 1) % kSlots) {
    const KeywordFacts& facts = kFacts[kBySlot[slot] - 1];
    if (facts.name == name) return &facts;
  }
  return nullptr;
}

const KeywordFacts& keyword_facts(Keyword keyword) { return kFacts[static_cast<size_t>(keyword)]; }

}  // namespace fcformat
