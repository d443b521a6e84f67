// Derivatives, and from them the edges of an expression read as an automaton's state.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "regex/expression.h"
#include "regex/expression_impl.h"

namespace fcformat {
namespace {

bool contains(const CodeSet& set, uint32_t c) {
  auto it =
      std::upper_bound(set.begin(), set.end(), c, [](uint32_t value, const CodeRange& r) { return value < r.lo; });
  return it != set.begin() && (it - 1)->hi >= c;
}

constexpr uint32_t kShallow = 6;  // below this depth, deriving again is cheaper than looking up
constexpr size_t kKeptBuckets = 1024;
constexpr uint32_t kFlat = 3;  // depth of expressions whose parts can be asked one by one: none is asked twice

uint64_t signature_of(uint64_t index) {  // splitmix64
  uint64_t z = (index + 1) * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

}  // namespace

ExprId ExpressionArena::derivative(ExprId e, uint32_t c) {
  if (impl_->derived.bucket_count() > kKeptBuckets) {
    impl_->derived = {};
  } else if (!impl_->derived.empty()) {
    impl_->derived.clear();
  }
  return derive(e, c);
}

// Expressions share parts: without remembering, a part would be derived once for each way that leads to it.
ExprId ExpressionArena::derive(ExprId e, uint32_t c) {
  if (impl_->at(e).depth < kShallow) return derive_node(e, c);
  if (auto it = impl_->derived.find(e); it != impl_->derived.end()) return it->second;
  ExprId out = derive_node(e, c);
  impl_->derived.emplace(e, out);
  return out;
}

ExprId ExpressionArena::derive_node(ExprId e, uint32_t c) {
  const ExprNode n = impl_->at(e);
  switch (n.kind) {
    case ExprKind::kEmpty:
    case ExprKind::kEpsilon:
      return empty();
    case ExprKind::kClass:
      return contains(impl_->sets[n.a], c) ? epsilon() : empty();
    case ExprKind::kConcat: {
      ExprId head = concat(derive(n.a, c), n.b);
      return impl_->at(n.a).nullable ? unite(head, derive(n.b, c)) : head;
    }
    case ExprKind::kUnion:
    case ExprKind::kIntersect: {
      std::vector<ExprId> parts;
      parts.reserve(n.b);
      for (uint32_t i = 0; i < n.b; ++i) {
        ExprId d = derive(impl_->children[n.a + i], c);
        if (d == empty() && n.kind == ExprKind::kIntersect) return empty();
        parts.push_back(d);
      }
      return n.kind == ExprKind::kUnion ? unite(std::move(parts)) : intersect(std::move(parts));
    }
    case ExprKind::kComplement:
      return complement(derive(n.a, c));
    case ExprKind::kRepeat: {
      ExprId body = derive(n.a, c);
      if (body == empty()) return empty();
      return concat(body, repeat(n.a, n.min == 0 ? 0 : n.min - 1, n.max == kUnbounded ? kUnbounded : n.max - 1));
    }
    case ExprKind::kTrie: {
      uint32_t next = impl_->tries[n.a].child(n.b, c);
      return next != TextTrie::kNone ? impl_->intern_trie(n.a, next) : empty();
    }
    case ExprKind::kInterval: {
      const auto& [interval, exponent] = impl_->intervals[n.a];
      auto next = step(interval, exponent, impl_->interval_states[n.b], c);
      return next ? impl_->intern_interval(n.a, *next) : empty();
    }
    case ExprKind::kMultiple: {
      auto next = step(impl_->divisors[n.a], impl_->multiple_states[n.b], c);
      return next ? impl_->intern_multiple(n.a, *next) : empty();
    }
    case ExprKind::kAutomaton: {
      auto next = impl_->automata[n.a]->step(n.b, c);
      return next ? impl_->intern_automaton(n.a, *next) : empty();
    }
    case ExprKind::kVariable:
      return derive(n.a, c);
  }
  return empty();
}

void ExpressionArena::Impl::collect_sets(ExprId e, std::vector<const CodeSet*>* out, std::vector<CodeRange>* singles,
                                         std::vector<ExprId>* seen) const {
  std::vector<ExprId> todo{e};
  std::unordered_set<ExprId> shared;  // parts that several ways lead to
  while (!todo.empty()) {
    ExprId id = todo.back();
    todo.pop_back();
    const ExprNode& n = at(id);
    if (n.depth > 1 && !shared.insert(id).second) continue;
    switch (n.kind) {
      case ExprKind::kEmpty:
      case ExprKind::kEpsilon:
        break;
      case ExprKind::kClass:
        out->push_back(&sets[n.a]);
        break;
      case ExprKind::kConcat:
        todo.push_back(n.a);
        if (at(n.a).nullable) todo.push_back(n.b);
        break;
      case ExprKind::kUnion:
      case ExprKind::kIntersect:
        todo.insert(todo.end(), children.begin() + n.a, children.begin() + n.a + n.b);
        break;
      case ExprKind::kComplement:
      case ExprKind::kRepeat:
        todo.push_back(n.a);
        break;
      case ExprKind::kTrie:
        for (const auto& child : tries[n.a].children(n.b)) singles->push_back({child.code, child.code});
        break;
      case ExprKind::kInterval:
      case ExprKind::kMultiple:
        for (char c : {'-', '+', '.', 'e', 'E', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'}) {
          auto code = static_cast<uint32_t>(c);
          singles->push_back({code, code});
        }
        break;
      case ExprKind::kAutomaton:
        for (const CodeSet& set : automata[n.a]->classes()) out->push_back(&set);
        break;
      case ExprKind::kVariable:
        if (std::find(seen->begin(), seen->end(), id) == seen->end()) {
          seen->push_back(id);
          todo.push_back(n.a);
        }
        break;
    }
  }
}

namespace {

struct Event {
  uint32_t at;
  uint64_t signature;
};

}  // namespace

// Most states of one automaton tell the same sets apart, so what they divide the code points into is kept.
const Partition& ExpressionArena::Impl::partition_of(const std::vector<const CodeSet*>& sets,
                                                     const std::vector<CodeRange>& singles) {
  std::string key;
  auto append = [&](const auto& value) { key.append(reinterpret_cast<const char*>(&value), sizeof value); };
  for (const CodeSet* set : sets) append(set);
  key += '|';
  for (CodeRange r : singles) append(r.lo);
  auto [it, is_new] = partitions.try_emplace(std::move(key));
  Partition& partition = it->second;
  if (!is_new) return partition;
  // Sweep over the ends of all ranges; the exclusive-or of the sets that cover a point names its class.
  std::vector<Event> events{{0, 0}, {0xD800, ~0ull}, {0xE000, ~0ull}};
  for (size_t i = 0; i < sets.size(); ++i) {
    uint64_t signature = signature_of(i);
    for (CodeRange r : *sets[i]) {
      events.push_back({r.lo, signature});
      events.push_back({r.hi + 1, signature});
    }
  }
  for (size_t i = 0; i < singles.size(); ++i) {
    uint64_t signature = signature_of(sets.size() + i);
    events.push_back({singles[i].lo, signature});
    events.push_back({singles[i].hi + 1, signature});
  }
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
  std::unordered_map<uint64_t, uint32_t> classes;
  uint64_t signature = 0;
  for (size_t i = 0; i < events.size();) {
    uint32_t lo = events[i].at;
    while (i < events.size() && events[i].at == lo) signature ^= events[i++].signature;
    uint32_t hi = i < events.size() ? events[i].at - 1 : kMaxCodePoint;
    if (lo > kMaxCodePoint) break;
    if (lo == 0xD800 || (lo > 0xD800 && lo <= 0xDFFF)) continue;
    uint32_t which = classes.try_emplace(signature, static_cast<uint32_t>(classes.size())).first->second;
    partition.ranges.push_back({lo, hi, which});
  }
  partition.classes = classes.size();
  charge(partition.ranges.size() * sizeof(Partition::Range) + it->first.size() + 128);
  return partition;
}

const std::vector<Edge>& ExpressionArena::edges(ExprId e) {
  if (impl_->at(e).live_edges != UINT32_MAX) return impl_->edge_lists[impl_->at(e).live_edges];
  const std::vector<Edge>& raw = raw_edges(e);
  bool all = std::none_of(raw.begin(), raw.end(), [&](const Edge& edge) { return is_empty(edge.target); });
  if (all) {
    impl_->nodes[e].live_edges = impl_->at(e).raw_edges;
  } else {
    std::vector<Edge> live;
    for (const Edge& edge : impl_->edge_lists[impl_->at(e).raw_edges]) {
      if (!is_empty(edge.target)) live.push_back(edge);
    }
    impl_->charge(live.size() * sizeof(Edge) + 32);
    impl_->edge_lists.push_back(std::move(live));
    impl_->nodes[e].live_edges = static_cast<uint32_t>(impl_->edge_lists.size() - 1);
  }
  return impl_->edge_lists[impl_->at(e).live_edges];
}

const std::vector<Edge>& ExpressionArena::raw_edges(ExprId e) {
  if (impl_->at(e).raw_edges != UINT32_MAX) return impl_->edge_lists[impl_->at(e).raw_edges];
  impl_->until_check = std::min(impl_->until_check, 16u);  // an edge list may take long
  check_time();
  std::vector<const CodeSet*> sets;
  std::vector<CodeRange> singles;
  std::vector<ExprId> seen;
  impl_->collect_sets(e, &sets, &singles, &seen);
  std::sort(sets.begin(), sets.end());
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  std::sort(singles.begin(), singles.end(), [](CodeRange a, CodeRange b) { return a.lo < b.lo; });
  singles.erase(std::unique(singles.begin(), singles.end()), singles.end());
  const Partition& partition = impl_->partition_of(sets, singles);
  constexpr ExprId kNotDerived = UINT32_MAX;
  std::vector<ExprId> targets(partition.classes, kNotDerived);
  std::vector<Edge> out;
  for (const Partition::Range& range : partition.ranges) {
    ExprId& target = targets[range.which];
    if (target == kNotDerived) target = derivative(e, range.lo);
    if (target == empty()) continue;
    if (!out.empty() && out.back().hi + 1 == range.lo && out.back().target == target) {
      out.back().hi = range.hi;
    } else {
      out.push_back({range.lo, range.hi, target});
    }
  }
  impl_->charge(out.size() * sizeof(Edge) + 32);
  impl_->edge_lists.push_back(std::move(out));
  impl_->nodes[e].raw_edges = static_cast<uint32_t>(impl_->edge_lists.size() - 1);
  return impl_->edge_lists.back();
}

bool ExpressionArena::matches(ExprId e, std::u32string_view text) {
  if (std::any_of(text.begin(), text.end(), [](char32_t c) { return c >= 0xD800 && c <= 0xDFFF; })) return false;
  if (e == any_string()) return true;
  const ExprNode n = impl_->at(e);
  // Literals, and what few Boolean operators make of them, answer without a derivative for each character.
  bool is_union = n.kind == ExprKind::kUnion;
  if (n.depth <= kFlat && n.kind == ExprKind::kComplement) return !matches(n.a, text);
  if (n.depth <= kFlat && (is_union || n.kind == ExprKind::kIntersect)) {
    for (uint32_t i = 0; i < n.b; ++i) {
      if (matches(impl_->children[n.a + i], text) == is_union) return is_union;
    }
    return !is_union;
  }
  if (n.kind == ExprKind::kTrie) {
    const TextTrie& trie = impl_->tries[n.a];
    uint32_t node = n.b;
    for (char32_t c : text) {
      node = trie.child(node, c);
      if (node == TextTrie::kNone) return false;
    }
    return trie[node].accept;
  }
  for (char32_t c : text) {
    e = derivative(e, c);
    if (e == empty()) return false;
  }
  return nullable(e);
}

}  // namespace fcformat
