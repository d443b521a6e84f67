// What is regular in a grammar, as expressions.
//
// An expression is one state at a time, whatever the number of ways to read the text so far; nodes of the graph are a
// thread each. Folding is exact, and stops at a size beyond which the states of one big expression would cost more than
// the threads: a long text and a choice of texts are cheap, anything else counts its leaves.
#include <algorithm>
#include <stdexcept>

#include "errors.h"
#include "grammar/rules.h"

namespace fcformat {
namespace {

constexpr size_t kMaxLeaves = 128;     // of one expression
constexpr size_t kMaxFoldedText = 64;  // bytes; longer texts stay texts
constexpr size_t kMaxCycle = 6;        // nodes of a right-recursive cycle that is solved
constexpr size_t kManyTexts = 4;       // from here on a choice of texts is a trie

bool has_surrogate(const std::u32string& text) {
  return std::any_of(text.begin(), text.end(), [](char32_t c) { return c >= 0xD800 && c <= 0xDFFF; });
}

}  // namespace

void GrammarGraph::fold(uint32_t start) {
  std::vector<Folded> folded(nodes_.size());
  for (const auto& part : components({start}, false)) {
    uint32_t id = part[0];
    bool cyclic = part.size() > 1;
    for (uint32_t item : at(id).items) cyclic |= item == id;
    if (cyclic) {
      if (!fold_cycle(part, &folded)) {
        for (uint32_t member : part) fold_parts(member, folded);
      }
    } else {
      folded.resize(nodes_.size());
      folded[id] = fold_node(at(id), folded);
      if (folded[id].leaves == 0) {
        fold_parts(id, folded);
      } else if (at(id).kind != GrammarNode::Kind::kText) {
        at(id) = {GrammarNode::Kind::kExpression, "", folded[id].expression, {}, 0, 0};
      }
    }
    folded.resize(nodes_.size());
  }
}

GrammarGraph::Folded GrammarGraph::fold_node(const GrammarNode& node, const std::vector<Folded>& folded) {
  size_t leaves = 0;
  for (uint32_t item : node.items) {
    if (folded[item].leaves == 0) return {};
    leaves += folded[item].leaves;
  }
  switch (node.kind) {
    case GrammarNode::Kind::kText: {
      if (node.text.size() > kMaxFoldedText) return {};
      std::u32string text = decode_utf8(node.text);
      if (has_surrogate(text)) return {};
      return {arena_.literal(text), 1 + node.text.size() / 8};
    }
    case GrammarNode::Kind::kExpression:
      return {node.id, 1};
    case GrammarNode::Kind::kSequence: {
      if (leaves > kMaxLeaves) return {};
      ExprId e = arena_.epsilon();
      for (size_t i = node.items.size(); i-- > 0;) e = arena_.concat(folded[node.items[i]].expression, e);
      return {e, std::max<size_t>(leaves, 1)};
    }
    case GrammarNode::Kind::kChoice: {
      std::vector<std::u32string> texts;
      std::vector<ExprId> parts;
      for (uint32_t item : node.items) {
        if (at(item).kind == GrammarNode::Kind::kText) {
          texts.push_back(decode_utf8(at(item).text));
          leaves -= folded[item].leaves;
        } else {
          parts.push_back(folded[item].expression);
        }
      }
      if (texts.size() >= kManyTexts) {
        parts.push_back(arena_.literal_set(std::move(texts)));
      } else {
        for (const std::u32string& text : texts) parts.push_back(arena_.literal(text));
      }
      leaves += 1 + texts.size() / 64;
      if (leaves > kMaxLeaves) return {};
      return {arena_.unite(std::move(parts)), leaves};
    }
    case GrammarNode::Kind::kRepeat:
      return {arena_.repeat(folded[node.items[0]].expression, node.min, node.max), leaves};
    case GrammarNode::Kind::kToken:
    case GrammarNode::Kind::kCounted:
    case GrammarNode::Kind::kValue:
      break;
  }
  return {};
}

// The regular neighbours in a sequence, the regular alternatives of a choice.
void GrammarGraph::fold_parts(uint32_t id, const std::vector<Folded>& folded) {
  auto regular = [&](uint32_t item) { return item < folded.size() && folded[item].leaves != 0; };
  const GrammarNode n = at(id);
  std::vector<uint32_t> items;
  if (n.kind == GrammarNode::Kind::kSequence) {
    for (size_t i = 0; i < n.items.size();) {
      GrammarNode run{GrammarNode::Kind::kSequence, "", 0, {}, 0, 0};
      size_t leaves = 0;
      while (i < n.items.size() && regular(n.items[i]) &&
             (run.items.empty() || leaves + folded[n.items[i]].leaves <= kMaxLeaves)) {
        leaves += folded[n.items[i]].leaves;
        run.items.push_back(n.items[i++]);
      }
      if (run.items.empty()) {
        items.push_back(n.items[i++]);
      } else if (run.items.size() == 1) {
        items.push_back(run.items[0]);
      } else {
        items.push_back(expression(fold_node(run, folded).expression));
      }
    }
  } else if (n.kind == GrammarNode::Kind::kChoice) {
    GrammarNode together{GrammarNode::Kind::kChoice, "", 0, {}, 0, 0};
    for (uint32_t item : n.items) (regular(item) ? together.items : items).push_back(item);
    Folded one = together.items.size() < 2 ? Folded{} : fold_node(together, folded);
    if (one.leaves != 0) together.items = {expression(one.expression)};
    items.insert(items.end(), together.items.begin(), together.items.end());
  } else {
    return;
  }
  at(id).items = std::move(items);
}

// Right recursion without anything behind: each member is a union of expressions, alone or before another member. Solved by
// Arden's rule, x = a x | b is x = a* b, one unknown after the other.
bool GrammarGraph::fold_cycle(const std::vector<uint32_t>& members, std::vector<Folded>* folded) {
  size_t count = members.size();
  if (count > kMaxCycle) return false;
  std::vector<uint32_t> place(nodes_.size(), kNone);
  for (size_t i = 0; i < count; ++i) place[members[i]] = static_cast<uint32_t>(i);
  // rows[i][j]: what stands before member j; rows[i][count]: what stands alone.
  std::vector<std::vector<ExprId>> rows(count, std::vector<ExprId>(count + 1, arena_.empty()));
  size_t leaves = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!linear_equation(at(members[i]), place, *folded, &rows[i], &leaves)) return false;
  }
  if (leaves * count > kMaxLeaves) return false;
  for (size_t i = count; i-- > 0;) {
    ExprId loop = arena_.repeat(rows[i][i], 0, kUnbounded);
    rows[i][i] = arena_.empty();
    for (ExprId& e : rows[i]) e = arena_.concat(loop, e);
    for (size_t k = 0; k < count; ++k) {
      ExprId before = std::exchange(rows[k][i], arena_.empty());
      if (k == i || before == arena_.empty()) continue;
      for (size_t j = 0; j <= count; ++j) rows[k][j] = arena_.unite(rows[k][j], arena_.concat(before, rows[i][j]));
    }
  }
  for (size_t i = 0; i < count; ++i) {
    (*folded)[members[i]] = {rows[i][count], leaves};
    at(members[i]) = {GrammarNode::Kind::kExpression, "", rows[i][count], {}, 0, 0};
  }
  return true;
}

