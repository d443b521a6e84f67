#include "regex/code_automaton.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

#include "errors.h"

namespace fcformat {
namespace {

uint64_t signature_of(uint64_t what) {  // splitmix64
  uint64_t z = (what + 1) * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// Divides states until equal numbers mean equal futures; numbers them, the first state first.
std::vector<uint32_t> equal_futures(const CodeTable& table) {
  std::vector<uint32_t> group(table.accepts.begin(), table.accepts.end());
  size_t count = 0;
  for (;;) {
    std::map<std::vector<uint32_t>, uint32_t> known;
    std::vector<uint32_t> next;
    for (uint32_t state = 0; state < table.size(); ++state) {
      std::vector<uint32_t> key{group[state]};
      for (uint32_t c = 0; c < table.classes.size(); ++c) {
        uint32_t target = table.target(state, c);
        key.push_back(target == CodeTable::kNowhere ? target : group[target]);
      }
      next.push_back(known.try_emplace(std::move(key), static_cast<uint32_t>(known.size())).first->second);
    }
    group = std::move(next);
    if (known.size() == count) return group;
    count = known.size();
  }
}

class TableAutomaton : public CodeAutomaton {
 public:
  explicit TableAutomaton(CodeTable table) : table_(std::move(table)) {}
  uint32_t start() override { return 0; }
  std::optional<uint32_t> step(uint32_t state, uint32_t c) override {
    uint32_t which = table_.class_of(c);
    uint32_t target = which == CodeTable::kNowhere ? which : table_.target(state, which);
    return target == CodeTable::kNowhere ? std::nullopt : std::optional(target);
  }
  bool accepts(uint32_t state) const override { return table_.accepts[state]; }
  const std::vector<CodeSet>& classes() const override { return table_.classes; }

 private:
  CodeTable table_;
};

}  // namespace

uint32_t CodeTable::class_of(uint32_t c) const {
  auto it =
      std::upper_bound(ranges.begin(), ranges.end(), c, [](uint32_t value, const Range& r) { return value < r.lo; });
  return it != ranges.begin() && (it - 1)->hi >= c ? (it - 1)->which : kNowhere;
}

CodeTable make_code_table(ExpressionArena& arena, ExprId e, size_t max_states) {
  std::vector<ExprId> states{e};
  std::unordered_map<ExprId, uint32_t> index{{e, 0}};
  // Sweep over the ends of all edges: the exclusive-or of those that cover a code point says where it leads from all states.
  std::unordered_map<uint32_t, uint64_t> changes;
  for (uint32_t i = 0; i < states.size(); ++i) {
    for (const Edge& edge : arena.edges(states[i])) {
      auto [it, is_new] = index.try_emplace(edge.target, static_cast<uint32_t>(states.size()));
      if (is_new) states.push_back(edge.target);
      uint64_t signature = signature_of(static_cast<uint64_t>(i) << 32 | it->second);
      changes[edge.lo] ^= signature;
      changes[edge.hi + 1] ^= signature;
    }
    if (states.size() >= max_states) {
      throw GrammarLimitError("an automaton has more than max_table_states = " + std::to_string(max_states));
    }
  }
  std::vector<std::pair<uint32_t, uint64_t>> cuts(changes.begin(), changes.end());
  std::sort(cuts.begin(), cuts.end());
  CodeTable wide;
  std::unordered_map<uint64_t, uint32_t> classes;
  uint64_t signature = 0;
  for (size_t k = 0; k + 1 < cuts.size(); ++k) {
    signature ^= cuts[k].second;
    if (signature == 0) continue;  // nowhere
    uint32_t which = classes.try_emplace(signature, static_cast<uint32_t>(classes.size())).first->second;
    wide.classes.resize(classes.size());
    wide.classes[which].push_back({cuts[k].first, cuts[k + 1].first - 1});
    wide.ranges.push_back({cuts[k].first, cuts[k + 1].first - 1, which});
  }
  for (ExprId state : states) {
    const std::vector<Edge>& edges = arena.edges(state);
    for (const CodeSet& set : wide.classes) {
      auto it = std::upper_bound(edges.begin(), edges.end(), set[0].lo,
                                 [](uint32_t value, const Edge& edge) { return value < edge.lo; });
      bool found = it != edges.begin() && (it - 1)->hi >= set[0].lo;
      wide.targets.push_back(found ? index.at((it - 1)->target) : CodeTable::kNowhere);
    }
  }
  for (ExprId state : states) wide.accepts.push_back(arena.nullable(state));

  const std::vector<uint32_t> group = equal_futures(wide);
  CodeTable table{wide.classes, wide.ranges, {}, {}};
  for (uint32_t i = 0; i < states.size(); ++i) {
    if (group[i] != table.size()) continue;  // groups are numbered as they turn up
    table.accepts.push_back(wide.accepts[i]);
    for (uint32_t c = 0; c < wide.classes.size(); ++c) {
      uint32_t target = wide.target(i, c);
      table.targets.push_back(target == CodeTable::kNowhere ? target : group[target]);
    }
  }
  return table;
}

ExprId tabulate(ExpressionArena& arena, ExprId e, size_t max_states) {
  return arena.automaton(std::make_shared<TableAutomaton>(make_code_table(arena, e, max_states)));
}

}  // namespace fcformat
