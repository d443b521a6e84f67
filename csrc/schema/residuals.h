// What may still come inside an object or array that has been opened: the residuals of shapes.
//
// A residual is a shape with what has been written taken away: a key used up is no longer required and cannot come
// again, an item counts towards `contains`. Residuals are hash-consed, so equal situations share one id and with it one
// row of transitions and one mask. Every residual handed out is alive: it can be completed.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "regex/text_trie.h"
#include "schema/algebra.h"

namespace fcformat {

using ObjectId = uint32_t;  // residual of an object
using ArrayId = uint32_t;   // residual of an array
using PlanId = uint32_t;

// A value and the residual after it. Several mean alternatives.
template <typename Residual>
struct Next {
  FormulaId value;
  Residual residual;
  bool operator==(const Next&) const = default;
};

// The names of an object shape, made ready once: literal names as a sorted list with a trie over them, and all other
// keys as disjoint cells, each with one formula for its values.
struct ObjectPlan {
  struct Name {
    NameId id;
    std::u32string text;
    FormulaId value;
    uint32_t exists = 0;                   // bit i: its key is in exists[i]
    std::vector<uint32_t> requires_names;  // places of the names that must then be present
    uint32_t rank = 0;                     // place in the declared order
  };
  struct Cell {
    ExprId keys;
    FormulaId value;
    uint32_t exists = 0;
    int8_t endless = -1;  // -1: not asked yet; else what Residuals::is_endless says
  };
  std::vector<Name> names;  // sorted by text
  std::vector<Cell> cells;
  TextTrie trie;  // of the names
  std::vector<MemberExists> exists;
  std::vector<uint32_t> required;                                     // places in names
  std::vector<std::vector<std::pair<uint32_t, FormulaId>>> excluded;  // constants: places in names, values; sorted
  uint32_t min = 0, max = kUnbounded;
  uint32_t undeclared = 0;  // rank of what is not declared
  bool counts = false;      // the number of members matters
  bool depends = false;     // some name requires others
  // Memoised answers.
  int8_t independent = -1;  // whether no member's presence bears on the others
  bool live_ready = false;
  std::vector<uint32_t> live;  // places of the names whose values are not empty
};

// The place of the name that ends at a node of the names' tree, or -1.
inline int32_t name_at(const ObjectPlan& plan, uint32_t node) {
  return plan.trie[node].accept ? static_cast<int32_t>(plan.trie[node].begin) : -1;
}

struct ObjectResidual {
  PlanId plan;
  std::vector<uint64_t> used;   // bit per name
  std::vector<ExprId> cells;    // keys left in each cell
  uint32_t satisfied = 0;       // bit per exists
  std::vector<uint32_t> alike;  // places of the excluded that it may still become; sorted
  uint32_t count = 0;           // members so far, as far as it matters
  uint32_t rank = 0;            // declared order: names before this are passed
  // Memoised answers.
  std::vector<uint32_t> open_names;  // places of the names that may come next; sorted
  int8_t open_cells = -1;            // -1: not computed; else whether some cell may be used
  bool names_ready = false;
};

inline bool is_used(const ObjectResidual& r, uint32_t name) { return (r.used[name >> 6] >> (name & 63)) & 1; }

// The existence conditions that an object has not met yet, numbered among themselves: a set of them is a word of bits.
struct OpenConditions {
  std::vector<uint32_t> places;  // in ObjectPlan::exists
  uint32_t by_key = 0;           // those that a key alone meets, whatever its value
  uint32_t all() const { return (uint32_t{1} << places.size()) - 1; }
};

// Names that require one another in a circle, and so come together or not at all.
struct NameGroup {
  std::vector<uint32_t> names;
  std::vector<uint32_t> requires_groups;
};

struct ArrayResidual {
  ArrayShapeId shape;
  uint32_t index = 0;               // items so far, saturating where more does not matter
  std::vector<uint32_t> counts;     // per contains, saturating
  std::vector<FormulaId> seen;      // unique: the items so far
  std::vector<uint32_t> alike;      // places of the shape's excluded that it may still become; sorted
  std::vector<Next<ArrayId>> next;  // memoised alternatives for one more item
  bool next_ready = false;
};

// Values that are the same to an array: they meet the same contains conditions, and fit the same places.
struct ItemKind {
  uint32_t id = 0;  // among the kinds of one search
  FormulaId formula = kTrueFormula;
  uint32_t meets = 0;     // bit per contains condition
  uint32_t fits = ~0u;    // bit per formula of a place, as `place_formulas` numbers them
  uint64_t left = ~0ull;  // how many different ones may still come; the largest number: enough for every use
};

class Residuals {
 public:
  explicit Residuals(Algebra& algebra);

