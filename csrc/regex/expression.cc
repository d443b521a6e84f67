// Constructors of expressions: simplification and hash-consing.
#include "regex/expression.h"

#include <algorithm>
#include <stdexcept>

#include "errors.h"
#include "regex/expression_impl.h"

namespace fcformat {
namespace {

constexpr ExprId kEmpty = 0, kEpsilon = 1, kAnyChar = 2, kAnyString = 3;

size_t mix(size_t seed, size_t value) { return (seed ^ value) * 0x9E3779B97F4A7C15ull + (seed >> 29); }

size_t hash_of(const ExprNode& n) {
  return mix(mix(mix(mix(static_cast<size_t>(n.kind) + 1, n.a), n.b), n.min), n.max);
}

uint32_t depth_over(uint32_t depth, const ExpressionLimits& limits) {
  if (depth >= limits.max_depth) {
    throw GrammarLimitError("an expression nests deeper than max_expression_depth = " +
                            std::to_string(limits.max_depth));
  }
  return depth + 1;
}

}  // namespace

ExpressionArena::Impl::Impl(ExpressionLimits limits) : limits(limits) {}

void ExpressionArena::Impl::tick() {
  if (--until_check != 0) return;
  until_check = 1024;
  auto now = std::chrono::steady_clock::now();
  if (!clock_runs) {
    clock_runs = true;
    deadline = now + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                         std::chrono::duration<double>(limits.max_seconds));
  } else if (now > deadline) {
    std::string seconds = std::to_string(limits.max_seconds);
    throw GrammarLimitError("one operation takes longer than max_seconds = " +
                            seconds.substr(0, seconds.find('.') + 3));
  }
}

void ExpressionArena::start_clock() { impl_->clock_runs = false; }

void ExpressionArena::check_time() const { impl_->tick(); }

void ExpressionArena::Impl::charge(size_t bytes) {
  extra_bytes += bytes;
  if (extra_bytes + nodes.size() * (sizeof(ExprNode) + 48) > limits.max_bytes) {
    throw GrammarLimitError("expressions take more than max_expression_bytes = " + std::to_string(limits.max_bytes));
  }
}

ExprId ExpressionArena::Impl::intern(const ExprNode& node) {
  size_t hash = hash_of(node);
  auto [it, end] = interned.equal_range(hash);
  for (; it != end; ++it) {
    const ExprNode& other = nodes[it->second];
    if (other.kind == node.kind && other.a == node.a && other.b == node.b && other.min == node.min &&
        other.max == node.max) {
      return it->second;
    }
  }
  if (nodes.size() >= limits.max_nodes) {
    throw GrammarLimitError("more expressions than max_expression_nodes = " + std::to_string(limits.max_nodes));
  }
  tick();
  auto id = static_cast<ExprId>(nodes.size());
  nodes.push_back(node);
  interned.emplace(hash, id);
  charge(0);
  return id;
}

ExprId ExpressionArena::Impl::intern_list(ExprKind kind, const std::vector<ExprId>& list) {
  size_t hash = static_cast<size_t>(kind) + 77;
  for (ExprId e : list) hash = mix(hash, e);
  auto [it, end] = interned.equal_range(hash);
  for (; it != end; ++it) {
    const ExprNode& other = nodes[it->second];
    if (other.kind == kind && other.b == list.size() &&
        std::equal(list.begin(), list.end(), children.begin() + other.a)) {
      return it->second;
    }
  }
  if (nodes.size() >= limits.max_nodes) {
    throw GrammarLimitError("more expressions than max_expression_nodes = " + std::to_string(limits.max_nodes));
  }
  bool is_union = kind == ExprKind::kUnion;
  ExprNode node{kind, !is_union, is_union, Liveness::kUnknown, 0};
  uint32_t depth = 0;
  for (ExprId e : list) {
    const ExprNode& child = nodes[e];
    if (is_union) {
      node.nullable |= child.nullable;
      node.plain &= child.plain;
      if (child.plain || child.liveness == Liveness::kAlive) node.liveness = Liveness::kAlive;
    } else {
      node.nullable &= child.nullable;
    }
    depth = std::max(depth, child.depth);
  }
  node.depth = depth_over(depth, limits);
  node.a = static_cast<uint32_t>(children.size());
  node.b = static_cast<uint32_t>(list.size());
  children.insert(children.end(), list.begin(), list.end());
  auto id = static_cast<ExprId>(nodes.size());
  nodes.push_back(node);
  interned.emplace(hash, id);
  charge(list.size() * sizeof(ExprId));
  return id;
}

