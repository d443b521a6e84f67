// Residuals of arrays: what the next item may be, and when the array may close.
#include <algorithm>
#include <map>
#include <unordered_set>

#include "errors.h"
#include "schema/residuals.h"

namespace fcformat {
namespace {

constexpr int kDeepestCompared = 200;

}  // namespace

Residuals::Residuals(Algebra& algebra) : algebra_(algebra) {
  algebra_.object_exists = [this](ObjectShapeId id) {
    if (auto known = exists_by_required(id)) return *known;
    ObjectId ignored;
    return open_object(id, &ignored);
  };
  algebra_.array_exists = [this](ArrayShapeId id) {
    ArrayId ignored;
    return open_array(id, &ignored);
  };
}

FormulaId Residuals::item_formula(const ArrayShape& shape, uint32_t index) const {
  return index < shape.prefix.size() ? shape.prefix[index] : shape.rest;
}

ArrayId Residuals::intern(ArrayResidual r) {
  const ArrayShape& shape = algebra_.array(r.shape);
  // Past the prefix, the minimum and every `start`, and without a maximum, the number of items no longer matters.
  if (shape.max == kUnbounded) {
    auto enough = std::max<uint32_t>(shape.min, static_cast<uint32_t>(shape.prefix.size()));
    for (const Contains& c : shape.contains) enough = std::max(enough, c.start);
    for (uint32_t one : r.alike) enough = std::max(enough, static_cast<uint32_t>(excluded_size(shape, one)));
    r.index = std::min(r.index, enough);
  }
  for (size_t i = 0; i < r.counts.size(); ++i) {
    if (shape.contains[i].max == kUnbounded) r.counts[i] = std::min(r.counts[i], shape.contains[i].min);
  }
  std::string key;
  append_key(&key, r.shape);
  append_key(&key, r.index);
  for (uint32_t count : r.counts) append_key(&key, count);
  append_key(&key, r.seen.size());
  for (FormulaId f : r.seen) append_key(&key, f);
  for (uint32_t one : r.alike) append_key(&key, one);
  auto [it, is_new] = array_index_.try_emplace(std::move(key), static_cast<ArrayId>(arrays_.size()));
  if (is_new) {
    bytes_ += sizeof(ArrayResidual) + it->first.size() * 2 + 64;
    arrays_.push_back(std::move(r));
  }
  return it->second;
}

bool Residuals::open_array(ArrayShapeId shape, ArrayId* out) {
  ArrayResidual r{};
  r.shape = shape;
  r.counts.assign(algebra_.array(shape).contains.size(), 0);
  for (uint32_t i = 0; i < algebra_.array(shape).excluded.size(); ++i) r.alike.push_back(i);
  if (!alive(r)) return false;
  *out = intern(std::move(r));
  return true;
}

bool Residuals::alive(const ArrayResidual& r) {
  return alive_but_for_excluded(r) && (r.alike.empty() || becomes_another(r));
}

// As for objects: whether it can be completed to an array that is none of the excluded.
bool Residuals::becomes_another(const ArrayResidual& start) {
  std::vector<ArrayResidual> todo{start};
  std::unordered_set<std::string> known;
  while (!todo.empty()) {
    const ArrayResidual r = std::move(todo.back());
    todo.pop_back();
    algebra_.arena().check_time();
    if (may_close(r)) return true;
    const bool compares = algebra_.array(r.shape).unique || algebra_.array(r.shape).repeated;
    std::vector<Way> ways = items(r);
    if (std::any_of(ways.begin(), ways.end(), [](const Way& way) { return way.next.alike.empty(); })) return true;
    for (Way& way : ways) {
      ArrayResidual& next = way.next;
      if (compares) {
        if (completes(way)) return true;
        continue;
      }
      std::string key;
      append_key(&key, next.index);
      for (uint32_t count : next.counts) append_key(&key, count);
      for (uint32_t one : next.alike) append_key(&key, one);
      if (known.insert(std::move(key)).second) todo.push_back(std::move(next));
    }
  }
  return false;
}

// Where items are compared, what may follow depends on which constant the item is.
bool Residuals::completes(const Way& way) {
  if (way.next.alike.empty()) return true;
  const ArrayShape& shape = algebra_.array(way.next.shape);
  if (!shape.unique && !shape.repeated) return alive(way.next);
  if (comparing_ >= kDeepestCompared) {
    throw GrammarLimitError("different items are looked at deeper than max_compared_depth = " +
                            std::to_string(kDeepestCompared));
  }
  struct Deeper {
    explicit Deeper(int* depth) : depth(depth) { ++*depth; }
    ~Deeper() { --*depth; }
    int* depth;
  } deeper(&comparing_);
  return !knowing_item(intern(way.next), algebra_.value_of(way.constant)).empty();
}

std::vector<Residuals::Way> Residuals::items(const ArrayResidual& r) {
  const ArrayShape shape = algebra_.array(r.shape);
  ArrayResidual plain = r;
  plain.alike.clear();
  plain.next.clear();
  plain.next_ready = false;
  const std::vector<Next<ArrayId>> ways = after_item(intern(std::move(plain)));
  std::map<FormulaId, std::vector<uint32_t>> alike;  // of the excluded that have the item, by its value
  for (uint32_t one : r.alike) {
    if (excluded_size(shape, one) > r.index) alike[algebra_.array(shape.excluded[one]).prefix[r.index]].push_back(one);
  }
  std::vector<Way> out;
  for (const Next<ArrayId>& way : ways) {
    ArrayResidual next = arrays_[way.residual];
    next.next.clear();
    next.next_ready = false;
    std::vector<FormulaId> other{way.value};
    for (const auto& [value, places] : alike) {
      out.push_back({algebra_.conjunction({way.value, value}), next, value});
      out.back().next.index = r.index + 1;
      out.back().next.alike = places;
      other.push_back(algebra_.negation(value));
    }
    out.push_back({algebra_.conjunction(std::move(other)), std::move(next), kFalseFormula});
  }
  std::erase_if(out, [&](const Way& way) { return !algebra_.nonempty(way.value); });
  return out;
}

bool Residuals::alive_but_for_excluded(const ArrayResidual& r) {
  const ArrayShape shape = algebra_.array(r.shape);
  if (!shape.contains.empty()) {
    for (size_t i = 0; i < shape.contains.size(); ++i) {
      if (r.counts[i] > shape.contains[i].max) return false;
    }
    if (!shape.unique && !contains_alive(shape, r.counts, r.index)) return false;
  }
  if (shape.min > shape.max) return false;
  for (uint32_t i = r.index; i < shape.min && i < shape.prefix.size(); ++i) {
    if (!algebra_.nonempty(shape.prefix[i])) return false;
  }
  if (shape.min > std::max<uint64_t>(r.index, shape.prefix.size()) && !algebra_.nonempty(shape.rest)) return false;
  if (shape.repeated) {  // two places whose formulas share a value must be left
    auto last = static_cast<uint32_t>(std::min<uint64_t>(shape.max, uint64_t{r.index} + shape.prefix.size() + 2));
    bool found = false;
    for (uint32_t i = r.index; i < last && !found; ++i) {
      for (uint32_t j = i + 1; j < last && !found; ++j) {
        found = algebra_.nonempty(algebra_.conjunction({item_formula(shape, i), item_formula(shape, j)}));
      }
      if (!algebra_.nonempty(item_formula(shape, i))) break;
    }
    if (!found) return false;
  }
  if (chooses_values(shape, r)) return distinct_alive(shape, r.counts, r.index, item_kinds(shape, r));
  if (shape.unique && shape.min > r.index) {
    // Different items must be left.
    uint64_t needed = shape.min - r.index;
    FormulaId left = shape.rest;
    if (!shape.prefix.empty()) {
      std::vector<FormulaId> any(shape.prefix.begin() + std::min<size_t>(r.index, shape.prefix.size()),
                                 shape.prefix.end());
      if (shape.min > shape.prefix.size()) any.push_back(shape.rest);
      left = algebra_.disjunction(std::move(any));
    }
    std::vector<FormulaId> parts{left};
    for (FormulaId f : r.seen) parts.push_back(algebra_.negation(f));
    if (cardinality(algebra_.conjunction(std::move(parts)), needed) < needed) return false;
  }
  return true;
}

bool Residuals::can_close_array(ArrayId id) { return may_close(arrays_[id]); }

bool Residuals::may_close(const ArrayResidual& r) const {
  const ArrayShape& shape = algebra_.array(r.shape);
  for (uint32_t one : r.alike) {
    if (excluded_size(shape, one) == r.index) return false;
  }
  if (shape.repeated) return false;
  for (size_t i = 0; i < r.counts.size(); ++i) {
    if (r.counts[i] < shape.contains[i].min || r.counts[i] > shape.contains[i].max) return false;
  }
  return r.index >= shape.min;
}

const std::vector<Next<ArrayId>>& Residuals::after_item(ArrayId id) {
  if (arrays_[id].next_ready) return arrays_[id].next;
  const ArrayResidual r = arrays_[id];
  const ArrayShape shape = algebra_.array(r.shape);
  std::vector<Next<ArrayId>> out;
  if (!r.alike.empty()) {
    for (Way& way : items(r)) {
      if (completes(way)) out.push_back({way.value, intern(std::move(way.next))});
    }
  } else if (r.index < shape.max && chooses_values(shape, r)) {
    out = after_distinct_item(shape, r);
  } else if (r.index < shape.max) {
    std::vector<FormulaId> base{item_formula(shape, r.index)};
    for (FormulaId f : r.seen) base.push_back(algebra_.negation(f));
    std::vector<std::pair<FormulaId, std::vector<uint32_t>>> options{{algebra_.conjunction(std::move(base)), r.counts}};
    for (size_t i = 0; i < shape.contains.size(); ++i) {
      const Contains& c = shape.contains[i];
      if (r.index < c.start || (c.max == kUnbounded && r.counts[i] >= c.min)) continue;
      std::vector<std::pair<FormulaId, std::vector<uint32_t>>> split;
      for (auto& [f, counts] : options) {
        auto more = counts;
        ++more[i];
        if (more[i] <= c.max) split.emplace_back(algebra_.conjunction({f, c.item}), std::move(more));
        // Without an upper bound nothing is lost by not counting an item, so the plain formula is the simpler choice.
        split.emplace_back(c.max == kUnbounded ? f : algebra_.conjunction({f, algebra_.negation(c.item)}), counts);
      }
      options = std::move(split);
      if (options.size() > 1024)
        throw GrammarLimitError("an item may meet its array's contains in more than max_item_alternatives = 1024 ways");
    }
    for (auto& [f, counts] : options) {
      if (!algebra_.nonempty(f)) continue;
      ArrayResidual next{};
      next.shape = r.shape;
      next.index = r.index + 1;
      next.counts = std::move(counts);
      next.seen = r.seen;
      if (!shape.repeated && !alive(next)) continue;  // of repeated items, the last may already be the second
      Next<ArrayId> n{f, intern(std::move(next))};
      if (std::find(out.begin(), out.end(), n) == out.end()) out.push_back(n);
    }
  }
  arrays_[id].next = std::move(out);
  arrays_[id].next_ready = true;
  return arrays_[id].next;
}

std::vector<ArrayId> Residuals::knowing_item(ArrayId id, const Json& item) {
  std::vector<ArrayId> out;
  ArrayResidual next = arrays_[id];
  next.next.clear();
  next.next_ready = false;
  const ArrayShape shape = algebra_.array(next.shape);
  FormulaId value = algebra_.constant(item);
  if (shape.unique) {
    next.seen.push_back(value);
    std::sort(next.seen.begin(), next.seen.end());
  }
  if (alive(next)) out.push_back(intern(next));
  if (!shape.repeated) return out;
  // Or this item is the one that comes again.
  ArrayShape again = shape;
  again.repeated = false;
  again.contains.push_back({value, next.index, 1, kUnbounded});
  ArrayResidual found = next;
  found.shape = algebra_.add_shape(std::move(again));
  const std::vector<Contains>& now = algebra_.array(found.shape).contains;
  found.counts.assign(now.size(), 0);
  for (size_t i = 0; i < now.size(); ++i) {
    auto before = std::find(shape.contains.begin(), shape.contains.end(), now[i]);
    if (before != shape.contains.end())
      found.counts[i] = next.counts[static_cast<size_t>(before - shape.contains.begin())];
  }
  if (alive(found)) out.push_back(intern(found));
  return out;
}

}  // namespace fcformat
