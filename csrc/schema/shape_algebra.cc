// And, or, not of normal forms and shapes.
#include <algorithm>
#include <map>

#include "errors.h"
#include "schema/algebra.h"

namespace fcformat {
namespace {

template <typename T>
void sort_unique(std::vector<T>* v) {
  std::sort(v->begin(), v->end());
  v->erase(std::unique(v->begin(), v->end()), v->end());
}

template <typename T>
std::vector<T> joined(const std::vector<T>& a, const std::vector<T>& b) {
  std::vector<T> out = a;
  out.insert(out.end(), b.begin(), b.end());
  sort_unique(&out);
  return out;
}

// Merges (key, formula) lists, taking the conjunction where a key stands in both.
template <typename K>
std::vector<std::pair<K, FormulaId>> met(Algebra& algebra, const std::vector<std::pair<K, FormulaId>>& a,
                                         const std::vector<std::pair<K, FormulaId>>& b) {
  std::vector<std::pair<K, FormulaId>> out;
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && a[i].first < b[j].first)) {
      out.push_back(a[i++]);
    } else if (i == a.size() || b[j].first < a[i].first) {
      out.push_back(b[j++]);
    } else {
      out.emplace_back(a[i].first, algebra.conjunction({a[i].second, b[j].second}));
      ++i, ++j;
    }
  }
  return out;
}

}  // namespace

void Algebra::check_alternatives(size_t count) const {
  if (count > limits_.max_alternatives) {
    throw TooManyAlternatives("a schema splits into more than max_alternatives = " +
                              std::to_string(limits_.max_alternatives) + " alternatives of one type");
  }
}

ObjectShapeId Algebra::add_shape(ObjectShape s) {
  arena_.check_time();
  std::sort(s.properties.begin(), s.properties.end());
  std::sort(s.patterns.begin(), s.patterns.end());
  std::erase_if(s.patterns, [&](const auto& p) { return p.second == kTrueFormula || p.first == arena_.empty(); });
  sort_unique(&s.required);
  sort_unique(&s.names);
  sort_unique(&s.other_names);
  sort_unique(&s.exists);
  sort_unique(&s.dependencies);
  sort_unique(&s.excluded);
  if (!ordered_) s.order.clear();
  std::string key;
  auto list = [&](size_t size) { append_key(&key, static_cast<uint32_t>(size)); };
  list(s.properties.size());
  for (auto& [a, b] : s.properties) append_key(&key, a), append_key(&key, b);
  list(s.patterns.size());
  for (auto& [a, b] : s.patterns) append_key(&key, a), append_key(&key, b);
  list(s.required.size());
  for (NameId a : s.required) append_key(&key, a);
  list(s.names.size());
  for (FormulaId f : s.names) append_key(&key, f);
  list(s.other_names.size());
  for (FormulaId f : s.other_names) append_key(&key, f);
  list(s.exists.size());
  for (auto& e : s.exists) append_key(&key, e.keys), append_key(&key, e.value);
  list(s.dependencies.size());
  for (auto& [a, b] : s.dependencies) append_key(&key, a), append_key(&key, b);
  list(s.excluded.size());
  for (ObjectShapeId id : s.excluded) append_key(&key, id);
  for (NameId a : s.order) append_key(&key, a);
  list(s.order.size());
  append_key(&key, s.min);
  append_key(&key, s.max);
  auto [it, is_new] = object_index_.try_emplace(std::move(key), static_cast<uint32_t>(object_shapes_.size()));
  if (is_new) {
    bytes_ += sizeof(ObjectShape) + it->first.size() * 2 + 64;
    object_shapes_.push_back(std::move(s));
  }
  return it->second;
}

ArrayShapeId Algebra::add_shape(ArrayShape s) {
  arena_.check_time();
  while (!s.prefix.empty() && s.prefix.back() == s.rest) s.prefix.pop_back();
  sort_unique(&s.contains);
  sort_unique(&s.excluded);
  std::erase_if(s.contains, [](const Contains& c) { return c.min == 0 && c.max == kUnbounded; });
  if (s.rest == kFalseFormula) s.max = std::min(s.max, static_cast<uint32_t>(s.prefix.size()));
  std::string key;
  append_key(&key, static_cast<uint32_t>(s.prefix.size()));
  for (FormulaId f : s.prefix) append_key(&key, f);
  append_key(&key, s.rest);
  for (const Contains& c : s.contains)
    append_key(&key, c.item), append_key(&key, c.start), append_key(&key, c.min), append_key(&key, c.max);
  append_key(&key, s.min);
  append_key(&key, s.max);
  for (ArrayShapeId id : s.excluded) append_key(&key, id);
  append_key(&key, static_cast<uint32_t>(s.excluded.size()));
  append_key(&key, s.unique);
  append_key(&key, s.repeated);
  auto [it, is_new] = array_index_.try_emplace(std::move(key), static_cast<uint32_t>(array_shapes_.size()));
  if (is_new) {
    bytes_ += sizeof(ArrayShape) + it->first.size() * 2 + 64;
    array_shapes_.push_back(std::move(s));
  }
  return it->second;
}