  Algebra& algebra() { return algebra_; }

  // Residuals after the opening brace or bracket; false where the shape has no value.
  bool open_object(ObjectShapeId shape, ObjectId* out);
  bool open_array(ArrayShapeId shape, ArrayId* out);

  const ObjectResidual& object(ObjectId id) const { return objects_[id]; }
  const ObjectPlan& plan(ObjectId id) const { return plans_[objects_[id].plan]; }
  const ObjectPlan& plan_at(PlanId id) const { return plans_[id]; }
  bool can_close_object(ObjectId id);
  bool can_add_member(ObjectId id);
  // Places of the literal names that may come next, sorted.
  const std::vector<uint32_t>& open_names(ObjectId id);
  bool name_open_between(ObjectId id, uint32_t begin, uint32_t end);
  bool cell_open(ObjectId id, size_t cell);
  std::vector<Next<ObjectId>> after_name(ObjectId id, uint32_t name);
  // The values that a key of this cell may have. `choice` numbers the alternatives. The residual is that of after_cell
  // where the cell is endless and the caller keeps the used keys; otherwise after_cell_key, once the key is known.
  std::vector<FormulaId> cell_values(ObjectId id, size_t cell);
  bool is_endless(ObjectId id, size_t cell) { return is_endless_at(objects_[id].plan, cell); }
  // Whether used keys need not be taken out: others always remain, whatever has been begun.
  bool is_endless_at(PlanId id, size_t cell) {
    ObjectPlan::Cell& c = plans_[id].cells[cell];
    if (c.endless < 0) c.endless = algebra_.arena().is_endless(c.keys);
    return c.endless > 0;
  }
  ObjectId after_cell(ObjectId id, size_t cell, size_t choice);
  ObjectId after_cell_key(ObjectId id, size_t cell, size_t choice, const std::u32string& key);
  // Places of the names that must still come, with those that they require in turn.
  std::vector<uint32_t> required_left(ObjectId id) const { return still_required(objects_[id]); }

  const ArrayResidual& array(ArrayId id) const { return arrays_[id]; }
  // Whether what may follow depends on the items' values, so that each must be read back.
  bool compares_items(ArrayId id) const {
    const ArrayShape& shape = algebra_.array(arrays_[id].shape);
    return shape.unique || shape.repeated;
  }
  bool can_close_array(ArrayId id);
  const std::vector<Next<ArrayId>>& after_item(ArrayId id);
  // The residuals once the item is known: where items are compared. None: the array cannot be completed.
  std::vector<ArrayId> knowing_item(ArrayId id, const Json& item);

  size_t bytes() const { return bytes_; }

