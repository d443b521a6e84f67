// Questions that look at many states: emptiness, a shortest string, how many strings there are.
#include <algorithm>
#include <queue>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "errors.h"
#include "regex/expression.h"
#include "regex/expression_impl.h"

namespace fcformat {
namespace {

constexpr size_t kManyStates = 64;       // after so many states without an answer, a simpler question is asked first,
constexpr size_t kSimplerStates = 4096;  // which may take this many

}  // namespace

// Whether no string of the expression is longer than some number, as far as its parts plainly say.
bool ExpressionArena::has_bound(ExprId start) {
  std::vector<ExprId> todo{start};
  std::unordered_set<ExprId> seen{start};
  for (size_t i = 0; i < todo.size(); ++i) {
    const ExprNode& n = impl_->at(todo[i]);
    auto look = [&](ExprId part) {
      if (seen.insert(part).second) todo.push_back(part);
    };
    switch (n.kind) {
      case ExprKind::kEmpty:
      case ExprKind::kEpsilon:
      case ExprKind::kClass:
      case ExprKind::kTrie:
        break;
      case ExprKind::kConcat:
        look(n.a), look(n.b);
        break;
      case ExprKind::kUnion:
        for (uint32_t k = 0; k < n.b; ++k) look(impl_->children[n.a + k]);
        break;
      case ExprKind::kRepeat:
        if (n.max == kUnbounded) return false;
        look(n.a);
        break;
      default:
        return false;
    }
  }
  return true;
}

// A superset of the expression: without those parts of its intersections that bound the length. Counting multiplies states,
// and mostly it is not what makes an expression empty.
ExprId ExpressionArena::without_bounds(ExprId e) {
  const ExprNode n = impl_->at(e);
  if (n.kind != ExprKind::kConcat && n.kind != ExprKind::kUnion && n.kind != ExprKind::kIntersect) return e;
  if (auto it = impl_->unbounded.find(e); it != impl_->unbounded.end()) return it->second;
  ExprId out = e;
  if (n.kind == ExprKind::kConcat) {
    ExprId first = without_bounds(n.a);
    out = concat(first, without_bounds(n.b));
  } else {
    std::vector<ExprId> parts;
    for (uint32_t i = 0; i < n.b; ++i) {
      ExprId part = impl_->children[n.a + i];
      ExprKind kind = impl_->at(part).kind;
      if (kind == ExprKind::kInterval || kind == ExprKind::kMultiple) return e;  // without a bound, endless
      if (n.kind == ExprKind::kUnion || !has_bound(part)) parts.push_back(without_bounds(part));
    }
    out = n.kind == ExprKind::kUnion ? unite(std::move(parts)) : intersect(std::move(parts));
  }
  impl_->unbounded.emplace(e, out);
  return out;
}

bool ExpressionArena::is_empty(ExprId start) {
  bool found = decide_liveness(start, impl_->limits.max_search);
  if (!found) {
    throw GrammarLimitError(
        "deciding whether a string or number can still be completed visits more than max_search_states = " +
        std::to_string(impl_->limits.max_search));
  }
  const ExprNode& n = impl_->at(start);
  return !n.nullable && !n.plain && n.liveness == Liveness::kDead;
}

// Beside a bound on the length, an automaton that knows its shortest strings needs no search.
std::optional<bool> ExpressionArena::alive_by_length(ExprId e) const {
  const ExprNode& n = impl_->at(e);
  if (n.kind != ExprKind::kIntersect) return std::nullopt;
  uint32_t least = 0, most = kUnbounded, min, max, lengths = 0;
  for (uint32_t i = 0; i < n.b; ++i) {
    if (is_length_range(impl_->children[n.a + i], &min, &max)) least = min, most = max, ++lengths;  // one at most
  }
  for (uint32_t i = 0; i < n.b; ++i) {
    const ExprNode& part = impl_->at(impl_->children[n.a + i]);
    if (part.kind != ExprKind::kAutomaton) continue;
    auto length = impl_->automata[part.a]->shortest_from(part.b, least);
    if (length && (*length == kUnbounded || *length > most)) return false;
    if (length && n.b == 1 + lengths) return true;  // nothing else is asked
  }
  return std::nullopt;
}

// Finds out whether the expression is alive, and notes it. False where that takes more than so many states.
bool ExpressionArena::decide_liveness(ExprId start, size_t max_states) {
  auto verdict = [&](ExprId e) {
    const ExprNode& n = impl_->at(e);
    return n.nullable || n.plain ? Liveness::kAlive : n.liveness;
  };
  Liveness known = verdict(start);
  if (known != Liveness::kUnknown) return true;
  if (impl_->is_cofinite(start)) {
    impl_->nodes[start].liveness = Liveness::kAlive;
    return true;
  }
  std::optional<bool> decided = alive_by_length(start);
  if (!decided) decided = alive_by_multiples(start);
  if (decided) {
    impl_->nodes[start].liveness = *decided ? Liveness::kAlive : Liveness::kDead;
    return true;
  }
  // Search until a live state turns up, by turns from the oldest state (a short way out), from the newest (a long one), and,
  // once there are many, from the one that seems to lack least. Those on the way to it are alive; if none turns up, all seen
  // are dead.
  struct Lacking {
    uint64_t characters;
    uint32_t place;
    bool operator<(const Lacking& other) const {
      return std::tie(other.characters, place) < std::tie(characters, other.place);
    }
  };
  std::vector<ExprId> order{start};
  std::vector<uint32_t> parent{0}, newest{0};
  std::vector<bool> looked{false};
  std::unordered_map<ExprId, uint32_t> seen{{start, 0}};
  std::priority_queue<Lacking> least;
  uint32_t oldest = 0;
  size_t visited = 0;
  enum class Turn : uint8_t { kOldest, kNewest, kLeast };
  auto next_state = [&](Turn turn) {
    if (turn == Turn::kLeast) {
      while (!least.empty() && looked[least.top().place]) least.pop();
      if (!least.empty()) return least.top().place;
    }
    while (!newest.empty() && looked[newest.back()]) newest.pop_back();
    return turn == Turn::kNewest && !newest.empty() ? newest.back() : oldest;
  };
  for (uint32_t turn = 0;; ++turn) {
    while (oldest < order.size() && looked[oldest]) ++oldest;
    if (oldest == order.size()) break;
    if (++visited == kManyStates) {
      ExprId superset = without_bounds(start);
      if (superset != start && decide_liveness(superset, kSimplerStates) && verdict(superset) == Liveness::kDead) {
        impl_->nodes[start].liveness = Liveness::kDead;
        return true;
      }
      for (uint32_t place = oldest; place < order.size(); ++place) {
        if (!looked[place]) least.push({impl_->lacking(order[place]), place});
      }
    }
    const bool many = visited >= kManyStates;
    const uint32_t i = next_state(many ? Turn{static_cast<uint8_t>(turn % 3)} : Turn{static_cast<uint8_t>(turn % 2)});
    looked[i] = true;
    for (const Edge& edge : raw_edges(order[i])) {
      ExprId target = edge.target;
      Liveness v = verdict(target);
      if (v == Liveness::kDead) continue;
      if (v == Liveness::kAlive) {
        for (uint32_t at = i;; at = parent[at]) {
          impl_->nodes[order[at]].liveness = Liveness::kAlive;
          if (at == 0) break;
        }
        return true;
      }
      const auto place = static_cast<uint32_t>(order.size());
      if (!seen.emplace(target, place).second) continue;
      if (order.size() >= max_states) return false;
      newest.push_back(place);
      if (many) least.push({impl_->lacking(target), place});
      order.push_back(target);
      parent.push_back(i);
      looked.push_back(false);
    }
  }
  for (ExprId e : order) impl_->nodes[e].liveness = Liveness::kDead;
  return true;
}

bool ExpressionArena::is_endless(ExprId start) {
  constexpr size_t kMaxStates = 256;
  auto finite = [&](auto&& self, ExprId e) -> bool {
    const ExprNode& n = impl_->at(e);
    switch (n.kind) {
      case ExprKind::kEmpty:
      case ExprKind::kEpsilon:
      case ExprKind::kClass:
      case ExprKind::kTrie:
        return true;
      case ExprKind::kUnion:
        return std::all_of(impl_->children.begin() + n.a, impl_->children.begin() + n.a + n.b,
                           [&](ExprId part) { return self(self, part); });  // unions hold no unions: one level
      default:
        return false;
    }
  };
  const ExprNode n = impl_->at(start);
  std::vector<ExprId> parts{start};
  if (n.kind == ExprKind::kIntersect) parts.assign(impl_->children.begin() + n.a, impl_->children.begin() + n.a + n.b);
  std::erase_if(parts, [&](ExprId part) {
    return impl_->at(part).kind == ExprKind::kComplement && finite(finite, impl_->at(part).a);
  });
  std::vector<ExprId> order{intersect(std::move(parts))};
  std::unordered_map<ExprId, bool> seen{{order[0], true}};
  for (size_t i = 0; i < order.size(); ++i) {
    if (order[i] == any_string()) continue;
    if (order.size() > kMaxStates) return false;
    const std::vector<Edge>& next = edges(order[i]);
    if (next.empty()) return false;
    for (const Edge& edge : next) {
      if (seen.emplace(edge.target, true).second) order.push_back(edge.target);
    }
  }
  return true;
}

// No string of the expression is shorter. Where it is built without intersections, complements, automata and variables, one
// is as short.
uint32_t ExpressionArena::Impl::least_length(ExprId e) {
  constexpr uint32_t kMost = 1u << 24;
  uint32_t before = 0;  // of the first parts of a sequence
  while (at(e).kind == ExprKind::kConcat && !at(e).nullable) {
    before = std::min(kMost, before + least_length(at(e).a));
    e = at(e).b;
  }
  const ExprNode n = at(e);
  if (n.nullable) return before;
  if (n.kind == ExprKind::kAutomaton) return std::min(kMost, before + automata[n.a]->shortest_from(n.b, 1).value_or(1));
  if (n.kind != ExprKind::kUnion && n.kind != ExprKind::kIntersect && n.kind != ExprKind::kRepeat) return before + 1;
  auto [known, is_new] = least_lengths.try_emplace(e, 1);
  if (is_new) {
    charge(48);
    uint32_t least = n.kind == ExprKind::kUnion ? kMost : 1;
    if (n.kind == ExprKind::kRepeat) {
      least = static_cast<uint32_t>(std::min<uint64_t>(kMost, uint64_t{n.min} * least_length(n.a)));
    } else {
      for (uint32_t i = 0; i < n.b; ++i) {
        uint32_t part = least_length(children[n.a + i]);
        least = n.kind == ExprKind::kUnion ? std::min(least, part) : std::max(least, part);
      }
      for (uint32_t i = 0; i < n.b && n.kind == ExprKind::kIntersect;
           ++i) {  // an automaton may have to go beyond a bound
        const ExprNode& part = at(children[n.a + i]);
        if (part.kind == ExprKind::kAutomaton)
          least = std::min(kMost, automata[part.a]->shortest_from(part.b, least).value_or(least));
      }
    }
    least_lengths[e] = least;  // `known` may have moved
    return std::min(kMost, before + least);
  }
  return std::min(kMost, before + known->second);
}

// How far the expression seems to be from a string: of an intersection, what each part still lacks, which one string can bring to
// several at once.
uint64_t ExpressionArena::Impl::lacking(ExprId e) {
  const ExprNode n = at(e);
  if (n.kind != ExprKind::kIntersect) return least_length(e);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < n.b; ++i) sum += least_length(children[n.a + i]);
  return sum;
}

