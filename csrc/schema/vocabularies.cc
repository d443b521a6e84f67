#include "schema/vocabularies.h"

#include <algorithm>
#include <optional>

#include "errors.h"
#include "schema/document.h"
#include "schema/keywords.h"

namespace fcformat {
namespace {

enum Vocabulary : uint8_t { kCore = 1, kApplicator = 2, kUnevaluated = 4, kValidation = 8, kFormat = 16, kOther = 32 };

// What a metaschema says.
struct Use {
  std::string draft;  // a `$schema`
  uint8_t vocabularies;
};

constexpr std::string_view kDrafts[] = {"https://json-schema.org/draft/2019-09/",
                                        "https://json-schema.org/draft/2020-12/"};

std::optional<uint8_t> vocabulary_of(std::string_view name, bool old) {
  if (name == "core") return kCore;
  if (name == "applicator") return old ? kApplicator | kUnevaluated : kApplicator;
  if (name == "unevaluated" && !old) return kUnevaluated;
  if (name == "validation") return kValidation;
  if (old ? name == "format" : name == "format-annotation" || name == "format-assertion") return kFormat;
  if (name == "meta-data" || name == "content") return kOther;
  return std::nullopt;
}

// The vocabulary of a keyword that asserts something.
uint8_t vocabulary_of_keyword(std::string_view name) {
  using enum Keyword;
  constexpr Keywords kApplicators =
      keywords(kAdditionalItems, kAdditionalProperties, kAllOf, kAnyOf, kContains, kDependencies, kDependentSchemas,
               kElse, kIf, kItems, kNot, kOneOf, kPatternProperties, kPrefixItems, kProperties, kPropertyNames, kThen);
  constexpr Keywords kValidations =
      keywords(kConst, kDependentRequired, kEnum, kExclusiveMaximum, kExclusiveMinimum, kMaxContains, kMaxItems,
               kMaxLength, kMaxProperties, kMaximum, kMinContains, kMinItems, kMinLength, kMinProperties, kMinimum,
               kMultipleOf, Keyword::kPattern, kRequired, Keyword::kType, kUniqueItems);
  const KeywordFacts* facts = keyword_facts(name);
  if (!facts) return kCore;
  Keywords one = keywords(facts->keyword);
  if (one & kApplicators) return kApplicator;
  if (one & keywords(kUnevaluatedItems, kUnevaluatedProperties)) return kUnevaluated;
  if (one & kValidations) return kValidation;
  return one & keywords(Keyword::kFormat) ? Vocabulary::kFormat : kCore;
}

// What the metaschema named by `$schema` here says; nothing where it is not among the documents, or says nothing.
std::optional<Use> use_of(const Json& json, const Documents& documents, const std::string& pointer) {
  const Json* uri = json.is_object() ? json.find("$schema") : nullptr;
  if (!uri || !uri->is_string() || dialect_of(uri->text) != Dialect::kUnstated) return std::nullopt;
  auto document = documents.find(uri->text.substr(0, uri->text.find('#')));
  if (document == documents.end()) document = documents.find(uri->text);
  const Json* list = document == documents.end() ? nullptr : document->second.find("$vocabulary");
  if (!list || !list->is_object()) return std::nullopt;
  Use out{"", kCore};
  for (const auto& [name, required] : list->members) {
    std::optional<uint8_t> known;
    for (std::string_view draft : kDrafts) {
      std::string prefix = std::string(draft) + "vocab/";
      if (!name.starts_with(prefix)) continue;
      known = vocabulary_of(std::string_view(name).substr(prefix.size()), draft == kDrafts[0]);
      if (known) out.draft = std::string(draft) + "schema";
    }
    if (!known && required.type == Json::Type::kTrue) {
      throw UnsupportedSchemaError("at " + (pointer.empty() ? "the root" : pointer) + ": the metaschema \"" +
                                       uri->text + "\" requires the vocabulary \"" + name + "\", which is not known",
                                   pointer, "$schema");
    }
    out.vocabularies |= known.value_or(0);
  }
  if (out.draft.empty()) return std::nullopt;
  return out;
}

// Whether some part names a metaschema that is among the documents: mostly none does.
bool names_one(const Json& json, const Documents& documents) {
  if (const Json* uri = json.find("$schema"); uri && uri->is_string()) {
    if (dialect_of(uri->text) == Dialect::kUnstated && documents.contains(uri->text.substr(0, uri->text.find('#'))))
      return true;
  }
  auto below = [&](const Json& part) { return names_one(part, documents); };
  return std::any_of(json.items.begin(), json.items.end(), below) ||
         std::any_of(json.members.begin(), json.members.end(), [&](const auto& m) { return below(m.second); });
}

void narrow(Json* json, std::optional<Use> use, const Documents& documents, const std::string& pointer) {
  if (!json->is_object()) return;
  if (json->find("$schema")) use = use_of(*json, documents, pointer);
  if (use) {
    std::erase_if(json->members, [&](const auto& m) { return !(vocabulary_of_keyword(m.first) & use->vocabularies); });
  }
  for (auto& [keyword, value] : json->members) {
    if (keyword == "$schema" && use) value.text = use->draft;
    const KeywordFacts* facts = keyword_facts(keyword);
    const Holds holds = facts ? facts->holds : Holds::kNothing;
    if (holds == Holds::kNothing) continue;
    std::string here = pointer + escape_pointer(keyword);
    if (holds == Holds::kMap || holds == Holds::kDependencies) {
      for (auto& [name, part] : value.members) narrow(&part, use, documents, here + escape_pointer(name));
    } else {
      narrow(&value, use, documents, here);
      for (size_t i = 0; i < value.items.size(); ++i)
        narrow(&value.items[i], use, documents, here + "/" + std::to_string(i));
    }
  }
}

}  // namespace

std::shared_ptr<const Json> within_vocabularies(std::shared_ptr<const Json> schema, const Documents& documents) {
  if (documents.empty() || !names_one(*schema, documents)) return schema;
  auto out = std::make_shared<Json>(*schema);
  narrow(out.get(), std::nullopt, documents, "");
  return out;
}

std::shared_ptr<const Documents> within_vocabularies(std::shared_ptr<const Documents> documents) {
  bool any = std::any_of(documents->begin(), documents->end(),
                         [&](const auto& document) { return names_one(document.second, *documents); });
  if (!any) return documents;
  auto out = std::make_shared<Documents>(*documents);
  for (auto& [uri, document] : *out) narrow(&document, std::nullopt, *documents, "");
  return out;
}

}  // namespace fcformat