uint32_t ExpressionArena::Impl::intern_set(CodeSet set) {
  size_t hash = set.size();
  for (CodeRange r : set) hash = mix(mix(hash, r.lo), r.hi);
  auto [it, end] = set_index.equal_range(hash);
  for (; it != end; ++it) {
    if (sets[it->second] == set) return it->second;
  }
  charge(set.size() * sizeof(CodeRange) + 64);
  sets.push_back(std::move(set));
  auto index = static_cast<uint32_t>(sets.size() - 1);
  set_index.emplace(hash, index);
  return index;
}

ExprId ExpressionArena::Impl::intern_trie(uint32_t trie, uint32_t node) {
  const TextTrie::Node& t = tries[trie][node];
  if (t.count == 0) return t.accept ? kEpsilon : kEmpty;
  ExprNode n{ExprKind::kTrie, t.accept, true, Liveness::kUnknown, 1};
  n.a = trie;
  n.b = node;
  return intern(n);
}

ExprId ExpressionArena::Impl::intern_interval(uint32_t interval, const IntervalState& s) {
  size_t hash =
      mix(mix(mix(static_cast<size_t>(s.phase), static_cast<size_t>(s.point)), static_cast<size_t>(s.low_matched)),
          static_cast<size_t>(s.high_matched));
  hash = mix(
      mix(hash, static_cast<size_t>(s.exponent)),
      static_cast<size_t>(s.negative | s.nonzero << 1 | s.exponent_negative << 2 | s.low_done << 3 | s.high_done << 4));
  uint32_t state = UINT32_MAX;
  auto [it, end] = interval_state_index.equal_range(hash);
  for (; it != end; ++it) {
    if (interval_states[it->second] == s) state = it->second;
  }
  if (state == UINT32_MAX) {
    state = static_cast<uint32_t>(interval_states.size());
    interval_states.push_back(s);
    interval_state_index.emplace(hash, state);
    charge(sizeof(IntervalState) + 48);
  }
  ExprNode n{ExprKind::kInterval, accepts(intervals[interval].first, s), false, Liveness::kUnknown, 1};
  n.a = interval;
  n.b = state;
  return intern(n);
}

ExprId ExpressionArena::Impl::intern_multiple(uint32_t divisor, const MultipleState& s) {
  size_t hash = mix(mix(mix(static_cast<size_t>(s.phase), s.remainder), static_cast<size_t>(s.places)), s.surplus);
  uint32_t state = UINT32_MAX;
  auto [it, end] = multiple_state_index.equal_range(hash);
  for (; it != end; ++it) {
    if (multiple_states[it->second] == s) state = it->second;
  }
  if (state == UINT32_MAX) {
    state = static_cast<uint32_t>(multiple_states.size());
    multiple_states.push_back(s);
    multiple_state_index.emplace(hash, state);
    charge(sizeof(MultipleState) + 48);
  }
  ExprNode n{ExprKind::kMultiple, accepts(divisors[divisor], s), false, Liveness::kUnknown, 1};
  n.a = divisor;
  n.b = state;
  return intern(n);
}

ExprId ExpressionArena::Impl::intern_automaton(uint32_t automaton, uint32_t state) {
  ExprNode n{ExprKind::kAutomaton, automata[automaton]->accepts(state), true, Liveness::kAlive, 1};
  n.a = automaton;
  n.b = state;
  return intern(n);
}

ExpressionArena::ExpressionArena(ExpressionLimits limits) : impl_(std::make_unique<Impl>(limits)) {
  start_clock();
  impl_->nodes.push_back({ExprKind::kEmpty, false, false, Liveness::kDead, 1});
  impl_->nodes.push_back({ExprKind::kEpsilon, true, true, Liveness::kAlive, 1});
  ExprId any = char_class({{0, kMaxCodePoint}});
  ExprId all = repeat(any, 0, kUnbounded);
  if (any != kAnyChar || all != kAnyString) throw std::logic_error("expression arena: reserved ids moved");
}

ExpressionArena::~ExpressionArena() = default;

ExprId ExpressionArena::char_class(CodeSet set) {
  set = normalize_set(std::move(set));
  if (set.empty()) return kEmpty;
  ExprNode node{ExprKind::kClass, false, true, Liveness::kAlive, 1};
  node.a = impl_->intern_set(std::move(set));
  return impl_->intern(node);
}

ExprId ExpressionArena::literal(std::u32string_view text) {
  ExprId out = kEpsilon;
  for (size_t i = text.size(); i-- > 0;) out = concat(char_class({{text[i], text[i]}}), out);
  return out;
}