 private:
  std::optional<bool> exists_by_required(ObjectShapeId id);
  PlanId plan_of(ObjectShapeId shape);
  void drop_implied_conditions(ObjectShape* shape);
  ObjectPlan make_plan(const ObjectShape& shape);
  void split_cells(const ObjectShape& shape, const std::vector<std::u32string>& names, ObjectPlan* plan);
  ObjectId intern(ObjectResidual residual);
  ArrayId intern(ArrayResidual residual);
  bool alive(const ObjectResidual& r);
  bool alive_but_for_excluded(const ObjectResidual& r);
  bool may_close(const ObjectResidual& r) const;
  bool becomes_another(const ObjectResidual& start);
  std::vector<std::pair<FormulaId, ObjectResidual>> members(const ObjectResidual& r, uint32_t name);
  std::vector<std::pair<FormulaId, ObjectResidual>> members_of_cell(const ObjectResidual& r, size_t cell);
  bool alive(const ArrayResidual& r);
  bool alive_but_for_excluded(const ArrayResidual& r);
  bool may_close(const ArrayResidual& r) const;
  bool becomes_another(const ArrayResidual& start);
  // The ways on, which tell the excluded apart from the others. Not each of those that are still alike can be completed.
  struct Way {
    FormulaId value;
    ArrayResidual next;
    FormulaId constant;  // which the value then is, where it is still alike
  };
  std::vector<Way> items(const ArrayResidual& r);
  bool completes(const Way& way);
  size_t excluded_size(const ArrayShape& shape, uint32_t place) const {
    return algebra_.array(shape.excluded[place]).prefix.size();
  }
  // Whether the items to come can bring every contains between its bounds, and the array to its minimum.
  bool contains_alive(const ArrayShape& shape, std::vector<uint32_t> counts, uint32_t index);
  std::vector<ItemKind> meetable(const ArrayShape& shape, uint32_t index);
  // The same for items that must all be different, where it matters which values are used up.
  bool chooses_values(const ArrayShape& shape, const ArrayResidual& r);
  std::vector<ItemKind> item_kinds(const ArrayShape& shape, const ArrayResidual& r);
  bool distinct_alive(const ArrayShape& shape, std::vector<uint32_t> counts, uint32_t index,
                      const std::vector<ItemKind>& kinds);
  std::vector<Next<ArrayId>> after_distinct_item(const ArrayShape& shape, const ArrayResidual& r);
  bool names_are_independent(PlanId id);
  const std::vector<uint32_t>& live_names(PlanId id);
  bool name_live(const ObjectPlan& plan, uint32_t name) { return algebra_.nonempty(plan.names[name].value); }
  std::vector<uint32_t> still_required(const ObjectResidual& r) const;
  OpenConditions open_conditions(const ObjectResidual& r) const;
  std::vector<uint32_t> coverable(const ObjectPlan& plan, const OpenConditions& conditions, FormulaId value,
                                  uint32_t exists);
  std::vector<uint32_t> least_keys(const ObjectResidual& r, const OpenConditions& conditions);
  std::optional<uint32_t> missing_for_exists(const ObjectResidual& r, const std::vector<uint32_t>& required,
                                             const OpenConditions& conditions);
  std::vector<NameGroup> optional_groups(const ObjectResidual& r, const std::vector<uint32_t>& required);
  bool groups_fit(const ObjectResidual& r, const std::vector<uint32_t>& required, const OpenConditions& conditions,
                  uint64_t least, uint64_t most, uint64_t keys);
  std::vector<std::pair<FormulaId, uint32_t>> satisfactions(const ObjectResidual& r, FormulaId value, uint32_t exists);
  void advance(ObjectResidual* r) const;
  bool order_allows(const ObjectResidual& r, uint32_t name) const;
  bool can_come(const ObjectResidual& r, uint32_t name, std::vector<uint8_t>* known);
  ObjectResidual after_member(ObjectId id, size_t cell, size_t choice);
  FormulaId item_formula(const ArrayShape& shape, uint32_t index) const;
  // Number of different values, counted up to `limit`.
  uint64_t cardinality(FormulaId f, uint64_t limit);
  uint64_t count_scalars(FormulaId f, uint64_t limit);
  bool plainly_many(const Normal& n, uint64_t limit);
  // A value, or false where none is found by going straight on.
  bool some_value(FormulaId f, uint32_t* steps, Json* out);
  bool some_array(ArrayShapeId shape, uint32_t* steps, Json* out);
  bool some_object(ObjectShapeId shape, uint32_t* steps, Json* out);

  Algebra& algebra_;
  std::unordered_map<ObjectShapeId, PlanId> plan_index_;
  std::deque<ObjectPlan> plans_;  // deques: references stay good while more are made
  std::deque<ObjectResidual> objects_;
  std::deque<ArrayResidual> arrays_;
  std::unordered_map<std::string, uint32_t> object_index_, array_index_;
  std::unordered_map<std::string, ObjectId> after_cell_;
  size_t bytes_ = 0;
  FormulaId structures_ = kFalseFormula;  // all objects and arrays, once it is needed
  int comparing_ = 0;                     // calls of completes inside one another
  int counting_ = 0;                      // calls of cardinality inside one another
};

}  // namespace fcformat
