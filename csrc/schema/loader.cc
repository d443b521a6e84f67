#include "schema/loader.h"

#include <algorithm>

#include "errors.h"
#include "regex/pattern_parser.h"
#include "schema/formats.h"
#include "schema/keyword_table.h"

namespace fcformat {

SchemaLoader::SchemaLoader(Algebra& algebra, std::shared_ptr<const Json> root,
                           std::shared_ptr<const std::map<std::string, Json>> others, LoaderOptions options)
    : algebra_(algebra),
      root_json_(std::move(root)),
      others_json_(std::move(others)),
      options_(options),
      document_(*root_json_, *others_json_),
      contents_(algebra.ordered()) {
  check_keywords(document_, options_, algebra_.arena());
  scopes_.emplace_back();
  scope_index_.emplace(std::vector<uint32_t>{}, 0);
  instance(document_.root(), 0);
  check_references();
}

uint32_t SchemaLoader::instance(uint32_t subschema, uint32_t scope_before) {
  uint32_t scope = 0;
  if (document_.is_dynamic()) {
    std::vector<uint32_t> list = scopes_[scope_before];
    uint32_t resource = document_.at(subschema).resource;
    if (std::find(list.begin(), list.end(), resource) == list.end()) list.push_back(resource);
    auto [it, is_new] = scope_index_.try_emplace(list, static_cast<uint32_t>(scopes_.size()));
    if (is_new) scopes_.push_back(std::move(list));
    scope = it->second;
  }
  auto [it, is_new] = instance_index_.try_emplace({subschema, scope}, static_cast<uint32_t>(instances_.size()));
  if (is_new) instances_.push_back({subschema, scope});
  return it->second;
}

// The first of the instances that say the same. What schemas say matters to each other only where they are alternatives.
uint32_t SchemaLoader::alike(uint32_t index) {
  if (!compares_ || !at(index).json->is_object()) return index;
  uint32_t content = contents_.of(*at(index).json);
  return alike_.try_emplace({at(index).resource, instances_[index].scope, content}, index).first->second;
}

uint32_t SchemaLoader::child(uint32_t parent, const std::string& path, const Json& json) {
  return instance(document_.child(instances_[parent].subschema, path, json), instances_[parent].scope);
}

// What $ref, $dynamicRef and $recursiveRef of a subschema point to.
std::vector<uint32_t> SchemaLoader::references(uint32_t index) {
  std::vector<uint32_t> out;
  Instance self = instances_[index];
  const std::vector<uint32_t> scope = scopes_[self.scope];
  if (const Json* v = get(index, "$ref"))
    out.push_back(instance(document_.resolve(self.subschema, v->text, "$ref"), self.scope));
  if (const Json* v = get(index, "$dynamicRef"))
    out.push_back(instance(document_.resolve_dynamic(self.subschema, v->text, scope), self.scope));
  if (const Json* v = get(index, "$recursiveRef"))
    out.push_back(instance(document_.resolve_recursive(self.subschema, v->text, scope), self.scope));
  return out;
}

// Every reference that can matter is followed at once, so that none turns out to lead nowhere in mid-generation.
void SchemaLoader::check_references() {
  for (uint32_t i = 0; i < instances_.size(); ++i) {  // grows
    const Json& json = *at(i).json;
    if (!json.is_object()) continue;
    references(i);
    compares_ |= json.find("oneOf") || json.find("anyOf") || json.find("not") || json.find("if");
    if (dialect(i) <= Dialect::kDraft7 && json.find("$ref")) continue;
    for (const auto& [keyword, value] : json.members) {
      Holds holds = holds_schemas(keyword);
      if (holds == Holds::kNothing || keyword == "$defs" || keyword == "definitions" ||
          !has_keyword(dialect(i), keyword))
        continue;
      std::string path = escape_pointer(keyword);
      if (value.is_object() && (holds == Holds::kSchema || holds == Holds::kSchemaOrList)) child(i, path, value);
      for (size_t k = 0; k < value.items.size(); ++k) {
        if (value.items[k].is_object()) child(i, path + "/" + std::to_string(k), value.items[k]);
      }
      if (holds != Holds::kMap && holds != Holds::kDependencies) continue;
      for (const auto& [name, member] : value.members) {
        if (member.is_object()) child(i, path + escape_pointer(name), member);
      }
    }
  }
}

FormulaId SchemaLoader::root() {
  algebra_.definition = [this](uint32_t index) { return define(index); };
  algebra_.pointer_of = [this](uint32_t index) { return at(index).pointer; };
  algebra_.plainly_scalar = [this](uint32_t index) { return plainly_scalar(index); };
  algebra_.plain_facts = [this](uint32_t index) { return plain_facts(index, 0); };
  algebra_.plainly_satisfiable = [this](uint32_t index) { return plainly_satisfiable(index); };
  return algebra_.schema(0);
}

// Follows required properties, and items that must be there, down to where the contradiction is.
uint32_t SchemaLoader::find_empty() {
  uint32_t here = 0;
  for (int depth = 0; depth < 100; ++depth) {
    const Json& json = *at(here).json;
    const Json* properties = json.find("properties");
    const Json* required = json.find("required");
    uint32_t next = here;
    if (properties && required) {
      for (const Json& name : required->items) {
        const Json* value = properties->find(name.text);
        if (!value || algebra_.nonempty(sub(here, "/properties" + escape_pointer(name.text), *value))) continue;
        next = child(here, "/properties" + escape_pointer(name.text), *value);
        break;
      }
    }
    if (next == here) return here;
    here = next;
  }
  return here;
}

std::string SchemaLoader::empty_pointer() { return at(find_empty()).pointer; }

std::string SchemaLoader::why_empty() {
  const Subschema& s = at(find_empty());
  return "at " + (s.pointer.empty() ? "the root" : s.pointer) + ": no value satisfies this schema (" +
         summary(*s.json, 120) + "); its keywords contradict one another, or it refers to itself without an end";
}

FormulaId SchemaLoader::sub(uint32_t parent, const std::string& path, const Json& json) {
  if (json.type == Json::Type::kTrue || (json.is_object() && json.members.empty())) return kTrueFormula;
  if (json.type == Json::Type::kFalse) return kFalseFormula;
  return algebra_.schema(alike(child(parent, path, json)));
}

FormulaId SchemaLoader::define(uint32_t index) {
  if (!get(index, "unevaluatedProperties") && !get(index, "unevaluatedItems")) return define_plain(index);
  if (dialect(index) <= Dialect::kDraft7) return define_plain(index);
  return define_unevaluated(index);
}

// All keywords but unevaluated*.
FormulaId SchemaLoader::define_plain(uint32_t index) {
  const Json& json = *at(index).json;
  if (json.type == Json::Type::kTrue) return kTrueFormula;
  if (json.type == Json::Type::kFalse) return kFalseFormula;
  std::vector<FormulaId> parts;
  for (uint32_t target : references(index)) parts.push_back(algebra_.schema(alike(target)));
  if (dialect(index) <= Dialect::kDraft7 && json.find("$ref")) return parts[0];
  parts.push_back(own_leaf(index, json));
  applicators(index, json, &parts);
  return algebra_.conjunction(std::move(parts));
}

// The assertions that stand in the schema object itself.
FormulaId SchemaLoader::own_leaf(uint32_t index, const Json& json) {
  Normal n = algebra_.all();
  apply_type(json, &n);
  if (n.strings != algebra_.arena().empty()) apply_strings(index, json, &n);
  if (!n.numbers.trivially_empty()) apply_numbers(index, json, &n);
  if (!n.objects.empty()) {
    ObjectShape shape;
    apply_object(index, json, &shape);
    n.objects = {algebra_.add_shape(std::move(shape))};
  }
  if (!n.arrays.empty()) {
    ArrayShape shape;
    apply_array(index, json, &shape);
    n.arrays = {algebra_.add_shape(std::move(shape))};
  }
  return algebra_.leaf(std::move(n));
}

void SchemaLoader::apply_type(const Json& json, Normal* n) {
  const Json* type = json.find("type");
  if (!type) return;
  Normal out = algebra_.nothing();
  auto add = [&](const std::string& t) {
    if (t == "null") out.null = true;
    if (t == "boolean") out.true_value = out.false_value = true;
    if (t == "string") out.strings = algebra_.arena().any_string();
    if (t == "object") out.objects = {0};
    if (t == "array") out.arrays = {0};
    if (t == "number") out.numbers = NumberSet::all();
    if (t == "integer" && out.numbers.trivially_empty()) {
      NumberPiece whole;
      whole.multiples = {Decimal{false, "1", 0}};
      whole.integer = true;
      out.numbers.pieces = {whole};
    }
  };
  if (type->is_string()) add(type->text);
  for (const Json& t : type->items) add(t.text);
  *n = std::move(out);
}

ExprId SchemaLoader::pattern(uint32_t index, const std::string& keyword, const std::string& text) {
  try {
    return parse_search_pattern(algebra_.arena(), text);
  } catch (const PatternError& e) {  // checked before, except in documents that only a reference made known
    const std::string& pointer = at(index).pointer;
    std::string message =
        "at " + (pointer.empty() ? "the root" : pointer) + ": " + keyword + " \"" + excerpt(text) + "\": " + e.what();
    if (e.unsupported) throw UnsupportedSchemaError(message, pointer, keyword);
    throw SchemaError(message, pointer, keyword);
  }
}

void SchemaLoader::apply_strings(uint32_t index, const Json& json, Normal* n) {
  ExpressionArena& arena = algebra_.arena();
  const std::string& pointer = at(index).pointer;
  std::vector<ExprId> parts{n->strings};
  uint32_t min = 0, max = kUnbounded;
  if (const Json* v = json.find("minLength")) min = count_of(*v, pointer, "minLength");
  if (const Json* v = json.find("maxLength")) max = count_of(*v, pointer, "maxLength");
  if (min > max) {
    n->strings = arena.empty();
    return;
  }
  if (min > 0 || max != kUnbounded) parts.push_back(arena.length(min, max));
  if (const Json* v = json.find("pattern")) parts.push_back(pattern(index, "pattern", v->text));
  ExprId format;
  const Json* v = json.find("format");
  if (v && options_.assert_formats && format_expression(arena, v->text, &format)) parts.push_back(format);
  n->strings = arena.intersect(std::move(parts));
}

void SchemaLoader::apply_numbers(uint32_t, const Json& json, Normal* n) {
  NumberPiece piece;
  auto number = [&](const char* keyword) -> const Decimal* {
    const Json* v = json.find(keyword);
    return v && v->is_number() ? &v->number : nullptr;
  };
  auto is_true = [&](const char* keyword) {
    const Json* v = json.find(keyword);
    return v && v->type == Json::Type::kTrue;
  };
  if (const Decimal* v = number("minimum"))
    piece.interval.low = *v, piece.interval.low_open = is_true("exclusiveMinimum");
  if (const Decimal* v = number("maximum"))
    piece.interval.high = *v, piece.interval.high_open = is_true("exclusiveMaximum");
  if (const Decimal* v = number("exclusiveMinimum")) {
    if (!piece.interval.low || compare(*v, *piece.interval.low) >= 0)
      piece.interval.low = *v, piece.interval.low_open = true;
  }
  if (const Decimal* v = number("exclusiveMaximum")) {
    if (!piece.interval.high || compare(*v, *piece.interval.high) <= 0)
      piece.interval.high = *v, piece.interval.high_open = true;
  }
  if (const Decimal* v = number("multipleOf")) piece.multiples = {*v};
  if (piece == NumberPiece{}) return;
  NumberSet bounds;
  if (!piece.interval.empty()) bounds.pieces = {piece};
  n->numbers = meet(n->numbers, bounds);
}

void SchemaLoader::apply_object(uint32_t index, const Json& json, ObjectShape* shape) {
  ExpressionArena& arena = algebra_.arena();
  const std::string pointer = at(index).pointer;
  std::vector<std::u32string> names;
  std::vector<ExprId> patterns;
  if (const Json* v = json.find("properties")) {
    for (const auto& [key, value] : v->members) {
      names.push_back(decode_utf8(key));
      NameId id = algebra_.name(names.back());
      shape->properties.emplace_back(id, sub(index, "/properties" + escape_pointer(key), value));
      shape->order.push_back(id);
    }
  }
  if (const Json* v = json.find("patternProperties")) {
    for (const auto& [key, value] : v->members) {
      patterns.push_back(pattern(index, "patternProperties", key));
      shape->patterns.emplace_back(patterns.back(), sub(index, "/patternProperties" + escape_pointer(key), value));
    }
  }
  if (const Json* v = json.find("additionalProperties")) {
    FormulaId value = sub(index, "/additionalProperties", *v);
    if (value != kTrueFormula) {
      if (!names.empty()) patterns.push_back(arena.literal_set(names));
      shape->patterns.emplace_back(arena.complement(arena.unite(patterns)), value);
    }
  }
  if (const Json* v = get(index, "propertyNames")) {
    FormulaId allowed = sub(index, "/propertyNames", *v);
    if (allowed != kTrueFormula) shape->names.push_back(allowed);
  }
  if (const Json* v = json.find("required")) {
    for (const Json& name : v->items) shape->required.push_back(algebra_.name(decode_utf8(name.text)));
  }
  if (const Json* v = json.find("minProperties")) shape->min = count_of(*v, pointer, "minProperties");
  if (const Json* v = json.find("maxProperties")) shape->max = count_of(*v, pointer, "maxProperties");
  for (const char* keyword : {"dependentRequired", "dependencies"}) {
    const Json* v = get(index, keyword);
    if (!v) continue;
    for (const auto& [key, value] : v->members) {
      NameId id = algebra_.name(decode_utf8(key));
      if (value.is_string()) shape->dependencies.emplace_back(id, algebra_.name(decode_utf8(value.text)));  // draft 3
      for (const Json& name : value.items) shape->dependencies.emplace_back(id, algebra_.name(decode_utf8(name.text)));
    }
  }
  // The same name or pattern may stand in several keywords; what is said of it is joined by "and".
  std::sort(shape->patterns.begin(), shape->patterns.end());
  std::vector<std::pair<ExprId, FormulaId>> merged;
  for (const auto& [keys, value] : shape->patterns) {
    if (!merged.empty() && merged.back().first == keys) {
      merged.back().second = algebra_.conjunction({merged.back().second, value});
    } else {
      merged.emplace_back(keys, value);
    }
  }
  shape->patterns = std::move(merged);
}

void SchemaLoader::apply_array(uint32_t index, const Json& json, ArrayShape* shape) {
  const std::string pointer = at(index).pointer;
  Dialect d = dialect(index);
  const Json* prefix = json.find("prefixItems");
  const Json* items = json.find("items");
  std::string list_path = "/prefixItems";
  if (prefix && (d == Dialect::kDraft2020 || d == Dialect::kUnstated)) {
    if (items && !items->is_array()) shape->rest = sub(index, "/items", *items);
  } else if (items && items->is_array()) {
    prefix = items;
    list_path = "/items";
    const Json* additional = json.find("additionalItems");
    if (additional) shape->rest = sub(index, "/additionalItems", *additional);
  } else {
    prefix = nullptr;
    if (items) shape->rest = sub(index, "/items", *items);
  }
  if (prefix) {
    for (size_t i = 0; i < prefix->items.size(); ++i)
      shape->prefix.push_back(sub(index, list_path + "/" + std::to_string(i), prefix->items[i]));
  }
  if (const Json* v = json.find("minItems")) shape->min = count_of(*v, pointer, "minItems");
  if (const Json* v = json.find("maxItems")) shape->max = count_of(*v, pointer, "maxItems");
  if (const Json* v = get(index, "contains")) {
    Contains c{sub(index, "/contains", *v), 0, 1, kUnbounded};
    if (const Json* m = get(index, "minContains")) c.min = count_of(*m, pointer, "minContains");
    if (const Json* m = get(index, "maxContains")) c.max = count_of(*m, pointer, "maxContains");
    shape->contains.push_back(c);
    if (c.min > c.max) shape->rest = kFalseFormula, shape->prefix.clear(), shape->min = 1;  // no array at all
  }
  const Json* unique = json.find("uniqueItems");
  shape->unique = unique && unique->type == Json::Type::kTrue;
}

FormulaId SchemaLoader::values(const std::vector<const Json*>& list) {
  Normal scalars = algebra_.nothing();
  std::vector<std::u32string> texts;
  std::vector<FormulaId> parts;
  for (const Json* v : list) {
    switch (v->type) {
      case Json::Type::kNull:
        scalars.null = true;
        break;
      case Json::Type::kTrue:
        scalars.true_value = true;
        break;
      case Json::Type::kFalse:
        scalars.false_value = true;
        break;
      case Json::Type::kNumber:
        scalars.numbers.points.push_back(v->number);
        break;
      case Json::Type::kString: {
        std::u32string text = decode_utf8(v->text);
        bool lone = std::any_of(text.begin(), text.end(), [](char32_t c) { return c >= 0xD800 && c <= 0xDFFF; });
        if (!lone) texts.push_back(std::move(text));
        break;
      }
      default:
        parts.push_back(algebra_.constant(*v));
    }
  }
  if (!texts.empty()) scalars.strings = algebra_.arena().literal_set(std::move(texts));
  NumberSet none;
  scalars.numbers = unite(scalars.numbers, none);
  parts.push_back(algebra_.leaf(std::move(scalars)));
  return algebra_.disjunction(std::move(parts));
}

// Values without the property (whatever their type), and objects that have it.
std::pair<FormulaId, FormulaId> SchemaLoader::presence(const std::string& key) {
  NameId id = algebra_.name(decode_utf8(key));
  Normal absent = algebra_.all(), present = algebra_.nothing();
  ObjectShape without, with;
  without.properties = {{id, kFalseFormula}};
  with.required = {id};
  absent.objects = {algebra_.add_shape(std::move(without))};
  present.objects = {algebra_.add_shape(std::move(with))};
  return {algebra_.leaf(std::move(absent)), algebra_.leaf(std::move(present))};
}

void SchemaLoader::applicators(uint32_t index, const Json& json, std::vector<FormulaId>* parts) {
  auto list = [&](const char* keyword, const Json& v) {
    std::vector<FormulaId> out;
    for (size_t i = 0; i < v.items.size(); ++i)
      out.push_back(sub(index, std::string("/") + keyword + "/" + std::to_string(i), v.items[i]));
    return out;
  };
  if (const Json* v = json.find("enum")) {
    std::vector<const Json*> all;
    for (const Json& item : v->items) all.push_back(&item);
    parts->push_back(values(all));
  }
  if (const Json* v = get(index, "const")) parts->push_back(values({v}));
  if (const Json* v = json.find("allOf")) parts->push_back(algebra_.conjunction(list("allOf", *v)));
  if (const Json* v = json.find("anyOf")) parts->push_back(algebra_.disjunction(list("anyOf", *v)));
  if (const Json* v = json.find("not")) parts->push_back(algebra_.negation(sub(index, "/not", *v)));
  if (const Json* v = get(index, "if")) {
    FormulaId condition = sub(index, "/if", *v);
    const Json* then_json = get(index, "then");
    const Json* else_json = get(index, "else");
    FormulaId yes = then_json ? sub(index, "/then", *then_json) : kTrueFormula;
    FormulaId no = else_json ? sub(index, "/else", *else_json) : kTrueFormula;
    if (yes != kTrueFormula || no != kTrueFormula) {
      parts->push_back(algebra_.disjunction(
          {algebra_.conjunction({condition, yes}), algebra_.conjunction({algebra_.negation(condition), no})}));
    }
  }
  for (const char* keyword : {"dependentSchemas", "dependencies"}) {
    const Json* v = get(index, keyword);
    if (!v) continue;
    for (const auto& [key, value] : v->members) {
      if (!value.is_object() && !value.is_bool()) continue;
      // The cases overlap, so that of many dependencies on one member most combinations lie within others.
      FormulaId then = sub(index, std::string("/") + keyword + escape_pointer(key), value);
      parts->push_back(algebra_.disjunction({presence(key).first, then}));
    }
  }
  if (const Json* v = json.find("oneOf")) parts->push_back(algebra_.exactly_one(list("oneOf", *v)));
}

// Schemas that say something of scalars at most, and refer to no others: cheap to compare.
bool SchemaLoader::plainly_scalar(uint32_t index) const {
  static constexpr KeywordTable about_scalars({
      std::pair<std::string_view, bool>{"type", true},
      std::pair<std::string_view, bool>{"enum", true},
      std::pair<std::string_view, bool>{"const", true},
      std::pair<std::string_view, bool>{"minimum", true},
      std::pair<std::string_view, bool>{"maximum", true},
      std::pair<std::string_view, bool>{"exclusiveMinimum", true},
      std::pair<std::string_view, bool>{"exclusiveMaximum", true},
      std::pair<std::string_view, bool>{"minLength", true},
      std::pair<std::string_view, bool>{"maxLength", true},
      std::pair<std::string_view, bool>{"title", true},
      std::pair<std::string_view, bool>{"$comment", true},
      std::pair<std::string_view, bool>{"readOnly", true},
      std::pair<std::string_view, bool>{"examples", true},
      std::pair<std::string_view, bool>{"description", true},
      std::pair<std::string_view, bool>{"default", true},
      std::pair<std::string_view, bool>{"writeOnly", true},
      std::pair<std::string_view, bool>{"deprecated", true},
  });
  const Json& json = *at(index).json;
  if (!json.is_object()) return false;
  auto scalar = [](const Json& v) { return !v.is_object() && !v.is_array(); };
  return std::all_of(json.members.begin(), json.members.end(), [&](const auto& m) {
    if (m.first == "enum") return std::all_of(m.second.items.begin(), m.second.items.end(), scalar);
    return about_scalars.find(m.first) && (m.first != "const" || scalar(m.second));
  });
}

// Schemas of everyday shape, which have a value whatever stands below them.
bool SchemaLoader::plainly_satisfiable(uint32_t index) const {
  static constexpr KeywordTable harmless({
      std::pair<std::string_view, bool>{"type", true},
      std::pair<std::string_view, bool>{"properties", true},
      std::pair<std::string_view, bool>{"patternProperties", true},
      std::pair<std::string_view, bool>{"additionalProperties", true},
      std::pair<std::string_view, bool>{"items", true},
      std::pair<std::string_view, bool>{"maxItems", true},
      std::pair<std::string_view, bool>{"maxProperties", true},
      std::pair<std::string_view, bool>{"$defs", true},
      std::pair<std::string_view, bool>{"definitions", true},
      std::pair<std::string_view, bool>{"title", true},
      std::pair<std::string_view, bool>{"description", true},
      std::pair<std::string_view, bool>{"default", true},
      std::pair<std::string_view, bool>{"examples", true},
      std::pair<std::string_view, bool>{"$comment", true},
      std::pair<std::string_view, bool>{"readOnly", true},
      std::pair<std::string_view, bool>{"writeOnly", true},
      std::pair<std::string_view, bool>{"deprecated", true},
      std::pair<std::string_view, bool>{"$schema", true},
      std::pair<std::string_view, bool>{"$id", true},
      std::pair<std::string_view, bool>{"id", true},
      std::pair<std::string_view, bool>{"$anchor", true},
      std::pair<std::string_view, bool>{"uniqueItems", true},
  });
  const Json& json = *at(index).json;
  if (json.type == Json::Type::kTrue) return true;
  if (!json.is_object()) return false;
  return std::all_of(json.members.begin(), json.members.end(),
                     [](const auto& m) { return harmless.find(m.first) != nullptr; });
}

}  // namespace fcformat
