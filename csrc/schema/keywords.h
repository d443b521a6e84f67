// The keywords of all drafts that assert or apply something, in one table: what each may be, what it holds, since when
// it is there.
#pragma once

#include <cstdint>
#include <string_view>

namespace fcformat {

enum class Dialect : uint8_t { kDraft4, kDraft6, kDraft7, kDraft2019, kDraft2020, kUnstated };

enum class Keyword : uint8_t {
  kAdditionalItems,
  kAdditionalProperties,
  kAllOf,
  kAnyOf,
  kConst,
  kContains,
  kContentEncoding,
  kContentMediaType,
  kContentSchema,
  kDefinitions,
  kDefs,
  kDependencies,
  kDependentRequired,
  kDependentSchemas,
  kDynamicRef,
  kElse,
  kEnum,
  kExclusiveMaximum,
  kExclusiveMinimum,
  kFormat,
  kIf,
  kItems,
  kMaxContains,
  kMaximum,
  kMaxItems,
  kMaxLength,
  kMaxProperties,
  kMinContains,
  kMinimum,
  kMinItems,
  kMinLength,
  kMinProperties,
  kMultipleOf,
  kNot,
  kOneOf,
  kPattern,
  kPatternProperties,
  kPrefixItems,
  kProperties,
  kPropertyNames,
  kRecursiveRef,
  kRef,
  kRequired,
  kThen,
  kType,
  kUnevaluatedItems,
  kUnevaluatedProperties,
  kUniqueItems,
  kCount
};

// A set of keywords.
using Keywords = uint64_t;
static_assert(static_cast<int>(Keyword::kCount) <= 64);
template <typename... K>
constexpr Keywords keywords(K... all) {
  return ((Keywords{1} << static_cast<int>(all)) | ... | 0);
}

// Where a keyword's value holds schemas.
enum class Holds : uint8_t { kNothing, kSchema, kList, kMap, kSchemaOrList, kDependencies };

// What a keyword's value must be.
enum class Expect : uint8_t {
  kAnything,
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

struct KeywordFacts {
  Keyword keyword;
  std::string_view name;
  Expect expect;
  Holds holds = Holds::kNothing;
  Dialect since = Dialect::kDraft4;
  Dialect until = Dialect::kUnstated;
};

// Null where it is no keyword of any draft, or one that only annotates.
const KeywordFacts* keyword_facts(std::string_view name);
const KeywordFacts& keyword_facts(Keyword keyword);

}  // namespace fcformat
