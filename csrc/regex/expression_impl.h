// The arena's insides, shared by expression.cc (constructors), derivative.cc (derivatives, edges) and search.cc
// (emptiness, shortest strings, counting). Not for use elsewhere.
#pragma once

#include <chrono>
#include <deque>
#include <memory_resource>
#include <string>
#include <unordered_map>
#include <vector>

#include "regex/code_automaton.h"
#include "regex/expression.h"
#include "regex/text_trie.h"

namespace fcformat {

enum class ExprKind : uint8_t {
  kEmpty,
  kEpsilon,
  kClass,
  kConcat,
  kUnion,
  kIntersect,
  kComplement,
  kRepeat,
  kTrie,
  kInterval,
  kMultiple,
  kAutomaton,
  kVariable
};
enum class Liveness : uint8_t { kUnknown, kAlive, kDead };

struct ExprNode {
  ExprKind kind;
  bool nullable;
  bool plain;  // built without intersection, complement, automata and variables: never empty
  Liveness liveness;
  uint32_t depth;  // how deep a derivative recurses
  // kClass: a = set. kConcat: a, b. kUnion, kIntersect: children[a, a + b). kComplement: a. kRepeat: a, min, max.
  // kTrie: a = trie, b = its node. kInterval, kMultiple: a = definition, b = state. kVariable: a = definition.
  // kAutomaton: a = automaton, b = its state.
  uint32_t a = 0, b = 0, min = 0, max = 0;
  uint32_t raw_edges = UINT32_MAX, live_edges = UINT32_MAX;
};

// The code points in classes that some sets do not tell apart.
struct Partition {
  struct Range {
    uint32_t lo, hi, which;
  };
  std::vector<Range> ranges;  // sorted; without surrogates
  size_t classes = 0;
};

struct ExpressionArena::Impl {
  explicit Impl(ExpressionLimits limits);

  ExpressionLimits limits;
  std::deque<ExprNode> nodes;
  std::vector<ExprId> children;
  std::deque<CodeSet> sets;  // a deque: partitions know them by their addresses
  std::vector<TextTrie> tries;
  std::vector<std::pair<NumberInterval, bool>> intervals;
  std::vector<IntervalState> interval_states;
  std::vector<NumberDivisor> divisors;
  std::vector<MultipleState> multiple_states;
  std::vector<std::shared_ptr<CodeAutomaton>> automata;
  std::deque<std::vector<Edge>> edge_lists;
  // For tables that only grow: their many small entries lie side by side, and go together.
  std::pmr::monotonic_buffer_resource room{2048};
  std::pmr::unordered_multimap<size_t, ExprId> interned{&room};
  std::pmr::unordered_multimap<size_t, uint32_t> set_index{&room}, interval_state_index{&room},
      multiple_state_index{&room};
  std::unordered_map<ExprId, ExprId> derived;  // of the derivative being taken
  std::unordered_map<std::u32string, uint32_t> trie_index;
  std::unordered_map<ExprId, ExprId> unbounded;                     // see without_bounds
  std::unordered_map<ExprId, std::pair<uint32_t, ExprId>> slack;    // see with_slack: length, expression
  std::unordered_map<ExprId, std::pair<uint32_t, uint32_t>> needs;  // shortest, completion
  std::unordered_map<ExprId, uint32_t> least_lengths;
  std::unordered_map<std::string, Partition> partitions;
  std::unordered_map<std::string, ExprId> remembered;
  size_t extra_bytes = 0;
  std::chrono::steady_clock::time_point deadline;
  bool clock_runs = false;      // it is started by the first look at it: most operations are too short for one
  uint32_t until_check = 1024;  // the clock is read once in so many new expressions
  void tick();

  const ExprNode& at(ExprId e) const { return nodes[e]; }
  ExprId intern(const ExprNode& node);
  ExprId intern_list(ExprKind kind, const std::vector<ExprId>& list);
  ExprId intern_trie(uint32_t trie, uint32_t node);
  ExprId intern_interval(uint32_t interval, const IntervalState& state);
  ExprId intern_automaton(uint32_t automaton, uint32_t state);
  ExprId intern_multiple(uint32_t divisor, const MultipleState& state);
  uint32_t intern_set(CodeSet set);
  void charge(size_t bytes);
  // Whether it plainly leaves out finitely many strings only. May say no where it is so.
  bool is_cofinite(ExprId e) const {
    const ExprNode& n = at(e);
    if (n.kind == ExprKind::kComplement) return at(n.a).kind == ExprKind::kTrie || at(n.a).kind == ExprKind::kEpsilon;
    if (n.kind != ExprKind::kIntersect) return false;
    for (uint32_t i = 0; i < n.b; ++i) {
      if (at(children[n.a + i]).kind != ExprKind::kComplement || !is_cofinite(children[n.a + i])) return false;
    }
    return true;
  }
  uint32_t least_length(ExprId e);
  uint64_t lacking(ExprId e);

  // Code points that this expression treats alike, as sets; their Boolean atoms are the classes of the derivative.
  void absorb(std::vector<ExprId>* parts) const;
  const Partition& partition_of(const std::vector<const CodeSet*>& sets, const std::vector<CodeRange>& singles);
  void collect_sets(ExprId e, std::vector<const CodeSet*>* sets, std::vector<CodeRange>* singles,
                    std::vector<ExprId>* seen) const;
};

}  // namespace fcformat
