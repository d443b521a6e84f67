// Syntax trees of patterns as expressions.
//
// A subpattern without assertions is an expression by itself. One with assertions has no language of its own: what it
// matches depends on the text around it. So it is translated together with what follows: translate(node, c, next) is the
// language of all texts that begin, in the left context c (see pattern_contexts.h), with a match of the node and go on
// with a text of `next`. There an assertion about the right is an intersection with the continuation, an assertion about
// the left is decided by the context, and a loop is a recursive expression for each context. Where contexts make no
// difference (almost always), the result is a plain concatenation.
#include <algorithm>
#include <map>
#include <tuple>

#include "errors.h"
#include "regex/pattern_ast.h"
#include "regex/pattern_contexts.h"
#include "regex/pattern_escapes.h"
#include "regex/pattern_parser.h"

namespace fcformat {
namespace {

constexpr size_t kMaxPatternSteps = 200'000;
// From this many literal alternatives on, a trie is cheaper than a union.
constexpr size_t kTrieOptions = 6;

class Translator {
 public:
  // The tree stays the caller's and only grows.
  Translator(ExpressionArena& arena, PatternTree& tree, uint32_t root)
      : arena_(arena), tree_(tree), root_(root), contexts_(make_contexts()) {}

  // Texts that match as a whole, followed by a text of `rest`.
  ExprId anchored(ExprId rest) { return translate(root_, PatternContexts::kInitial, constant(rest)); }

  // Texts in which a match, followed by a text of `rest`, begins somewhere.
  ExprId searched(ExprId rest) {
    std::vector<uint32_t> options{root_};
    if (tree_.nodes[root_].kind == PatternKind::kChoice) options = tree_.nodes[root_].children;
    PatternNode any{PatternKind::kSet};
    any.set = normalize_set({{0, kMaxCodePoint}});
    PatternNode before{PatternKind::kRepeat};
    before.max = kUnbounded;
    before.children = {tree_.add(std::move(any))};
    uint32_t anything = tree_.add(std::move(before));
    std::vector<ExprId> parts;
    for (uint32_t option : options) {
      PatternNode search{PatternKind::kSequence};
      search.children = {anything, option};
      parts.push_back(translate(tree_.add(std::move(search)), PatternContexts::kInitial, constant(rest)));
    }
    return arena_.unite(std::move(parts));
  }

 private:
  // What follows a subpattern: where it consumed nothing, and for each context that it may have led to.
  struct Next {
    ExprId stay;
    uint32_t after;  // index of afters_
  };
  using After = std::vector<ExprId>;  // by context; contexts that no character leads to have the empty expression

  PatternContexts make_contexts() {
    bool start = false, word = false;
    std::vector<ExprId> languages;
    std::vector<uint32_t> todo{root_};
    while (!todo.empty()) {
      uint32_t id = todo.back();
      todo.pop_back();
      const PatternNode& node = tree_.nodes[id];
      start |= node.kind == PatternKind::kStart;
      word |= node.kind == PatternKind::kBoundary;
      if (node.kind == PatternKind::kBehind) {
        uint32_t body = node.children[0];
        if (tree_.nodes[body].looks_right) {
          fail_pattern(node.offset, "an assertion about the text to the right inside a lookbehind is not supported",
                       true);
        }
        behind_index_[id] = languages.size();
        languages.push_back(Translator(arena_, tree_, body).searched(arena_.epsilon()));
      } else if (node.looks_left) {
        todo.insert(todo.end(), node.children.begin(), node.children.end());
      }
    }
    return PatternContexts(arena_, start, word, std::move(languages));
  }

  uint32_t intern(After after) {
    auto [it, is_new] = after_index_.try_emplace(after, static_cast<uint32_t>(afters_.size()));
    if (is_new) afters_.push_back(std::move(after));
    return it->second;
  }

  template <typename Function>
  uint32_t make_after(Function&& of_context) {
    After after(contexts_.size(), arena_.empty());
    for (ContextId c : contexts_.entered()) after[c] = of_context(c);
    return intern(std::move(after));
  }

  Next constant(ExprId rest) {
    return {rest, make_after([&](ContextId) { return rest; })};
  }

  bool uniform(uint32_t after) const {
    const After& values = afters_[after];
    const auto& entered = contexts_.entered();
    return std::all_of(entered.begin(), entered.end(), [&](ContextId c) { return values[c] == values[entered[0]]; });
  }

  // The language of a subpattern without assertions.
  ExprId expression(uint32_t id) {
    if (auto it = expressions_.find(id); it != expressions_.end()) return it->second;
    const PatternNode& node = tree_.nodes[id];
    ExprId out = arena_.epsilon();
    switch (node.kind) {
      case PatternKind::kSet:
        out = arena_.char_class(node.set);
        break;
      case PatternKind::kSequence:
        for (size_t i = node.children.size(); i-- > 0;) out = arena_.concat(expression(node.children[i]), out);
        break;
      case PatternKind::kRepeat:
        out = arena_.repeat(expression(node.children[0]), node.min, node.max);
        break;
      default:
        out = choice(node);
    }
    return expressions_[id] = out;
  }

