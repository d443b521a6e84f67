// Values of a schema, chosen by somebody else: at each point the choices that can still be completed.
//
// This is the engine's algebra without bytes and tokens. A caller (the Hypothesis strategies) walks from formula to
// formula and from residual to residual and takes any choice offered; every choice leads to a valid value. It knows
// nothing of how a choice is made.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "grammar/compile.h"
#include "schema/loader.h"
#include "schema/residuals.h"

namespace fcformat {

class ValueSampler {
 public:
  // One kind of number and its spellings. Whether there are any is not asked here: arithmetic mostly knows sooner.
  struct Numbers {
    NumberPiece piece;
    ExprId texts;
  };
  struct Alternatives {
    bool null = false, false_value = false, true_value = false;
    std::vector<Numbers> numbers;   // some may be empty
    std::vector<Decimal> points;    // single numbers
    std::vector<bool> integral;     // of points: spelled as integers
    ExprId strings = 0;             // 0: none
    std::vector<ObjectId> objects;  // opened
    std::vector<ArrayId> arrays;
  };
  struct Member {
    int32_t name;  // place among the names; -1: a key of `cell`
    uint32_t cell = 0, choice = 0;
    FormulaId value = 0;
    ObjectId next = 0;  // where name >= 0
    uint32_t gain = 0;  // conditions on the object that are met with it
  };
  struct Item {
    FormulaId value;
    ArrayId next;
    uint32_t gain;
  };

  ValueSampler(std::shared_ptr<const Json> schema, std::shared_ptr<const std::map<std::string, Json>> resources,
               const Limits& limits, const LoaderOptions& options);

  FormulaId root() const { return root_; }
  size_t bytes() const { return arena_.bytes() + algebra_->bytes() + residuals_->bytes(); }

  Alternatives alternatives(FormulaId f);
  // Its values whose objects and arrays nest at most `height` deep, empty ones not counted; has_values() may be false.
  FormulaId no_higher(FormulaId f, uint32_t height);
  bool has_values(FormulaId f);
  // Its values but this one.
  FormulaId excluding(FormulaId f, const Json& value) {
    return algebra_->conjunction({f, algebra_->negation(algebra_->constant(value))});
  }

  const ObjectPlan& plan(ObjectId id) const { return residuals_->plan(id); }
  const std::vector<NameId>& declared_order(ObjectId id);
  bool can_close_object(ObjectId id);
  std::vector<uint32_t> required_left(ObjectId id) { return residuals_->required_left(id); }
  // Ways to write the member of this name next; none where it cannot come.
  std::vector<Member> members_named(ObjectId id, uint32_t name);
  std::vector<Member> members_in_cells(ObjectId id);
  ExprId cell_keys(ObjectId id, uint32_t cell) const { return residuals_->object(id).cells[cell]; }
  ObjectId after_cell_key(ObjectId id, uint32_t cell, uint32_t choice, const std::string& key);

  const ArrayShape& array_shape(ArrayId id) const { return algebra_->array(residuals_->array(id).shape); }
  uint32_t items_so_far(ArrayId id) const { return residuals_->array(id).index; }
  bool can_close_array(ArrayId id);
  std::vector<Item> items(ArrayId id);
  bool compares_items(ArrayId id) const { return residuals_->compares_items(id); }
  std::vector<ArrayId> knowing_item(ArrayId id, const Json& item);

  // Strings: one step of the automaton, the parts of a union, a shortest string, all of them where they are few.
  bool is_empty(ExprId e);
  bool nullable(ExprId e) const { return arena_.nullable(e); }
  std::vector<Edge> edges(ExprId e);
  std::vector<ExprId> union_parts(ExprId e);
  std::string shortest(ExprId e);
  bool enumerate(ExprId e, size_t limit, std::vector<std::string>* texts);
  bool is_length_range(ExprId e, uint32_t* min, uint32_t* max) const { return arena_.is_length_range(e, min, max); }

 private:
  ExpressionArena arena_;
  std::unique_ptr<Algebra> algebra_;
  std::unique_ptr<Residuals> residuals_;
  std::unique_ptr<SchemaLoader> loader_;
  FormulaId root_ = kFalseFormula;
  std::vector<FormulaId> heights_;
  std::map<PlanId, std::vector<NameId>> orders_;
};

}  // namespace fcformat