bool ExpressionArena::shortest(ExprId start, std::u32string* text) {
  text->clear();
  if (is_empty(start)) return false;
  struct Step {
    ExprId e;
    uint32_t parent;
    char32_t c;
    uint32_t length;
  };
  struct Open {  // what a text through a state is long at least; of equals the longer beginning, then the earlier
    uint32_t least, length, step;
    bool operator<(const Open& other) const {
      return std::tuple(other.least, length, other.step) < std::tuple(least, other.length, step);
    }
  };
  std::vector<Step> order{{start, 0, 0, 0}};
  std::unordered_map<ExprId, uint32_t> seen{{start, 0}};  // with the length of the shortest beginning
  std::priority_queue<Open> todo;
  todo.push({0, 0, 0});
  while (!todo.empty()) {
    const uint32_t i = todo.top().step;
    todo.pop();
    const Step here = order[i];
    if (seen[here.e] < here.length) continue;
    if (nullable(here.e)) {
      for (uint32_t at = i; at != 0; at = order[at].parent) text->push_back(order[at].c);
      std::reverse(text->begin(), text->end());
      return true;
    }
    if (order.size() > impl_->limits.max_search) {
      throw GrammarLimitError("looking for a shortest string visits more than max_search_states = " +
                              std::to_string(impl_->limits.max_search));
    }
    for (const Edge& edge : edges(here.e)) {
      auto [it, is_new] = seen.try_emplace(edge.target, here.length + 1);
      if (!is_new && it->second <= here.length + 1) continue;
      it->second = here.length + 1;
      uint32_t c = edge.lo;  // something readable where the range has it
      for (uint32_t nice : {'a', '1', '0', 'A', ' '}) {
        if (edge.lo <= nice && nice <= edge.hi) {
          c = nice;
          break;
        }
      }
      order.push_back({edge.target, i, static_cast<char32_t>(c), here.length + 1});
      todo.push({here.length + 1 + impl_->least_length(edge.target), here.length + 1,
                 static_cast<uint32_t>(order.size() - 1)});
    }
  }
  return false;
}

