// Sets of JSON values as hash-consed Boolean formulas over schemas, and their lazily computed normal forms.
//
// A formula is expanded only as deep as one value's outermost level: the values of an object's members and the items of
// an array stay formulas until a generation gets there. Emptiness is a memoised least fixed point, so a recursion
// without a base case is empty. Theory: "Witness Generation for JSON Schema" (Attouche et al., VLDB 2022).
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "errors.h"
#include "regex/expression.h"
#include "schema/json.h"
#include "schema/plain_facts.h"
#include "schema/shapes.h"

namespace fcformat {

struct SchemaLimits {
  size_t max_formulas = 1'000'000;
  size_t max_alternatives = 4'000;  // shapes of one type in one normal form
  uint32_t max_depth = 1'500;       // formulas expanded inside one another
  size_t max_steps = 2'000'000;     // emptiness questions
};

// A schema whose normal form is too large. Another way to ask the same may not need it.
struct TooManyAlternatives : GrammarLimitError {
  using GrammarLimitError::GrammarLimitError;
};

// A question about a formula that is being expanded further out (a oneOf that asks whether its own branches overlap).
struct InProgress {};

class Algebra {
 public:
  Algebra(ExpressionArena& arena, NumberSpelling spelling, bool ordered, SchemaLimits limits);

  ExpressionArena& arena() { return arena_; }
  const NumberSpelling& spelling() const { return spelling_; }
  bool ordered() const { return ordered_; }

  // --- formulas -------------------------------------------------------------------------------------------------------
  FormulaId leaf(Normal normal);
  FormulaId constant(const Json& value);  // exactly this value
  const Json& value_of(FormulaId constant) const { return constant_values_.at(constant); }
  FormulaId schema(uint32_t index);  // what `definition` gives for this index, on demand
  FormulaId conjunction(std::vector<FormulaId> parts);
  FormulaId disjunction(std::vector<FormulaId> parts);
  FormulaId negation(FormulaId part);
  // Exactly one of the parts. It is resolved when it is expanded: together with what else is asked of the value, most
  // branches turn out to exclude each other.
  FormulaId exactly_one(std::vector<FormulaId> parts);
  // Called once for each schema index when its formula is first needed; and for messages, where the schema stands.
  std::function<FormulaId(uint32_t)> definition;
  std::function<std::string(uint32_t)> pointer_of;
  // A cheap sufficient test that a schema has values; saves expanding it.
  std::function<bool(uint32_t)> plainly_satisfiable;
  // Whether a schema says something of scalars at most, so that comparing it is cheap.
  std::function<bool(uint32_t)> plainly_scalar;
  // What can be seen of a schema at one glance; of a formula nothing is known where it is no schema.
  std::function<PlainFacts(uint32_t)> plain_facts;
  const PlainFacts& facts(FormulaId f);
  ValueId value_id(const Json& value);

  // --- normal forms ---------------------------------------------------------------------------------------------------
  const Normal& expand(FormulaId f);
  bool nonempty(FormulaId f);
  Normal all() const;
  Normal nothing() const { return Normal{}; }
  ExprId number_texts(FormulaId f);  // the spellings of its numbers
  ObjectShapeId add_shape(ObjectShape shape);
  ArrayShapeId add_shape(ArrayShape shape);
  const ObjectShape& object(ObjectShapeId id) const { return object_shapes_[id]; }
  const ArrayShape& array(ArrayShapeId id) const { return array_shapes_[id]; }
  NameId name(const std::u32string& text);
  const std::u32string& name_text(NameId id) const { return *names_[id]; }
  size_t formula_count() const { return formulas_.size(); }
  size_t bytes() const { return bytes_; }
  void charge(size_t bytes) { bytes_ += bytes; }

  // Whether an object (array) of this shape exists. Set by the residuals, which know how members are chosen.
  std::function<bool(ObjectShapeId)> object_exists;
  std::function<bool(ArrayShapeId)> array_exists;