bool Algebra::contradictory(const ObjectShape& s) const {
  if (s.min > s.max || s.required.size() > s.max) return true;
  return std::any_of(s.required.begin(), s.required.end(), [&](NameId id) {
    auto it = std::lower_bound(s.properties.begin(), s.properties.end(), std::make_pair(id, 0u));
    if (it != s.properties.end() && it->first == id && it->second == kFalseFormula) return true;
    return std::any_of(s.patterns.begin(), s.patterns.end(), [&](const auto& pattern) {
      return pattern.second == kFalseFormula && arena_.matches(pattern.first, name_text(id));
    });
  });
}

bool Algebra::is_scalar_question(FormulaId f) const {
  const Formula& formula = formulas_[f];
  switch (formula.kind) {
    case Kind::kFalse:
      return true;
    case Kind::kLeaf: {
      const Normal& n = *normals_[static_cast<size_t>(formula.normal)];
      auto plain = [](const auto& ids) { return ids.empty() || (ids.size() == 1 && ids[0] == 0); };
      return plain(n.objects) && plain(n.arrays);
    }
    case Kind::kSchema:
      return plainly_scalar && plainly_scalar(formula.index);
    case Kind::kAnd:
    case Kind::kNot:
      return std::all_of(formula.parts.begin(), formula.parts.end(),
                         [&](FormulaId p) { return is_scalar_question(p); });
    default:
      return false;
  }
}

// Whether every value of a is plainly one of b.
bool Algebra::within(FormulaId a, FormulaId b) {
  if (a == b || a == kFalseFormula || b == kTrueFormula) return true;
  if (a == kTrueFormula || b == kFalseFormula) return false;
  if (formulas_[a].kind == Kind::kAnd) {
    const std::vector<FormulaId>& parts = formulas_[a].parts;
    auto has = [&](FormulaId part) { return std::binary_search(parts.begin(), parts.end(), part); };
    if (has(b)) return true;
    if (formulas_[b].kind == Kind::kAnd && std::all_of(formulas_[b].parts.begin(), formulas_[b].parts.end(), has))
      return true;
  }
  auto [it, is_new] = within_.try_emplace(static_cast<uint64_t>(a) << 32 | b, false);
  if (!is_new) return it->second;
  if (!is_scalar_question(a) || !is_scalar_question(b)) return false;
  FormulaId outside = conjunction({a, negation(b)});
  bool answer = !possible([&] { return nonempty(outside); });
  within_[static_cast<uint64_t>(a) << 32 | b] = answer;
  return answer;
}

// Whether every object of shape a is plainly of shape b: all that b asks stands in a.
bool Algebra::within(const ObjectShape& a, const ObjectShape& b) {
  auto covers = [](const auto& all, const auto& some) {
    return std::includes(all.begin(), all.end(), some.begin(), some.end());
  };
  if (a.min < b.min || a.max > b.max || !covers(a.required, b.required) || !covers(a.patterns, b.patterns) ||
      !covers(a.names, b.names) || !covers(a.other_names, b.other_names) || !covers(a.exists, b.exists) ||
      !covers(a.dependencies, b.dependencies) || !covers(a.excluded, b.excluded))
    return false;
  auto own = a.properties.begin();
  for (const auto& [id, f] : b.properties) {
    while (own != a.properties.end() && own->first < id) ++own;
    if (own == a.properties.end() || own->first != id) return false;
  }
  own = a.properties.begin();
  for (const auto& [id, f] : b.properties) {
    while (own->first < id) ++own;
    if (!within(own->second, f)) return false;
  }
  return true;
}

