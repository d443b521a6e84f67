// Whether what an object must still hold fits between its bounds: required names, those that others require, kinds of members.
#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_set>

#include "components.h"
#include "errors.h"
#include "schema/residuals.h"

namespace fcformat {
namespace {

constexpr size_t kMaxOpenExists = 12;  // sets of them are enumerated
constexpr size_t kMaxGroupSets = 16'384;
constexpr uint64_t kManyKeys = 100'000;  // keys are counted so far
constexpr uint32_t kNever = UINT32_MAX;

// `costs[set]`: the least number of further members that meet a set of conditions. One more member, and what it can meet.
bool take(const std::vector<uint32_t>& covers, uint32_t price, std::vector<uint32_t>* costs) {
  std::vector<uint32_t> next = *costs;
  for (uint32_t met = 0; met < costs->size(); ++met) {
    if ((*costs)[met] == kNever) continue;
    for (uint32_t set : covers) next[met | set] = std::min(next[met | set], (*costs)[met] + price);
  }
  bool changed = next != *costs;
  *costs = std::move(next);
  return changed;
}

}  // namespace

// Required names that are not used yet, with everything that they require in turn.
std::vector<uint32_t> Residuals::still_required(const ObjectResidual& r) const {
  const ObjectPlan& plan = plans_[r.plan];
  std::vector<uint32_t> out;
  std::vector<bool> seen(plan.names.size());
  std::vector<uint32_t> todo = plan.required;
  if (plan.depends) {
    for (uint32_t i = 0; i < plan.names.size(); ++i) {
      if (is_used(r, i)) todo.push_back(i);
    }
  }
  while (!todo.empty()) {
    uint32_t name = todo.back();
    todo.pop_back();
    if (seen[name]) continue;
    seen[name] = true;
    if (!is_used(r, name)) out.push_back(name);
    todo.insert(todo.end(), plan.names[name].requires_names.begin(), plan.names[name].requires_names.end());
  }
  return out;
}

bool Residuals::order_allows(const ObjectResidual& r, uint32_t name) const {
  return !algebra_.ordered() || plans_[r.plan].names[name].rank >= r.rank;
}

// Whether a name may come, and all that it requires in turn. What is found out is kept in `known`, where 0 is not known yet, 1 yes
// and 2 no.
bool Residuals::can_come(const ObjectResidual& r, uint32_t name, std::vector<uint8_t>* known) {
  const ObjectPlan& plan = plans_[r.plan];
  if (plan.names[name].requires_names.empty()) return order_allows(r, name) && name_live(plan, name);
  known->resize(plan.names.size());
  std::vector<uint32_t> closure{name};
  std::unordered_set<uint32_t> seen{name};
  for (size_t i = 0; i < closure.size(); ++i) {
    const uint32_t n = closure[i];
    if ((*known)[n] == 1) continue;
    if ((*known)[n] == 2 || (!is_used(r, n) && (!order_allows(r, n) || !name_live(plan, n)))) {
      (*known)[n] = (*known)[name] = 2;
      return false;
    }
    for (uint32_t next : plan.names[n].requires_names) {
      if (seen.insert(next).second) closure.push_back(next);
    }
  }
  for (uint32_t n : closure) (*known)[n] = 1;
  return true;
}

OpenConditions Residuals::open_conditions(const ObjectResidual& r) const {
  const ObjectPlan& plan = plans_[r.plan];
  OpenConditions out;
  for (uint32_t i = 0; i < plan.exists.size(); ++i) {
    if ((r.satisfied >> i) & 1) continue;
    out.by_key |= (plan.exists[i].value == kTrueFormula ? 1u : 0u) << out.places.size();
    out.places.push_back(i);
    if (out.places.size() > kMaxOpenExists) {
      throw GrammarLimitError("an object must still hold more than max_open_conditions = " +
                              std::to_string(kMaxOpenExists) + " kinds of members");
    }
  }
  return out;
}

// Which sets of conditions a member can meet together. Those that ask for a key alone are met by any member with such a
// key; only the others are a choice.
std::vector<uint32_t> Residuals::coverable(const ObjectPlan& plan, const OpenConditions& conditions, FormulaId value,
                                           uint32_t exists) {
  uint32_t mine = 0;
  for (size_t i = 0; i < conditions.places.size(); ++i) mine |= ((exists >> conditions.places[i]) & 1) << i;
  const uint32_t always = mine & conditions.by_key;
  std::vector<uint32_t> out;
  for (uint32_t set = 0; set <= conditions.all(); ++set) {
    if ((set & ~mine) != 0 || (set & conditions.by_key) != 0 || (set | always) == 0) continue;
    std::vector<FormulaId> parts{value};
    for (size_t i = 0; i < conditions.places.size(); ++i) {
      if ((set >> i) & 1) parts.push_back(plan.exists[conditions.places[i]].value);
    }
    if (algebra_.nonempty(algebra_.conjunction(std::move(parts)))) out.push_back(set | always);
  }
  return out;
}

// By set of conditions: how many members without a name of their own meet at least these.
std::vector<uint32_t> Residuals::least_keys(const ObjectResidual& r, const OpenConditions& conditions) {
  const ObjectPlan& plan = plans_[r.plan];
  std::vector<uint32_t> costs(size_t{conditions.all()} + 1, kNever);
  costs[0] = 0;
  for (size_t c = 0; c < plan.cells.size(); ++c) {
    if (plan.cells[c].exists == 0) continue;
    uint64_t keys = algebra_.arena().count_strings(r.cells[c], conditions.places.size());
    if (keys == 0) continue;
    std::vector<uint32_t> covers = coverable(plan, conditions, plan.cells[c].value, plan.cells[c].exists);
    while (keys > 0 && take(covers, 1, &costs)) --keys;
  }
  for (uint32_t set = conditions.all(); set-- > 0;) {
    for (size_t i = 0; i < conditions.places.size(); ++i) costs[set] = std::min(costs[set], costs[set | 1u << i]);
  }
  return costs;
}

// How many members, besides the required ones, the open conditions need at least; none where they cannot be met. One member may
// meet several at once, so this is a least cover: first each required name takes what it can, then others are added.
std::optional<uint32_t> Residuals::missing_for_exists(const ObjectResidual& r, const std::vector<uint32_t>& required,
                                                      const OpenConditions& conditions) {
  const ObjectPlan& plan = plans_[r.plan];
  std::vector<uint32_t> costs(size_t{conditions.all()} + 1, kNever);
  costs[0] = 0;
  auto take_name = [&](uint32_t n, uint32_t price) {
    take(coverable(plan, conditions, plan.names[n].value, plan.names[n].exists), price, &costs);
  };
  for (uint32_t n : required) {
    if (plan.names[n].exists != 0) take_name(n, 0);
  }
  std::vector<uint8_t> known;
  for (uint32_t n = 0; n < plan.names.size(); ++n) {
    if (plan.names[n].exists == 0 || is_used(r, n)) continue;
    bool optional = std::find(required.begin(), required.end(), n) == required.end() && can_come(r, n, &known);
    if (optional) take_name(n, 1);
  }
  std::vector<uint32_t> keys = least_keys(r, conditions);
  uint32_t least = kNever;
  for (uint32_t met = 0; met < costs.size(); ++met) {
    uint32_t rest = keys[conditions.all() & ~met];
    if (costs[met] != kNever && rest != kNever) least = std::min(least, costs[met] + rest);
  }
  return least == kNever ? std::nullopt : std::optional(least);
}

// The names that may come and need not, in groups that come together, each behind those that it requires.
std::vector<NameGroup> Residuals::optional_groups(const ObjectResidual& r, const std::vector<uint32_t>& required) {
  const ObjectPlan& plan = plans_[r.plan];
  std::vector<bool> is_required(plan.names.size());
  for (uint32_t n : required) is_required[n] = true;
  std::vector<uint8_t> known;
  std::vector<uint32_t> optional;
  constexpr uint32_t kNoGroup = UINT32_MAX;
  std::vector<bool> is_optional(plan.names.size());
  for (uint32_t n = 0; n < plan.names.size(); ++n) {
    if (is_used(r, n) || is_required[n] || !can_come(r, n, &known)) continue;
    optional.push_back(n);
    is_optional[n] = true;
  }
  auto requirements = [&](uint32_t n, std::vector<uint32_t>* to) {
    for (uint32_t next : plan.names[n].requires_names) {
      if (is_optional[next]) to->push_back(next);
    }
  };
  std::vector<uint32_t> group_of(plan.names.size(), kNoGroup);
  std::vector<NameGroup> out;
  for (std::vector<uint32_t>& names : strongly_connected(plan.names.size(), optional, requirements)) {
    const auto id = static_cast<uint32_t>(out.size());
    for (uint32_t n : names) group_of[n] = id;
    std::vector<uint32_t> to;
    for (uint32_t n : names) requirements(n, &to);
    for (uint32_t& n : to) n = group_of[n];
    std::sort(to.begin(), to.end());
    to.erase(std::unique(to.begin(), to.end()), to.end());
    std::erase(to, id);
    out.push_back({std::move(names), std::move(to)});
  }
  return out;
}

// Whether groups can be chosen that meet the conditions, with `least` to `most` members besides the required ones; up to
// `keys` of them are without a name of their own. The caller knows that all together are enough.
bool Residuals::groups_fit(const ObjectResidual& r, const std::vector<uint32_t>& required,
                           const OpenConditions& conditions, uint64_t least, uint64_t most, uint64_t keys) {
  const ObjectPlan& plan = plans_[r.plan];
  const uint64_t from = least > keys ? least - keys : 0;
  const uint32_t all = conditions.all();
  if (all == 0 && from == 0) return true;
  const std::vector<NameGroup> groups = optional_groups(r, required);
  size_t largest = 0;
  for (const NameGroup& group : groups) largest = std::max(largest, group.names.size());
  // Added one behind another, groups leave out at most one less than the largest of them has.
  if (all == 0 && most - from + 1 >= largest) return true;

  struct Choice {
    std::vector<bool> chosen;  // as far as groups to come ask for it
    uint32_t met = 0;
    uint64_t size = 0;
    bool operator<(const Choice& other) const {
      return std::tie(chosen, met, size) < std::tie(other.chosen, other.met, other.size);
    }
  };
  std::vector<size_t> last_use(groups.size());
  uint64_t rest = 0;
  for (size_t g = 0; g < groups.size(); ++g) {
    for (uint32_t other : groups[g].requires_groups) last_use[other] = g;
    rest += groups[g].names.size();
  }
  auto with_names = [&](std::vector<uint32_t> met, const std::vector<uint32_t>& names) {
    for (uint32_t n : names) {
      if (all == 0 || plan.names[n].exists == 0) continue;
      const size_t before = met.size();
      for (uint32_t set : coverable(plan, conditions, plan.names[n].value, plan.names[n].exists)) {
        for (size_t i = 0; i < before; ++i) met.push_back(met[i] | set);
      }
      std::sort(met.begin(), met.end());
      met.erase(std::unique(met.begin(), met.end()), met.end());
    }
    return met;
  };
  const std::vector<uint32_t> keys_for = least_keys(r, conditions);
  auto ends = [&](const Choice& c) {
    const uint32_t more = keys_for[all & ~c.met];
    return more != kNever && c.size + more <= most && c.size >= from;
  };
  std::set<Choice> choices;
  for (uint32_t met : with_names({0}, required)) {
    choices.insert({std::vector<bool>(groups.size()), met, 0});
    if (ends(*choices.rbegin())) return true;
  }
  for (size_t g = 0; g < groups.size(); ++g) {
    algebra_.arena().check_time();
    const NameGroup& group = groups[g];
    rest -= group.names.size();
    std::set<Choice> next;
    for (const Choice& before : choices) {
      auto keep = [&](Choice c) {
        for (uint32_t other : group.requires_groups) {
          if (last_use[other] == g) c.chosen[other] = false;
        }
        if (c.size + rest >= from) next.insert(std::move(c));
      };
      keep(before);
      bool allowed = before.size + group.names.size() <= most &&
                     std::all_of(group.requires_groups.begin(), group.requires_groups.end(),
                                 [&](uint32_t other) { return before.chosen[other]; });
      if (!allowed) continue;
      for (uint32_t met : with_names({before.met}, group.names)) {
        Choice c{before.chosen, met, before.size + group.names.size()};
        if (ends(c)) return true;
        c.chosen[g] = last_use[g] > g;
        keep(std::move(c));
      }
    }
    choices = std::move(next);
    if (choices.size() > kMaxGroupSets) {
      throw GrammarLimitError("an object's names require one another in more than max_name_choices = " +
                              std::to_string(kMaxGroupSets) + " ways that its bounds tell apart");
    }
  }
  return false;
}

bool Residuals::alive_but_for_excluded(const ObjectResidual& r) {
  const ObjectPlan& plan = plans_[r.plan];
  if (plan.min > plan.max) return false;
  const std::vector<uint32_t> required = still_required(r);
  for (uint32_t n : required) {
    if (!order_allows(r, n) || !name_live(plan, n)) return false;
  }
  const OpenConditions conditions = open_conditions(r);
  std::optional<uint32_t> missing = 0;
  if (!conditions.places.empty()) missing = missing_for_exists(r, required, conditions);
  if (!missing) return false;
  if (!plan.counts) return true;
  const uint64_t settled = r.count + required.size();
  if (settled + *missing > plan.max) return false;
  const bool bound_together = plan.depends && plan.max != kUnbounded;
  const uint64_t wanted = plan.min > settled ? plan.min - settled : 0;
  if (wanted <= *missing && (!bound_together || conditions.places.empty())) return true;
  uint64_t names = 0, keys = 0;
  std::vector<uint8_t> known;
  for (uint32_t n = 0; n < plan.names.size() && names < wanted + required.size(); ++n) {
    names += !is_used(r, n) && can_come(r, n, &known);
  }
  names -= std::min<uint64_t>(names, required.size());
  const uint64_t keys_wanted = bound_together ? wanted : wanted - std::min(wanted, names);
  for (size_t c = 0; c < r.cells.size() && keys < keys_wanted; ++c) {
    if (algebra_.nonempty(plan.cells[c].value)) {
      keys += algebra_.arena().count_strings(r.cells[c], std::min<uint64_t>(keys_wanted - keys, kManyKeys));
    }
  }
  if (keys >= kManyKeys) keys = std::max(keys, wanted);
  if (names + keys < wanted) return false;
  return !bound_together || groups_fit(r, required, conditions, wanted, plan.max - settled, keys);
}

}  // namespace fcformat
