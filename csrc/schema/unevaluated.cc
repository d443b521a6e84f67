// unevaluatedProperties and unevaluatedItems: which keys and items other keywords have dealt with depends on which
// branches a value passes. So the schema is split into cases that exclude each other; in each the branches that hold are
// known, and with them what they evaluate. (JSON Schema 2020-12, core, section 11.)
#include <algorithm>

#include "errors.h"
#include "schema/loader.h"

namespace fcformat {
namespace {

constexpr size_t kMaxCases = 2048;
constexpr int kMaxDepth = 100;

}  // namespace

std::vector<SchemaLoader::Case> SchemaLoader::both(const std::vector<Case>& a, const std::vector<Case>& b) {
  std::vector<Case> out;
  for (const Case& x : a) {
    for (const Case& y : b) {
      Case c;
      c.condition = algebra_.conjunction({x.condition, y.condition});
      if (c.condition == kFalseFormula) continue;
      c.keys = algebra_.arena().unite(x.keys, y.keys);
      c.items = std::max(x.items, y.items);
      c.contained = x.contained;
      c.contained.insert(c.contained.end(), y.contained.begin(), y.contained.end());
      out.push_back(std::move(c));
    }
  }
  if (out.size() > kMaxCases) {
    throw GrammarLimitError("unevaluatedProperties or unevaluatedItems depends on more than max_evaluation_cases = " +
                            std::to_string(kMaxCases) + " combinations of branches");
  }
  return out;
}

// What the keywords of the schema object itself evaluate; for the schema whose unevaluated* is asked for, without those.
SchemaLoader::Case SchemaLoader::own_case(uint32_t index, bool outermost) {
  ExpressionArena& arena = algebra_.arena();
  Case c;
  c.keys = arena.empty();
  std::vector<std::u32string> names;
  std::vector<ExprId> keys;
  if (const Json* v = get(index, Keyword::kProperties)) {
    for (const auto& member : v->members) names.push_back(decode_utf8(member.first));
  }
  if (const Json* v = get(index, Keyword::kPatternProperties)) {
    for (const auto& member : v->members) keys.push_back(patterns_.of(member.first));
  }
  if (!names.empty()) keys.push_back(arena.literal_set(std::move(names)));
  bool all = get(index, Keyword::kAdditionalProperties) || (!outermost && get(index, Keyword::kUnevaluatedProperties));
  c.keys = all ? arena.any_string() : arena.unite(std::move(keys));
  const Json* items = get(index, Keyword::kItems);
  const Json* prefix = get(index, Keyword::kPrefixItems);
  if (items && items->is_array()) prefix = items;
  if (prefix) c.items = static_cast<uint32_t>(prefix->items.size());
  bool rest = (items && !items->is_array()) || (!outermost && get(index, Keyword::kUnevaluatedItems)) ||
              (items && items->is_array() && get(index, Keyword::kAdditionalItems));
  if (rest) c.items = kUnbounded;
  const Json* contains = get(index, Keyword::kContains);
  if (contains && dialect(index) != Dialect::kDraft2019) c.contained.push_back(sub(index, *contains));
  return c;
}

std::vector<SchemaLoader::Case> SchemaLoader::cases_of(uint32_t parent, const Json& json, int depth) {
  if (!json.is_object())
    return {{json.type == Json::Type::kFalse ? kFalseFormula : kTrueFormula, algebra_.arena().empty(), 0, {}}};
  return cases(child(parent, json), depth + 1);
}

std::vector<SchemaLoader::Case> SchemaLoader::cases(uint32_t index, int depth) {
  if (depth > kMaxDepth)
    throw GrammarLimitError("schemas under unevaluated* refer to one another deeper than max_evaluation_depth = " +
                            std::to_string(kMaxDepth));
  const Json& json = *at(index).json;
  ExpressionArena& arena = algebra_.arena();
  if (!json.is_object())
    return {{json.type == Json::Type::kFalse ? kFalseFormula : kTrueFormula, arena.empty(), 0, {}}};
  Case own = own_case(index, depth == 0);
  // The whole schema is the condition; the splits below only say which of its branches hold.
  own.condition = depth == 0 ? define_plain(index) : algebra_.schema(index);
  std::vector<Case> out{own};
  auto fails = [&](FormulaId f) { return Case{algebra_.negation(f), arena.empty(), 0, {}}; };
  for (uint32_t target : references(index)) out = both(out, cases(target, depth + 1));
  if (const Json* v = get(index, Keyword::kAllOf)) {
    for (const Json& item : v->items) out = both(out, cases_of(index, item, depth));
  }
  for (Keyword keyword : {Keyword::kAnyOf, Keyword::kOneOf}) {  // how many must hold is part of the condition
    const Json* v = get(index, keyword);
    if (!v) continue;
    for (const Json& item : v->items) {
      std::vector<Case> branch = cases_of(index, item, depth);
      bool silent = std::all_of(branch.begin(), branch.end(), [&](const Case& c) {
        return c.keys == arena.empty() && c.items == 0 && c.contained.empty();
      });
      if (silent) continue;
      branch.push_back(fails(sub(index, item)));
      out = both(out, branch);
    }
  }
  if (const Json* v = get(index, Keyword::kIf)) {
    std::vector<Case> yes = cases_of(index, *v, depth), no{fails(sub(index, *v))};
    if (const Json* then = get(index, Keyword::kThen)) yes = both(yes, cases_of(index, *then, depth));
    if (const Json* otherwise = get(index, Keyword::kElse)) no = both(no, cases_of(index, *otherwise, depth));
    yes.insert(yes.end(), no.begin(), no.end());
    out = both(out, yes);
  }
  for (Keyword keyword : {Keyword::kDependentSchemas, Keyword::kDependencies}) {
    const Json* v = get(index, keyword);
    if (!v) continue;
    for (const auto& [key, value] : v->members) {
      if (!value.is_object()) continue;
      auto [absent, present] = presence(key);
      std::vector<Case> split = both({{present, arena.empty(), 0, {}}}, cases_of(index, value, depth));
      split.push_back({absent, arena.empty(), 0, {}});
      out = both(out, split);
    }
  }
  return out;
}

FormulaId SchemaLoader::define_unevaluated(uint32_t index) {
  ExpressionArena& arena = algebra_.arena();
  const Json* properties = get(index, Keyword::kUnevaluatedProperties);
  const Json* items = get(index, Keyword::kUnevaluatedItems);
  std::vector<FormulaId> alternatives;
  for (const Case& c : cases(index, 0)) {
    Normal n = algebra_.all();
    if (properties) {
      ObjectShape shape;
      shape.patterns = {{arena.complement(c.keys), sub(index, *properties)}};
      n.objects = {algebra_.add_shape(std::move(shape))};
    }
    if (items && c.items != kUnbounded) {
      ArrayShape shape;
      shape.prefix.assign(c.items, kTrueFormula);
      std::vector<FormulaId> allowed = c.contained;
      allowed.push_back(sub(index, *items));
      shape.rest = algebra_.disjunction(std::move(allowed));
      n.arrays = {algebra_.add_shape(std::move(shape))};
    }
    alternatives.push_back(algebra_.conjunction({c.condition, algebra_.leaf(std::move(n))}));
  }
  return algebra_.disjunction(std::move(alternatives));
}

}  // namespace fcformat
