// Formulas: construction, expansion into normal forms, emptiness.
#include "schema/algebra.h"

#include <algorithm>

#include "errors.h"

namespace fcformat {
namespace {

// Counts nested calls, so that no schema can exhaust the stack.
class DepthGuard {
 public:
  DepthGuard(uint32_t* depth, uint32_t limit) : depth_(depth) {
    if (*depth_ >= limit) {
      throw GrammarLimitError("schemas refer to one another deeper than max_schema_depth = " + std::to_string(limit));
    }
    ++*depth_;
  }
  ~DepthGuard() { --*depth_; }

 private:
  uint32_t* depth_;
};

}  // namespace

Algebra::Algebra(ExpressionArena& arena, NumberSpelling spelling, bool ordered, SchemaLimits limits)
    : arena_(arena), spelling_(spelling), ordered_(ordered), limits_(limits) {
  add_shape(ObjectShape{});  // id 0: any object
  add_shape(ArrayShape{});   // id 0: any array
  formulas_.push_back({Kind::kFalse, {}});
  formulas_.push_back({Kind::kTrue, {}});
  formulas_[0].normal = store(nothing());
  formulas_[1].normal = store(all());
  formulas_[0].satisfiable = 0;
  formulas_[1].satisfiable = 1;
}

int32_t Algebra::store(Normal normal) {
  bytes_ += sizeof(Normal) + 64 + (normal.objects.size() + normal.arrays.size()) * 4 +
            (normal.numbers.points.size() + normal.numbers.pieces.size()) * 64;
  normals_.push_back(std::make_unique<Normal>(std::move(normal)));
  return static_cast<int32_t>(normals_.size() - 1);
}

Normal Algebra::all() const {
  Normal n;
  n.null = n.true_value = n.false_value = true;
  n.numbers = NumberSet::all();
  n.strings = arena_.any_string();
  n.objects = {0};
  n.arrays = {0};
  return n;
}

FormulaId Algebra::intern(Kind kind, std::vector<FormulaId> parts, uint32_t index) {
  std::string key(1, static_cast<char>(kind));
  append_key(&key, index);
  for (FormulaId p : parts) append_key(&key, p);
  auto [it, is_new] = interned_.try_emplace(std::move(key), static_cast<FormulaId>(formulas_.size()));
  if (is_new) {
    bytes_ += it->first.size() + 64;
    add({kind, std::move(parts), index});
  }
  return it->second;
}

FormulaId Algebra::add(Formula formula) {
  if (formulas_.size() >= limits_.max_formulas) {
    throw GrammarLimitError("more formulas than max_formulas = " + std::to_string(limits_.max_formulas));
  }
  bytes_ += sizeof(Formula) + formula.parts.size() * sizeof(FormulaId);
  formulas_.push_back(std::move(formula));
  return static_cast<FormulaId>(formulas_.size() - 1);
}

FormulaId Algebra::leaf(Normal normal) {
  int32_t stored = store(std::move(normal));
  FormulaId f = add({Kind::kLeaf, {}, static_cast<uint32_t>(stored)});
  formulas_[f].normal = stored;
  return f;
}

FormulaId Algebra::schema(uint32_t index) {
  constexpr FormulaId kNone = UINT32_MAX;
  if (index >= kMostSchemas) return intern(Kind::kSchema, {}, index);
  if (index >= by_schema_.size()) by_schema_.resize(std::max<size_t>(index + 1, by_schema_.size() * 2), kNone);
  if (by_schema_[index] == kNone) by_schema_[index] = add({Kind::kSchema, {}, index});
  return by_schema_[index];
}

FormulaId Algebra::conjunction(std::vector<FormulaId> parts) {
  std::vector<FormulaId> flat;
  for (FormulaId p : parts) {
    if (p == kFalseFormula) return kFalseFormula;
    if (formulas_[p].kind == Kind::kAnd) {
      flat.insert(flat.end(), formulas_[p].parts.begin(), formulas_[p].parts.end());
    } else if (p != kTrueFormula) {
      flat.push_back(p);
    }
  }
  std::sort(flat.begin(), flat.end());
  flat.erase(std::unique(flat.begin(), flat.end()), flat.end());
  for (FormulaId p : flat) {
    if (formulas_[p].kind == Kind::kNot && std::binary_search(flat.begin(), flat.end(), formulas_[p].parts[0]))
      return kFalseFormula;
  }
  if (flat.empty()) return kTrueFormula;
  if (flat.size() == 1) return flat[0];
  return intern(Kind::kAnd, std::move(flat), 0);
}

FormulaId Algebra::disjunction(std::vector<FormulaId> parts) {
  std::vector<FormulaId> flat;
  for (FormulaId p : parts) {
    if (p == kTrueFormula) return kTrueFormula;
    if (formulas_[p].kind == Kind::kOr) {
      flat.insert(flat.end(), formulas_[p].parts.begin(), formulas_[p].parts.end());
    } else if (p != kFalseFormula) {
      flat.push_back(p);
    }
  }
  std::sort(flat.begin(), flat.end());
  flat.erase(std::unique(flat.begin(), flat.end()), flat.end());
  for (FormulaId p : flat) {
    if (formulas_[p].kind == Kind::kNot && std::binary_search(flat.begin(), flat.end(), formulas_[p].parts[0]))
      return kTrueFormula;
  }
  if (flat.empty()) return kFalseFormula;
  if (flat.size() == 1) return flat[0];
  return intern(Kind::kOr, std::move(flat), 0);
}

FormulaId Algebra::negation(FormulaId part) {
  if (part == kFalseFormula) return kTrueFormula;
  if (part == kTrueFormula) return kFalseFormula;
  if (formulas_[part].kind == Kind::kNot) return formulas_[part].parts[0];
  return intern(Kind::kNot, {part}, 0);
}

FormulaId Algebra::exactly_one(std::vector<FormulaId> parts) {
  if (parts.size() == 1) return parts[0];
  return intern(Kind::kOne, std::move(parts), 0);
}

// "This branch and none of the others", for each branch, leaving out the others that it excludes anyway.
FormulaId Algebra::resolve_one(const std::vector<FormulaId>& parts, FormulaId context) {
  std::vector<FormulaId> branches;
  for (size_t i = 0; i < parts.size(); ++i) {
    std::vector<FormulaId> branch{context, parts[i]};
    for (size_t j = 0; j < parts.size(); ++j) {
      if (j == i || apart(facts(parts[i]), facts(parts[j]))) continue;
      FormulaId shared = conjunction({context, parts[i], parts[j]});
      if (possible([&] { return nonempty(shared); })) branch.push_back(negation(parts[j]));
    }
    branches.push_back(conjunction(std::move(branch)));
  }
  return disjunction(std::move(branches));
}

// A conjunction is laid open down to its assertions first, so that each oneOf in it is resolved knowing all of them.
Normal Algebra::compute_and(FormulaId f) {
  std::vector<FormulaId> plain, choices, todo = formulas_[f].parts;
  std::vector<size_t> from(todo.size(), SIZE_MAX);  // which entry's definition an entry comes from
  for (size_t i = 0; i < todo.size(); ++i) {        // grows
    FormulaId part = todo[i];
    for (size_t above = from[i]; above != SIZE_MAX; above = from[above]) {
      if (todo[above] == part) refuse_circle(part);
    }
    if (std::find(todo.begin(), todo.begin() + static_cast<long>(i), part) != todo.begin() + static_cast<long>(i))
      continue;
    Kind kind = formulas_[part].kind;
    if (kind == Kind::kSchema && formulas_[part].normal < 0 && !formulas_[part].expanding) {
      formulas_[part].expanding = true;  // the definition may ask questions about other schemas
      formulas_[part].expanding_question = question_depth_;
      FormulaId defined;
      try {
        defined = definition(formulas_[part].index);
      } catch (...) {
        formulas_[part].expanding = false;
        throw;
      }
      formulas_[part].expanding = false;
      todo.push_back(defined);
      from.push_back(i);
    } else if (kind == Kind::kAnd) {
      todo.insert(todo.end(), formulas_[part].parts.begin(), formulas_[part].parts.end());
      from.resize(todo.size(), i);
    } else {
      (kind == Kind::kOne ? choices : plain).push_back(part);
    }
    if (todo.size() > limits_.max_formulas / 10) {
      throw GrammarLimitError("one conjunction joins more than a tenth of max_formulas = " +
                              std::to_string(limits_.max_formulas) + " schemas");
    }
  }
  Normal n = all();
  auto narrow = [&](FormulaId part) {
    n = meet(n, expand(part));
    tidy(&n);
  };
  // What cannot split comes first: it prunes the alternatives of the rest.
  std::stable_partition(plain.begin(), plain.end(), [&](FormulaId p) { return formulas_[p].kind == Kind::kLeaf; });
  for (FormulaId part : plain) narrow(part);
  if (choices.empty()) return n;
  FormulaId context = conjunction(std::move(plain));
  for (FormulaId choice : choices) {
    FormulaId resolved = resolve_one(formulas_[choice].parts, context);
    narrow(resolved);
    context = conjunction({context, resolved});
  }
  return n;
}

FormulaId Algebra::constant(const Json& value) {
  std::string key = canonical(value);
  auto it = constants_.find(key);
  if (it != constants_.end()) return it->second;
  DepthGuard guard(&depth_, limits_.max_depth);
  Normal n;
  switch (value.type) {
    case Json::Type::kNull:
      n.null = true;
      break;
    case Json::Type::kTrue:
      n.true_value = true;
      break;
    case Json::Type::kFalse:
      n.false_value = true;
      break;
    case Json::Type::kNumber:
      n.numbers.points = {value.number()};
      break;
    case Json::Type::kString: {
      std::u32string text = decode_utf8(value.text);
      n.strings = arena_.literal_set({text});
      break;
    }
    case Json::Type::kArray: {
      ArrayShape shape;
      for (const Json& item : value.items) shape.prefix.push_back(constant(item));
      shape.rest = kFalseFormula;
      shape.min = static_cast<uint32_t>(value.items.size());
      n.arrays = {add_shape(std::move(shape))};
      constant_arrays_.insert(n.arrays[0]);
      break;
    }
    case Json::Type::kObject: {
      ObjectShape shape;
      std::vector<std::u32string> names;
      for (const auto& [key_text, member] : value.members) {
        names.push_back(decode_utf8(key_text));
        NameId id = name(names.back());
        shape.properties.emplace_back(id, constant(member));
        shape.required.push_back(id);
        shape.order.push_back(id);
      }
      shape.patterns.emplace_back(
          names.empty() ? arena_.any_string() : arena_.complement(arena_.literal_set(std::move(names))), kFalseFormula);
      n.objects = {add_shape(std::move(shape))};
      constant_objects_.insert(n.objects[0]);
      break;
    }
  }
  FormulaId f = leaf(std::move(n));
  constants_.emplace(std::move(key), f);
  constant_values_.emplace(f, value);
  bytes_ += sizeof(Json) + 64;
  return f;
}

void Algebra::refuse_circle(FormulaId f) const {
  std::string where = formulas_[f].kind == Kind::kSchema && pointer_of ? pointer_of(formulas_[f].index) : "";
  throw SchemaError("at " + (where.empty() ? "the root" : where) +
                        ": the schema refers to itself without a value in between, so it says nothing",
                    where, "$ref");
}

const Normal& Algebra::expand(FormulaId f) {
  if (formulas_[f].normal < 0) {
    if (formulas_[f].expanding) {
      if (formulas_[f].expanding_question != question_depth_) throw InProgress{};
      refuse_circle(f);
    }
    if (formulas_[f].too_many) check_alternatives(SIZE_MAX);
    DepthGuard guard(&depth_, limits_.max_depth);
    formulas_[f].expanding = true;
    formulas_[f].expanding_question = question_depth_;
    try {
      Normal n = compute(f);
      formulas_[f].normal = store(std::move(n));
    } catch (const GrammarLimitError& e) {
      formulas_[f].expanding = false;
      bool too_many = formulas_[f].too_many = dynamic_cast<const TooManyAlternatives*>(&e) != nullptr;
      std::string what = e.what();
      if (formulas_[f].kind != Kind::kSchema || !pointer_of || what.starts_with("at ")) throw;
      std::string where = pointer_of(formulas_[f].index);  // the innermost schema says where it was
      what = "at " + (where.empty() ? "the root" : where) + ": " + what;
      if (too_many) throw TooManyAlternatives(what);
      throw GrammarLimitError(what);
    } catch (...) {
      formulas_[f].expanding = false;
      throw;
    }
    formulas_[f].expanding = false;
  }
  return *normals_[static_cast<size_t>(formulas_[f].normal)];
}

Normal Algebra::compute(FormulaId f) {
  const Formula formula = formulas_[f];  // a copy: expanding others may move the table
  switch (formula.kind) {
    case Kind::kSchema:
      return expand(definition(formula.index));
    case Kind::kAnd:
      return compute_and(f);
    case Kind::kOne:
      return expand(resolve_one(formula.parts, kTrueFormula));
    case Kind::kOr:
      return join(formula.parts);
    case Kind::kNot:
      return invert(expand(formula.parts[0]));
    default:
      return *normals_[static_cast<size_t>(formula.normal)];
  }
}

ExprId Algebra::number_texts(FormulaId f) {
  if (formulas_[f].numbers < 0) {
    ExprId e = spell(arena_, expand(f).numbers, spelling_);
    formulas_[f].numbers = e;
  }
  return static_cast<ExprId>(formulas_[f].numbers);
}

bool Algebra::nonempty(FormulaId f) {
  if (formulas_[f].satisfiable >= 0) return formulas_[f].satisfiable != 0;
  if (formulas_[f].kind == Kind::kSchema && plainly_satisfiable && plainly_satisfiable(formulas_[f].index)) {
    formulas_[f].satisfiable = 1;
    return true;
  }
  if (formulas_[f].depth > 0) {
    if (formulas_[f].depth <= question_floor_) return assumed_ = true;
    // A question inside itself: no finite value is found that way.
    lowest_open_ = std::min(lowest_open_, formulas_[f].depth);
    return false;
  }
  arena_.check_time();
  if (++steps_ > limits_.max_steps) {
    throw GrammarLimitError("deciding which schemas have values takes more than max_schema_steps = " +
                            std::to_string(limits_.max_steps));
  }
  DepthGuard guard(&depth_, limits_.max_depth);
  int32_t outer = lowest_open_;
  lowest_open_ = INT32_MAX;
  int32_t mine = ++question_depth_;
  formulas_[f].depth = mine;
  bool outer_assumed = assumed_;
  assumed_ = false;
  bool found = false;
  try {
    found = find_value(f);
  } catch (const InProgress&) {
    found = assumed_ = true;  // unknown; "yes" is the safe side for whoever asks in that situation
  } catch (...) {
    formulas_[f].depth = 0;
    --question_depth_;
    lowest_open_ = outer;
    assumed_ = outer_assumed;
    throw;
  }
  formulas_[f].depth = 0;
  --question_depth_;
  // "No" is final only if it does not lean on a question that is still open further out.
  bool leans = lowest_open_ < mine;
  bool guessed = found && assumed_;
  assumed_ = outer_assumed || guessed;
  if (found) {
    if (!guessed) formulas_[f].satisfiable = 1;
    lowest_open_ = outer;
  } else {
    if (!leans) formulas_[f].satisfiable = 0;
    lowest_open_ = std::min(outer, leans ? lowest_open_ : INT32_MAX);
  }
  return found;
}

bool Algebra::find_value(FormulaId f) {
  const Normal& n = expand(f);
  if (n.null || n.true_value || n.false_value) return true;
  if (!arena_.is_empty(n.strings)) return true;
  if (!n.numbers.trivially_empty() && !arena_.is_empty(number_texts(f))) return true;
  for (ArrayShapeId id : n.arrays) {
    if (array_exists(id)) return true;
  }
  for (ObjectShapeId id : n.objects) {
    if (object_exists(id)) return true;
  }
  return false;
}

NameId Algebra::name(const std::u32string& text) {
  auto [it, is_new] = name_index_.try_emplace(text, static_cast<NameId>(names_.size()));
  if (is_new) {
    names_.push_back(&it->first);
    bytes_ += text.size() * 4 + 80;
  }
  return it->second;
}

}  // namespace fcformat