  ExprId choice(const PatternNode& node) {
    std::vector<ExprId> parts;
    std::vector<std::u32string> literals;
    for (uint32_t child : node.children) {
      std::u32string text;
      if (is_literal(child, &text) && text.size() != 1) {  // single characters unite to a class
        literals.push_back(std::move(text));
      } else {
        parts.push_back(expression(child));
      }
    }
    if (literals.size() >= kTrieOptions) {
      parts.push_back(arena_.literal_set(std::move(literals)));
    } else {
      for (const std::u32string& text : literals) parts.push_back(arena_.literal(text));
    }
    return arena_.unite(std::move(parts));
  }

  // Whether a node is one character or a sequence of them.
  bool is_literal(uint32_t id, std::u32string* text) const {
    const PatternNode& node = tree_.nodes[id];
    if (node.kind == PatternKind::kSet) {
      if (node.set.size() != 1 || node.set[0].lo != node.set[0].hi) return false;
      *text += static_cast<char32_t>(node.set[0].lo);
      return true;
    }
    return node.kind == PatternKind::kSequence &&
           std::all_of(node.children.begin(), node.children.end(), [&](uint32_t child) {
             return tree_.nodes[child].kind == PatternKind::kSet && is_literal(child, text);
           });
  }

  ExprId translate(uint32_t id, ContextId c, Next next) {
    const PatternNode& node = tree_.nodes[id];
    if (!node.asserts) return append(id, c, next);
    // Texts to the left that cannot make a difference are one case.
    ContextId same = node.looks_left ? c : uniform(next.after) ? PatternContexts::kInitial : contexts_.row(c);
    auto key = std::make_tuple(id, same, next.stay, next.after);
    if (auto it = translated_.find(key); it != translated_.end()) return it->second;
    if (translated_.size() >= kMaxPatternSteps) {
      throw GrammarLimitError("the assertions of a pattern take more than max_pattern_steps = " +
                              std::to_string(kMaxPatternSteps) + " to translate");
    }
    ExprId out = translate_assertion(id, c, next);
    return translated_[key] = out;
  }

  ExprId translate_assertion(uint32_t id, ContextId c, Next next) {
    const PatternNode& node = tree_.nodes[id];
    switch (node.kind) {
      case PatternKind::kSequence:
        return translate_sequence(id, c, next);
      case PatternKind::kChoice: {
        std::vector<ExprId> parts;
        for (uint32_t child : node.children) parts.push_back(translate(child, c, next));
        return arena_.unite(std::move(parts));
      }
      case PatternKind::kRepeat:
        return translate_repeat(id, c, next);
      case PatternKind::kStart:
        return contexts_.at_start(c) ? next.stay : arena_.empty();
      case PatternKind::kEnd:
        return arena_.intersect(next.stay, arena_.epsilon());
      case PatternKind::kBoundary: {
        bool wants_word = contexts_.after_word(c) == node.negated;  // as the next character
        ExprId word = arena_.concat(arena_.char_class(word_characters()), arena_.any_string());
        ExprId other = arena_.concat(arena_.char_class(complement_set(word_characters())), arena_.any_string());
        return arena_.intersect(next.stay, wants_word ? word : arena_.unite(arena_.epsilon(), other));
      }
      case PatternKind::kBehind:
        return contexts_.holds_behind(c, behind_index_.at(id)) != node.negated ? next.stay : arena_.empty();
      default: {
        ExprId ahead = translate(node.children[0], c, constant(arena_.any_string()));
        return arena_.intersect(next.stay, node.negated ? arena_.complement(ahead) : ahead);
      }
    }
  }

  ExprId translate_sequence(uint32_t id, ContextId c, Next next) {
    const std::vector<uint32_t> children = tree_.nodes[id].children;
    size_t may_stay = 0;  // so many children at the front may all match nothing
    while (may_stay < children.size() && tree_.nodes[children[may_stay]].nullable) ++may_stay;
    for (size_t i = children.size(); i-- > 0;) {
      Next here = next;
      next.stay = i <= may_stay ? translate(children[i], c, here) : arena_.empty();
      if (i > 0) {
        next.after =
            make_after([&](ContextId m) { return translate(children[i], m, {afters_[here.after][m], here.after}); });
      }
    }
    return next.stay;
  }

