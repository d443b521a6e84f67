// Expressions without the counts that a short text cannot reach.
#include <algorithm>

#include "regex/expression.h"
#include "regex/expression_impl.h"

namespace fcformat {
namespace {

uint32_t sum(uint32_t a, uint32_t b) { return b > kUnbounded - a ? kUnbounded : a + b; }
uint32_t product(uint32_t a, uint32_t b) {
  uint64_t all = static_cast<uint64_t>(a) * b;
  return all > kUnbounded ? kUnbounded : static_cast<uint32_t>(all);
}

}  // namespace

// Of a chain of concatenations, those that a table does not hold yet, the last one last.
template <typename Table>
std::vector<ExprId> ExpressionArena::unknown_links(ExprId e, const Table& known) const {
  std::vector<ExprId> out;
  for (; impl_->at(e).kind == ExprKind::kConcat && impl_->at(e).plain && !known.contains(e); e = impl_->at(e).b)
    out.push_back(e);
  return out;
}

// Of a plain expression: characters of a shortest string, and so many that whatever has been begun can be completed with.
ExpressionArena::Needs ExpressionArena::needs(ExprId e) {
  const ExprNode n = impl_->at(e);
  if (n.kind == ExprKind::kEpsilon) return {0, 0};
  if (n.kind == ExprKind::kClass) return {1, 1};
  if (auto it = impl_->needs.find(e); it != impl_->needs.end()) return {it->second.first, it->second.second};
  Needs out{0, 0};
  switch (n.kind) {
    case ExprKind::kConcat: {
      // A text of many characters is a chain as long: its links from behind, so that each finds the next one known.
      for (std::vector<ExprId> links = unknown_links(n.b, impl_->needs); !links.empty(); links.pop_back())
        needs(links.back());
      Needs a = needs(n.a), b = needs(n.b);
      out = {sum(a.shortest, b.shortest), std::max(sum(a.completion, b.shortest), b.completion)};
      break;
    }
    case ExprKind::kUnion:
      out.shortest = kUnbounded;
      for (uint32_t i = 0; i < n.b; ++i) {
        Needs part = needs(impl_->children[n.a + i]);
        out = {std::min(out.shortest, part.shortest), std::max(out.completion, part.completion)};
      }
      break;
    case ExprKind::kRepeat: {
      Needs a = needs(n.a);
      out.shortest = product(a.shortest, n.min);
      out.completion = std::max(out.shortest, sum(a.completion, product(a.shortest, n.min == 0 ? 0 : n.min - 1)));
      break;
    }
    default:  // not looked into: as if nothing were ever enough
      out = {kUnbounded, kUnbounded};
  }
  impl_->needs.emplace(e, std::pair(out.shortest, out.completion));
  impl_->charge(48);
  return out;
}

// A repetition with more than `length` turns left is one without end, as one turn takes a character at least; and one that
// needs more than `length` turns needs some more, however many. That holds inside concatenations, unions and
// repetitions. Beside a bound on the length that whatever is begun within `length` can always be completed below, an
// expression is itself.
ExprId ExpressionArena::with_slack(ExprId e, uint32_t length) {
  const ExprNode n = impl_->at(e);
  if (n.kind == ExprKind::kAutomaton)
    return impl_->intern_automaton(n.a, impl_->automata[n.a]->with_slack(n.b, length));
  if (n.kind != ExprKind::kConcat && n.kind != ExprKind::kUnion && n.kind != ExprKind::kRepeat &&
      n.kind != ExprKind::kIntersect)
    return e;
  if (!n.plain && n.kind != ExprKind::kIntersect) return e;
  if (auto it = impl_->slack.find(e); it != impl_->slack.end() && it->second.first == length) return it->second.second;
  ExprId out = e;
  switch (n.kind) {
    case ExprKind::kConcat: {
      for (std::vector<ExprId> links = unknown_links(n.b, impl_->slack); !links.empty(); links.pop_back())
        with_slack(links.back(), length);
      ExprId first = with_slack(n.a, length);
      out = concat(first, with_slack(n.b, length));
      break;
    }
    case ExprKind::kUnion: {
      std::vector<ExprId> parts;
      for (uint32_t i = 0; i < n.b; ++i) parts.push_back(with_slack(impl_->children[n.a + i], length));
      out = unite(std::move(parts));
      break;
    }
    case ExprKind::kRepeat: {
      ExprId part = with_slack(n.a, length);
      out = repeat(part, std::min(n.min, length + 1), n.max > length ? kUnbounded : n.max);
      break;
    }
    default: {
      if (n.b != 2) break;
      ExprId a = impl_->children[n.a], b = impl_->children[n.a + 1];
      uint32_t min, max;
      if (is_length_range(a, &min, &max)) std::swap(a, b);
      if (!is_length_range(b, &min, &max) || min != 0 || !impl_->at(a).plain) break;
      const ExprNode whole = impl_->at(a);
      uint32_t enough = whole.kind == ExprKind::kAutomaton ? impl_->automata[whole.a]->completion(whole.b, length)
                                                           : needs(a).completion;
      if (enough != kUnbounded && max >= sum(length, enough)) out = with_slack(a, length);
    }
  }
  impl_->slack[e] = {length, out};
  impl_->charge(56);
  return out;
}

}  // namespace fcformat
