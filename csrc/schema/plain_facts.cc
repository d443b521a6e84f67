// Facts that are read off schemas, and what they decide.
#include "schema/plain_facts.h"

#include <algorithm>

#include "schema/algebra.h"
#include "schema/loader.h"

namespace fcformat {
namespace {

constexpr size_t kMostValues = 32, kMostMembers = 64;  // more are not looked at
constexpr int kMostReferences = 8;

bool disjoint(const std::vector<ValueId>& a, const std::vector<ValueId>& b) {
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (*x == *y) return false;
    *x < *y ? ++x : ++y;
  }
  return true;
}

uint8_t type_bit(const std::string& type) {
  if (type == "null") return PlainFacts::kNull;
  if (type == "boolean") return PlainFacts::kBoolean;
  if (type == "number" || type == "integer") return PlainFacts::kNumber;
  if (type == "string") return PlainFacts::kString;
  if (type == "array") return PlainFacts::kArray;
  return type == "object" ? PlainFacts::kObject : PlainFacts::kAny;
}

}  // namespace

bool apart(const std::vector<Discriminator>& a, const std::vector<Discriminator>& b) {
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (x->name == y->name) {
      if ((x->required || y->required) && disjoint(x->values, y->values)) return true;
      ++x, ++y;
    } else {
      x->name < y->name ? ++x : ++y;
    }
  }
  return false;
}

bool apart(const PlainFacts& a, const PlainFacts& b) {
  if ((a.types & b.types) == 0) return true;
  if (a.few && b.few && disjoint(a.values, b.values)) return true;
  return (a.types & b.types) == PlainFacts::kObject && apart(a.members, b.members);
}

// Every fact holds for all values of the schema, whatever else it says; what is not seen here is only not used.
PlainFacts SchemaLoader::plain_facts(uint32_t index, int references_followed) {
  PlainFacts facts;
  if (!at(index).json->is_object()) return facts;
  if (get(index, Keyword::kRef) && !get(index, Keyword::kType)) {
    if (references_followed >= kMostReferences) return facts;
    return plain_facts(references(index)[0], references_followed + 1);
  }
  if (const Json* type = get(index, Keyword::kType)) {
    facts.types = type->is_string() ? type_bit(type->text) : 0;
    for (const Json& one : type->items) facts.types |= type_bit(one.text);
  }
  const Json* one = get(index, Keyword::kConst);
  const Json* list = get(index, Keyword::kEnum);
  if (one || (list && list->items.size() <= kMostValues)) {
    facts.few = true;
    if (one) {
      facts.values.push_back(algebra_.value_id(*one));
    } else {
      for (const Json& value : list->items) facts.values.push_back(algebra_.value_id(value));
    }
    std::sort(facts.values.begin(), facts.values.end());
  }
  const Json* properties = get(index, Keyword::kProperties);
  const Json* required = get(index, Keyword::kRequired);
  if (facts.types != PlainFacts::kObject || !properties || !required) return facts;
  if (properties->members.size() > kMostMembers || required->items.size() > kMostMembers) return facts;
  for (const Json& name : required->items) {
    const Json* value = properties->find(name.text);
    if (!value || !value->is_object() || (!value->find("const") && !value->find("enum"))) continue;
    const PlainFacts& own = algebra_.facts(algebra_.schema(alike(child(index, *value))));
    if (own.few) facts.members.push_back({algebra_.name(decode_utf8(name.text)), true, own.values});
  }
  std::sort(facts.members.begin(), facts.members.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return facts;
}

ValueId Algebra::value_id(const Json& value) {
  auto [it, is_new] = value_ids_.try_emplace(canonical(value), static_cast<ValueId>(value_ids_.size()));
  if (is_new) bytes_ += it->first.size() + 64;
  return it->second;
}

const PlainFacts& Algebra::facts(FormulaId f) {
  static const PlainFacts none;
  if (formulas_[f].kind != Kind::kSchema || !plain_facts) return none;
  auto known = facts_.find(f);
  if (known != facts_.end()) return known->second;
  PlainFacts found = plain_facts(formulas_[f].index);
  bytes_ += sizeof(PlainFacts) + 64 + found.values.size() * sizeof(ValueId);
  for (const Discriminator& member : found.members) bytes_ += sizeof(member) + member.values.size() * sizeof(ValueId);
  return facts_.try_emplace(f, std::move(found)).first->second;
}

const std::vector<Discriminator>& Algebra::discriminators(ObjectShapeId id) {
  auto known = discriminators_.find(id);
  if (known != discriminators_.end()) return known->second;
  const ObjectShape& shape = object_shapes_[id];
  std::vector<Discriminator> found;
  for (const auto& [name, f] : shape.properties) {  // sorted by name
    if (shape.properties.size() > kMostMembers) break;
    const PlainFacts& own = facts(f);
    if (!own.few) continue;
    found.push_back({name, std::binary_search(shape.required.begin(), shape.required.end(), name), own.values});
    bytes_ += sizeof(Discriminator) + own.values.size() * sizeof(ValueId);
  }
  bytes_ += 96;
  return discriminators_.try_emplace(id, std::move(found)).first->second;
}

}  // namespace fcformat
