// Building the graph, pruning it, and finding its cycles.
#include "grammar/rules.h"

#include <algorithm>

#include "components.h"
#include "errors.h"

namespace fcformat {
namespace {

void append_number(std::string* key, uint32_t value) {
  key->append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

uint32_t GrammarGraph::append(GrammarNode node) {
  if (nodes_.size() >= max_nodes_) {
    throw GrammarLimitError("the grammar's rules take more than max_grammar_nodes = " + std::to_string(max_nodes_));
  }
  if ((nodes_.size() & 1023) == 0) arena_.check_time();
  nodes_.push_back(std::move(node));
  return static_cast<uint32_t>(nodes_.size() - 1);
}

uint32_t GrammarGraph::add(GrammarNode node) {
  std::string key;
  for (uint32_t number : {static_cast<uint32_t>(node.kind), node.id, node.min, node.max}) append_number(&key, number);
  for (uint32_t item : node.items) append_number(&key, item);
  key += node.text;
  auto it = index_.find(key);
  if (it != index_.end()) return it->second;
  uint32_t id = append(std::move(node));
  index_.emplace(std::move(key), id);
  return id;
}

uint32_t GrammarGraph::declare(const std::string& name) {
  uint32_t id = append({GrammarNode::Kind::kChoice, "", 0, {}, 0, 0});
  names_[id] = name;
  return id;
}

void GrammarGraph::define(uint32_t rule, uint32_t node) { at(rule).items = {node}; }

uint32_t GrammarGraph::sequence(std::vector<uint32_t> items) {
  if (items.size() == 1) return items[0];
  return add({GrammarNode::Kind::kSequence, "", 0, std::move(items), 0, 0});
}

uint32_t GrammarGraph::choice(std::vector<uint32_t> items) {
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  if (items.size() == 1) return items[0];
  return add({GrammarNode::Kind::kChoice, "", 0, std::move(items), 0, 0});
}

uint32_t GrammarGraph::expression(ExprId e) { return add({GrammarNode::Kind::kExpression, "", e, {}, 0, 0}); }

uint32_t GrammarGraph::finish(uint32_t start) {
  bool has_rules = !names_.empty();
  prune(start);
  shorten(&start);
  if (!has_rules) return start;
  remove_left_recursion(start);
  prune(start);
  shorten(&start);
  fold(start);
  return start;
}

// The least set of nodes that hold because of their leaves: a sequence by all of its items, a choice by one, a repetition
// by its item or because none is asked for.
std::vector<uint8_t> GrammarGraph::spread(bool empty_texts) {
  std::vector<uint8_t> holds(nodes_.size(), 0);
  std::vector<uint32_t> missing(nodes_.size(), 1), todo;
  std::vector<std::vector<uint32_t>> parents(nodes_.size());
  auto set = [&](uint32_t id) {
    if (holds[id]) return;
    holds[id] = 1;
    todo.push_back(id);
  };
  for (uint32_t id = 0; id < nodes_.size(); ++id) {
    const GrammarNode& n = at(id);
    switch (n.kind) {
      case GrammarNode::Kind::kText:
        if (!empty_texts || n.text.empty()) set(id);
        break;
      case GrammarNode::Kind::kToken:
        if (!empty_texts) set(id);
        break;
      case GrammarNode::Kind::kExpression:
      case GrammarNode::Kind::kCounted:
        if (empty_texts ? arena_.nullable(n.id) : !arena_.is_empty(n.id)) set(id);
        break;
      case GrammarNode::Kind::kValue:
        if (!empty_texts || n.min == 0) set(id);
        break;
      case GrammarNode::Kind::kSequence:
        missing[id] = static_cast<uint32_t>(n.items.size());
        if (n.items.empty()) set(id);
        break;
      case GrammarNode::Kind::kRepeat:
        if (n.min == 0) set(id);
        break;
      case GrammarNode::Kind::kChoice:
        break;
    }
    for (uint32_t item : n.items) parents[item].push_back(id);
  }
  while (!todo.empty()) {
    uint32_t id = todo.back();
    todo.pop_back();
    for (uint32_t parent : parents[id]) {
      if (--missing[parent] == 0 || at(parent).kind != GrammarNode::Kind::kSequence) set(parent);
    }
  }
  return holds;
}

void GrammarGraph::refuse_start(uint32_t start, const std::vector<uint8_t>& has_text) {
  std::string rules;
  std::vector<uint32_t> todo{start};
  std::vector<uint8_t> seen(nodes_.size(), 0);
  seen[start] = 1;
  for (size_t i = 0; i < todo.size(); ++i) {
    if (auto it = names_.find(todo[i]); it != names_.end() && rules.size() < 200)
      rules += (rules.empty() ? "\"" : ", \"") + it->second + "\"";
    for (uint32_t item : at(todo[i]).items) {
      if (!has_text[item] && !std::exchange(seen[item], 1)) todo.push_back(item);
    }
  }
  std::string why = rules.empty() ? ""
                                  : ": found no way to an end in the rules " + rules +
                                        ", expected an alternative that does not lead back to them";
  throw SchemaError("no text satisfies the grammar" + why, "", "");
}

void GrammarGraph::prune(uint32_t start) {
  const std::vector<uint8_t> has_text = spread(false);
  if (!has_text[start]) refuse_start(start, has_text);
  for (GrammarNode& n : nodes_) {
    auto lost = [&](uint32_t item) { return !has_text[item]; };
    if (n.kind == GrammarNode::Kind::kChoice) {
      n.items.erase(std::remove_if(n.items.begin(), n.items.end(), lost), n.items.end());
    } else if (n.kind == GrammarNode::Kind::kRepeat && (n.max == 0 || lost(n.items[0]))) {
      if (n.min == 0) n = {GrammarNode::Kind::kSequence, "", 0, {}, 0, 0};
    }
  }
}

// Where a chain of nodes that are nothing but their one item ends. Having a text, it does end.
uint32_t GrammarGraph::without_detours(uint32_t id) {
  for (size_t steps = 0; steps <= nodes_.size(); ++steps) {
    const GrammarNode& n = at(id);
    bool alone =
        (n.kind == GrammarNode::Kind::kChoice || n.kind == GrammarNode::Kind::kSequence) && n.items.size() == 1;
    bool once = n.kind == GrammarNode::Kind::kRepeat && n.min == 1 && n.max == 1;
    if (!alone && !once) return id;
    id = n.items[0];
  }
  return id;  // a cycle of nodes without texts, which nothing leads to
}

void GrammarGraph::shorten(uint32_t* start) {
  std::vector<uint8_t> seen(nodes_.size(), 0);
  *start = without_detours(*start);
  std::vector<uint32_t> todo{*start};
  seen[*start] = 1;
  while (!todo.empty()) {
    uint32_t id = todo.back();
    todo.pop_back();
    for (uint32_t& item : at(id).items) {
      item = without_detours(item);
      if (!std::exchange(seen[item], 1)) todo.push_back(item);
    }
  }
}

void GrammarGraph::edges(uint32_t id, bool corners, std::vector<std::pair<uint32_t, bool>>* out) {
  out->clear();
  const GrammarNode& n = at(id);
  switch (n.kind) {
    case GrammarNode::Kind::kSequence:
      for (size_t i = 0; i < n.items.size(); ++i) {
        out->emplace_back(n.items[i], i + 1 < n.items.size());
        if (corners && !may_be_empty_[n.items[i]]) break;
      }
      break;
    case GrammarNode::Kind::kChoice:
      for (uint32_t item : n.items) out->emplace_back(item, false);
      break;
    case GrammarNode::Kind::kRepeat:
      out->emplace_back(n.items[0], n.max != 1);
      break;
    default:
      break;
  }
}

std::vector<std::vector<uint32_t>> GrammarGraph::components(const std::vector<uint32_t>& roots, bool corners) {
  std::vector<std::pair<uint32_t, bool>> found;
  return strongly_connected(nodes_.size(), roots, [&](uint32_t id, std::vector<uint32_t>* to) {
    found.clear();
    edges(id, corners, &found);
    for (const auto& edge : found) to->push_back(edge.first);
  });
}

}  // namespace fcformat
