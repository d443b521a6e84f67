// Which kinds of members an object must hold, without those that others bring along.
#include <algorithm>

#include "schema/residuals.h"

namespace fcformat {
namespace {

// The keys of a condition among those that a member can have: bit per name, and how many of the keys without a name.
struct KeySet {
  enum class Free : uint8_t { kNone, kSome, kAll };
  std::vector<bool> names;
  Free free = Free::kNone;

  bool within(const KeySet& other) const {
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i] && !other.names[i]) return false;
    }
    return free == Free::kNone || other.free == Free::kAll;
  }
};

}  // namespace

// A member that meets a condition also meets every condition that asks no more of it. Alternatives that exclude one another
// (`oneOf` with closed objects) ask for the same member again and again.
void Residuals::drop_implied_conditions(ObjectShape* shape) {
  ExpressionArena& arena = algebra_.arena();
  std::vector<NameId> names = shape->required;
  for (const auto& property : shape->properties) names.push_back(property.first);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<std::u32string> texts;
  for (NameId id : names) texts.push_back(algebra_.name_text(id));
  auto forbidden = [&](size_t i) {
    auto own = std::lower_bound(shape->properties.begin(), shape->properties.end(), std::make_pair(names[i], 0u));
    if (own != shape->properties.end() && own->first == names[i] && own->second == kFalseFormula) return true;
    return std::any_of(shape->patterns.begin(), shape->patterns.end(), [&](const auto& pattern) {
      return pattern.second == kFalseFormula && arena.matches(pattern.first, texts[i]);
    });
  };
  ExprId free = texts.empty() ? arena.any_string() : arena.complement(arena.literal_set(texts));
  for (const auto& [keys, value] : shape->patterns) {
    if (value == kFalseFormula) free = arena.difference(free, keys);
  }
  if (arena.is_empty(free)) free = arena.empty();
  std::vector<bool> possible(names.size());
  for (size_t i = 0; i < names.size(); ++i) possible[i] = !forbidden(i);
  std::vector<KeySet> sets;
  for (const MemberExists& condition : shape->exists) {
    algebra_.arena().check_time();
    KeySet set;
    for (size_t i = 0; i < names.size(); ++i) {
      set.names.push_back(possible[i] && arena.matches(condition.keys, texts[i]));
    }
    if (free != arena.empty() && !arena.is_empty(arena.intersect(free, condition.keys))) {
      bool all = arena.is_empty(arena.difference(free, condition.keys));
      set.free = all ? KeySet::Free::kAll : KeySet::Free::kSome;
    }
    sets.push_back(std::move(set));
  }
  std::vector<MemberExists> kept;
  std::vector<size_t> places;
  auto implies = [&](size_t a, size_t b) {
    const FormulaId wanted = shape->exists[b].value;
    return (wanted == kTrueFormula || wanted == shape->exists[a].value) && sets[a].within(sets[b]);
  };
  for (size_t i = 0; i < sets.size(); ++i) {
    if (std::any_of(places.begin(), places.end(), [&](size_t kept) { return implies(kept, i); })) continue;
    std::erase_if(places, [&](size_t kept) { return implies(i, kept); });
    places.push_back(i);
  }
  for (size_t i : places) kept.push_back(shape->exists[i]);
  shape->exists = std::move(kept);
}

}  // namespace fcformat