std::vector<ExprId> ExpressionArena::union_parts(ExprId e, size_t limit) {
  auto children = [this](ExprId of) {
    const ExprNode& n = impl_->at(of);
    return std::vector<ExprId>(impl_->children.begin() + n.a, impl_->children.begin() + n.a + n.b);
  };
  std::vector<ExprId> out{e};
  if (impl_->at(e).kind == ExprKind::kUnion) {
    out = children(e);
  } else if (impl_->at(e).kind == ExprKind::kIntersect) {
    std::vector<ExprId> factors = children(e);
    auto choice = std::find_if(factors.begin(), factors.end(),
                               [this](ExprId f) { return impl_->at(f).kind == ExprKind::kUnion; });
    if (choice != factors.end()) {
      out = children(*choice);
      factors.erase(choice);
      for (ExprId& part : out) {
        std::vector<ExprId> all = factors;
        all.push_back(part);
        part = intersect(std::move(all));
      }
    }
  }
  return out.size() <= limit ? out : std::vector<ExprId>{e};
}

size_t ExpressionArena::count_strings(ExprId start, size_t limit) {
  if (limit == 0 || is_empty(start)) return 0;
  if (impl_->is_cofinite(start)) return limit;
  // Level by level: how many strings of this length lead to each state. A cycle among live states never runs dry, so
  // the count reaches the limit; otherwise the levels end.
  std::unordered_map<ExprId, size_t> level{{start, 1}};
  size_t total = 0, visited = 0;
  while (!level.empty()) {
    std::unordered_map<ExprId, size_t> next;
    for (const auto& [e, count] : level) {
      if (nullable(e)) total = std::min(limit, total + count);
      if (total >= limit) return limit;
      if (++visited > impl_->limits.max_search) {
        throw GrammarLimitError("counting strings visits more than max_search_states = " +
                                std::to_string(impl_->limits.max_search));
      }
      for (const Edge& edge : edges(e)) {
        size_t width = edge.hi - edge.lo + 1;
        size_t& slot = next[edge.target];
        size_t product = count >= limit || width >= limit ? limit : std::min(limit, count * width);
        slot = std::min(limit, slot + product);
      }
    }
    size_t begun = total;  // each beginning that can be completed is one string at least
    for (const auto& [e, count] : next) begun = std::min(limit, begun + count);
    if (begun >= limit) return limit;
    level = std::move(next);
  }
  return total;
}

bool ExpressionArena::enumerate(ExprId start, size_t limit, std::vector<std::u32string>* texts) {
  texts->clear();
  if (count_strings(start, limit + 1) > limit) return false;
  std::vector<std::pair<ExprId, std::u32string>> todo{{start, U""}};
  while (!todo.empty()) {
    auto [e, text] = std::move(todo.back());
    todo.pop_back();
    if (nullable(e)) texts->push_back(text);
    if (is_empty(e)) continue;
    for (const Edge& edge : edges(e)) {
      for (uint32_t c = edge.lo; c <= edge.hi; ++c) todo.emplace_back(edge.target, text + static_cast<char32_t>(c));
    }
  }
  return true;
}

}  // namespace fcformat