bool Algebra::within(const ArrayShape& a, const ArrayShape& b) {
  if (a.min < b.min || a.max > b.max || (b.unique && !a.unique) || (b.repeated && !a.repeated) ||
      !std::includes(a.contains.begin(), a.contains.end(), b.contains.begin(), b.contains.end()) ||
      !std::includes(a.excluded.begin(), a.excluded.end(), b.excluded.begin(), b.excluded.end()) ||
      (b.rest != kTrueFormula && a.rest != b.rest))
    return false;
  auto item = [](const ArrayShape& s, size_t i) { return i < s.prefix.size() ? s.prefix[i] : s.rest; };
  for (size_t i = 0; i < std::max(a.prefix.size(), b.prefix.size()); ++i) {
    if (!within(item(a, i), item(b, i))) return false;
  }
  return true;
}

// Drops alternatives that lie within others.
void Algebra::absorb(Normal* n) {
  constexpr size_t kMost = 400;  // pairs are compared
  auto thin = [&](auto& ids, const auto& shapes, auto&& plainly_apart) {
    if (ids.size() < 2 || ids.size() > kMost) return;
    std::vector<bool> drop(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      for (size_t j = 0; j < ids.size() && !drop[i]; ++j) {
        if (i != j && !drop[j] && !plainly_apart(ids[i], ids[j])) drop[i] = within(shapes[ids[i]], shapes[ids[j]]);
      }
    }
    size_t at = 0;
    std::erase_if(ids, [&](auto) { return drop[at++]; });
  };
  thin(n->objects, object_shapes_, [&](auto i, auto j) { return apart(discriminators(i), discriminators(j)); });
  thin(n->arrays, array_shapes_, [](auto, auto) { return false; });
}

// All at once: one by one, each would be held against the alternatives before it again and again.
Normal Algebra::join(const std::vector<FormulaId>& parts) {
  constexpr size_t kFew = 64;  // with more alternatives than that, what lies within others goes every now and then
  Normal n = nothing();
  std::vector<ExprId> strings;
  size_t thinned = kFew;
  auto unite_alternatives = [&] {
    sort_unique(&n.objects);
    sort_unique(&n.arrays);
    if (!n.objects.empty() && n.objects[0] == 0) n.objects = {0};
    if (!n.arrays.empty() && n.arrays[0] == 0) n.arrays = {0};
    check_alternatives(std::max(n.objects.size(), n.arrays.size()));
    absorb(&n);
  };
  for (FormulaId part : parts) {
    const Normal& other = expand(part);
    n.null = n.null || other.null;
    n.true_value = n.true_value || other.true_value;
    n.false_value = n.false_value || other.false_value;
    n.numbers = unite(n.numbers, other.numbers);
    strings.push_back(other.strings);
    n.objects.insert(n.objects.end(), other.objects.begin(), other.objects.end());
    n.arrays.insert(n.arrays.end(), other.arrays.begin(), other.arrays.end());
    if (size_t count = std::max(n.objects.size(), n.arrays.size()); count >= 2 * thinned) {
      unite_alternatives();
      thinned = std::max(kFew, std::max(n.objects.size(), n.arrays.size()));
    }
  }
  n.strings = arena_.unite(std::move(strings));
  unite_alternatives();
  return n;
}