 private:
  enum class Kind : uint8_t { kFalse, kTrue, kLeaf, kSchema, kAnd, kOr, kNot, kOne };
  struct Formula {
    Kind kind;
    std::vector<FormulaId> parts;
    uint32_t index = 0;   // kLeaf: normal form; kSchema: schema
    int32_t normal = -1;  // expanded form
    bool expanding = false;
    bool too_many = false;  // expanding it has failed for its many alternatives
    int32_t expanding_question = 0;
    int8_t satisfiable = -1;
    int32_t depth = 0;     // place on the stack of emptiness questions, 0: not on it
    int64_t numbers = -1;  // memoised number_texts
  };

  FormulaId intern(Kind kind, std::vector<FormulaId> parts, uint32_t index);
  FormulaId add(Formula formula);
  Normal compute(FormulaId f);
  Normal compute_and(FormulaId f);
  [[noreturn]] void refuse_circle(FormulaId f) const;
  FormulaId resolve_one(const std::vector<FormulaId>& parts, FormulaId context);
  Normal meet(const Normal& a, const Normal& b);
  Normal join(const std::vector<FormulaId>& parts);
  Normal invert(const Normal& a);
  void tidy(Normal* normal);
  bool find_value(FormulaId f);
  std::vector<ObjectShapeId> invert_object(ObjectShapeId shape);
  std::vector<ArrayShapeId> invert_array(ArrayShapeId shape);
  bool contradictory(const ObjectShape& shape) const;
  bool within(const ObjectShape& a, const ObjectShape& b);
  bool within(const ArrayShape& a, const ArrayShape& b);
  bool within(FormulaId a, FormulaId b);
  bool is_scalar_question(FormulaId f) const;
  void absorb(Normal* normal);
  const std::vector<Discriminator>& discriminators(ObjectShapeId id);
  FormulaId without_idle_negations(FormulaId f);
  void check_alternatives(size_t count) const;
  int32_t store(Normal normal);
  // Asks whether something has values while other questions are open, for use where a wrong "no" would stay: what is
  // still open further out counts as having values.
  template <typename Question>
  bool possible(Question&& question) {
    int32_t floor = std::exchange(question_floor_, question_depth_), lowest = std::exchange(lowest_open_, INT32_MAX);
    bool assumed = std::exchange(assumed_, false);
    auto restore = [&] { question_floor_ = floor, lowest_open_ = lowest, assumed_ = assumed; };
    try {
      bool answer = question();
      restore();
      return answer;
    } catch (...) {
      restore();
      throw;
    }
  }

  ExpressionArena& arena_;
  NumberSpelling spelling_;
  bool ordered_;
  SchemaLimits limits_;
  std::deque<Formula> formulas_;  // deques: references stay good while more are made
  std::unordered_map<std::string, FormulaId> interned_;
  static constexpr uint32_t kMostSchemas = 1 << 22;
  std::vector<FormulaId> by_schema_;  // kSchema with an index below that
  std::vector<std::unique_ptr<Normal>> normals_;
  std::deque<ObjectShape> object_shapes_;
  std::deque<ArrayShape> array_shapes_;
  std::unordered_map<std::string, uint32_t> object_index_, array_index_;
  std::vector<const std::u32string*> names_;  // keys of name_index_
  std::unordered_map<std::u32string, NameId> name_index_;
  std::unordered_map<std::string, FormulaId> constants_;
  std::unordered_map<FormulaId, Json> constant_values_;
  std::unordered_set<ObjectShapeId> constant_objects_;  // shapes that are constants
  std::unordered_set<ArrayShapeId> constant_arrays_;
  std::unordered_map<uint64_t, bool> within_;  // of two formulas
  std::unordered_map<std::string, ValueId> value_ids_;
  std::unordered_map<FormulaId, PlainFacts> facts_;
  std::unordered_map<ObjectShapeId, std::vector<Discriminator>> discriminators_;
  size_t bytes_ = 0, steps_ = 0;
  uint32_t depth_ = 0;
  bool assumed_ = false;  // the answer at hand rests on a formula whose expansion is not finished
  int32_t question_depth_ = 0, question_floor_ = 0, lowest_open_ = INT32_MAX;
};

// Appends numbers to a byte key for hash-consing.
template <typename T>
void append_key(std::string* key, T value) {
  key->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

}  // namespace fcformat