bool has_lone_surrogate(std::u32string_view text) {
  return std::any_of(text.begin(), text.end(), [](char32_t c) { return c >= 0xD800 && c <= 0xDFFF; });
}

ExprId ExpressionArena::literal_set(std::vector<std::u32string> texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  std::erase_if(texts, has_lone_surrogate);
  if (texts.empty()) return empty();
  std::u32string key;  // equal sets are one trie
  size_t size = 0;
  for (const auto& text : texts) size += text.size() + 1;
  key.reserve(size);
  for (const auto& text : texts) {
    key += static_cast<char32_t>(text.size());
    key += text;
  }
  auto [known, is_new] = impl_->trie_index.try_emplace(std::move(key), static_cast<uint32_t>(impl_->tries.size()));
  if (!is_new) return impl_->intern_trie(known->second, 0);
  TextTrie trie(std::vector<std::u32string_view>(texts.begin(), texts.end()));
  impl_->charge(known->first.size() * sizeof(char32_t) + trie.bytes() + 64);
  impl_->tries.push_back(std::move(trie));
  return impl_->intern_trie(static_cast<uint32_t>(impl_->tries.size() - 1), 0);
}

ExprId ExpressionArena::concat(ExprId first, ExprId second) {
  if (first == kEmpty || second == kEmpty) return kEmpty;
  if (second == kEpsilon) return first;
  if (first == kEpsilon) return second;
  std::vector<ExprId> heads;  // the list is kept leaning to the right
  ExprId e = first;
  while (impl_->at(e).kind == ExprKind::kConcat) {
    heads.push_back(impl_->at(e).a);
    e = impl_->at(e).b;
  }
  heads.push_back(e);
  for (size_t i = heads.size(); i-- > 0;) {
    ExprId head = heads[i];
    const ExprNode& tail = impl_->at(second);
    if (head == kAnyString && (second == kAnyString || (tail.kind == ExprKind::kConcat && tail.a == kAnyString)))
      continue;
    const ExprNode& h = impl_->at(head);
    ExprNode node{ExprKind::kConcat, h.nullable && tail.nullable, h.plain && tail.plain, Liveness::kUnknown, 0};
    node.depth = depth_over(std::max(h.depth, h.nullable ? tail.depth : 0), impl_->limits);
    node.a = head;
    node.b = second;
    second = impl_->intern(node);
  }
  return second;
}

// "a, or a and b" is a. Searching for several things at once leads to chains of such parts, one for each place to begin.
void ExpressionArena::Impl::absorb(std::vector<ExprId>* parts) const {
  constexpr size_t kMost = 256;  // pairs are compared
  auto is_intersection = [&](ExprId e) { return at(e).kind == ExprKind::kIntersect; };
  if (parts->size() < 2 || parts->size() > kMost || std::none_of(parts->begin(), parts->end(), is_intersection)) return;
  auto asks = [&](const ExprId& e) {  // what a part asks, sorted
    const ExprNode& n = at(e);
    const ExprId* first = n.kind == ExprKind::kIntersect ? children.data() + n.a : &e;
    return std::make_pair(first, first + (n.kind == ExprKind::kIntersect ? n.b : 1));
  };
  std::vector<bool> drop(parts->size());
  for (size_t i = 0; i < parts->size(); ++i) {
    if (!is_intersection((*parts)[i])) continue;
    auto [more, more_end] = asks((*parts)[i]);
    for (size_t j = 0; j < parts->size() && !drop[i]; ++j) {
      if (i == j || drop[j]) continue;
      auto [less, less_end] = asks((*parts)[j]);
      drop[i] = less_end - less < more_end - more && std::includes(more, more_end, less, less_end);
    }
  }
  size_t place = 0;
  std::erase_if(*parts, [&](ExprId) { return drop[place++]; });
}

