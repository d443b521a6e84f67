#include "schema/vocabularies.h"

#include <algorithm>
#include <optional>

#include "errors.h"
#include "schema/document.h"
#include "schema/keyword_table.h"

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
uint8_t vocabulary_of_keyword(std::string_view keyword) {
  static constexpr KeywordTable table({
      std::pair<std::string_view, uint8_t>{"additionalItems", kApplicator},
      std::pair<std::string_view, uint8_t>{"additionalProperties", kApplicator},
      std::pair<std::string_view, uint8_t>{"allOf", kApplicator},
      std::pair<std::string_view, uint8_t>{"anyOf", kApplicator},
      std::pair<std::string_view, uint8_t>{"contains", kApplicator},
      std::pair<std::string_view, uint8_t>{"dependencies", kApplicator},
      std::pair<std::string_view, uint8_t>{"dependentSchemas", kApplicator},
      std::pair<std::string_view, uint8_t>{"else", kApplicator},
      std::pair<std::string_view, uint8_t>{"if", kApplicator},
      std::pair<std::string_view, uint8_t>{"items", kApplicator},
      std::pair<std::string_view, uint8_t>{"not", kApplicator},
      std::pair<std::string_view, uint8_t>{"oneOf", kApplicator},
      std::pair<std::string_view, uint8_t>{"patternProperties", kApplicator},
      std::pair<std::string_view, uint8_t>{"prefixItems", kApplicator},
      std::pair<std::string_view, uint8_t>{"properties", kApplicator},
      std::pair<std::string_view, uint8_t>{"propertyNames", kApplicator},
      std::pair<std::string_view, uint8_t>{"then", kApplicator},
      std::pair<std::string_view, uint8_t>{"unevaluatedItems", kUnevaluated},
      std::pair<std::string_view, uint8_t>{"unevaluatedProperties", kUnevaluated},
      std::pair<std::string_view, uint8_t>{"const", kValidation},
      std::pair<std::string_view, uint8_t>{"dependentRequired", kValidation},
      std::pair<std::string_view, uint8_t>{"enum", kValidation},
      std::pair<std::string_view, uint8_t>{"exclusiveMaximum", kValidation},
      std::pair<std::string_view, uint8_t>{"exclusiveMinimum", kValidation},
      std::pair<std::string_view, uint8_t>{"maxContains", kValidation},
      std::pair<std::string_view, uint8_t>{"maxItems", kValidation},
      std::pair<std::string_view, uint8_t>{"maxLength", kValidation},
      std::pair<std::string_view, uint8_t>{"maxProperties", kValidation},
      std::pair<std::string_view, uint8_t>{"maximum", kValidation},
      std::pair<std::string_view, uint8_t>{"minContains", kValidation},
      std::pair<std::string_view, uint8_t>{"minItems", kValidation},
      std::pair<std::string_view, uint8_t>{"minLength", kValidation},
      std::pair<std::string_view, uint8_t>{"minProperties", kValidation},
      std::pair<std::string_view, uint8_t>{"minimum", kValidation},
      std::pair<std::string_view, uint8_t>{"multipleOf", kValidation},
      std::pair<std::string_view, uint8_t>{"pattern", kValidation},
      std::pair<std::string_view, uint8_t>{"required", kValidation},
      std::pair<std::string_view, uint8_t>{"type", kValidation},
      std::pair<std::string_view, uint8_t>{"uniqueItems", kValidation},
      std::pair<std::string_view, uint8_t>{"format", kFormat},
  });
  const uint8_t* found = table.find(keyword);
  return found ? *found : uint8_t{kCore};
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
    Holds holds = holds_schemas(keyword);
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
