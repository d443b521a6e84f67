// From a description of a grammar to its automaton.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "grammar/matcher.h"
#include "grammar/surface.h"
#include "schema/json.h"
#include "schema/loader.h"

namespace fcformat {

// Every budget, with its default. Over one, GrammarLimitError names it.
struct Limits {
  ExpressionLimits expressions;
  SchemaLimits schemas;
  MachineLimits machine;
  size_t mask_cache_bytes = size_t{64} << 20;
};

struct ValueStyle {
  Surface surface;
  NumberSpelling numbers;
  bool ordered = false;  // properties in the order in which the schema lists them
};

// fcformat.grammar's algebra as plain data.
struct GrammarSpec {
  enum class Kind : uint8_t {
    kLiteral,
    kControlToken,
    kSequence,
    kChoice,
    kRepeat,
    kFreeText,
    kRegex,
    kSchema,
    kRules,
    kRule
  };
  Kind kind = Kind::kLiteral;
  // kLiteral, kControlToken, kRegex (the pattern), kRules (where to start), kRule (which), kSchema in a tagged syntax (the
  // pattern of keys).
  std::string text;
  // kSequence, kChoice, kRepeat, kRules (what the rules stand for); kSchema in a tagged syntax: what stands before a key,
  // between members, after a key whose value is a string, after other keys, after a value, around delimited strings.
  std::vector<GrammarSpec> items;
  std::vector<std::string> names;      // kRules
  uint32_t min = 0, max = kUnbounded;  // kRepeat; kFreeText: max = tokens
  std::vector<std::string> excludes;   // kFreeText; kSchema in a tagged syntax: not in a string
  std::shared_ptr<const Json> schema;
  std::shared_ptr<const std::map<std::string, Json>> resources;
  ValueStyle style;
};

std::shared_ptr<CompiledGrammar> compile(const GrammarSpec& spec, std::shared_ptr<const Vocabulary> vocabulary,
                                         const Limits& limits, const LoaderOptions& options);

}  // namespace fcformat