ExprId ExpressionArena::unite(std::vector<ExprId> parts) {
  std::vector<ExprId> flat;
  CodeSet classes;
  size_t class_count = 0;
  ExprId only_class = kEmpty;
  uint32_t length_min = 1, length_max = 0;  // union of overlapping "any min to max characters"
  auto add = [&](auto&& self, ExprId e) -> void {
    const ExprNode& n = impl_->at(e);
    if (n.kind == ExprKind::kUnion) {
      for (uint32_t i = 0; i < n.b; ++i) self(self, impl_->children[n.a + i]);  // unions hold no unions: one level
    } else if (n.kind == ExprKind::kClass) {
      const CodeSet& set = impl_->sets[n.a];
      classes.insert(classes.end(), set.begin(), set.end());
      ++class_count;
      only_class = e;
    } else if (e != kEmpty) {
      flat.push_back(e);
    }
  };
  for (ExprId e : parts) add(add, e);
  if (class_count == 1) flat.push_back(only_class);
  if (class_count > 1) flat.push_back(char_class(std::move(classes)));
  std::sort(flat.begin(), flat.end());
  flat.erase(std::unique(flat.begin(), flat.end()), flat.end());
  std::vector<ExprId> kept;
  for (ExprId e : flat) {
    if (e == kAnyString) return kAnyString;
    uint32_t min, max;
    if (e != kEpsilon && e != kAnyChar && is_length_range(e, &min, &max)) {
      if (length_min > length_max) {
        length_min = min, length_max = max;
        continue;
      }
      if (min <= length_max && length_min <= max) {
        length_min = std::min(length_min, min), length_max = std::max(length_max, max);
        continue;
      }
    }
    kept.push_back(e);
  }
  if (length_min <= length_max) kept.push_back(length(length_min, length_max));
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  for (ExprId e : kept) {
    if (impl_->at(e).kind == ExprKind::kComplement && std::binary_search(kept.begin(), kept.end(), impl_->at(e).a))
      return kAnyString;
    if (e == kAnyString) return kAnyString;
  }
  // The empty string adds nothing beside a part that has it.
  if (!kept.empty() && kept[0] == kEpsilon &&
      std::any_of(kept.begin() + 1, kept.end(), [&](ExprId e) { return impl_->at(e).nullable; })) {
    kept.erase(kept.begin());
  }
  impl_->absorb(&kept);
  if (kept.empty()) return kEmpty;
  if (kept.size() == 1) return kept[0];
  return impl_->intern_list(ExprKind::kUnion, kept);
}

ExprId ExpressionArena::intersect(std::vector<ExprId> parts) {
  std::vector<ExprId> flat;
  for (ExprId e : parts) {
    const ExprNode& n = impl_->at(e);
    if (n.kind == ExprKind::kIntersect) {
      flat.insert(flat.end(), impl_->children.begin() + n.a, impl_->children.begin() + n.a + n.b);
    } else if (e != kAnyString) {
      flat.push_back(e);
    }
  }
  std::sort(flat.begin(), flat.end());
  flat.erase(std::unique(flat.begin(), flat.end()), flat.end());
  if (flat.empty()) return kAnyString;
  if (flat[0] == kEmpty) return kEmpty;
  if (flat[0] == kEpsilon) {
    return std::all_of(flat.begin(), flat.end(), [&](ExprId e) { return impl_->at(e).nullable; }) ? kEpsilon : kEmpty;
  }
  uint32_t length_min = 0, length_max = kUnbounded;
  CodeSet classes;
  bool has_class = false, has_length = false;
  std::vector<ExprId> kept;
  for (ExprId e : flat) {
    uint32_t min, max;
    if (impl_->at(e).kind == ExprKind::kClass) {
      const CodeSet& set = impl_->sets[impl_->at(e).a];
      classes = has_class ? intersect_sets(classes, set) : set;
      has_class = true;
    } else if (is_length_range(e, &min, &max)) {
      length_min = std::max(length_min, min), length_max = std::min(length_max, max);
      has_length = true;
    } else {
      kept.push_back(e);
    }
  }
  if (has_class) {
    if (length_min > 1 || length_max < 1 || classes.empty()) return kEmpty;
    kept.push_back(char_class(std::move(classes)));
  } else if (has_length) {
    if (length_min > length_max) return kEmpty;
    ExprId range = length(length_min, length_max);
    if (range == kEpsilon)
      return intersect([&] {
        kept.push_back(range);
        return kept;
      }());
    if (range != kAnyString) kept.push_back(range);
  }
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  for (ExprId e : kept) {
    if (impl_->at(e).kind == ExprKind::kComplement && std::binary_search(kept.begin(), kept.end(), impl_->at(e).a))
      return kEmpty;
  }
  if (kept.empty()) return kAnyString;
  if (kept.size() == 1) return kept[0];
  return impl_->intern_list(ExprKind::kIntersect, kept);
}

ExprId ExpressionArena::complement(ExprId part) {
  if (part == kEmpty) return kAnyString;
  if (part == kAnyString) return kEmpty;
  const ExprNode& n = impl_->at(part);
  if (n.kind == ExprKind::kComplement) return n.a;
  ExprNode node{ExprKind::kComplement, !n.nullable, false, Liveness::kUnknown, depth_over(n.depth, impl_->limits)};
  node.a = part;
  return impl_->intern(node);
}

