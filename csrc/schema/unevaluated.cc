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
  if (const Json* v = get(index, "properties")) {
    for (const auto& member : v->members) names.push_back(decode_utf8(member.first));
  }
  if (const Json* v = get(index, "patternProperties")) {
    for (const auto& member : v->members) keys.push_back(pattern(index, "patternProperties", member.first));
  }
  if (!names.empty()) keys.push_back(arena.literal_set(std::move(names)));
  bool all = get(index, "additionalProperties") || (!outermost && get(index, "unevaluatedProperties"));
  c.keys = all ? arena.any_string() : arena.unite(std::move(keys));
  const Json* items = get(index, "items");
  const Json* prefix = get(index, "prefixItems");
  if (items && items->is_array()) prefix = items;
  if (prefix) c.items = static_cast<uint32_t>(prefix->items.size());
  bool rest = (items && !items->is_array()) || (!outermost && get(index, "unevaluatedItems")) ||
              (items && items->is_array() && get(index, "additionalItems"));
  if (rest) c.items = kUnbounded;
  const Json* contains = get(index, "contains");
  if (contains && dialect(index) != Dialect::kDraft2019) c.contained.push_back(sub(index, "/contains", *contains));
  return c;
}

std::vector<SchemaLoader::Case> SchemaLoader::cases_of(uint32_t parent, const std::string& path, const Json& json,
                                                       int depth) {
  if (!json.is_object())
    return {{json.type == Json::Type::kFalse ? kFalseFormula : kTrueFormula, algebra_.arena().empty(), 0, {}}};
  return cases(child(parent, path, json), depth + 1);
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
  auto path = [](const char* keyword, size_t i) { return std::string("/") + keyword + "/" + std::to_string(i); };
  auto fails = [&](FormulaId f) { return Case{algebra_.negation(f), arena.empty(), 0, {}}; };
  for (uint32_t target : references(index)) out = both(out, cases(target, depth + 1));
  if (const Json* v = get(index, "allOf")) {
    for (size_t i = 0; i < v->items.size(); ++i) out = both(out, cases_of(index, path("allOf", i), v->items[i], depth));
  }
  for (const char* keyword : {"anyOf", "oneOf"}) {  // how many must hold is part of the condition
    const Json* v = get(index, keyword);
    if (!v) continue;
    for (size_t i = 0; i < v->items.size(); ++i) {
      std::vector<Case> branch = cases_of(index, path(keyword, i), v->items[i], depth);
      bool silent = std::all_of(branch.begin(), branch.end(), [&](const Case& c) {
        return c.keys == arena.empty() && c.items == 0 && c.contained.empty();
      });
      if (silent) continue;
      branch.push_back(fails(sub(index, path(keyword, i), v->items[i])));
      out = both(out, branch);
    }
  }
  if (const Json* v = get(index, "if")) {
    std::vector<Case> yes = cases_of(index, "/if", *v, depth), no{fails(sub(index, "/if", *v))};
    if (const Json* then = get(index, "then")) yes = both(yes, cases_of(index, "/then", *then, depth));
    if (const Json* otherwise = get(index, "else")) no = both(no, cases_of(index, "/else", *otherwise, depth));
    yes.insert(yes.end(), no.begin(), no.end());
    out = both(out, yes);
  }
  for (const char* keyword : {"dependentSchemas", "dependencies"}) {
    const Json* v = get(index, keyword);
    if (!v) continue;
    for (const auto& [key, value] : v->members) {
      if (!value.is_object()) continue;
      auto [absent, present] = presence(key);
      std::vector<Case> split = both({{present, arena.empty(), 0, {}}},
                                     cases_of(index, std::string("/") + keyword + escape_pointer(key), value, depth));
      split.push_back({absent, arena.empty(), 0, {}});
      out = both(out, split);
    }
  }
  return out;
}

FormulaId SchemaLoader::define_unevaluated(uint32_t index) {
  const Json& json = *at(index).json;
  ExpressionArena& arena = algebra_.arena();
  const Json* properties = json.find("unevaluatedProperties");
  const Json* items = json.find("unevaluatedItems");
  std::vector<FormulaId> alternatives;
  for (const Case& c : cases(index, 0)) {
    Normal n = algebra_.all();
    if (properties) {
      ObjectShape shape;
      shape.patterns = {{arena.complement(c.keys), sub(index, "/unevaluatedProperties", *properties)}};
      n.objects = {algebra_.add_shape(std::move(shape))};
    }
    if (items && c.items != kUnbounded) {
      ArrayShape shape;
      shape.prefix.assign(c.items, kTrueFormula);
      std::vector<FormulaId> allowed = c.contained;
      allowed.push_back(sub(index, "/unevaluatedItems", *items));
      shape.rest = algebra_.disjunction(std::move(allowed));
      n.arrays = {algebra_.add_shape(std::move(shape))};
    }
    alternatives.push_back(algebra_.conjunction({c.condition, algebra_.leaf(std::move(n))}));
  }
  return algebra_.disjunction(std::move(alternatives));
}

}  // namespace fcformat