  // ECMA-262 ends a loop's optional iteration that has consumed nothing: it must consume. Those demanded by a minimum
  // need not.
  ExprId translate_repeat(uint32_t id, ContextId c, Next next) {
    uint32_t body = tree_.nodes[id].children[0], min = tree_.nodes[id].min, max = tree_.nodes[id].max;
    Next rest = next;  // what follows when so many iterations are done
    auto optional_iteration = [&] {
      Next again{arena_.empty(), rest.after};
      ExprId stay = arena_.unite(next.stay, translate(body, c, again));
      uint32_t after =
          make_after([&](ContextId m) { return arena_.unite(afters_[next.after][m], translate(body, m, again)); });
      return Next{stay, after};
    };
    auto demanded_iteration = [&] {
      ExprId stay = translate(body, c, rest);
      uint32_t after =
          make_after([&](ContextId m) { return translate(body, m, {afters_[rest.after][m], rest.after}); });
      return Next{stay, after};
    };
    // Stops early where one iteration more changes nothing.
    auto iterate = [&](uint32_t count, auto&& iteration) {
      for (; count > 0; --count) {
        Next longer = iteration();
        if (longer.stay == rest.stay && longer.after == rest.after) return;
        rest = longer;
      }
    };
    if (max == kUnbounded) {
      rest.after = loop(body, next.after);
      rest.stay = arena_.unite(next.stay, translate(body, c, {arena_.empty(), rest.after}));
    } else {
      iterate(max - min, optional_iteration);
    }
    iterate(min, demanded_iteration);
    return rest.stay;
  }

  // What follows inside an unbounded loop over `body` that ends in `after`: for each context, the end or one iteration
  // more. The iterations are recursive expressions; they consume, so their recursion is well-founded and, until they
  // are defined, it is right that they do not match the empty string.
  uint32_t loop(uint32_t body, uint32_t after) {
    auto [it, is_new] = loops_.try_emplace({body, after}, 0);
    if (!is_new) return it->second;
    bool looks_left = tree_.nodes[body].looks_left, one = uniform(after);
    std::map<ContextId, ExprId> iterations;
    uint32_t inside = make_after([&](ContextId m) {
      ContextId same = looks_left ? m : one ? PatternContexts::kInitial : contexts_.row(m);
      ExprId& iteration = iterations[same];
      if (iteration == arena_.empty()) iteration = arena_.declare_variable();
      return arena_.unite(afters_[after][m], iteration);
    });
    loops_[{body, after}] = inside;
    for (auto [m, iteration] : iterations)
      arena_.define_variable(iteration, translate(body, m, {arena_.empty(), inside}));
    return inside;
  }

  // A subpattern without assertions: a concatenation, after a case distinction on where it leads if that matters.
  ExprId append(uint32_t id, ContextId c, Next next) {
    const PatternNode& node = tree_.nodes[id];
    ExprId whole = expression(id);
    if (whole == arena_.epsilon()) return next.stay;
    const After& after = afters_[next.after];
    std::map<ExprId, std::vector<ContextId>> cases;  // by what follows
    if (uniform(next.after)) {
      cases[after[contexts_.entered()[0]]] = contexts_.entered();
    } else {
      for (ContextId target : contexts_.reach(tree_, id, c)) cases[after[target]].push_back(target);
    }
    std::vector<ExprId> parts;
    if (cases.size() == 1 && (!node.nullable || cases.begin()->first == next.stay)) {
      return arena_.concat(whole, cases.begin()->first);
    }
    if (node.nullable) parts.push_back(next.stay);
    for (const auto& [rest, targets] : cases) {
      if (rest == arena_.empty()) continue;
      ExprId part = arena_.empty();
      if (node.kind == PatternKind::kSet) {
        CodeSet set;
        for (const auto& step : contexts_.steps(c)) {
          if (std::binary_search(targets.begin(), targets.end(), step.target))
            set = unite_sets(set, intersect_sets(step.set, node.set));
        }
        part = arena_.char_class(std::move(set));
      } else if (cases.size() == 1) {
        part = arena_.intersect(whole, arena_.length(1, kUnbounded));
      } else {
        part = arena_.intersect(whole, contexts_.leading_to(c, targets));
      }
      parts.push_back(arena_.concat(part, rest));
    }
    return arena_.unite(std::move(parts));
  }

  ExpressionArena& arena_;
  PatternTree& tree_;
  uint32_t root_;
  std::map<uint32_t, size_t> behind_index_;
  PatternContexts contexts_;
  std::vector<After> afters_;
  std::map<After, uint32_t> after_index_;
  std::map<uint32_t, ExprId> expressions_;
  std::map<std::tuple<uint32_t, ContextId, ExprId, uint32_t>, ExprId> translated_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> loops_;
};

}  // namespace

ExprId parse_search_pattern(ExpressionArena& arena, std::string_view pattern_utf8) {
  PatternTree tree = parse_pattern(pattern_utf8);
  uint32_t root = tree.root;
  return Translator(arena, tree, root).searched(arena.any_string());
}

ExprId parse_full_pattern(ExpressionArena& arena, std::string_view pattern_utf8) {
  PatternTree tree = parse_pattern(pattern_utf8);
  uint32_t root = tree.root;
  return Translator(arena, tree, root).anchored(arena.epsilon());
}

}  // namespace fcformat
