// Leaves of expressions that are automata of their own kind, and finite automata written out as tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "regex/expression.h"

namespace fcformat {

// An automaton over code points whose states are numbers that it gives out itself, the first one for the beginning.
class CodeAutomaton {
 public:
  virtual ~CodeAutomaton() = default;
  virtual uint32_t start() = 0;
  // Where a code point leads; nothing where no accepted string goes on so. Every state has an accepted string.
  virtual std::optional<uint32_t> step(uint32_t state, uint32_t code_point) = 0;
  virtual bool accepts(uint32_t state) const = 0;
  // Sets that together tell apart all code points that some state tells apart.
  virtual const std::vector<CodeSet>& classes() const = 0;
  // How long the shortest string from a state on is that has `least` characters or more (UINT32_MAX: there is none), where
  // the automaton knows.
  virtual std::optional<uint32_t> shortest_from(uint32_t, uint32_t) const { return std::nullopt; }
  // So many characters complete whatever a state goes on with for up to `length` characters.
  virtual uint32_t completion(uint32_t, uint32_t /*length*/) const { return kUnbounded; }
  // As ExpressionArena::with_slack.
  virtual uint32_t with_slack(uint32_t state, uint32_t) { return state; }
};

// The smallest deterministic automaton of an expression. States that lead nowhere are left out.
struct CodeTable {
  static constexpr uint32_t kNowhere = UINT32_MAX;
  struct Range {
    uint32_t lo, hi, which;
  };
  std::vector<CodeSet> classes;  // of code points that no state tells apart
  std::vector<Range> ranges;     // the same, sorted
  std::vector<uint32_t> targets;
  std::vector<bool> accepts;  // state 0 is the first one

  size_t size() const { return accepts.size(); }
  uint32_t target(uint32_t state, uint32_t which) const { return targets[state * classes.size() + which]; }
  // The class of a code point; kNowhere where no state goes on with it.
  uint32_t class_of(uint32_t code_point) const;
};

// Made from an expression with strings, and few states; throws GrammarLimitError from `max_states` on.
CodeTable make_code_table(ExpressionArena& arena, ExprId e, size_t max_states);

// The strings of the expression as a table: what is built of it then has fewer states, and takes less time.
ExprId tabulate(ExpressionArena& arena, ExprId e, size_t max_states);

}  // namespace fcformat
