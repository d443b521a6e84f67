// From a schema's keywords to formulas of the algebra.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "schema/algebra.h"
#include "schema/document.h"

namespace fcformat {

struct LoaderOptions {
  bool assert_formats = true;
  bool refuse_unknown_formats = false;
};

class SchemaLoader {
 public:
  // Checks every keyword of the whole document at once, so that what is wrong or unsupported anywhere is said here.
  // Sets itself up as the algebra's source of definitions.
  SchemaLoader(Algebra& algebra, std::shared_ptr<const Json> root, std::shared_ptr<const std::map<std::string, Json>> others,
               LoaderOptions options);

  FormulaId root();
  // For the message about a schema without values: the deepest schema that the trouble can be pinned to.
  std::string why_empty();
  std::string empty_pointer();

 private:
  uint32_t find_empty();
  FormulaId define(uint32_t index);
  FormulaId sub(uint32_t parent, const std::string& path, const Json& json);
  void apply_strings(uint32_t index, const Json& json, Normal* n);
  void apply_numbers(uint32_t index, const Json& json, Normal* n);
  void apply_object(uint32_t index, const Json& json, ObjectShape* shape);
  void apply_array(uint32_t index, const Json& json, ArrayShape* shape);
  void apply_type(const Json& json, Normal* n);
  FormulaId values(const std::vector<const Json*>& list);
  void applicators(uint32_t index, const Json& json, std::vector<FormulaId>* parts);
  ExprId pattern(uint32_t index, const std::string& keyword_path, const std::string& keyword, const std::string& text);
  bool plainly_satisfiable(uint32_t index) const;
  Dialect dialect(uint32_t index) const { return document_.dialect(index); }
  // A keyword's value, if the subschema has it and its dialect knows it.
  const Json* get(uint32_t index, const char* keyword) const {
    return has_keyword(dialect(index), keyword) ? document_.at(index).json->find(keyword) : nullptr;
  }

  Algebra& algebra_;
  std::shared_ptr<const Json> root_json_;
  std::shared_ptr<const std::map<std::string, Json>> others_json_;
  LoaderOptions options_;
  Document document_;
};

// Checks the types of all keywords' values and refuses the unsupported ones, at every subschema of the document.
void check_keywords(const Document& document, const LoaderOptions& options, ExpressionArena& arena);

// The integer of a number such as 3 or 3.0; saturates below kUnbounded. Throws SchemaError elsewhere.
uint32_t count_of(const Json& value, const std::string& pointer, const std::string& keyword);

}  // namespace fcformat
