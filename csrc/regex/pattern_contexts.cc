// The automaton of left contexts, and which of its states a subpattern can end in.
#include "regex/pattern_contexts.h"

#include <algorithm>

#include "errors.h"

namespace fcformat {
namespace {

constexpr size_t kMaxPatternContexts = 256;

void merge_into(std::vector<ContextId>* all, const std::vector<ContextId>& more) {
  all->insert(all->end(), more.begin(), more.end());
  std::sort(all->begin(), all->end());
  all->erase(std::unique(all->begin(), all->end()), all->end());
}

bool same_steps(const std::vector<PatternContexts::Step>& a, const std::vector<PatternContexts::Step>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.target == y.target && x.set == y.set; });
}

}  // namespace

PatternContexts::PatternContexts(ExpressionArena& arena, bool tracks_start, bool tracks_word,
                                 std::vector<ExprId> behind)
    : arena_(arena) {
  intern({tracks_start, false, std::move(behind)});
  for (ContextId c = 0; c < contexts_.size(); ++c) {
    std::vector<Step> steps = compute_steps(Context(contexts_[c]), tracks_word);
    for (const Step& step : steps) merge_into(&entered_, {step.target});
    auto same = std::find_if(steps_.begin(), steps_.end(), [&](const auto& other) { return same_steps(steps, other); });
    rows_.push_back(static_cast<ContextId>(same - steps_.begin()));
    steps_.push_back(std::move(steps));
  }
}

ContextId PatternContexts::intern(Context context) {
  auto [it, is_new] = index_.try_emplace(context, static_cast<ContextId>(contexts_.size()));
  if (is_new) {
    if (contexts_.size() >= kMaxPatternContexts) {
      throw GrammarLimitError("the lookbehinds of a pattern tell more texts apart than max_pattern_contexts = " +
                              std::to_string(kMaxPatternContexts));
    }
    contexts_.push_back(std::move(context));
  }
  return it->second;
}

std::vector<PatternContexts::Step> PatternContexts::compute_steps(const Context& from, bool tracks_word) {
  std::map<Context, CodeSet> parts{{Context{false, false, {}}, normalize_set({{0, kMaxCodePoint}})}};
  if (tracks_word) {
    parts = {{Context{false, true, {}}, word_characters()},
             {Context{false, false, {}}, complement_set(word_characters())}};
  }
  for (ExprId e : from.behind) {
    std::map<ExprId, CodeSet> by_target;
    CodeSet live;
    for (const Edge& edge : arena_.edges(e)) {
      by_target[edge.target].push_back({edge.lo, edge.hi});
      live.push_back({edge.lo, edge.hi});
    }
    by_target[arena_.empty()] = complement_set(normalize_set(std::move(live)));
    std::map<Context, CodeSet> finer;
    for (const auto& [context, set] : parts) {
      for (const auto& [target, where] : by_target) {
        CodeSet both = intersect_sets(set, normalize_set(where));
        if (both.empty()) continue;
        Context next = context;
        next.behind.push_back(target);
        finer.emplace(std::move(next), std::move(both));
      }
    }
    parts = std::move(finer);
  }
  std::vector<Step> steps;
  for (auto& [context, set] : parts) steps.push_back({std::move(set), intern(context)});
  std::sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.target < b.target; });
  return steps;
}

const std::vector<ContextId>& PatternContexts::reach(const PatternTree& tree, uint32_t id, ContextId c) {
  auto key = std::make_pair(id, row(c));
  if (auto it = reach_.find(key); it != reach_.end()) return it->second;
  const PatternNode& node = tree.nodes[id];
  std::vector<ContextId> moved;
  if (node.kind == PatternKind::kSet) {
    for (const Step& step : steps(c)) {
      if (!intersect_sets(step.set, node.set).empty()) moved.push_back(step.target);
    }
  } else if (node.kind == PatternKind::kChoice) {
    for (uint32_t child : node.children) merge_into(&moved, reach(tree, child, c));
  } else if (node.kind == PatternKind::kSequence) {
    bool unmoved = true;  // whether everything so far may have matched nothing
    for (uint32_t child : node.children) {
      bool skippable = tree.nodes[child].nullable;
      std::vector<ContextId> next = skippable ? moved : std::vector<ContextId>{};
      for (ContextId m : moved) merge_into(&next, reach(tree, child, m));
      if (unmoved) merge_into(&next, reach(tree, child, c));
      unmoved &= skippable;
      moved = std::move(next);
    }
  } else if (node.max > 0) {  // kRepeat; how often is not looked at closer than "once" and "more than once"
    moved = reach(tree, node.children[0], c);
    std::vector<ContextId> todo = node.max > 1 ? moved : std::vector<ContextId>{};
    while (!todo.empty()) {
      ContextId m = todo.back();
      todo.pop_back();
      for (ContextId next : reach(tree, node.children[0], m)) {
        if (std::binary_search(moved.begin(), moved.end(), next)) continue;
        merge_into(&moved, {next});
        todo.push_back(next);
      }
    }
  }
  return reach_[key] = std::move(moved);
}

ExprId PatternContexts::leading_to(ContextId c, const std::vector<ContextId>& targets) {
  auto is_target = [&](ContextId t) { return std::binary_search(targets.begin(), targets.end(), t); };
  if (std::all_of(entered_.begin(), entered_.end(), is_target)) return arena_.length(1, kUnbounded);
  bool one_row = row(c) == row(entered_[0]) &&
                 std::all_of(entered_.begin(), entered_.end(), [&](ContextId t) { return row(t) == row(entered_[0]); });
  if (one_row) {  // only the last character matters
    CodeSet last;
    for (const Step& step : steps(c)) {
      if (is_target(step.target)) last = unite_sets(last, step.set);
    }
    return arena_.concat(arena_.any_string(), arena_.char_class(last));
  }
  auto find = [&](ContextId from) { return leading_.try_emplace({row(from), targets}, arena_.empty()).first; };
  std::vector<ContextId> todo;
  auto variable = [&](ContextId from) {
    auto it = find(from);
    if (it->second == arena_.empty()) {
      it->second = arena_.declare_variable();
      todo.push_back(row(from));
    }
    return it->second;
  };
  ExprId result = variable(c);
  while (!todo.empty()) {
    ContextId from = todo.back();
    todo.pop_back();
    std::vector<ExprId> parts;
    for (const Step& step : steps(from)) {
      ExprId rest = variable(step.target);
      if (is_target(step.target)) rest = arena_.unite(arena_.epsilon(), rest);
      parts.push_back(arena_.concat(arena_.char_class(step.set), rest));
    }
    arena_.define_variable(find(from)->second, arena_.unite(std::move(parts)));
  }
  return result;
}

}  // namespace fcformat
