// What a pattern may know about the text to the left of a place: whether it is the start, whether the last character
// is one of a word, and how far each lookbehind has been matched. These contexts are the states of a deterministic
// automaton over the characters read, and there are only as many as the pattern's assertions can tell apart (one where
// it has none that looks to the left).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "regex/expression.h"
#include "regex/pattern_ast.h"

namespace fcformat {

using ContextId = uint32_t;

class PatternContexts {
 public:
  struct Step {
    CodeSet set;
    ContextId target;
  };
  static constexpr ContextId kInitial = 0;

  // `behind` are the languages of all texts behind which the lookbehinds hold.
  // Throws GrammarLimitError where there are more contexts than max_pattern_contexts.
  PatternContexts(ExpressionArena& arena, bool tracks_start, bool tracks_word, std::vector<ExprId> behind);

  size_t size() const { return contexts_.size(); }
  bool at_start(ContextId c) const { return contexts_[c].start; }
  bool after_word(ContextId c) const { return contexts_[c].word; }
  // Whether lookbehind number i holds here.
  bool holds_behind(ContextId c, size_t i) const { return arena_.nullable(contexts_[c].behind[i]); }

  // Where each code point leads; the sets are disjoint and together everything, the targets differ.
  const std::vector<Step>& steps(ContextId c) const { return steps_[c]; }
  // The first context with the same steps.
  ContextId row(ContextId c) const { return rows_[c]; }
  // The contexts that some step leads to (all but, mostly, the initial one).
  const std::vector<ContextId>& entered() const { return entered_; }

  // The contexts in which a match of at least one character, begun at `c`, may end. For nodes without assertions.
  const std::vector<ContextId>& reach(const PatternTree& tree, uint32_t node, ContextId c);
  // The language of all texts of at least one character that lead from `c` to one of `targets` (sorted).
  ExprId leading_to(ContextId c, const std::vector<ContextId>& targets);

 private:
  struct Context {
    bool start, word;
    std::vector<ExprId> behind;
    auto operator<=>(const Context&) const = default;
  };
  ContextId intern(Context context);
  std::vector<Step> compute_steps(const Context& from, bool tracks_word);

  ExpressionArena& arena_;
  std::map<Context, ContextId> index_;
  std::vector<Context> contexts_;
  std::vector<std::vector<Step>> steps_;
  std::vector<ContextId> rows_, entered_;
  std::map<std::pair<uint32_t, ContextId>, std::vector<ContextId>> reach_;
  std::map<std::pair<ContextId, std::vector<ContextId>>, ExprId> leading_;
};

}  // namespace fcformat
