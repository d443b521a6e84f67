// Left recursion, taken out exactly.
//
// First the nodes on such cycles are given without the empty text, so that what stands first in a sequence is where the
// sequence begins. Then a cycle's members form a left-linear system over texts: each is a union of "another member, and
// then this" and of texts that begin outside the cycle. Its least solution is: begin outside, at some member B, and go up
// from B to the member A that is asked for, rest by rest. "Going up from B to A" is a node of its own, and it is
// recursive on the right, which costs the automaton nothing. Where one member is the only one that anything follows, as
// in most grammars of expressions, going up is a plain repetition.
#include <algorithm>

#include "errors.h"
#include "grammar/rules.h"

namespace fcformat {

// Cycles over the places where nodes begin, on which something is left to do when the cycle comes back.
std::vector<std::vector<uint32_t>> GrammarGraph::left_recursive(const std::vector<uint32_t>& roots,
                                                                std::vector<uint32_t>* reached) {
  may_be_empty_ = spread(true);
  std::vector<std::vector<uint32_t>> out, all = components(roots, false);
  reached->clear();
  for (const auto& part : all) reached->insert(reached->end(), part.begin(), part.end());
  std::vector<uint8_t> inside(nodes_.size(), 0);
  std::vector<std::pair<uint32_t, bool>> list;
  for (auto& part : components(*reached, true)) {
    for (uint32_t id : part) inside[id] = 1;
    bool grows = false;
    for (uint32_t id : part) {
      edges(id, true, &list);
      for (const auto& [to, more] : list) grows |= more && inside[to];
    }
    for (uint32_t id : part) inside[id] = 0;
    if (grows) out.push_back(std::move(part));
  }
  return out;
}

void GrammarGraph::remove_left_recursion(uint32_t start) {
  std::vector<uint32_t> members, reached;
  for (const auto& cycle : left_recursive({start}, &reached)) members.insert(members.end(), cycle.begin(), cycle.end());
  std::vector<uint32_t> repeats;  // of items that may be empty: counting those would be going on without text
  for (uint32_t id : reached) {
    const GrammarNode& n = at(id);
    if (n.kind == GrammarNode::Kind::kRepeat && may_be_empty_[n.items[0]] && (n.min > 0 || n.max != kUnbounded))
      repeats.push_back(id);
  }
  if (members.empty() && repeats.empty()) return;
  for (uint32_t id : members) nonempty_[id] = append({GrammarNode::Kind::kChoice, "", 0, {}, 0, 0});
  for (uint32_t id : members) nonempty_todo_.emplace_back(id, nonempty_[id]);
  std::vector<uint32_t> counted;
  for (uint32_t id : repeats) counted.push_back(nonempty(at(id).items[0]));
  while (!nonempty_todo_.empty()) {
    auto [id, version] = nonempty_todo_.back();
    nonempty_todo_.pop_back();
    GrammarNode node = nonempty_node(id);
    at(version) = std::move(node);
  }
  for (size_t i = 0; i < repeats.size(); ++i) {
    GrammarNode& n = at(repeats[i]);
    n.min = 0;
    n.items[0] = counted[i];
  }
  for (uint32_t id : members) {
    bool empty = may_be_empty_[id];
    std::vector<uint32_t> items{nonempty_[id]};
    if (empty) items.push_back(empty_text());
    at(id) = {GrammarNode::Kind::kChoice, "", 0, std::move(items), 0, 0};
  }
  prune(start);
  for (const auto& cycle : left_recursive({start}, &reached)) solve(cycle, reached);
  if (!left_recursive({start}, &reached).empty()) {
    throw UnsupportedSchemaError("the grammar's left recursion cannot be taken out", "", "");
  }
}

uint32_t GrammarGraph::nonempty(uint32_t id) {
  auto it = nonempty_.find(id);
  if (it != nonempty_.end()) return it->second;
  if (!may_be_empty_[id]) return nonempty_[id] = id;
  uint32_t version = append({GrammarNode::Kind::kChoice, "", 0, {}, 0, 0});
  nonempty_[id] = version;
  nonempty_todo_.emplace_back(id, version);
  return version;
}

GrammarNode GrammarGraph::nonempty_node(uint32_t id) {
  const GrammarNode n = at(id);
  GrammarNode out{GrammarNode::Kind::kChoice, "", 0, {}, 0, 0};
  switch (n.kind) {
    case GrammarNode::Kind::kText:  // only the empty text comes here
    case GrammarNode::Kind::kToken:
      break;
    case GrammarNode::Kind::kExpression:
      return {GrammarNode::Kind::kExpression, "", arena_.difference(n.id, arena_.epsilon()), {}, 0, 0};
    case GrammarNode::Kind::kCounted:
      throw UnsupportedSchemaError(
          "a text that is counted in tokens stands where a rule repeats or comes back to itself", "", "");
    case GrammarNode::Kind::kValue:
      throw UnsupportedSchemaError(
          "a schema's value that may be empty stands where a rule repeats or comes back to itself", "", "");
    case GrammarNode::Kind::kChoice:
      for (uint32_t item : n.items) out.items.push_back(nonempty(item));
      break;
    case GrammarNode::Kind::kSequence:
      for (size_t i = 0; i < n.items.size(); ++i) {
        std::vector<uint32_t> items(n.items.begin() + static_cast<long>(i), n.items.end());
        items[0] = nonempty(items[0]);
        out.items.push_back(sequence(std::move(items)));
        if (!may_be_empty_[n.items[i]]) break;
      }
      break;
    case GrammarNode::Kind::kRepeat:
      out = n;
      out.min = may_be_empty_[n.items[0]] ? 1 : std::max(n.min, 1u);
      out.items[0] = nonempty(n.items[0]);
      break;
  }
  return out;
}

void GrammarGraph::solve(const std::vector<uint32_t>& members, const std::vector<uint32_t>& reached) {
  std::vector<uint8_t> inside(nodes_.size(), 0), asked(nodes_.size(), 0);
  for (uint32_t id : members) inside[id] = 1;
  for (uint32_t id : reached) {  // members that are named elsewhere than where a member begins
    const GrammarNode& n = at(id);
    size_t first = !inside[id]                              ? 0
                   : n.kind == GrammarNode::Kind::kSequence ? 1
                   : n.kind == GrammarNode::Kind::kChoice   ? n.items.size()
                                                            : 0;
    for (size_t i = first; i < n.items.size(); ++i) asked[n.items[i]] = 1;
  }
  std::vector<Rest> rests;
  std::map<uint32_t, std::vector<uint32_t>> begins;
  for (uint32_t id : members) {
    const GrammarNode n = at(id);
    if (n.kind == GrammarNode::Kind::kChoice) {
      for (uint32_t item : n.items) {
        if (inside[item]) {
          rests.push_back({id, item, empty_text()});
        } else {
          begins[id].push_back(item);
        }
      }
    } else if (!inside[n.items[0]]) {
      begins[id].push_back(append(n));
    } else if (n.kind == GrammarNode::Kind::kSequence) {
      rests.push_back({id, n.items[0], sequence({n.items.begin() + 1, n.items.end()})});
    } else {
      uint32_t max = n.max == kUnbounded ? kUnbounded : n.max - 1;
      rests.push_back({id, n.items[0], add({GrammarNode::Kind::kRepeat, "", 0, {n.items[0]}, n.min - 1, max})});
    }
  }
  uint32_t corner = kNone;
  bool loop = true;
  for (const Rest& r : rests) {
    if (r.rest == empty_text()) continue;
    loop &= corner == kNone || corner == r.corner;
    corner = r.corner;
  }
  for (uint32_t id : members) loop &= id == corner || !asked[id];
  if (loop) {
    solve_loop(corner, begins, rests);
  } else {
    solve_ways(members, asked, begins, rests);
  }
}

// a = a r | n, where all other members are just further names of a: a = n r*. Where r is q a, it may be q n: by then
// q n r* is in r* as well. So a = a "+" a | n is n ("+" n)*, and not ambiguous any more.
void GrammarGraph::solve_loop(uint32_t corner, const std::map<uint32_t, std::vector<uint32_t>>& begins,
                              const std::vector<Rest>& rests) {
  std::vector<uint32_t> first, next;
  for (const auto& [member, items] : begins) first.insert(first.end(), items.begin(), items.end());
  uint32_t begin = choice(std::move(first));
  for (const Rest& r : rests) {
    if (r.rest == empty_text()) continue;
    bool is_sequence = at(r.rest).kind == GrammarNode::Kind::kSequence;
    std::vector<uint32_t> items = is_sequence ? at(r.rest).items : std::vector<uint32_t>{r.rest};
    const GrammarNode last = at(items.back());  // the corner, or the node in whose place its nonempty version stands
    if (items.back() == corner) {
      items.back() = begin;
    } else if (last.kind == GrammarNode::Kind::kChoice &&
               std::find(last.items.begin(), last.items.end(), corner) != last.items.end() &&
               std::all_of(last.items.begin(), last.items.end(),
                           [&](uint32_t item) { return item == corner || item == empty_text(); })) {
      items.back() = last.items.size() == 1 ? begin : choice({begin, empty_text()});
    }
    next.push_back(sequence(std::move(items)));
  }
  uint32_t more = add({GrammarNode::Kind::kRepeat, "", 0, {choice(std::move(next))}, 0, kUnbounded});
  at(corner) = {GrammarNode::Kind::kSequence, "", 0, {begin, more}, 0, 0};
}

void GrammarGraph::solve_ways(const std::vector<uint32_t>& members, const std::vector<uint8_t>& asked,
                              const std::map<uint32_t, std::vector<uint32_t>>& begins, const std::vector<Rest>& rests) {
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> ways;  // from a member up to another
  std::vector<std::pair<uint32_t, uint32_t>> todo;
  auto way = [&](uint32_t from, uint32_t to) {
    auto it = ways.find({from, to});
    if (it != ways.end()) return it->second;
    todo.emplace_back(from, to);
    return ways[{from, to}] = append({GrammarNode::Kind::kChoice, "", 0, {}, 0, 0});
  };
  std::vector<std::pair<uint32_t, GrammarNode>> solved;
  for (uint32_t id : members) {
    if (id >= asked.size() || !asked[id]) continue;
    GrammarNode node{GrammarNode::Kind::kChoice, "", 0, {}, 0, 0};
    for (const auto& [member, items] : begins) node.items.push_back(sequence({choice(items), way(member, id)}));
    solved.emplace_back(id, std::move(node));
  }
  while (!todo.empty()) {
    auto [from, to] = todo.back();
    todo.pop_back();
    GrammarNode node{GrammarNode::Kind::kChoice, "", 0, {}, 0, 0};
    if (from == to) node.items.push_back(empty_text());
    for (const Rest& r : rests) {
      if (r.corner != from) continue;
      uint32_t on = way(r.owner, to);
      if (r.rest != empty_text()) {
        node.items.push_back(sequence({r.rest, on}));
      } else if (r.owner != from) {
        node.items.push_back(on);
      }
    }
    at(ways[{from, to}]) = std::move(node);
  }
  for (auto& [id, node] : solved) at(id) = std::move(node);
}

}  // namespace fcformat
