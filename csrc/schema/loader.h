// From a schema's keywords to formulas of the algebra.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "regex/pattern_parser.h"
#include "schema/algebra.h"
#include "schema/contents.h"
#include "schema/document.h"

namespace fcformat {

struct LoaderOptions {
  bool assert_formats = true;
  bool refuse_unknown_formats = false;
  bool assert_content = true;  // contentEncoding and contentMediaType, in draft 7
};

// Patterns as expressions, each translated once.
class PatternExpressions {
 public:
  explicit PatternExpressions(ExpressionArena& arena) : arena_(arena) {}
  // Throws PatternError.
  ExprId of(const std::string& pattern) {
    if (auto it = known_.find(pattern); it != known_.end()) return it->second;
    return known_[pattern] = parse_search_pattern(arena_, pattern);
  }

 private:
  ExpressionArena& arena_;
  std::unordered_map<std::string, ExprId> known_;
};

class SchemaLoader {
 public:
  // Checks every keyword of the whole document at once, so that what is wrong or unsupported anywhere is said here.
  // Sets itself up as the algebra's source of definitions.
  SchemaLoader(Algebra& algebra, std::shared_ptr<const Json> root,
               std::shared_ptr<const std::map<std::string, Json>> others, LoaderOptions options);

  FormulaId root();
  // Memory, approximately, with the schema's own document; others may be shared by many.
  size_t bytes() const;
  // For the message about a schema without values: the deepest schema that the trouble can be pinned to.
  std::string why_empty();
  std::string empty_pointer();

 private:
  // A subschema as it is reached: for $dynamicRef, with the resources through which evaluation came to it.
  struct Instance {
    uint32_t subschema, scope;
  };
  // One of several cases that exclude each other, and what its keywords and branches evaluate: for unevaluated*.
  struct Case {
    FormulaId condition = kTrueFormula;
    ExprId keys = 0;                   // property names
    uint32_t items = 0;                // leading items; kUnbounded: all
    std::vector<FormulaId> contained;  // items that are in one of these
  };

  uint32_t find_empty();
  void check();
  FormulaId define(uint32_t index);
  FormulaId define_plain(uint32_t index);
  FormulaId sub(uint32_t parent, const Json& json);
  uint32_t instance(uint32_t subschema, uint32_t scope_before);
  uint32_t alike(uint32_t index);
  uint32_t child(uint32_t parent, const Json& json);
  std::vector<uint32_t> references(uint32_t index);
  void apply_strings(uint32_t index, Normal* n);
  void apply_numbers(uint32_t index, Normal* n);
  void apply_object(uint32_t index, ObjectShape* shape);
  void apply_array(uint32_t index, ArrayShape* shape);
  Normal of_type(uint32_t index);
  FormulaId own_leaf(uint32_t index);
  FormulaId values(const std::vector<const Json*>& list);
  void applicators(uint32_t index, std::vector<FormulaId>* parts);
  std::pair<FormulaId, FormulaId> presence(const std::string& name);
  // plainly_satisfiable.cc
  bool plainly_satisfiable(uint32_t index);
  bool has_plain_value(uint32_t index);
  bool has_plain_string(uint32_t index, Keywords more) const;
  bool has_plain_number(uint32_t index, Keywords more) const;
  bool has_plain_object(uint32_t index, Keywords more);
  bool has_plain_array(uint32_t index, Keywords more);
  bool plainly_scalar(uint32_t index) const;
  PlainFacts plain_facts(uint32_t index, int references_followed);  // plain_facts.cc
  // unevaluated.cc
  FormulaId define_unevaluated(uint32_t index);
  std::vector<Case> cases(uint32_t index, int depth);
  std::vector<Case> cases_of(uint32_t parent, const Json& json, int depth);
  std::vector<Case> both(const std::vector<Case>& a, const std::vector<Case>& b);
  Case own_case(uint32_t index, bool outermost);

  const Subschema& at(uint32_t index) const { return document_.at(instances_[index].subschema); }
  Dialect dialect(uint32_t index) const { return document_.dialect(instances_[index].subschema); }
  // A keyword's value, if the subschema has it and its dialect knows it.
  const Json* get(uint32_t index, Keyword keyword) const { return document_.get(instances_[index].subschema, keyword); }
  bool has(uint32_t index, Keywords any) const { return (at(index).keywords & any) != 0; }
  std::string pointer(uint32_t index) const { return document_.pointer(instances_[index].subschema); }

  Algebra& algebra_;
  size_t json_bytes_ = 0;
  std::shared_ptr<const Json> root_json_;
  std::shared_ptr<const std::map<std::string, Json>> others_json_;
  LoaderOptions options_;
  Document document_;
  Contents contents_;
  PatternExpressions patterns_;
  bool compares_ = false;                                               // some schema holds alternatives or negations
  std::map<std::tuple<uint32_t, uint32_t, uint32_t>, uint32_t> alike_;  // resource, scope, content
  std::vector<Instance> instances_;
  std::vector<uint32_t> plain_instances_;  // by subschema, where the scope is none
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> scoped_instances_;
  std::vector<int8_t> plain_;  // of instances: whether they are plainly satisfiable, -1: not asked yet
  int plain_depth_ = 0;
  std::vector<std::vector<uint32_t>> scopes_;
  std::map<std::vector<uint32_t>, uint32_t> scope_index_;
};

// Checks the types of a subschema's keywords and refuses what is unsupported.
void check_keywords(const Document& document, uint32_t index, const LoaderOptions& options,
                    PatternExpressions& patterns, ExpressionArena& arena);

// The integer of a number such as 3 or 3.0, which has been checked to be one; saturates below kUnbounded.
uint32_t count_of(const Json& value);

}  // namespace fcformat
