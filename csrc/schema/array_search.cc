// Whether an array can still be completed where its items have to meet several conditions together: several `contains`,
// a minimum, and, under uniqueItems, different values. A search over kinds of items instead of items.
#include <algorithm>
#include <functional>
#include <unordered_set>

#include "errors.h"
#include "schema/residuals.h"

namespace fcformat {
namespace {

constexpr uint32_t kMaxContainsSteps = 100'000;
constexpr size_t kMaxContains = 10;
constexpr size_t kMaxItemKinds = 1024;
constexpr size_t kMaxConditions = 30;
constexpr uint64_t kEnough = ~0ull;

// From this place on all items are alike.
uint32_t last_change(const ArrayShape& shape) {
  auto last = static_cast<uint32_t>(shape.prefix.size());
  for (const Contains& c : shape.contains) last = std::max(last, c.start);
  return last;
}

bool counts_at(const Contains& c, uint32_t index) { return index >= c.start; }

// Depth first, those items first that bring most. `kinds_at` gives what may stand at a place.
bool can_complete(const ArrayShape& shape, std::vector<uint32_t> counts, uint32_t index,
                  const std::function<const std::vector<const ItemKind*>&(uint32_t)>& kinds_at) {
  struct Place {
    uint32_t index;
    std::vector<uint32_t> counts;
    // Of kinds of which there are not enough: ids, and how many have been used; sorted.
    std::vector<std::pair<uint32_t, uint32_t>> used;
  };
  const uint32_t alike = last_change(shape);
  std::vector<Place> todo{{index, std::move(counts), {}}};
  std::unordered_set<std::string> seen;
  for (uint32_t steps = 0; !todo.empty(); ++steps) {
    const Place place = std::move(todo.back());
    todo.pop_back();
    bool done = place.index >= shape.min;
    for (size_t i = 0; i < place.counts.size(); ++i) done &= place.counts[i] >= shape.contains[i].min;
    if (done) return true;
    if (place.index >= shape.max) continue;
    if (steps > kMaxContainsSteps) {
      throw GrammarLimitError("contains and minItems together look further ahead than max_contains_steps = " +
                              std::to_string(kMaxContainsSteps));
    }
    std::vector<std::pair<int, const ItemKind*>> ways;  // conditions that are still open and met, kind
    for (const ItemKind* kind : kinds_at(place.index)) {
      int gain = 0;
      bool allowed = true;
      for (size_t i = 0; i < place.counts.size(); ++i) {
        if (!((kind->meets >> i) & 1) || !counts_at(shape.contains[i], place.index)) continue;
        allowed &= place.counts[i] < shape.contains[i].max;
        gain += place.counts[i] < shape.contains[i].min;
      }
      auto used = std::lower_bound(place.used.begin(), place.used.end(), std::make_pair(kind->id, 0u));
      allowed &= kind->left > (used != place.used.end() && used->first == kind->id ? used->second : 0);
      // Once all items are alike, one that meets nothing is of no use.
      if (allowed && (gain > 0 || place.index < std::max(alike, shape.min))) ways.emplace_back(gain, kind);
    }
    std::stable_sort(ways.begin(), ways.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto [gain, kind] : ways) {
      Place next{place.index + 1, place.counts, place.used};
      std::string key;
      append_key(&key, next.index);
      for (size_t i = 0; i < next.counts.size(); ++i) {
        const Contains& c = shape.contains[i];
        if (((kind->meets >> i) & 1) && counts_at(c, place.index))
          next.counts[i] = c.max == kUnbounded ? std::min(c.min, next.counts[i] + 1) : next.counts[i] + 1;
        append_key(&key, next.counts[i]);
      }
      if (kind->left != kEnough) {
        auto used = std::lower_bound(next.used.begin(), next.used.end(), std::make_pair(kind->id, 0u));
        if (used == next.used.end() || used->first != kind->id) used = next.used.insert(used, {kind->id, 0});
        ++used->second;
      }
      for (auto [used, times] : next.used) {
        append_key(&key, used);
        append_key(&key, times);
      }
      if (seen.insert(std::move(key)).second) todo.push_back(std::move(next));
    }
  }
  return false;
}

std::vector<const ItemKind*> pointers(const std::vector<ItemKind>& kinds) {
  std::vector<const ItemKind*> out;
  for (const ItemKind& kind : kinds) out.push_back(&kind);
  return out;
}

// The different formulas of the places from `index` on; a place's number is where its formula stands.
std::vector<FormulaId> place_formulas(const ArrayShape& shape, uint32_t index) {
  std::vector<FormulaId> out;
  for (size_t i = index; i < shape.prefix.size(); ++i) out.push_back(shape.prefix[i]);
  out.push_back(shape.rest);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

uint32_t place_bit(const std::vector<FormulaId>& formulas, FormulaId formula) {
  return 1u << (std::lower_bound(formulas.begin(), formulas.end(), formula) - formulas.begin());
}

}  // namespace

// The sets of contains conditions that one item at `index` can meet, bounded ones exactly.
std::vector<ItemKind> Residuals::meetable(const ArrayShape& shape, uint32_t index) {
  size_t n = shape.contains.size();
  if (n > kMaxContains) throw GrammarLimitError("more contains conditions than max_contains = 10 meet in one array");
  std::vector<ItemKind> out;
  for (uint32_t mask = 0; mask < (1u << n); ++mask) {
    std::vector<FormulaId> parts{item_formula(shape, index)};
    bool possible = true;
    for (size_t i = 0; i < n; ++i) {
      const Contains& c = shape.contains[i];
      bool in = (mask >> i) & 1;
      if (!counts_at(c, index)) {
        possible &= !in;
      } else if (in) {
        parts.push_back(c.item);
      } else if (c.max != kUnbounded) {
        parts.push_back(algebra_.negation(c.item));
      }
    }
    FormulaId all = possible ? algebra_.conjunction(std::move(parts)) : kFalseFormula;
    if (possible && algebra_.nonempty(all)) out.push_back({static_cast<uint32_t>(out.size()), all, mask, ~0u, kEnough});
  }
  return out;
}

bool Residuals::contains_alive(const ArrayShape& shape, std::vector<uint32_t> counts, uint32_t index) {
  std::unordered_map<uint32_t, std::pair<std::vector<ItemKind>, std::vector<const ItemKind*>>> known;
  return can_complete(shape, std::move(counts), index, [&](uint32_t at) -> const std::vector<const ItemKind*>& {
    auto [found, is_new] = known.try_emplace(std::min(at, last_change(shape)));
    if (is_new) {
      found->second.first = meetable(shape, at);
      found->second.second = pointers(found->second.first);
    }
    return found->second.second;
  });
}

// Values may run out where conditions are many, or a place has few. Elsewhere it is enough to count them.
bool Residuals::chooses_values(const ArrayShape& shape, const ArrayResidual& r) {
  if (!shape.unique) return false;
  if (!shape.contains.empty()) return true;
  if (r.index >= shape.prefix.size() || shape.min <= r.index) return false;
  uint64_t needed = shape.min - r.index;
  for (FormulaId place : place_formulas(shape, r.index)) {
    std::vector<FormulaId> parts{place};
    for (FormulaId f : r.seen) parts.push_back(algebra_.negation(f));
    if (cardinality(algebra_.conjunction(std::move(parts)), needed) < needed) return true;
  }
  return false;
}

// The values that are left, divided by what they meet and where they fit.
std::vector<ItemKind> Residuals::item_kinds(const ArrayShape& shape, const ArrayResidual& r) {
  const std::vector<FormulaId> places = place_formulas(shape, r.index);
  if (shape.contains.size() + places.size() > kMaxConditions)
    throw GrammarLimitError("an array of different items has more conditions than max_item_conditions = 30");
  std::vector<FormulaId> unseen;
  for (FormulaId f : r.seen) unseen.push_back(algebra_.negation(f));
  std::vector<ItemKind> kinds{{0, algebra_.conjunction(std::move(unseen)), 0, 0, kEnough}};
  auto split = [&](FormulaId condition, uint32_t ItemKind::* bits, uint32_t bit) {
    std::vector<ItemKind> out;
    for (const ItemKind& kind : kinds) {
      for (bool in : {false, true}) {
        ItemKind part = kind;
        part.formula = algebra_.conjunction({kind.formula, in ? condition : algebra_.negation(condition)});
        if (in) part.*bits |= bit;
        if (algebra_.nonempty(part.formula)) out.push_back(part);
      }
    }
    kinds = std::move(out);
    if (kinds.size() > kMaxItemKinds)
      throw GrammarLimitError("the items of an array are of more kinds than max_item_kinds = 1024");
  };
  for (FormulaId place : places) split(place, &ItemKind::fits, place_bit(places, place));
  std::erase_if(kinds, [](const ItemKind& kind) { return kind.fits == 0; });
  uint32_t last = std::max(shape.min, last_change(shape));
  uint64_t uses = uint64_t{1} + (last > r.index ? last - r.index : 0);  // more items than these are never needed
  for (size_t i = 0; i < shape.contains.size(); ++i) {
    const Contains& c = shape.contains[i];
    split(c.item, &ItemKind::meets, 1u << i);
    uses += c.min > r.counts[i] ? c.min - r.counts[i] : 0;
  }
  for (size_t i = 0; i < kinds.size(); ++i) kinds[i].id = static_cast<uint32_t>(i);
  for (ItemKind& kind : kinds) {
    uint64_t left = cardinality(kind.formula, uses);
    kind.left = left < uses ? left : kEnough;
  }
  return kinds;
}

bool Residuals::distinct_alive(const ArrayShape& shape, std::vector<uint32_t> counts, uint32_t index,
                               const std::vector<ItemKind>& kinds) {
  std::unordered_map<FormulaId, std::vector<const ItemKind*>> fitting;
  return can_complete(shape, std::move(counts), index, [&](uint32_t at) -> const std::vector<const ItemKind*>& {
    FormulaId place = item_formula(shape, at);
    auto [found, is_new] = fitting.try_emplace(place);
    for (const ItemKind& kind : kinds) {
      if (is_new && algebra_.nonempty(algebra_.conjunction({kind.formula, place}))) found->second.push_back(&kind);
    }
    return found->second;
  });
}

// Values of one kind are interchangeable: whether the array can be completed after one is decided once for all of them.
std::vector<Next<ArrayId>> Residuals::after_distinct_item(const ArrayShape& shape, const ArrayResidual& r) {
  std::vector<ItemKind> kinds = item_kinds(shape, r);
  const uint32_t here = place_bit(place_formulas(shape, r.index), item_formula(shape, r.index));
  std::vector<std::pair<ArrayId, std::vector<FormulaId>>> found;
  for (ItemKind& kind : kinds) {
    if (!(kind.fits & here)) continue;
    ArrayResidual next{};
    next.shape = r.shape;
    next.index = r.index + 1;
    next.counts = r.counts;
    next.seen = r.seen;
    bool allowed = true;
    for (size_t i = 0; i < shape.contains.size(); ++i) {
      if (!((kind.meets >> i) & 1) || !counts_at(shape.contains[i], r.index)) continue;
      allowed &= ++next.counts[i] <= shape.contains[i].max;
    }
    if (!allowed) continue;
    uint64_t left = kind.left;
    if (left != kEnough) --kind.left;
    bool alive_after = distinct_alive(shape, next.counts, next.index, kinds);
    kind.left = left;
    if (!alive_after) continue;
    ArrayId id = intern(std::move(next));
    auto same = std::find_if(found.begin(), found.end(), [&](const auto& one) { return one.first == id; });
    if (same == found.end()) same = found.insert(found.end(), {id, {}});
    same->second.push_back(kind.formula);
  }
  std::vector<Next<ArrayId>> out;
  for (auto& [id, formulas] : found) out.push_back({algebra_.disjunction(std::move(formulas)), id});
  return out;
}

}  // namespace fcformat