Normal Algebra::meet(const Normal& a, const Normal& b) {
  Normal n;
  n.null = a.null && b.null;
  n.true_value = a.true_value && b.true_value;
  n.false_value = a.false_value && b.false_value;
  n.numbers = fcformat::meet(a.numbers, b.numbers);
  n.strings = arena_.intersect(a.strings, b.strings);
  for (ObjectShapeId i : a.objects) {
    for (ObjectShapeId j : b.objects) {
      if (i == j || j == 0) {
        n.objects.push_back(i);
        continue;
      }
      if (i == 0) {
        n.objects.push_back(j);
        continue;
      }
      const ObjectShape x = object_shapes_[i], y = object_shapes_[j];
      ObjectShape s;
      s.properties = met(*this, x.properties, y.properties);
      for (auto& property : s.properties) property.second = without_idle_negations(property.second);
      s.patterns = met(*this, x.patterns, y.patterns);
      s.required = joined(x.required, y.required);
      s.names = joined(x.names, y.names);
      s.other_names = joined(x.other_names, y.other_names);
      s.exists = joined(x.exists, y.exists);
      s.dependencies = joined(x.dependencies, y.dependencies);
      s.excluded = joined(x.excluded, y.excluded);
      s.order = x.order;
      for (NameId id : y.order) {
        if (std::find(s.order.begin(), s.order.end(), id) == s.order.end()) s.order.push_back(id);
      }
      s.min = std::max(x.min, y.min);
      s.max = std::min(x.max, y.max);
      if (!contradictory(s)) n.objects.push_back(add_shape(std::move(s)));
    }
    check_alternatives(n.objects.size());
  }
  for (ArrayShapeId i : a.arrays) {
    for (ArrayShapeId j : b.arrays) {
      const ArrayShape x = array_shapes_[i], y = array_shapes_[j];
      ArrayShape s;
      size_t prefix = std::max(x.prefix.size(), y.prefix.size());
      for (size_t k = 0; k < prefix; ++k) {
        s.prefix.push_back(
            conjunction({k < x.prefix.size() ? x.prefix[k] : x.rest, k < y.prefix.size() ? y.prefix[k] : y.rest}));
      }
      s.rest = conjunction({x.rest, y.rest});
      s.contains = joined(x.contains, y.contains);
      s.excluded = joined(x.excluded, y.excluded);
      s.min = std::max(x.min, y.min);
      s.max = std::min(x.max, y.max);
      s.unique = x.unique || y.unique;
      s.repeated = x.repeated || y.repeated;
      if (s.min <= s.max && !(s.unique && s.repeated)) n.arrays.push_back(add_shape(std::move(s)));
    }
    check_alternatives(n.arrays.size());
  }
  sort_unique(&n.objects);
  sort_unique(&n.arrays);
  absorb(&n);
  return n;
}

std::vector<ObjectShapeId> Algebra::invert_object(ObjectShapeId id) {
  const ObjectShape s = object_shapes_[id];
  if (constant_objects_.contains(id)) {  // one alternative, where its members would make many
    ObjectShape other;
    other.excluded = {id};
    return {add_shape(std::move(other))};
  }
  std::vector<ObjectShapeId> out = s.excluded;
  auto add = [&](ObjectShape broken) {
    if (!contradictory(broken)) out.push_back(add_shape(std::move(broken)));
  };
  // "Present, and in f" is broken by "in not f, if present": one alternative, not two.
  for (NameId id : s.required) {
    auto own = std::lower_bound(s.properties.begin(), s.properties.end(), std::make_pair(id, 0u));
    bool has = own != s.properties.end() && own->first == id;
    ObjectShape b;
    b.properties = {{id, has ? negation(own->second) : kFalseFormula}};
    add(std::move(b));
  }
  for (auto [id, f] : s.properties) {
    if (std::binary_search(s.required.begin(), s.required.end(), id)) continue;
    ObjectShape b;
    b.properties = {{id, negation(f)}};
    b.required = {id};
    add(std::move(b));
  }
  for (auto [keys, f] : s.patterns) {
    ObjectShape b;
    b.exists = {{keys, negation(f)}};
    b.min = 1;
    add(std::move(b));
  }
  for (FormulaId f : s.names) {
    ObjectShape b;
    b.other_names = {f};
    b.min = 1;
    add(std::move(b));
  }
  for (FormulaId f : s.other_names) {
    ObjectShape b;
    b.names = {f};
    add(std::move(b));
  }
  for (const MemberExists& e : s.exists) {
    ObjectShape b;
    b.patterns = {{e.keys, negation(e.value)}};
    add(std::move(b));
  }
  for (auto [first, second] : s.dependencies) {
    ObjectShape b;
    b.required = {first};
    b.properties = {{second, kFalseFormula}};
    add(std::move(b));
  }
  if (s.min > 0) {
    ObjectShape b;
    b.max = s.min - 1;
    add(std::move(b));
  }
  if (s.max != kUnbounded) {
    ObjectShape b;
    b.min = s.max + 1;
    add(std::move(b));
  }
  return out;
}

