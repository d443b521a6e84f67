#include "sample/value_sampler.h"

#include <algorithm>
#include <bit>

#include "errors.h"

namespace fcformat {
namespace {

// Unions are taken apart into at most so many parts: beyond that, they are walked as one automaton.
constexpr size_t kMaxUnionParts = 64;

uint32_t gain_of(const ObjectResidual& before, const ObjectResidual& after) {
  return static_cast<uint32_t>(std::popcount(after.satisfied & ~before.satisfied));
}

}  // namespace

ValueSampler::ValueSampler(std::shared_ptr<const Json> schema,
                           std::shared_ptr<const std::map<std::string, Json>> resources, const Limits& limits,
                           const LoaderOptions& options)
    : arena_(limits.expressions) {
  arena_.start_clock();
  algebra_ = std::make_unique<Algebra>(arena_, NumberSpelling{}, false, limits.schemas);
  residuals_ = std::make_unique<Residuals>(*algebra_);
  loader_ = std::make_unique<SchemaLoader>(*algebra_, std::move(schema), std::move(resources), options);
  root_ = loader_->root();
  if (!algebra_->nonempty(root_)) throw SchemaError(loader_->why_empty(), loader_->empty_pointer(), "");
}

ValueSampler::Alternatives ValueSampler::alternatives(FormulaId f) {
  arena_.start_clock();
  const Normal n = algebra_->expand(f);
  Alternatives out;
  out.null = n.null;
  out.false_value = n.false_value;
  out.true_value = n.true_value;
  if (!arena_.is_empty(n.strings)) out.strings = n.strings;
  for (const NumberPiece& piece : n.numbers.pieces) {
    out.numbers.push_back({piece, spell(arena_, NumberSet{{piece}, {}, {}}, algebra_->spelling())});
  }
  for (const Decimal& v : n.numbers.points) out.points.push_back(v), out.integral.push_back(false);
  for (const Decimal& v : n.numbers.integer_points) out.points.push_back(v), out.integral.push_back(true);
  for (ArrayShapeId shape : n.arrays) {
    ArrayId id;
    if (residuals_->open_array(shape, &id)) out.arrays.push_back(id);
  }
  for (ObjectShapeId shape : n.objects) {
    ObjectId id;
    if (!residuals_->open_object(shape, &id)) continue;
    out.objects.push_back(id);
    orders_.emplace(residuals_->object(id).plan, algebra_->object(shape).order);
  }
  return out;
}

FormulaId ValueSampler::no_higher(FormulaId f, uint32_t height) {
  while (heights_.size() <= height) {
    Normal n = algebra_->all();
    ObjectShape object;
    ArrayShape array;
    if (heights_.empty()) {
      object.max = array.max = 0;
    } else {
      object.patterns.emplace_back(arena_.any_string(), heights_.back());
      array.rest = heights_.back();
    }
    n.objects = {algebra_->add_shape(std::move(object))};
    n.arrays = {algebra_->add_shape(std::move(array))};
    heights_.push_back(algebra_->leaf(std::move(n)));
  }
  return algebra_->conjunction({f, heights_[height]});
}

bool ValueSampler::has_values(FormulaId f) {
  arena_.start_clock();
  return algebra_->nonempty(f);
}

const std::vector<NameId>& ValueSampler::declared_order(ObjectId id) { return orders_[residuals_->object(id).plan]; }

bool ValueSampler::can_close_object(ObjectId id) {
  arena_.start_clock();
  return residuals_->can_close_object(id);
}

std::vector<ValueSampler::Member> ValueSampler::members_named(ObjectId id, uint32_t name) {
  arena_.start_clock();
  std::vector<Member> out;
  for (const Next<ObjectId>& next : residuals_->after_name(id, name)) {
    uint32_t gain = gain_of(residuals_->object(id), residuals_->object(next.residual));
    out.push_back({static_cast<int32_t>(name), 0, 0, next.value, next.residual, gain});
  }
  return out;
}

std::vector<ValueSampler::Member> ValueSampler::members_in_cells(ObjectId id) {
  arena_.start_clock();
  std::vector<Member> out;
  size_t cells = residuals_->plan(id).cells.size();
  for (size_t cell = 0; cell < cells; ++cell) {
    std::vector<FormulaId> values = residuals_->cell_values(id, cell);
    for (size_t choice = 0; choice < values.size(); ++choice) {
      Member member{-1, static_cast<uint32_t>(cell), static_cast<uint32_t>(choice), values[choice], 0, 0};
      if (residuals_->plan(id).cells[cell].exists != 0) {  // any key shows what is met
        std::u32string key;
        arena_.shortest(cell_keys(id, member.cell), &key);
        ObjectId next = residuals_->after_cell_key(id, cell, choice, key);
        member.gain = gain_of(residuals_->object(id), residuals_->object(next));
      }
      out.push_back(member);
    }
  }
  return out;
}

ObjectId ValueSampler::after_cell_key(ObjectId id, uint32_t cell, uint32_t choice, const std::string& key) {
  arena_.start_clock();
  return residuals_->after_cell_key(id, cell, choice, decode_utf8(key));
}

bool ValueSampler::can_close_array(ArrayId id) {
  arena_.start_clock();
  return residuals_->can_close_array(id);
}

std::vector<ValueSampler::Item> ValueSampler::items(ArrayId id) {
  arena_.start_clock();
  std::vector<Item> out;
  const std::vector<Next<ArrayId>> all = residuals_->after_item(id);
  const std::vector<uint32_t> before = residuals_->array(id).counts;
  const std::vector<Contains> contains = array_shape(id).contains;
  for (const Next<ArrayId>& next : all) {
    const std::vector<uint32_t>& counts = residuals_->array(next.residual).counts;
    uint32_t gain = 0;
    for (size_t i = 0; i < before.size(); ++i) {
      gain += std::min(counts[i], contains[i].min) - std::min(before[i], contains[i].min);
    }
    out.push_back({next.value, next.residual, gain});
  }
  return out;
}

std::vector<ArrayId> ValueSampler::knowing_item(ArrayId id, const Json& item) {
  arena_.start_clock();
  return residuals_->knowing_item(id, item);
}

bool ValueSampler::is_empty(ExprId e) {
  arena_.start_clock();
  return arena_.is_empty(e);
}

std::vector<Edge> ValueSampler::edges(ExprId e) {
  arena_.start_clock();
  return arena_.edges(e);
}

std::vector<ExprId> ValueSampler::union_parts(ExprId e) {
  arena_.start_clock();
  std::vector<ExprId> out;
  for (ExprId part : arena_.union_parts(e, kMaxUnionParts)) {
    if (!arena_.is_empty(part)) out.push_back(part);
  }
  return out;
}

std::string ValueSampler::shortest(ExprId e) {
  arena_.start_clock();
  std::u32string text;
  if (!arena_.shortest(e, &text)) throw std::logic_error("shortest: the expression is empty");
  return encode_utf8(text);
}

bool ValueSampler::enumerate(ExprId e, size_t limit, std::vector<std::string>* texts) {
  arena_.start_clock();
  std::vector<std::u32string> found;
  if (!arena_.enumerate(e, limit, &found)) return false;
  for (const std::u32string& text : found) texts->push_back(encode_utf8(text));
  return true;
}

}  // namespace fcformat
