// Residuals of objects: which key may come next, what its value may be, and when the object may close.
#include <algorithm>
#include <map>
#include <unordered_set>

#include "errors.h"
#include "schema/residuals.h"

namespace fcformat {
namespace {

constexpr size_t kMaxExists = 32;  // bits of ObjectResidual::satisfied
constexpr size_t kManyExists = 8;  // from here on it is asked which of them others bring along
constexpr size_t kMaxCells = 4096;
constexpr size_t kListedKeys = 64;  // a cell with so few keys is listed name by name

}  // namespace

PlanId Residuals::plan_of(ObjectShapeId shape) {
  auto it = plan_index_.find(shape);
  if (it != plan_index_.end()) return it->second;
  ObjectShape whole = algebra_.object(shape);
  // Expanded here, not with the schema: a name may be under the schema itself.
  auto others = [&](FormulaId f) { return algebra_.arena().complement(algebra_.expand(f).strings); };
  for (FormulaId f : whole.names) whole.patterns.emplace_back(others(f), kFalseFormula);
  for (FormulaId f : whole.other_names) whole.exists.push_back({others(f), kTrueFormula});
  std::sort(whole.exists.begin(), whole.exists.end());
  whole.exists.erase(std::unique(whole.exists.begin(), whole.exists.end()), whole.exists.end());
  if (whole.exists.size() > kManyExists) drop_implied_conditions(&whole);
  ObjectPlan plan = make_plan(whole);
  auto id = static_cast<PlanId>(plans_.size());
  bytes_ += sizeof(ObjectPlan) + plan.names.size() * (sizeof(ObjectPlan::Name) + 32) + plan.trie.bytes();
  plans_.push_back(std::move(plan));
  plan_index_.emplace(shape, id);
  return id;
}

ObjectPlan Residuals::make_plan(const ObjectShape& shape) {
  ExpressionArena& arena = algebra_.arena();
  ObjectPlan plan;
  plan.exists = shape.exists;
  if (plan.exists.size() > kMaxExists) {
    throw GrammarLimitError("an object must hold more than max_existence_conditions = " + std::to_string(kMaxExists) +
                            " kinds of members");
  }
  plan.min = shape.min;
  plan.max = shape.max;
  plan.counts = shape.min > 0 || shape.max != kUnbounded;
  plan.depends = !shape.dependencies.empty();
  std::vector<NameId> ids = shape.required;
  for (const auto& property : shape.properties) ids.push_back(property.first);
  for (const auto& [first, second] : shape.dependencies) ids.push_back(first), ids.push_back(second);
  for (ObjectShapeId constant : shape.excluded) {
    for (const auto& member : algebra_.object(constant).properties) ids.push_back(member.first);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<std::u32string> texts;
  for (NameId id : ids) texts.push_back(algebra_.name_text(id));
  split_cells(shape, texts, &plan);  // may list further names
  for (NameId id : ids) plan.names.push_back({id, algebra_.name_text(id), kTrueFormula, 0, {}, 0});
  std::sort(plan.names.begin(), plan.names.end(), [](const auto& a, const auto& b) { return a.text < b.text; });
  std::unordered_map<NameId, uint32_t> place;
  for (uint32_t i = 0; i < plan.names.size(); ++i) place[plan.names[i].id] = i;
  for (ObjectPlan::Name& name : plan.names) {
    std::vector<FormulaId> parts;
    auto own = std::lower_bound(shape.properties.begin(), shape.properties.end(), std::make_pair(name.id, 0u));
    if (own != shape.properties.end() && own->first == name.id) parts.push_back(own->second);
    for (const auto& [keys, value] : shape.patterns) {
      if (arena.matches(keys, name.text)) parts.push_back(value);
    }
    name.value = has_lone_surrogate(name.text) ? kFalseFormula : algebra_.conjunction(std::move(parts));
    for (size_t i = 0; i < plan.exists.size(); ++i) {
      if (arena.matches(plan.exists[i].keys, name.text)) name.exists |= 1u << i;
    }
  }
  for (NameId id : shape.required) plan.required.push_back(place.at(id));
  for (const auto& [first, second] : shape.dependencies)
    plan.names[place.at(first)].requires_names.push_back(place.at(second));
  if (algebra_.ordered()) {
    uint32_t rank = 0;
    for (ObjectPlan::Name& name : plan.names) name.rank = UINT32_MAX;
    for (NameId id : shape.order) {
      auto it = place.find(id);
      if (it != place.end()) plan.names[it->second].rank = rank++;
    }
    for (ObjectPlan::Name& name : plan.names) {
      if (name.rank == UINT32_MAX) name.rank = rank;  // undeclared: behind all declared, in any order
    }
    plan.undeclared = rank;
  }
  for (ObjectShapeId constant : shape.excluded) {
    std::vector<std::pair<uint32_t, FormulaId>> members;
    for (const auto& [id, value] : algebra_.object(constant).properties) members.emplace_back(place.at(id), value);
    std::sort(members.begin(), members.end());
    plan.excluded.push_back(std::move(members));
  }
  std::vector<std::u32string_view> sorted;
  for (const ObjectPlan::Name& name : plan.names) sorted.push_back(name.text);
  plan.trie = TextTrie(sorted);
  return plan;
}

// Keys without a name of their own, split so that within a cell the same patterns apply.
void Residuals::split_cells(const ObjectShape& shape, const std::vector<std::u32string>& names, ObjectPlan* plan) {
  ExpressionArena& arena = algebra_.arena();
  struct Draft {
    ExprId keys;
    std::vector<FormulaId> values;
    uint32_t exists;
  };
  ExprId others = names.empty() ? arena.any_string() : arena.complement(arena.literal_set(names));
  std::vector<Draft> drafts{{others, {}, 0}};
  auto split = [&](ExprId keys, auto&& apply) {
    std::vector<Draft> next;
    for (Draft& draft : drafts) {
      ExprId inside = arena.intersect(draft.keys, keys), outside = arena.difference(draft.keys, keys);
      bool has_inside = !arena.is_empty(inside);
      bool has_outside = !arena.is_empty(outside);
      if (has_inside) {
        Draft in{has_outside ? inside : draft.keys, draft.values, draft.exists};
        apply(&in);
        if (std::find(in.values.begin(), in.values.end(), kFalseFormula) == in.values.end())
          next.push_back(std::move(in));
      }
      if (has_outside) next.push_back({has_inside ? outside : draft.keys, draft.values, draft.exists});
      if (next.size() > kMaxCells) {
        throw GrammarLimitError(
            "property patterns overlap in more than max_pattern_cells = " + std::to_string(kMaxCells) + " ways");
      }
    }
    drafts = std::move(next);
  };
  for (const auto& [keys, value] : shape.patterns) {
    FormulaId f = value;
    split(keys, [f](Draft* d) { d->values.push_back(f); });
  }
  for (size_t i = 0; i < shape.exists.size(); ++i) {
    split(shape.exists[i].keys, [i](Draft* d) { d->exists |= 1u << i; });
  }
  for (Draft& draft : drafts) {
    if (arena.is_empty(draft.keys)) continue;
    FormulaId value = algebra_.conjunction(std::move(draft.values));
    if (value == kFalseFormula) continue;
    std::vector<std::u32string> listed;
    if (arena.enumerate(draft.keys, kListedKeys, &listed)) {
      for (const std::u32string& text : listed)
        plan->names.push_back({algebra_.name(text), text, value, draft.exists, {}, 0});
    } else {
      plan->cells.push_back({draft.keys, value, draft.exists});
    }
  }
}

ObjectId Residuals::intern(ObjectResidual r) {
  std::string key;
  append_key(&key, r.plan);
  append_key(&key, r.satisfied);
  append_key(&key, r.count);
  append_key(&key, r.rank);
  for (uint64_t word : r.used) append_key(&key, word);
  for (ExprId e : r.cells) append_key(&key, e);
  for (uint32_t constant : r.alike) append_key(&key, constant);
  auto [it, is_new] = object_index_.try_emplace(std::move(key), static_cast<ObjectId>(objects_.size()));
  if (is_new) {
    bytes_ += sizeof(ObjectResidual) + it->first.size() * 2 + 64;
    objects_.push_back(std::move(r));
  }
  return it->second;
}

bool Residuals::open_object(ObjectShapeId shape, ObjectId* out) {
  PlanId id = plan_of(shape);
  const ObjectPlan& plan = plans_[id];
  ObjectResidual r{};
  r.plan = id;
  r.used.assign((plan.names.size() + 63) / 64, 0);
  for (const ObjectPlan::Cell& cell : plan.cells) r.cells.push_back(cell.keys);
  for (uint32_t i = 0; i < plan.excluded.size(); ++i) r.alike.push_back(i);
  if (!alive(r)) return false;
  *out = intern(std::move(r));
  return true;
}

bool Residuals::alive(const ObjectResidual& r) {
  return alive_but_for_excluded(r) && (r.alike.empty() || becomes_another(r));
}

// Whether it can be completed to an object that is none of the excluded. Mostly the next member can tell it from all of them.
bool Residuals::becomes_another(const ObjectResidual& start) {
  std::vector<ObjectResidual> todo{start};
  std::unordered_set<std::string> known;
  while (!todo.empty()) {
    const ObjectResidual r = std::move(todo.back());
    todo.pop_back();
    algebra_.arena().check_time();
    if (may_close(r)) return true;
    auto another = [&](auto&& ways) {
      for (auto& [value, next] : ways) {
        if (!algebra_.nonempty(value) || !alive_but_for_excluded(next)) continue;
        if (next.alike.empty()) return true;
        std::string key;
        append_key(&key, next.satisfied);
        append_key(&key, next.rank);
        for (uint64_t word : next.used) append_key(&key, word);
        for (uint32_t constant : next.alike) append_key(&key, constant);
        if (known.insert(std::move(key)).second) todo.push_back(std::move(next));
      }
      return false;
    };
    for (size_t cell = 0; cell < r.cells.size(); ++cell) {
      if (another(members_of_cell(r, cell))) return true;
    }
    for (uint32_t name = 0; name < plans_[r.plan].names.size(); ++name) {
      if (another(members(r, name))) return true;
    }
  }
  return false;
}

bool Residuals::can_close_object(ObjectId id) { return may_close(objects_[id]); }

bool Residuals::may_close(const ObjectResidual& r) const {
  auto whole = [&](uint32_t constant) {
    const auto& members = plans_[r.plan].excluded[constant];
    return std::all_of(members.begin(), members.end(), [&](const auto& member) { return is_used(r, member.first); });
  };
  if (std::any_of(r.alike.begin(), r.alike.end(), whole)) return false;
  const ObjectPlan& plan = plans_[r.plan];
  uint32_t all = plan.exists.empty() ? 0 : static_cast<uint32_t>((uint64_t{1} << plan.exists.size()) - 1);
  return (r.satisfied & all) == all && r.count >= plan.min && still_required(r).empty();
}

bool Residuals::can_add_member(ObjectId id) {
  if (!open_names(id).empty()) return true;
  if (objects_[id].open_cells < 0) {
    bool any = false;
    for (size_t c = 0; c < plans_[objects_[id].plan].cells.size() && !any; ++c) any = cell_open(id, c);
    objects_[id].open_cells = any;
  }
  return objects_[id].open_cells > 0;
}

bool Residuals::names_are_independent(PlanId id) {
  ObjectPlan& plan = plans_[id];
  if (plan.independent < 0) {
    plan.independent =
        plan.exists.empty() && plan.excluded.empty() && !plan.counts && !algebra_.ordered() &&
        std::all_of(plan.names.begin(), plan.names.end(), [](const auto& n) { return n.requires_names.empty(); });
  }
  return plan.independent > 0;
}

const std::vector<uint32_t>& Residuals::live_names(PlanId id) {
  if (!plans_[id].live_ready) {
    std::vector<uint32_t> live;
    for (uint32_t n = 0; n < plans_[id].names.size(); ++n) {
      algebra_.arena().check_time();
      if (name_live(plans_[id], n)) live.push_back(n);
    }
    bytes_ += live.size() * sizeof(uint32_t);
    plans_[id].live = std::move(live);
    plans_[id].live_ready = true;
  }
  return plans_[id].live;
}

const std::vector<uint32_t>& Residuals::open_names(ObjectId id) {
  if (!objects_[id].names_ready) {
    std::vector<uint32_t> open;
    if (names_are_independent(objects_[id].plan)) {
      // A member takes nothing from the others: its residual is alive because this one is.
      for (uint32_t n : live_names(objects_[id].plan)) {
        if (!is_used(objects_[id], n)) open.push_back(n);
      }
    } else {
      auto count = static_cast<uint32_t>(plans_[objects_[id].plan].names.size());
      for (uint32_t n = 0; n < count; ++n) {
        algebra_.arena().check_time();
        if (!is_used(objects_[id], n) && !after_name(id, n).empty()) open.push_back(n);
      }
    }
    objects_[id].open_names = std::move(open);
    objects_[id].names_ready = true;
    bytes_ += objects_[id].open_names.size() * sizeof(uint32_t);
  }
  return objects_[id].open_names;
}

bool Residuals::name_open_between(ObjectId id, uint32_t begin, uint32_t end) {
  const std::vector<uint32_t>& open = open_names(id);
  auto it = std::lower_bound(open.begin(), open.end(), begin);
  return it != open.end() && *it < end;
}

// Which existence conditions the value meets: all alternatives, as (value, newly satisfied bits).
std::vector<std::pair<FormulaId, uint32_t>> Residuals::satisfactions(const ObjectResidual& r, FormulaId value,
                                                                     uint32_t exists) {
  const std::vector<MemberExists> conditions = plans_[r.plan].exists;
  uint32_t by_key = 0;  // met by the key alone
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (conditions[i].value == kTrueFormula) by_key |= exists & (1u << i);
  }
  std::vector<std::pair<FormulaId, uint32_t>> out{{value, by_key}};
  for (size_t i = 0; i < conditions.size(); ++i) {
    if (!((exists >> i) & 1) || (((r.satisfied | by_key) >> i) & 1)) continue;
    size_t n = out.size();
    for (size_t k = 0; k < n; ++k) {
      out.emplace_back(algebra_.conjunction({out[k].first, conditions[i].value}), out[k].second | 1u << i);
    }
    if (out.size() > 1024)
      throw GrammarLimitError(
          "a member may meet its object's conditions in more than max_member_alternatives = 1024 ways");
  }
  std::erase_if(out, [&](const auto& p) { return !algebra_.nonempty(p.first); });
  return out;
}

void Residuals::advance(ObjectResidual* r) const {
  const ObjectPlan& plan = plans_[r->plan];
  r->open_names.clear();
  r->open_cells = -1;
  r->names_ready = false;
  // Past the minimum, and without a maximum, how many there are no longer matters.
  if (plan.counts && (plan.max != kUnbounded || r->count < plan.min)) ++r->count;
}

// One more member with a name: its value, and what is then left. Where the excluded have the member, the values that
// they have there are told apart from the others.
std::vector<std::pair<FormulaId, ObjectResidual>> Residuals::members(const ObjectResidual& r, uint32_t name) {
  std::vector<std::pair<FormulaId, ObjectResidual>> out;
  if (is_used(r, name) || !order_allows(r, name)) return out;
  std::map<FormulaId, std::vector<uint32_t>> alike;  // of the excluded that have the member, by its value
  for (uint32_t constant : r.alike) {
    for (const auto& [place, value] : plans_[r.plan].excluded[constant]) {
      if (place == name) alike[value].push_back(constant);
    }
  }
  for (auto [value, bits] : satisfactions(r, plans_[r.plan].names[name].value, plans_[r.plan].names[name].exists)) {
    ObjectResidual next = r;
    next.used[name >> 6] |= uint64_t{1} << (name & 63);
    next.satisfied |= bits;
    if (algebra_.ordered()) next.rank = plans_[r.plan].names[name].rank;
    advance(&next);
    next.alike.clear();
    std::vector<FormulaId> other{value};
    for (const auto& [one, constants] : alike) {
      out.emplace_back(algebra_.conjunction({value, one}), next);
      out.back().second.alike = constants;
      other.push_back(algebra_.negation(one));
    }
    out.emplace_back(algebra_.conjunction(std::move(other)), std::move(next));
  }
  if (!alike.empty()) std::erase_if(out, [&](const auto& way) { return !algebra_.nonempty(way.first); });
  return out;
}

// The same for a key without a name of its own, which none of the excluded has.
std::vector<std::pair<FormulaId, ObjectResidual>> Residuals::members_of_cell(const ObjectResidual& r, size_t cell) {
  std::vector<std::pair<FormulaId, ObjectResidual>> out;
  if (algebra_.arena().is_empty(r.cells[cell])) return out;
  for (auto [value, bits] : satisfactions(r, plans_[r.plan].cells[cell].value, plans_[r.plan].cells[cell].exists)) {
    ObjectResidual next = r;
    next.satisfied |= bits;
    next.alike.clear();
    if (algebra_.ordered()) next.rank = plans_[r.plan].undeclared;
    advance(&next);
    out.emplace_back(value, std::move(next));
  }
  return out;
}

std::vector<Next<ObjectId>> Residuals::after_name(ObjectId id, uint32_t name) {
  std::vector<Next<ObjectId>> out;
  for (auto& [value, next] : members(ObjectResidual(objects_[id]), name)) {
    if (alive(next)) out.push_back({value, intern(std::move(next))});
  }
  return out;
}

bool Residuals::cell_open(ObjectId id, size_t cell) { return !cell_values(id, cell).empty(); }

std::vector<FormulaId> Residuals::cell_values(ObjectId id, size_t cell) {
  std::vector<FormulaId> out;
  for (const auto& [value, next] : members_of_cell(ObjectResidual(objects_[id]), cell)) {
    if (alive(next)) out.push_back(value);
  }
  return out;
}

ObjectResidual Residuals::after_member(ObjectId id, size_t cell, size_t choice) {
  size_t at = 0;
  for (auto& [value, next] : members_of_cell(ObjectResidual(objects_[id]), cell)) {
    if (alive(next) && at++ == choice) return std::move(next);
  }
  throw std::logic_error("after_member: no such alternative");
}

ObjectId Residuals::after_cell(ObjectId id, size_t cell, size_t choice) {
  std::string key;
  append_key(&key, id);
  append_key(&key, cell);
  append_key(&key, choice);
  if (auto it = after_cell_.find(key); it != after_cell_.end()) return it->second;
  bytes_ += key.size() + 64;
  return after_cell_.emplace(std::move(key), intern(after_member(id, cell, choice))).first->second;
}

ObjectId Residuals::after_cell_key(ObjectId id, size_t cell, size_t choice, const std::u32string& key) {
  ObjectResidual next = after_member(id, cell, choice);
  ExpressionArena& arena = algebra_.arena();
  next.cells[cell] = arena.difference(next.cells[cell], arena.literal_set({key}));
  return intern(std::move(next));
}

}  // namespace fcformat