std::vector<ArrayShapeId> Algebra::invert_array(ArrayShapeId id) {
  const ArrayShape s = array_shapes_[id];
  if (constant_arrays_.contains(id) && s.prefix.size() > 1) {
    ArrayShape other;
    other.excluded = {id};
    return {add_shape(std::move(other))};
  }
  std::vector<ArrayShapeId> out = s.excluded;
  for (size_t i = 0; i < s.prefix.size(); ++i) {
    if (s.prefix[i] == kTrueFormula) continue;
    ArrayShape b;
    b.prefix.assign(i, kTrueFormula);
    b.prefix.push_back(negation(s.prefix[i]));
    b.min = static_cast<uint32_t>(i) + 1;
    out.push_back(add_shape(std::move(b)));
  }
  if (s.rest != kTrueFormula) {
    ArrayShape b;
    auto start = static_cast<uint32_t>(s.prefix.size());
    if (s.rest == kFalseFormula) {
      b.min = start + 1;
    } else {
      b.contains = {{negation(s.rest), start, 1, kUnbounded}};
      b.min = start + 1;
    }
    out.push_back(add_shape(std::move(b)));
  }
  for (const Contains& c : s.contains) {
    if (c.min > 0) {
      ArrayShape b;
      b.contains = {{c.item, c.start, 0, c.min - 1}};
      out.push_back(add_shape(std::move(b)));
    }
    if (c.max != kUnbounded) {
      ArrayShape b;
      b.contains = {{c.item, c.start, c.max + 1, kUnbounded}};
      b.min = c.max + 1;
      out.push_back(add_shape(std::move(b)));
    }
  }
  if (s.min > 0) {
    ArrayShape b;
    b.max = s.min - 1;
    out.push_back(add_shape(std::move(b)));
  }
  if (s.max != kUnbounded) {
    ArrayShape b;
    b.min = s.max + 1;
    out.push_back(add_shape(std::move(b)));
  }
  if (s.unique || s.repeated) {
    ArrayShape b;
    b.unique = s.repeated;
    b.repeated = s.unique;
    if (b.repeated) b.min = 2;
    out.push_back(add_shape(std::move(b)));
  }
  return out;
}

Normal Algebra::invert(const Normal& a) {
  Normal n;
  n.null = !a.null;
  n.true_value = !a.true_value;
  n.false_value = !a.false_value;
  n.numbers = complement(a.numbers);
  n.strings = arena_.complement(a.strings);
  Normal objects = all(), arrays = all();
  objects.arrays.clear();
  arrays.objects.clear();
  const std::vector<ObjectShapeId> object_ids = a.objects;
  const std::vector<ArrayShapeId> array_ids = a.arrays;
  for (ObjectShapeId id : object_ids) {
    Normal broken;
    broken.objects = invert_object(id);
    sort_unique(&broken.objects);
    objects = meet(objects, broken);
  }
  for (ArrayShapeId id : array_ids) {
    Normal broken;
    broken.arrays = invert_array(id);
    sort_unique(&broken.arrays);
    arrays = meet(arrays, broken);
  }
  n.objects = std::move(objects.objects);
  n.arrays = std::move(arrays.arrays);
  return n;
}

// "x and not y" is x where x and y share nothing: then shapes that differ in such parts alone become equal.
FormulaId Algebra::without_idle_negations(FormulaId f) {
  constexpr size_t kMostParts = 16;
  if (formulas_[f].kind != Kind::kAnd || formulas_[f].parts.size() > kMostParts) return f;
  std::vector<FormulaId> kept = formulas_[f].parts;
  for (size_t i = 0; i < kept.size() && kept.size() > 1;) {
    if (formulas_[kept[i]].kind != Kind::kNot) {
      ++i;
      continue;
    }
    std::vector<FormulaId> both = kept;
    both[i] = formulas_[kept[i]].parts[0];
    FormulaId shared = conjunction(std::move(both));
    if (possible([&] { return nonempty(shared); })) {
      ++i;
    } else {
      kept.erase(kept.begin() + static_cast<long>(i));
    }
  }
  return conjunction(std::move(kept));
}

// Alternatives without values only cost time later. Where that cannot be found out now, or exceeds a budget, they are kept.
void Algebra::tidy(Normal* n) {
  auto unlikely = [&](auto&& question) {
    bool answer = true;
    ++question_depth_;
    try {
      answer = possible(question);
    } catch (const TooManyAlternatives&) {
    } catch (const InProgress&) {  // a key may be under the schema that is being expanded
    } catch (...) {
      --question_depth_;
      throw;
    }
    --question_depth_;
    return !answer;
  };
  if (n->objects.size() > 1)
    std::erase_if(n->objects, [&](ObjectShapeId id) { return unlikely([&] { return object_exists(id); }); });
  if (n->arrays.size() > 1)
    std::erase_if(n->arrays, [&](ArrayShapeId id) { return unlikely([&] { return array_exists(id); }); });
}

}  // namespace fcformat
