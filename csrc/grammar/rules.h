// The nodes of a grammar while it is compiled: a graph, since rules may refer to each other, made fit for the automaton.
//
// What the automaton needs, and what `finish` makes true of the graph without changing which texts there are:
// - no node without a text is reached, so no alternative is a dead end;
// - no rule comes back to itself at the same place of the text with more to do afterwards (left recursion), so entering
//   a node ends. Left recursion is taken out by its solution as a left-linear system: A = A r | n is n r*;
// - what is regular is one expression, up to a size, so that its states are shared and its alternatives never part.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "grammar/machine.h"

namespace fcformat {

class GrammarGraph {
 public:
  explicit GrammarGraph(ExpressionArena& arena, size_t max_nodes) : arena_(arena), max_nodes_(max_nodes) {}

  // A node's id. Equal nodes have equal ids.
  uint32_t add(GrammarNode node);
  // A rule: its id may be used before it is defined.
  uint32_t declare(const std::string& name);
  void define(uint32_t rule, uint32_t node);
  // Rewrites the graph; returns the node to start at. Throws SchemaError where there is no text at all.
  uint32_t finish(uint32_t start);
  std::vector<GrammarNode> take_nodes() { return std::move(nodes_); }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Folded {  // an expression with the texts of a node
    ExprId expression = 0;
    size_t leaves = 0;  // 0: the node has none
  };
  // How a member of a cycle of left recursion goes on behind another member.
  struct Rest {
    uint32_t owner, corner, rest;  // owner may be corner and then rest
  };

  GrammarNode& at(uint32_t id) { return nodes_[id]; }
  uint32_t append(GrammarNode node);
  uint32_t empty_text() { return add({GrammarNode::Kind::kSequence, "", 0, {}, 0, 0}); }
  uint32_t sequence(std::vector<uint32_t> items);
  uint32_t choice(std::vector<uint32_t> items);

  // Nodes that hold because of their leaves: what has a text; what has the empty text.
  std::vector<uint8_t> spread(bool empty_texts);
  void prune(uint32_t start);
  [[noreturn]] void refuse_start(uint32_t start, const std::vector<uint8_t>& has_text);
  uint32_t without_detours(uint32_t id);
  void shorten(uint32_t* start);

  // Strongly connected parts, those below first. `corners`: over the edges to where a node may begin.
  std::vector<std::vector<uint32_t>> components(const std::vector<uint32_t>& roots, bool corners);
  void edges(uint32_t id, bool corners, std::vector<std::pair<uint32_t, bool>>* out);  // bool: something comes after
  std::vector<std::vector<uint32_t>> left_recursive(const std::vector<uint32_t>& roots, std::vector<uint32_t>* reached);

  void remove_left_recursion(uint32_t start);
  uint32_t nonempty(uint32_t id);  // the node without the empty text
  GrammarNode nonempty_node(uint32_t id);
  void solve(const std::vector<uint32_t>& members, const std::vector<uint32_t>& reached);
  void solve_loop(uint32_t corner, const std::map<uint32_t, std::vector<uint32_t>>& begins,
                  const std::vector<Rest>& rests);
  void solve_ways(const std::vector<uint32_t>& members, const std::vector<uint8_t>& asked,
                  const std::map<uint32_t, std::vector<uint32_t>>& begins, const std::vector<Rest>& rests);

  void fold(uint32_t start);
  Folded fold_node(const GrammarNode& node, const std::vector<Folded>& folded);
  void fold_parts(uint32_t id, const std::vector<Folded>& folded);
  bool fold_cycle(const std::vector<uint32_t>& members, std::vector<Folded>* folded);
  bool linear_equation(const GrammarNode& node, const std::vector<uint32_t>& place, const std::vector<Folded>& folded,
                       std::vector<ExprId>* row, size_t* leaves);
  uint32_t expression(ExprId e);

  ExpressionArena& arena_;
  size_t max_nodes_;
  std::vector<GrammarNode> nodes_;
  std::unordered_map<uint32_t, std::string> names_;  // of the rules
  std::unordered_map<std::string, uint32_t> index_;
  std::vector<uint8_t> may_be_empty_;
  std::unordered_map<uint32_t, uint32_t> nonempty_;
  std::vector<std::pair<uint32_t, uint32_t>> nonempty_todo_;  // (node, its version without the empty text)
};

}  // namespace fcformat
