// How many different values a formula has, for uniqueItems: scalars are counted, objects and arrays found one by one, each
// the formula without those that were found.
#include <algorithm>

#include "errors.h"
#include "schema/residuals.h"

namespace fcformat {
namespace {

// Where so many objects and arrays have been found, or finding one takes so many steps, there are taken to be enough.
constexpr uint64_t kMostFound = 64;
constexpr uint32_t kMostSteps = 500;
// Counting within counting: what is asked about are then arrays of different arrays of different arrays.
constexpr int kDeepest = 3;
constexpr uint64_t kMostCounted = 100'000;

}  // namespace

uint64_t Residuals::count_scalars(FormulaId f, uint64_t limit) {
  const Normal n = algebra_.expand(f);
  uint64_t count = n.null + n.true_value + n.false_value;
  count += algebra_.arena().count_strings(n.strings, std::min(limit, kMostCounted));
  if (count >= limit) return limit;
  count += n.numbers.points.size() + n.numbers.integer_points.size();
  if (!n.numbers.pieces.empty()) {
    NumberSet pieces = n.numbers;
    pieces.points.clear();
    pieces.integer_points.clear();
    bool whole = std::all_of(pieces.pieces.begin(), pieces.pieces.end(), [](const NumberPiece& p) {
      return std::any_of(p.multiples.begin(), p.multiples.end(), [](const Decimal& m) { return m.is_integer(); });
    });
    // Spelled as digits alone, one integer has one spelling, but for -0.
    ExprId texts = spell(algebra_.arena(), pieces, {true, algebra_.spelling().max_digits});
    texts = algebra_.arena().difference(texts, algebra_.arena().literal_set({U"-0"}));
    count += whole                              ? algebra_.arena().count_strings(texts, std::min(limit, kMostCounted))
             : algebra_.arena().is_empty(texts) ? 0
                                                : limit;
  }
  return std::min(count, limit);
}

uint64_t Residuals::cardinality(FormulaId f, uint64_t limit) {
  uint64_t count = count_scalars(f, limit);
  if (count >= limit) return limit;
  const Normal structures = algebra_.expand(f);
  if (structures.objects.empty() && structures.arrays.empty()) return count;
  // Not a formula of its own each time: a question about it is then the same question, also inside itself.
  if (structures_ == kFalseFormula) {
    Normal all = algebra_.all(), none = algebra_.nothing();
    none.objects = std::move(all.objects);
    none.arrays = std::move(all.arrays);
    structures_ = algebra_.leaf(std::move(none));
  }
  FormulaId left = algebra_.conjunction({f, structures_});
  if (!algebra_.nonempty(left)) return count;
  if (counting_ >= kDeepest || limit - count > kMostFound) return limit;
  if (count + 1 == limit) return limit;
  struct Deeper {
    explicit Deeper(int* depth) : depth(depth) { ++*depth; }
    ~Deeper() { --*depth; }
    int* depth;
  } deeper(&counting_);
  if (plainly_many(structures, limit - count)) return limit;
  while (algebra_.nonempty(left)) {
    if (++count >= limit) return limit;
    Json value;
    uint32_t steps = 0;
    if (!some_value(left, &steps, &value)) return limit;
    left = algebra_.conjunction({left, algebra_.negation(algebra_.constant(value))});
  }
  return count;
}

// Whether one member or item alone makes enough of them: whatever value it has, the rest can be completed.
bool Residuals::plainly_many(const Normal& n, uint64_t limit) {
  for (ObjectShapeId shape : n.objects) {
    ObjectId id;
    if (!open_object(shape, &id)) continue;
    for (size_t cell = 0; cell < plan(id).cells.size(); ++cell) {
      if (cell_open(id, cell) && is_endless(id, cell)) return true;
    }
    for (uint32_t name : std::vector<uint32_t>(open_names(id))) {
      for (const Next<ObjectId>& next : after_name(id, name)) {
        if (count_scalars(next.value, limit) >= limit) return true;
      }
    }
  }
  for (ArrayShapeId shape : n.arrays) {
    ArrayId id;
    if (!open_array(shape, &id)) continue;
    const std::vector<Next<ArrayId>> first = after_item(id);
    for (const Next<ArrayId>& next : first) {
      if (count_scalars(next.value, limit) >= limit) return true;
    }
    const ArrayShape& s = algebra_.array(shape);
    if (!first.empty() && s.max == kUnbounded && !s.unique && s.contains.empty() && s.prefix.empty()) return true;
  }
  return false;
}

bool Residuals::some_value(FormulaId f, uint32_t* steps, Json* out) {
  if (++*steps > kMostSteps || !algebra_.nonempty(f)) return false;
  const Normal n = algebra_.expand(f);
  *out = Json{};
  if (n.null) return true;
  if (n.true_value || n.false_value) {
    out->type = n.true_value ? Json::Type::kTrue : Json::Type::kFalse;
    return true;
  }
  std::u32string text;
  if (algebra_.arena().shortest(n.strings, &text)) {
    out->type = Json::Type::kString;
    out->text = encode_utf8(text);
    return true;
  }
  if (!n.numbers.trivially_empty() && algebra_.arena().shortest(algebra_.number_texts(f), &text)) {
    *out = parse_value(encode_utf8(text), false);
    return true;
  }
  return std::any_of(n.arrays.begin(), n.arrays.end(), [&](ArrayShapeId id) { return some_array(id, steps, out); }) ||
         std::any_of(n.objects.begin(), n.objects.end(), [&](ObjectShapeId id) { return some_object(id, steps, out); });
}

bool Residuals::some_array(ArrayShapeId shape, uint32_t* steps, Json* out) {
  ArrayId id;
  if (!open_array(shape, &id)) return false;
  *out = Json{};
  out->type = Json::Type::kArray;
  while (!can_close_array(id)) {
    bool found = false;
    for (const Next<ArrayId>& next : std::vector<Next<ArrayId>>(after_item(id))) {
      Json item;
      if (!some_value(next.value, steps, &item)) continue;
      ArrayId after = next.residual;
      if (compares_items(id)) {
        std::vector<ArrayId> known = knowing_item(after, item);
        if (known.empty()) continue;
        after = known[0];
      }
      id = after;
      out->items.push_back(std::move(item));
      found = true;
      break;
    }
    if (!found || ++*steps > kMostSteps) return false;
  }
  return true;
}

bool Residuals::some_object(ObjectShapeId shape, uint32_t* steps, Json* out) {
  ObjectId id;
  if (!open_object(shape, &id)) return false;
  *out = Json{};
  out->type = Json::Type::kObject;
  while (!can_close_object(id)) {
    if (++*steps > kMostSteps) return false;
    // Names that must still come are tried first.
    std::vector<uint32_t> names = required_left(id), open = open_names(id);
    std::erase_if(names, [&](uint32_t name) { return !std::binary_search(open.begin(), open.end(), name); });
    names.insert(names.end(), open.begin(), open.end());
    bool found = false;
    for (uint32_t name : names) {
      for (const Next<ObjectId>& next : after_name(id, name)) {
        Json value;
        if (found || !some_value(next.value, steps, &value)) continue;
        out->members.emplace_back(encode_utf8(plan(id).names[name].text), std::move(value));
        id = next.residual;
        found = true;
      }
      if (found) break;
    }
    for (size_t cell = 0; !found && cell < plan(id).cells.size(); ++cell) {
      std::u32string key;
      if (!cell_open(id, cell) || !algebra_.arena().shortest(object(id).cells[cell], &key)) continue;
      const std::vector<FormulaId> values = cell_values(id, cell);
      for (size_t choice = 0; !found && choice < values.size(); ++choice) {
        Json value;
        if (!some_value(values[choice], steps, &value)) continue;
        out->members.emplace_back(encode_utf8(key), std::move(value));
        id = after_cell_key(id, cell, choice, key);
        found = true;
      }
    }
    if (!found) return false;
  }
  return true;
}

}  // namespace fcformat