ExprId ExpressionArena::repeat(ExprId part, uint32_t min, uint32_t max) {
  if (min > max) throw std::invalid_argument("repeat: min above max");
  if (max == 0 || part == kEpsilon) return kEpsilon;
  if (part == kEmpty) return min == 0 ? kEpsilon : kEmpty;
  if (min == 1 && max == 1) return part;
  const ExprNode& n = impl_->at(part);
  if (n.kind == ExprKind::kRepeat && n.min <= 1 && n.max == kUnbounded && (min <= 1 || n.min == 0)) {
    return repeat(n.a, n.min == 0 ? 0 : min, kUnbounded);
  }
  if (n.nullable) min = 0;
  ExprNode node{ExprKind::kRepeat, min == 0, n.plain, Liveness::kUnknown, depth_over(n.depth, impl_->limits)};
  if (min == 0) node.liveness = Liveness::kAlive;
  node.a = part;
  node.min = min;
  node.max = max;
  return impl_->intern(node);
}

ExprId ExpressionArena::declare_variable() {
  auto id = static_cast<ExprId>(impl_->nodes.size());
  ExprNode node{ExprKind::kVariable, false, false, Liveness::kUnknown, 1};
  node.a = kEmpty;
  node.b = id;  // never equal to another variable
  return impl_->intern(node);
}

void ExpressionArena::define_variable(ExprId variable, ExprId definition) {
  ExprNode& node = impl_->nodes.at(variable);
  if (node.kind != ExprKind::kVariable) throw std::logic_error("define_variable: not a variable");
  // The node's hash must not change: it is found by its own id in b, and a is set without re-interning.
  node.a = definition;
  node.nullable = impl_->at(definition).nullable;
  node.depth = depth_over(impl_->at(definition).depth, impl_->limits);
}

ExprId ExpressionArena::number_interval(const NumberInterval& interval, bool exponent) {
  if (interval.empty()) return kEmpty;
  auto key = std::make_pair(interval, exponent);
  size_t index = 0;
  while (index < impl_->intervals.size() && !(impl_->intervals[index] == key)) ++index;
  if (index == impl_->intervals.size()) {
    impl_->intervals.push_back(std::move(key));
    impl_->charge(sizeof(NumberInterval) + 64);
  }
  return impl_->intern_interval(static_cast<uint32_t>(index), IntervalState{});
}

ExprId ExpressionArena::number_multiple(const Decimal& divisor, bool negated) {
  auto made = make_divisor(divisor, negated);
  if (!made) {
    throw GrammarLimitError("multipleOf " + to_string(divisor).substr(0, 40) +
                            " needs remainders beyond max_remainder = 2^60");
  }
  size_t index = 0;
  while (index < impl_->divisors.size() && !(impl_->divisors[index] == *made)) ++index;
  if (index == impl_->divisors.size()) impl_->divisors.push_back(*made);
  return impl_->intern_multiple(static_cast<uint32_t>(index), MultipleState{});
}

ExprId ExpressionArena::automaton(std::shared_ptr<CodeAutomaton> automaton) {
  uint32_t start = automaton->start();
  impl_->automata.push_back(std::move(automaton));
  return impl_->intern_automaton(static_cast<uint32_t>(impl_->automata.size() - 1), start);
}

const ExprId* ExpressionArena::recall(const std::string& name) const {
  auto it = impl_->remembered.find(name);
  return it == impl_->remembered.end() ? nullptr : &it->second;
}

void ExpressionArena::remember(const std::string& name, ExprId e) { impl_->remembered.insert_or_assign(name, e); }

bool ExpressionArena::nullable(ExprId e) const { return impl_->at(e).nullable; }

bool ExpressionArena::is_length_range(ExprId e, uint32_t* min, uint32_t* max) const {
  if (e == kEpsilon) return *min = *max = 0, true;
  if (e == kAnyChar) return *min = *max = 1, true;
  const ExprNode& n = impl_->at(e);
  if (n.kind != ExprKind::kRepeat || n.a != kAnyChar) return false;
  *min = n.min;
  *max = n.max;
  return true;
}

const ExpressionLimits& ExpressionArena::limits() const { return impl_->limits; }
size_t ExpressionArena::size() const { return impl_->nodes.size(); }
size_t ExpressionArena::bytes() const { return impl_->extra_bytes + impl_->nodes.size() * (sizeof(ExprNode) + 48); }

}  // namespace fcformat