bool GrammarGraph::linear_equation(const GrammarNode& node, const std::vector<uint32_t>& place,
                                   const std::vector<Folded>& folded, std::vector<ExprId>* row, size_t* leaves) {
  size_t alone = row->size() - 1;
  auto add = [&](size_t column, ExprId e) { (*row)[column] = arena_.unite((*row)[column], e); };
  auto add_item = [&](uint32_t item, ExprId before) {
    if (place[item] != kNone) {
      add(place[item], before);
    } else if (folded[item].leaves != 0) {
      *leaves += folded[item].leaves;
      add(alone, arena_.concat(before, folded[item].expression));
    } else {
      return false;
    }
    return true;
  };
  switch (node.kind) {
    case GrammarNode::Kind::kChoice:
      return std::all_of(node.items.begin(), node.items.end(),
                         [&](uint32_t item) { return add_item(item, arena_.epsilon()); });
    case GrammarNode::Kind::kSequence: {
      GrammarNode before{GrammarNode::Kind::kSequence, "", 0, {node.items.begin(), node.items.end() - 1}, 0, 0};
      for (uint32_t item : before.items) {
        if (place[item] != kNone || folded[item].leaves == 0) return false;
        *leaves += folded[item].leaves;
      }
      if (*leaves > kMaxLeaves) return false;
      return add_item(node.items.back(), fold_node(before, folded).expression);
    }
    case GrammarNode::Kind::kRepeat:
      if (node.max != 1) return false;
      add(alone, arena_.epsilon());
      return add_item(node.items[0], arena_.epsilon());
    default:
      return false;
  }
}

}  // namespace fcformat
