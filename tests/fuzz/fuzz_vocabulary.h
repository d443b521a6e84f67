// What the targets over whole grammars share: a small vocabulary, tight budgets, a compiled schema.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grammar/compile.h"
#include "grammar/matcher.h"

namespace fcformat::fuzz {

inline std::shared_ptr<const Vocabulary> vocabulary() {
  static const auto kVocabulary = [] {
    std::vector<TokenBytes> tokens;
    uint32_t id = 0;
    for (; id < 256; ++id) tokens.push_back({id, std::string(1, static_cast<char>(id))});
    for (const char* text :
         {"\":", "\",", "\"}", "{\"", "aa", "ab\"", "true", "\\u00", "1.5", "  ", "]]", "\xc3\xa9", "\xf0\x9f"})
      tokens.push_back({id++, text});
    return std::make_shared<const Vocabulary>(std::move(tokens), id + 2, std::vector<uint32_t>{id + 1},
                                              std::vector<std::pair<uint32_t, std::string>>{{id, "<c>"}});
  }();
  return kVocabulary;
}

inline std::shared_ptr<CompiledGrammar> compiled(const GrammarSpec& spec) {
  Limits limits;
  limits.expressions.max_seconds = 2;
  limits.expressions.max_bytes = 64u << 20;
  limits.expressions.max_search = 20'000;
  limits.machine.max_bytes = 256u << 20;
  limits.schemas.max_steps = 50'000;
  limits.schemas.max_formulas = 100'000;
  return compile(spec, vocabulary(), limits, {});
}

inline std::shared_ptr<CompiledGrammar> compiled(Json schema) {
  GrammarSpec spec;
  spec.kind = GrammarSpec::Kind::kSchema;
  spec.schema = std::make_shared<const Json>(std::move(schema));
  spec.resources = std::make_shared<const std::map<std::string, Json>>();
  return compiled(spec);
}

}  // namespace fcformat::fuzz
