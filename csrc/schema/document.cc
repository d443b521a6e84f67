#include "schema/document.h"

#include <algorithm>
#include <utility>

#include "errors.h"

namespace fcformat {
namespace {

constexpr int kMaxNesting = 600;
constexpr size_t kMaxSubschemas = 1'000'000;
constexpr size_t kManyMembers = 32;  // from here on, a name that a reference asks for is found by hashing

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

Document::Document(const Json& root, const std::map<std::string, Json>& others) : others_(others) {
  resources_.push_back({"", &root, Dialect::kUnstated});
  resource_of_[&root] = 0;
  by_uri_[""] = 0;
  index(root, {}, 0, 0);
  for (const auto& [uri, json] : others) {
    auto id = static_cast<uint32_t>(resources_.size());
    std::string plain = uri.substr(0, uri.find('#'));
    resources_.push_back({plain, &json, Dialect::kUnstated});
    by_uri_.emplace(plain, id);
    resource_of_[&json] = id;
    index(json, {}, id, 0);
  }
}

std::string Document::pointer(uint32_t index) const {
  std::vector<uint32_t> path;  // from the inside out
  while (places_[index].parent != kNowhere) {
    path.push_back(index);
    index = places_[index].parent;
  }
  auto entrance = entrances_.find(index);
  std::string out = entrance == entrances_.end() ? "" : entrance->second;
  for (size_t i = path.size(); i-- > 0;) {
    const Place& place = places_[path[i]];
    out += escape_pointer(place.keyword);
    if (place.name) out += escape_pointer(*place.name);
    if (place.position != kNowhere) out += "/" + std::to_string(place.position);
  }
  return out;
}

// Notes which keywords a new subschema has; and says whether it may also have a name of its own.
bool Document::read_keywords(uint32_t self) {
  Subschema& subschema = subschemas_[self];
  Place& place = places_[self];
  Dialect dialect = resources_[subschema.resource].dialect;
  place.first_value = static_cast<uint32_t>(values_.size());
  bool named = false;
  for (const auto& [name, value] : subschema.json->members) {
    if (const KeywordFacts* facts = keyword_facts(name)) {
      values_.emplace_back(facts->keyword, &value);
      if (dialect >= facts->since && dialect <= facts->until) subschema.keywords |= keywords(facts->keyword);
    } else {
      named |= name.starts_with("$") || name == "id";
    }
  }
  place.value_count = static_cast<uint32_t>(values_.size()) - place.first_value;
  constexpr Keywords kReference = keywords(Keyword::kRef);
  if (dialect <= Dialect::kDraft7 && (subschema.keywords & kReference)) subschema.keywords = kReference;
  dynamic_ |= (subschema.keywords & keywords(Keyword::kDynamicRef, Keyword::kRecursiveRef)) != 0;
  return named;
}

uint32_t Document::enter_resource(const Json& json, uint32_t resource) {
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
  resources_.push_back({uri, &json, dialect});
  by_uri_.emplace(uri, made);
  resource_of_[&json] = made;
  return made;
}

void Document::read_anchors(uint32_t self) {
  const Json& json = *subschemas_[self].json;
  uint32_t resource = subschemas_[self].resource;
  const std::string& uri = resources_[resource].uri;
  for (const char* keyword : {"$anchor", "$dynamicAnchor"}) {
    const Json* anchor = json.find(keyword);
    if (!anchor || !anchor->is_string()) continue;
    anchors_.emplace(uri + "#" + anchor->text, self);
    if (keyword[1] == 'd') dynamic_anchors_.emplace(std::make_pair(resource, anchor->text), self);
  }
  for (const char* keyword : {"$id", "id"}) {  // up to draft 7, an identifier may be a mere fragment
    const Json* id = json.find(keyword);
    if (id && id->is_string() && id->text.find('#') != std::string::npos && id->text.back() != '#') {
      anchors_.emplace(resolve_uri(uri, id->text), self);
    }
  }
}

void Document::index(const Json& json, const Place& place, uint32_t resource, int depth) {
  if (depth > kMaxNesting)
    throw GrammarLimitError("the schema nests deeper than max_schema_nesting = " + std::to_string(kMaxNesting));
  auto self = static_cast<uint32_t>(subschemas_.size());
  if (!index_of_.try_emplace(&json, self).second) return;
  if (self >= kMaxSubschemas) {
    throw GrammarLimitError("a schema holds more than max_subschemas = " + std::to_string(kMaxSubschemas) + " schemas");
  }
  bool may_name = std::any_of(json.members.begin(), json.members.end(),
                              [](const auto& m) { return m.first[0] == '$' || m.first == "id"; });
  if (may_name) resource = enter_resource(json, resource);
  subschemas_.push_back({&json, resource, 0});
  places_.push_back(place);
  if (read_keywords(self)) read_anchors(self);
  index_below(self, depth + 1);
}

void Document::index_below(uint32_t self, int depth) {
  uint32_t resource = subschemas_[self].resource;
  auto is_schema = [](const Json& json) { return json.is_object() || json.is_bool(); };
  size_t end = places_[self].first_value + places_[self].value_count;
  for (size_t k = places_[self].first_value; k < end; ++k) {
    auto [keyword, value] = values_[k];
    const KeywordFacts& facts = keyword_facts(keyword);
    Place place;
    place.parent = self;
    place.keyword = facts.name;
    switch (facts.holds) {
      case Holds::kNothing:
        break;
      case Holds::kSchema:
        if (is_schema(*value)) index(*value, place, resource, depth);
        break;
      case Holds::kSchemaOrList:
        if (is_schema(*value)) index(*value, place, resource, depth);
        [[fallthrough]];
      case Holds::kList:
        for (size_t i = 0; i < value->items.size(); ++i) {
          place.position = static_cast<uint32_t>(i);
          index(value->items[i], place, resource, depth);
        }
        break;
      case Holds::kMap:
      case Holds::kDependencies:
        for (const auto& [name, sub] : value->members) {
          place.name = &name;
          if (is_schema(sub)) index(sub, place, resource, depth);
        }
        break;
    }
  }
}

uint32_t Document::resolve(uint32_t from) {
  if (places_[from].target == kNowhere) {
    uint32_t target = find_target(from, get(from, Keyword::kRef)->text, Keyword::kRef);
    places_[from].target = target;
  }
  return places_[from].target;
}

uint32_t Document::resolve_dynamic(uint32_t from, const std::vector<uint32_t>& scope) {
  const std::string& reference = get(from, Keyword::kDynamicRef)->text;
  uint32_t target = find_target(from, reference, Keyword::kDynamicRef);
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

uint32_t Document::resolve_recursive(uint32_t from, const std::vector<uint32_t>& scope) {
  uint32_t target = find_target(from, get(from, Keyword::kRecursiveRef)->text, Keyword::kRecursiveRef);
  auto is_anchor = [](const Json& json) {
    const Json* flag = json.find("$recursiveAnchor");
    return flag && flag->type == Json::Type::kTrue;
  };
  if (!is_anchor(*subschemas_[target].json)) return target;
  for (uint32_t resource : scope) {
    if (is_anchor(*resources_[resource].root)) return index_of_.at(resources_[resource].root);
  }
  return target;
}

const Json* Document::member(const Json& object, std::string_view name) {
  if (object.members.size() < kManyMembers) return object.find(name);
  auto [it, is_new] = large_.try_emplace(&object);
  if (is_new) {
    for (const auto& [key, value] : object.members) it->second.emplace(key, &value);
  }
  auto found = it->second.find(name);
  return found == it->second.end() ? nullptr : found->second;
}

uint32_t Document::find_target(uint32_t from, const std::string& reference, Keyword keyword) {
  auto fail = [&](const std::string& what) -> uint32_t {
    std::string where = pointer(from), name(keyword_facts(keyword).name);
    throw SchemaError("at " + (where.empty() ? "the root" : where) + ": " + name + " \"" + reference + "\" " + what,
                      where, name);
  };
  std::string target = resolve_uri(resources_[subschemas_[from].resource].uri, reference);
  size_t hash = target.find('#');
  std::string uri = target.substr(0, hash), fragment = hash == std::string::npos ? "" : target.substr(hash + 1);
  auto found = by_uri_.find(uri);
  if (found == by_uri_.end()) {
    return fail("points to another document, which was not given (schemas are never fetched; pass it in `resources`)");
  }
  uint32_t resource = found->second;
  const Json* at = resources_[resource].root;
  if (fragment.empty()) return index_of_.at(at);
  if (fragment[0] != '/') {
    auto anchor = anchors_.find(resources_[resource].uri + "#" + fragment);
    if (anchor == anchors_.end()) anchor = anchors_.find(uri + "#" + fragment);
    return anchor != anchors_.end() ? anchor->second : fail("names an anchor that does not exist");
  }
  std::string base = pointer(index_of_.at(at));
  for (size_t i = 1; i <= fragment.size();) {
    size_t end = std::min(fragment.find('/', i), fragment.size());
    std::string token = unescape_pointer(std::string_view(fragment).substr(i, end - i));
    const Json* next = nullptr;
    if (at->is_object()) next = member(*at, token);
    if (at->is_array() && !token.empty() && token.size() < 10 &&
        token.find_first_not_of("0123456789") == std::string::npos) {
      size_t k = std::stoul(token);
      if (k < at->items.size()) next = &at->items[k];
    }
    if (!next) {
      std::string where = base + fragment.substr(0, i - 1);
      return fail("points to nothing: there is no \"" + token + "\" at " + (where.empty() ? "the root" : where));
    }
    at = next;
    auto inner = resource_of_.find(at);
    if (inner != resource_of_.end()) resource = inner->second;
    i = end + 1;
  }
  if (!at->is_object() && !at->is_bool())
    return fail("points to " + std::string(type_name(*at)) + ", expected a schema");
  if (auto known = index_of_.find(at); known != index_of_.end()) return known->second;
  auto made = static_cast<uint32_t>(subschemas_.size());
  entrances_[made] = base + fragment;
  index(*at, {}, resource, 0);
  return made;
}

}  // namespace fcformat
