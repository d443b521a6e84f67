#include "schema/document.h"

#include <algorithm>
#include <utility>

#include "errors.h"
#include "schema/keyword_table.h"

namespace fcformat {
namespace {

constexpr int kMaxNesting = 600;
constexpr size_t kMaxSubschemas = 1'000'000;

std::string unescape_pointer(std::string_view token) {
  std::string out;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '%' && i + 2 < token.size() && isxdigit(static_cast<unsigned char>(token[i + 1])) &&
        isxdigit(static_cast<unsigned char>(token[i + 2]))) {
      out += static_cast<char>(std::stoi(std::string(token.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += token[i];
    }
  }
  std::string plain;
  for (size_t i = 0; i < out.size(); ++i) {
    if (out[i] == '~' && i + 1 < out.size() && (out[i + 1] == '0' || out[i + 1] == '1')) {
      plain += out[++i] == '0' ? '~' : '/';
    } else {
      plain += out[i];
    }
  }
  return plain;
}

std::string remove_dots(const std::string& path) {
  std::vector<std::string> out;
  size_t i = 0;
  bool directory = false;
  while (i <= path.size()) {
    size_t end = std::min(path.find('/', i), path.size());
    std::string part = path.substr(i, end - i);
    directory = part == "." || part == "..";
    if (part == "..") {
      if (out.size() > 1 || (out.size() == 1 && !out[0].empty())) out.pop_back();
    } else if (part != ".") {
      out.push_back(part);
    }
    i = end + 1;
  }
  if (directory) out.emplace_back();
  std::string joined;
  for (size_t k = 0; k < out.size(); ++k) joined += (k ? "/" : "") + out[k];
  return joined;
}

struct Uri {
  std::string scheme, authority, path;  // scheme with ":", authority with "//"
};

Uri split_uri(const std::string& text) {
  Uri u;
  size_t at = 0, colon = text.find(':');
  if (colon != std::string::npos && colon > 0 && text.find_first_of("/?#") > colon) {
    u.scheme = text.substr(0, colon + 1);
    at = colon + 1;
  }
  if (text.compare(at, 2, "//") == 0) {
    size_t end = std::min(text.find_first_of("/?#", at + 2), text.size());
    u.authority = text.substr(at, end - at);
    at = end;
  }
  u.path = text.substr(at);
  return u;
}

}  // namespace

std::string resolve_uri(const std::string& base, const std::string& reference) {
  size_t hash = reference.find('#');
  std::string body = reference.substr(0, hash), fragment = hash == std::string::npos ? "" : reference.substr(hash);
  if (body.empty()) return base.substr(0, base.find('#')) + fragment;
  Uri r = split_uri(body), b = split_uri(base.substr(0, base.find('#')));
  if (!r.scheme.empty()) return body + fragment;
  if (!r.authority.empty()) return b.scheme + body + fragment;
  if (!r.path.empty() && r.path[0] == '/') return b.scheme + b.authority + remove_dots(r.path) + fragment;
  std::string directory = b.path.substr(0, b.path.find('?'));
  size_t slash = directory.rfind('/');
  directory = slash == std::string::npos ? (b.authority.empty() ? "" : "/") : directory.substr(0, slash + 1);
  return b.scheme + b.authority + remove_dots(directory + r.path) + fragment;
}

std::string escape_pointer(std::string_view token) {
  std::string out;
  out.reserve(token.size() + 1);
  out += '/';
  if (token.find_first_of("~/") == std::string_view::npos) return out.append(token);
  for (char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

Dialect dialect_of(std::string_view uri) {
  auto has = [&](std::string_view part) { return uri.find(part) != std::string_view::npos; };
  if (has("json-schema.org/draft-04") || has("json-schema.org/draft-03")) return Dialect::kDraft4;
  if (has("json-schema.org/draft-06")) return Dialect::kDraft6;
  if (has("json-schema.org/draft-07")) return Dialect::kDraft7;
  if (has("json-schema.org/draft/2019-09")) return Dialect::kDraft2019;
  if (has("json-schema.org/draft/2020-12")) return Dialect::kDraft2020;
  return Dialect::kUnstated;
}

Holds holds_schemas(std::string_view keyword) {
  static constexpr KeywordTable table({
      std::pair<std::string_view, Holds>{"additionalItems", Holds::kSchema},
      std::pair<std::string_view, Holds>{"additionalProperties", Holds::kSchema},
      std::pair<std::string_view, Holds>{"allOf", Holds::kList},
      std::pair<std::string_view, Holds>{"anyOf", Holds::kList},
      std::pair<std::string_view, Holds>{"contains", Holds::kSchema},
      std::pair<std::string_view, Holds>{"contentSchema", Holds::kSchema},
      std::pair<std::string_view, Holds>{"definitions", Holds::kMap},
      std::pair<std::string_view, Holds>{"dependencies", Holds::kDependencies},
      std::pair<std::string_view, Holds>{"dependentSchemas", Holds::kMap},
      std::pair<std::string_view, Holds>{"$defs", Holds::kMap},
      std::pair<std::string_view, Holds>{"else", Holds::kSchema},
      std::pair<std::string_view, Holds>{"if", Holds::kSchema},
      std::pair<std::string_view, Holds>{"items", Holds::kSchemaOrList},
      std::pair<std::string_view, Holds>{"not", Holds::kSchema},
      std::pair<std::string_view, Holds>{"oneOf", Holds::kList},
      std::pair<std::string_view, Holds>{"patternProperties", Holds::kMap},
      std::pair<std::string_view, Holds>{"prefixItems", Holds::kList},
      std::pair<std::string_view, Holds>{"properties", Holds::kMap},
      std::pair<std::string_view, Holds>{"propertyNames", Holds::kSchema},
      std::pair<std::string_view, Holds>{"then", Holds::kSchema},
      std::pair<std::string_view, Holds>{"unevaluatedItems", Holds::kSchema},
      std::pair<std::string_view, Holds>{"unevaluatedProperties", Holds::kSchema},
  });
  const Holds* found = table.find(keyword);
  return found ? *found : Holds::kNothing;
}

bool has_keyword(Dialect dialect, std::string_view keyword) {
  if (dialect == Dialect::kUnstated) return true;
  static constexpr KeywordTable since({
      std::pair<std::string_view, Dialect>{"const", Dialect::kDraft6},
      std::pair<std::string_view, Dialect>{"contains", Dialect::kDraft6},
      std::pair<std::string_view, Dialect>{"propertyNames", Dialect::kDraft6},
      std::pair<std::string_view, Dialect>{"if", Dialect::kDraft7},
      std::pair<std::string_view, Dialect>{"then", Dialect::kDraft7},
      std::pair<std::string_view, Dialect>{"else", Dialect::kDraft7},
      std::pair<std::string_view, Dialect>{"dependentRequired", Dialect::kDraft2019},
      std::pair<std::string_view, Dialect>{"dependentSchemas", Dialect::kDraft2019},
      std::pair<std::string_view, Dialect>{"minContains", Dialect::kDraft2019},
      std::pair<std::string_view, Dialect>{"maxContains", Dialect::kDraft2019},
      std::pair<std::string_view, Dialect>{"unevaluatedProperties", Dialect::kDraft2019},
      std::pair<std::string_view, Dialect>{"unevaluatedItems", Dialect::kDraft2019},
      std::pair<std::string_view, Dialect>{"$recursiveRef", Dialect::kDraft2019},
      std::pair<std::string_view, Dialect>{"prefixItems", Dialect::kDraft2020},
      std::pair<std::string_view, Dialect>{"$dynamicRef", Dialect::kDraft2020},
  });
  const Dialect* first = since.find(keyword);
  return !first || dialect >= *first;
}

Document::Document(const Json& root, const std::map<std::string, Json>& others) : others_(others) {
  Dialect dialect = Dialect::kUnstated;
  resources_.push_back({"", &root, "", dialect});
  resource_of_[&root] = 0;
  by_uri_[""] = 0;
  index(root, "", 0, 0);
  for (const auto& [uri, json] : others) {
    auto id = static_cast<uint32_t>(resources_.size());
    std::string plain = uri.substr(0, uri.find('#'));
    resources_.push_back({plain, &json, "", Dialect::kUnstated});
    by_uri_.emplace(plain, id);
    resource_of_[&json] = id;
    index(json, "", id, 0);
  }
}

uint32_t Document::add(const Json& json, std::string pointer, uint32_t resource) {
  auto [it, is_new] = index_of_.try_emplace(&json, static_cast<uint32_t>(subschemas_.size()));
  if (is_new) {
    if (subschemas_.size() >= kMaxSubschemas) {
      throw GrammarLimitError("a schema holds more than max_subschemas = " + std::to_string(kMaxSubschemas) +
                              " schemas");
    }
    subschemas_.push_back({&json, std::move(pointer), resource});
  }
  return it->second;
}

uint32_t Document::enter_resource(const Json& json, const std::string& pointer, uint32_t resource) {
  if (!json.is_object()) return resource;
  const Json* schema_uri = json.find("$schema");
  Dialect dialect = resources_[resource].dialect;
  if (schema_uri && schema_uri->is_string()) dialect = dialect_of(schema_uri->text);
  bool old = dialect == Dialect::kDraft4;
  const Json* id = json.find(old ? "id" : "$id");
  bool ref_hides = dialect <= Dialect::kDraft7 && json.find("$ref");
  if (&json == resources_[resource].root) resources_[resource].dialect = dialect;
  if (!id || !id->is_string() || ref_hides || id->text.empty() || id->text[0] == '#') return resource;
  std::string uri = resolve_uri(resources_[resource].uri, id->text);
  uri = uri.substr(0, uri.find('#'));
  if (&json == resources_[resource].root) {
    if (resources_[resource].uri.empty()) resources_[resource].uri = uri;
    by_uri_.emplace(uri, resource);
    return resource;
  }
  auto made = static_cast<uint32_t>(resources_.size());
  resources_.push_back({uri, &json, pointer, dialect});
  by_uri_.emplace(uri, made);
  resource_of_[&json] = made;
  return made;
}

void Document::index(const Json& json, std::string pointer, uint32_t resource, int depth) {
  if (depth > kMaxNesting)
    throw GrammarLimitError("the schema nests deeper than max_schema_nesting = " + std::to_string(kMaxNesting));
  resource = enter_resource(json, pointer, resource);
  uint32_t self = add(json, pointer, resource);
  if (!json.is_object()) return;
  const std::string& uri = resources_[resource].uri;
  for (const char* keyword : {"$anchor", "$dynamicAnchor"}) {
    const Json* anchor = json.find(keyword);
    if (!anchor || !anchor->is_string()) continue;
    anchors_.emplace(uri + "#" + anchor->text, self);
    if (keyword[1] == 'd') dynamic_anchors_.emplace(std::make_pair(resource, anchor->text), self);
  }
  dynamic_ |= json.find("$dynamicRef") || json.find("$recursiveRef");
  for (const char* keyword : {"$id", "id"}) {  // up to draft 7, an identifier may be a mere fragment
    const Json* id = json.find(keyword);
    if (id && id->is_string() && id->text.find('#') != std::string::npos && id->text.back() != '#') {
      anchors_.emplace(resolve_uri(uri, id->text), self);
    }
  }
  for (const auto& [keyword, value] : json.members) {
    std::string below = pointer + escape_pointer(keyword);
    switch (holds_schemas(keyword)) {
      case Holds::kNothing:
        break;
      case Holds::kSchema:
        if (value.is_object() || value.is_bool()) index(value, below, resource, depth + 1);
        break;
      case Holds::kSchemaOrList:
        if (value.is_object() || value.is_bool()) index(value, below, resource, depth + 1);
        [[fallthrough]];
      case Holds::kList:
        for (size_t i = 0; i < value.items.size(); ++i)
          index(value.items[i], below + "/" + std::to_string(i), resource, depth + 1);
        break;
      case Holds::kMap:
      case Holds::kDependencies:
        for (const auto& [name, sub] : value.members) {
          if (sub.is_object() || sub.is_bool()) index(sub, below + escape_pointer(name), resource, depth + 1);
        }
        break;
    }
  }
}

uint32_t Document::child(uint32_t parent, const std::string& path, const Json& json) {
  auto it = index_of_.find(&json);
  if (it != index_of_.end()) return it->second;
  return add(json, subschemas_[parent].pointer + path, subschemas_[parent].resource);
}

uint32_t Document::resolve_dynamic(uint32_t from, const std::string& reference, const std::vector<uint32_t>& scope) {
  uint32_t target = resolve(from, reference, "$dynamicRef");
  size_t hash = reference.find('#');
  std::string name = hash == std::string::npos ? "" : reference.substr(hash + 1);
  auto own = dynamic_anchors_.find({subschemas_[target].resource, name});
  if (own == dynamic_anchors_.end() || own->second != target) return target;  // not a dynamic anchor: a plain reference
  for (uint32_t resource : scope) {
    auto outer = dynamic_anchors_.find({resource, name});
    if (outer != dynamic_anchors_.end()) return outer->second;
  }
  return target;
}

uint32_t Document::resolve_recursive(uint32_t from, const std::string& reference, const std::vector<uint32_t>& scope) {
  uint32_t target = resolve(from, reference, "$recursiveRef");
  auto is_anchor = [](const Json& json) {
    const Json* flag = json.find("$recursiveAnchor");
    return flag && flag->type == Json::Type::kTrue;
  };
  if (!is_anchor(*subschemas_[target].json)) return target;
  for (uint32_t resource : scope) {
    if (is_anchor(*resources_[resource].root))
      return add(*resources_[resource].root, resources_[resource].pointer, resource);
  }
  return target;
}

uint32_t Document::resolve(uint32_t from, const std::string& reference, const char* keyword) {
  const Subschema origin = subschemas_[from];
  auto fail = [&](const std::string& what) -> uint32_t {
    throw SchemaError("at " + (origin.pointer.empty() ? "the root" : origin.pointer) + ": " + keyword + " \"" +
                          reference + "\" " + what,
                      origin.pointer, keyword);
  };
  std::string target = resolve_uri(resources_[origin.resource].uri, reference);
  size_t hash = target.find('#');
  std::string uri = target.substr(0, hash), fragment = hash == std::string::npos ? "" : target.substr(hash + 1);
  auto found = by_uri_.find(uri);
  if (found == by_uri_.end()) {
    return fail("points to another document, which was not given (schemas are never fetched; pass it in `resources`)");
  }
  uint32_t resource = found->second;
  if (fragment.empty()) return add(*resources_[resource].root, resources_[resource].pointer, resource);
  if (fragment[0] != '/') {
    auto anchor = anchors_.find(resources_[resource].uri + "#" + fragment);
    if (anchor == anchors_.end()) anchor = anchors_.find(uri + "#" + fragment);
    return anchor != anchors_.end() ? anchor->second : fail("names an anchor that does not exist");
  }
  const Json* at = resources_[resource].root;
  std::string pointer = resources_[resource].pointer;
  for (size_t i = 1; i <= fragment.size();) {
    size_t end = std::min(fragment.find('/', i), fragment.size());
    std::string token = unescape_pointer(std::string_view(fragment).substr(i, end - i));
    const Json* next = nullptr;
    if (at->is_object()) next = at->find(token);
    if (at->is_array() && !token.empty() && token.size() < 10 &&
        token.find_first_not_of("0123456789") == std::string::npos) {
      size_t k = std::stoul(token);
      if (k < at->items.size()) next = &at->items[k];
    }
    if (!next)
      return fail("points to nothing: there is no \"" + token + "\" at " + (pointer.empty() ? "the root" : pointer));
    at = next;
    pointer += escape_pointer(token);
    auto inner = resource_of_.find(at);
    if (inner != resource_of_.end()) resource = inner->second;
    i = end + 1;
  }
  if (!at->is_object() && !at->is_bool())
    return fail("points to " + std::string(type_name(*at)) + ", expected a schema");
  auto known = index_of_.find(at);
  if (known == index_of_.end()) index(*at, pointer, resource, 0);
  return index_of_.at(at);
}

}  // namespace fcformat
