#include "schema/loader.h"

#include <algorithm>
#include <optional>

#include "errors.h"
#include "schema/content.h"
#include "schema/formats.h"
#include "schema/vocabularies.h"

namespace fcformat {

SchemaLoader::SchemaLoader(Algebra& algebra, std::shared_ptr<const Json> root,
                           std::shared_ptr<const std::map<std::string, Json>> others, LoaderOptions options)
    : algebra_(algebra),
      root_json_(within_vocabularies(std::move(root), *others)),
      others_json_(within_vocabularies(std::move(others))),
      options_(options),
      document_(*root_json_, *others_json_),
      contents_(algebra.ordered()),
      patterns_(algebra.arena()) {
  scopes_.emplace_back();
  scope_index_.emplace(std::vector<uint32_t>{}, 0);
  instance(document_.root(), 0);
  json_bytes_ = heap_bytes(*root_json_);
  check();
}

size_t SchemaLoader::bytes() const {
  return json_bytes_ + document_.bytes() + instances_.capacity() * sizeof(Instance) +
         (plain_instances_.capacity() + plain_.size()) * 5 + (scoped_instances_.size() + alike_.size()) * 64;
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
  constexpr uint32_t kNone = UINT32_MAX;
  if (plain_instances_.size() <= subschema) plain_instances_.resize(document_.size(), kNone);
  uint32_t& known =
      scope == 0 ? plain_instances_[subschema] : scoped_instances_.try_emplace({subschema, scope}, kNone).first->second;
  if (known == kNone) {
    known = static_cast<uint32_t>(instances_.size());
    instances_.push_back({subschema, scope});
  }
  return known;
}

// The first of the instances that say the same. What schemas say matters to each other only where they are alternatives.
uint32_t SchemaLoader::alike(uint32_t index) {
  if (!compares_ || !at(index).json->is_object()) return index;
  uint32_t content = contents_.of(*at(index).json);
  return alike_.try_emplace({at(index).resource, instances_[index].scope, content}, index).first->second;
}

uint32_t SchemaLoader::child(uint32_t parent, const Json& json) {
  return instance(document_.child(json), instances_[parent].scope);
}

// What $ref, $dynamicRef and $recursiveRef of a subschema point to.
std::vector<uint32_t> SchemaLoader::references(uint32_t index) {
  std::vector<uint32_t> out;
  if (!has(index, keywords(Keyword::kRef, Keyword::kDynamicRef, Keyword::kRecursiveRef))) return out;
  Instance self = instances_[index];
  const std::vector<uint32_t> scope = scopes_[self.scope];
  if (get(index, Keyword::kRef)) out.push_back(instance(document_.resolve(self.subschema), self.scope));
  if (get(index, Keyword::kDynamicRef))
    out.push_back(instance(document_.resolve_dynamic(self.subschema, scope), self.scope));
  if (get(index, Keyword::kRecursiveRef))
    out.push_back(instance(document_.resolve_recursive(self.subschema, scope), self.scope));
  return out;
}

// Every keyword is checked, and every reference that can matter is followed at once, so that none turns out to be wrong
// in mid-generation.
void SchemaLoader::check() {
  uint32_t checked = 0;
  auto check_new = [&] {
    for (; checked < document_.size(); ++checked)
      check_keywords(document_, checked, options_, patterns_, algebra_.arena());
  };
  check_new();
  for (uint32_t i = 0; i < instances_.size(); ++i) {  // grows
    references(i);
    check_new();  // what only a reference made known
    compares_ |= has(i, keywords(Keyword::kOneOf, Keyword::kAnyOf, Keyword::kNot, Keyword::kIf));
    for (auto [keyword, value] : document_.values(instances_[i].subschema)) {
      Holds holds = keyword_facts(keyword).holds;
      if (holds == Holds::kNothing || keyword == Keyword::kDefs || keyword == Keyword::kDefinitions ||
          !has(i, keywords(keyword)))
        continue;
      bool is_one = holds == Holds::kSchema || holds == Holds::kSchemaOrList;
      if (is_one && value->is_object()) child(i, *value);
      if (holds == Holds::kList || holds == Holds::kSchemaOrList) {
        for (const Json& item : value->items) {
          if (item.is_object()) child(i, item);
        }
      }
      if (holds == Holds::kMap || holds == Holds::kDependencies) {
        for (const auto& [name, member] : value->members) {
          if (member.is_object()) child(i, member);
        }
      }
    }
  }
}

FormulaId SchemaLoader::root() {
  algebra_.definition = [this](uint32_t index) { return define(index); };
  algebra_.pointer_of = [this](uint32_t index) { return pointer(index); };
  algebra_.plainly_scalar = [this](uint32_t index) { return plainly_scalar(index); };
  algebra_.plain_facts = [this](uint32_t index) { return plain_facts(index, 0); };
  algebra_.plainly_satisfiable = [this](uint32_t index) { return plainly_satisfiable(index); };
  return algebra_.schema(0);
}

// Follows required properties, and items that must be there, down to where the contradiction is.
uint32_t SchemaLoader::find_empty() {
  uint32_t here = 0;
  for (int depth = 0; depth < 100; ++depth) {
    const Json* properties = get(here, Keyword::kProperties);
    const Json* required = get(here, Keyword::kRequired);
    uint32_t next = here;
    if (properties && required) {
      for (const Json& name : required->items) {
        const Json* value = properties->find(name.text);
        if (!value || algebra_.nonempty(sub(here, *value))) continue;
        next = child(here, *value);
        break;
      }
    }
    if (next == here) return here;
    here = next;
  }
  return here;
}

std::string SchemaLoader::empty_pointer() { return pointer(find_empty()); }

std::string SchemaLoader::why_empty() {
  uint32_t index = find_empty();
  std::string where = pointer(index);
  return "at " + (where.empty() ? "the root" : where) + ": no value satisfies this schema (" +
         summary(*at(index).json, 120) +
         "); its keywords contradict one another, or it refers to itself without an end";
}

FormulaId SchemaLoader::sub(uint32_t parent, const Json& json) {
  if (json.type == Json::Type::kTrue || (json.is_object() && json.members.empty())) return kTrueFormula;
  if (json.type == Json::Type::kFalse) return kFalseFormula;
  return algebra_.schema(alike(child(parent, json)));
}

FormulaId SchemaLoader::define(uint32_t index) {
  constexpr Keywords kUnevaluated = keywords(Keyword::kUnevaluatedProperties, Keyword::kUnevaluatedItems);
  return has(index, kUnevaluated) ? define_unevaluated(index) : define_plain(index);
}

// All keywords but unevaluated*.
FormulaId SchemaLoader::define_plain(uint32_t index) {
  const Json& json = *at(index).json;
  if (json.type == Json::Type::kTrue) return kTrueFormula;
  if (json.type == Json::Type::kFalse) return kFalseFormula;
  std::vector<FormulaId> parts;
  for (uint32_t target : references(index)) parts.push_back(algebra_.schema(alike(target)));
  if (at(index).keywords == keywords(Keyword::kRef)) return parts[0];
  parts.push_back(own_leaf(index));
  applicators(index, &parts);
  return algebra_.conjunction(std::move(parts));
}

// The assertions that stand in the schema object itself.
FormulaId SchemaLoader::own_leaf(uint32_t index) {
  Normal n = of_type(index);
  if (n.strings != algebra_.arena().empty()) apply_strings(index, &n);
  if (!n.numbers.trivially_empty()) apply_numbers(index, &n);
  if (!n.objects.empty()) {
    ObjectShape shape;
    apply_object(index, &shape);
    n.objects = {algebra_.add_shape(std::move(shape))};
  }
  if (!n.arrays.empty()) {
    ArrayShape shape;
    apply_array(index, &shape);
    n.arrays = {algebra_.add_shape(std::move(shape))};
  }
  return algebra_.leaf(std::move(n));
}

// All values of the types that `type` allows.
Normal SchemaLoader::of_type(uint32_t index) {
  const Json* type = get(index, Keyword::kType);
  if (!type) return algebra_.all();
  Normal n = algebra_.nothing();
  auto add = [&](const std::string& t) {
    if (t == "null") n.null = true;
    if (t == "boolean") n.true_value = n.false_value = true;
    if (t == "string") n.strings = algebra_.arena().any_string();
    if (t == "object") n.objects = {0};
    if (t == "array") n.arrays = {0};
    if (t == "number") n.numbers = NumberSet::all();
    if (t == "integer" && n.numbers.trivially_empty()) {
      NumberPiece whole;
      whole.multiples = {Decimal{false, "1", 0}};
      whole.integer = true;
      n.numbers.pieces = {whole};
    }
  };
  if (type->is_string()) add(type->text);
  for (const Json& t : type->items) add(t.text);
  return n;
}

void SchemaLoader::apply_strings(uint32_t index, Normal* n) {
  ExpressionArena& arena = algebra_.arena();
  std::vector<ExprId> parts{n->strings};
  const Json* least = get(index, Keyword::kMinLength);
  const Json* most = get(index, Keyword::kMaxLength);
  if (least && most && compare(least->number(), most->number()) > 0) {
    n->strings = arena.empty();
    return;
  }
  uint32_t min = least ? count_of(*least) : 0, max = most ? count_of(*most) : kUnbounded;
  if (min > 0 || max != kUnbounded) parts.push_back(arena.length(min, max));
  if (const Json* v = get(index, Keyword::kPattern)) parts.push_back(patterns_.of(v->text));
  ExprId format;
  const Json* v = get(index, Keyword::kFormat);
  if (v && options_.assert_formats && format_expression(arena, v->text, &format)) parts.push_back(format);
  if (options_.assert_content && has(index, keywords(Keyword::kContentEncoding, Keyword::kContentMediaType))) {
    const Json* encoding = get(index, Keyword::kContentEncoding);
    const Json* media_type = get(index, Keyword::kContentMediaType);
    ExprId content;
    if (content_expression(arena, encoding ? encoding->text : "", media_type ? media_type->text : "", &content))
      parts.push_back(content);
  }
  n->strings = arena.intersect(std::move(parts));
}

void SchemaLoader::apply_numbers(uint32_t index, Normal* n) {
  if (!has(index, keywords(Keyword::kMinimum, Keyword::kMaximum, Keyword::kExclusiveMinimum, Keyword::kExclusiveMaximum,
                           Keyword::kMultipleOf)))
    return;
  NumberPiece piece;
  auto number = [&](Keyword keyword) -> std::optional<Decimal> {
    const Json* v = get(index, keyword);
    return v && v->is_number() ? std::optional(v->number()) : std::nullopt;
  };
  auto is_true = [&](Keyword keyword) {
    const Json* v = get(index, keyword);
    return v && v->type == Json::Type::kTrue;
  };
  if (const auto v = number(Keyword::kMinimum))
    piece.interval.low = *v, piece.interval.low_open = is_true(Keyword::kExclusiveMinimum);
  if (const auto v = number(Keyword::kMaximum))
    piece.interval.high = *v, piece.interval.high_open = is_true(Keyword::kExclusiveMaximum);
  if (const auto v = number(Keyword::kExclusiveMinimum)) {
    if (!piece.interval.low || compare(*v, *piece.interval.low) >= 0)
      piece.interval.low = *v, piece.interval.low_open = true;
  }
  if (const auto v = number(Keyword::kExclusiveMaximum)) {
    if (!piece.interval.high || compare(*v, *piece.interval.high) <= 0)
      piece.interval.high = *v, piece.interval.high_open = true;
  }
  if (const auto v = number(Keyword::kMultipleOf)) piece.multiples = {*v};
  if (piece == NumberPiece{}) return;
  NumberSet bounds;
  if (!piece.interval.empty()) bounds.pieces = {piece};
  n->numbers = meet(n->numbers, bounds);
}

void SchemaLoader::apply_object(uint32_t index, ObjectShape* shape) {
  ExpressionArena& arena = algebra_.arena();
  std::vector<std::u32string> names;
  std::vector<ExprId> patterns;
  if (const Json* v = get(index, Keyword::kProperties)) {
    for (const auto& [key, value] : v->members) {
      names.push_back(decode_utf8(key));
      NameId id = algebra_.name(names.back());
      shape->properties.emplace_back(id, sub(index, value));
      shape->order.push_back(id);
    }
  }
  if (const Json* v = get(index, Keyword::kPatternProperties)) {
    for (const auto& [key, value] : v->members) {
      patterns.push_back(patterns_.of(key));
      shape->patterns.emplace_back(patterns.back(), sub(index, value));
    }
  }
  if (const Json* v = get(index, Keyword::kAdditionalProperties)) {
    FormulaId value = sub(index, *v);
    if (value != kTrueFormula) {
      if (!names.empty()) patterns.push_back(arena.literal_set(names));
      shape->patterns.emplace_back(arena.complement(arena.unite(patterns)), value);
    }
  }
  if (const Json* v = get(index, Keyword::kPropertyNames)) {
    FormulaId allowed = sub(index, *v);
    if (allowed != kTrueFormula) shape->names.push_back(allowed);
  }
  if (const Json* v = get(index, Keyword::kRequired)) {
    for (const Json& name : v->items) shape->required.push_back(algebra_.name(decode_utf8(name.text)));
  }
  if (const Json* v = get(index, Keyword::kMinProperties)) shape->min = count_of(*v);
  if (const Json* v = get(index, Keyword::kMaxProperties)) shape->max = count_of(*v);
  for (Keyword keyword : {Keyword::kDependentRequired, Keyword::kDependencies}) {
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

void SchemaLoader::apply_array(uint32_t index, ArrayShape* shape) {
  const Json* prefix = get(index, Keyword::kPrefixItems);
  const Json* items = get(index, Keyword::kItems);
  if (prefix) {
    if (items && !items->is_array()) shape->rest = sub(index, *items);
  } else if (items && items->is_array()) {
    prefix = items;
    const Json* additional = get(index, Keyword::kAdditionalItems);
    if (additional) shape->rest = sub(index, *additional);
  } else if (items) {
    shape->rest = sub(index, *items);
  }
  if (prefix) {
    for (const Json& item : prefix->items) shape->prefix.push_back(sub(index, item));
  }
  if (const Json* v = get(index, Keyword::kMinItems)) shape->min = count_of(*v);
  if (const Json* v = get(index, Keyword::kMaxItems)) shape->max = count_of(*v);
  if (const Json* v = get(index, Keyword::kContains)) {
    Contains c{sub(index, *v), 0, 1, kUnbounded};
    if (const Json* m = get(index, Keyword::kMinContains)) c.min = count_of(*m);
    if (const Json* m = get(index, Keyword::kMaxContains)) c.max = count_of(*m);
    shape->contains.push_back(c);
    if (c.min > c.max) shape->rest = kFalseFormula, shape->prefix.clear(), shape->min = 1;  // no array at all
  }
  const Json* unique = get(index, Keyword::kUniqueItems);
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
        scalars.numbers.points.push_back(v->number());
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

void SchemaLoader::applicators(uint32_t index, std::vector<FormulaId>* parts) {
  auto list = [&](const Json& v) {
    std::vector<FormulaId> out;
    for (const Json& item : v.items) out.push_back(sub(index, item));
    return out;
  };
  if (const Json* v = get(index, Keyword::kEnum)) {
    std::vector<const Json*> all;
    for (const Json& item : v->items) all.push_back(&item);
    parts->push_back(values(all));
  }
  if (const Json* v = get(index, Keyword::kConst)) parts->push_back(values({v}));
  if (const Json* v = get(index, Keyword::kAllOf)) parts->push_back(algebra_.conjunction(list(*v)));
  if (const Json* v = get(index, Keyword::kAnyOf)) parts->push_back(algebra_.disjunction(list(*v)));
  if (const Json* v = get(index, Keyword::kNot)) parts->push_back(algebra_.negation(sub(index, *v)));
  if (const Json* v = get(index, Keyword::kIf)) {
    FormulaId condition = sub(index, *v);
    const Json* then_json = get(index, Keyword::kThen);
    const Json* else_json = get(index, Keyword::kElse);
    FormulaId yes = then_json ? sub(index, *then_json) : kTrueFormula;
    FormulaId no = else_json ? sub(index, *else_json) : kTrueFormula;
    if (yes != kTrueFormula || no != kTrueFormula) {
      parts->push_back(algebra_.disjunction(
          {algebra_.conjunction({condition, yes}), algebra_.conjunction({algebra_.negation(condition), no})}));
    }
  }
  for (Keyword keyword : {Keyword::kDependentSchemas, Keyword::kDependencies}) {
    const Json* v = get(index, keyword);
    if (!v) continue;
    for (const auto& [key, value] : v->members) {
      if (!value.is_object() && !value.is_bool()) continue;
      // The cases overlap, so that of many dependencies on one member most combinations lie within others.
      FormulaId then = sub(index, value);
      parts->push_back(algebra_.disjunction({presence(key).first, then}));
    }
  }
  if (const Json* v = get(index, Keyword::kOneOf)) parts->push_back(algebra_.exactly_one(list(*v)));
}

// Schemas that say something of scalars at most, and refer to no others: cheap to compare.
bool SchemaLoader::plainly_scalar(uint32_t index) const {
  constexpr Keywords kAboutScalars =
      keywords(Keyword::kType, Keyword::kEnum, Keyword::kConst, Keyword::kMinimum, Keyword::kMaximum,
               Keyword::kExclusiveMinimum, Keyword::kExclusiveMaximum, Keyword::kMinLength, Keyword::kMaxLength);
  if (!at(index).json->is_object() || has(index, ~kAboutScalars)) return false;
  auto scalar = [](const Json& v) { return !v.is_object() && !v.is_array(); };
  const Json* one = get(index, Keyword::kConst);
  const Json* list = get(index, Keyword::kEnum);
  return (!one || scalar(*one)) && (!list || std::all_of(list->items.begin(), list->items.end(), scalar));
}

}  // namespace fcformat
