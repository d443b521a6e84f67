// What the automaton keeps: grammar nodes, states, frames, stacks and key states, each once, and how much they take.
#include <algorithm>
#include <cstring>

#include "errors.h"
#include "grammar/machine.h"

namespace fcformat {

size_t Machine::hash_of(const State& s) {
  size_t h = static_cast<size_t>(s.kind) << 24 | static_cast<size_t>(s.quote) << 16 | s.context;
  return mix(mix(mix(h, s.a), s.b), s.partial);
}

size_t Machine::FrameHash::operator()(const Frame& f) const {
  return mix(mix(mix(mix(static_cast<size_t>(f.kind) << 16 | f.context, f.id), f.begin), f.end), f.used);
}

Machine::Machine(ExpressionLimits expression_limits, MachineLimits limits)
    : arena_(expression_limits), limits_(limits) {
  intern(State{});
  intern_frame(Frame{});
  stacks_.emplace_back();
}

uint32_t Machine::add_node(GrammarNode node) {
  has_tokens_ |= node.kind == GrammarNode::Kind::kToken;
  has_counts_ |= node.kind == GrammarNode::Kind::kCounted;
  nodes_.push_back(std::move(node));
  return static_cast<uint32_t>(nodes_.size() - 1);
}

uint32_t Machine::add_context(ValueContext context) {
  if (contexts_.size() >= UINT16_MAX) throw GrammarLimitError("a grammar holds more than max_schemas = 65535 schemas");
  contexts_.push_back(std::move(context));
  return static_cast<uint32_t>(contexts_.size() - 1);
}

StateId Machine::intern(const State& s) {
  auto [id, is_new] = state_index_.add(
      hash_of(s), static_cast<StateId>(states_.size()), [&](StateId other) { return states_[other] == s; },
      [&](StateId other) { return hash_of(states_[other]); });
  if (is_new) {
    states_.push_back(s);
    rows_.emplace_back();
    pops_.push_back(0);
    open_strings_.push_back(UINT32_MAX);
    arena_.check_time();
    if ((states_.size() & 1023) == 0) check_size();
  }
  return id;
}

namespace {
constexpr std::array<uint8_t, 256> kOneClass{};
constexpr uint32_t kRefused = 0;
constexpr size_t kContainerBytes =
    22 << 10;  // measured: tables and queues, and their first chunks, with little in them
}  // namespace

const Row Machine::kNoRow{kOneClass.data(), &kRefused};

FrameId Machine::intern_frame(const Frame& f) {
  auto [it, is_new] = frame_index_.try_emplace(f, static_cast<FrameId>(frames_.size()));
  if (is_new) frames_.push_back(f);
  return it->second;
}

StackId Machine::push(const Frame& frame, StackId parent) {
  refers_to_text_ |= refers_to_key(frame);
  FrameId f = intern_frame(frame);
  auto [it, is_new] =
      stack_index_.try_emplace(static_cast<uint64_t>(f) << 32 | parent, static_cast<StackId>(stacks_.size()));
  if (is_new) stacks_.push_back({f, parent, stacks_[parent].depth + 1});
  return it->second;
}

void Machine::drop_stacks(size_t mark) {
  for (size_t i = mark; i < stacks_.size(); ++i) {
    stack_index_.erase(static_cast<uint64_t>(stacks_[i].frame) << 32 | stacks_[i].parent);
    if (!after_pop_.empty()) after_pop_.erase(static_cast<StackId>(i));
  }
  stacks_.resize(std::min(mark, stacks_.size()));
}

uint32_t Machine::intern_key_state(const KeyState& k) {
  const size_t begin = key_states_.size();
  key_states_.push_back(k.plan);
  key_states_.push_back(k.trie);
  key_states_.push_back(static_cast<uint32_t>(k.cells.size()));
  key_states_.insert(key_states_.end(), k.cells.begin(), k.cells.end());
  key_states_.push_back(static_cast<uint32_t>(k.open.size()));
  key_states_.insert(key_states_.end(), k.open.begin(), k.open.end());
  const size_t length = key_states_.size() - begin;
  auto hash = [&](size_t at) {
    size_t end = at + 3 + key_states_[at + 2], h = 0;
    end += 1 + key_states_[end];
    for (; at < end; ++at) h = mix(h, key_states_[at]);
    return h;
  };
  // Lengths stand inside, so what begins alike for this many words is alike.
  auto same = [&](uint32_t other) {
    size_t at = key_state_places_[other];
    return at + length <= begin &&
           std::memcmp(key_states_.data() + at, key_states_.data() + begin, length * sizeof(uint32_t)) == 0;
  };
  auto [id, is_new] = key_state_index_.add(hash(begin), static_cast<uint32_t>(key_state_places_.size()), same,
                                           [&](uint32_t other) { return hash(key_state_places_[other]); });
  if (is_new) {
    key_state_places_.push_back(static_cast<uint32_t>(begin));
  } else {
    key_states_.resize(begin);
  }
  return id;
}

Machine::KeyState Machine::key_state(uint32_t id) const {
  const uint32_t* at = key_states_.data() + key_state_places_[id];
  KeyState k{at[0], at[1], {at + 3, at + 3 + at[2]}, {}};
  at += 3 + at[2];
  k.open.assign(at + 1, at + 1 + at[0]);
  return k;
}

uint32_t Machine::intern_key_choice(const KeyChoice& c) {
  std::string key;
  append_key(&key, c.residual);
  append_key(&key, c.cell);
  append_key(&key, c.choice);
  append_key(&key, c.nested);
  auto [it, is_new] = key_choice_index_.try_emplace(std::move(key), static_cast<uint32_t>(key_choices_.size()));
  if (is_new) key_choices_.push_back(c);
  return it->second;
}

size_t Machine::bytes() const {
  size_t total = kContainerBytes + arena_.bytes() + key_bytes_ + key_sets_.bytes() + branch_bytes_ +
                 states_.size() * (sizeof(State) + sizeof(Row) + sizeof(StateId) + 1) + row_store_.bytes() +
                 state_index_.bytes() + key_state_index_.bytes() + (key_states_.size() + key_state_places_.size()) * 4 +
                 stacks_.size() * 64 + frames_.size() * 64;
  for (const ValueContext& c : contexts_) total += c.algebra->bytes() + c.residuals->bytes() + c.loader->bytes();
  for (const auto& list : actions_) total += list.size() * sizeof(Action) + 24;
  return total;
}

void Machine::start_growing() {
  fresh_bytes_ = bytes();
  fresh_expressions_ = looked_at_expressions_ = arena_.size();
  fresh_expression_bytes_ = arena_.bytes();
  looked_at_states_ = states_.size();
}

bool Machine::measure_growth() {
  looked_at_states_ = states_.size();
  looked_at_expressions_ = arena_.size();
  auto half = [](size_t now, size_t fresh, size_t most) {
    return now > fresh && now - fresh > (most - std::min(fresh, most)) / 2;
  };
  const ExpressionLimits& expressions = arena_.limits();
  return half(bytes(), fresh_bytes_, limits_.max_bytes) ||
         half(arena_.size(), fresh_expressions_, expressions.max_nodes) ||
         half(arena_.bytes(), fresh_expression_bytes_, expressions.max_bytes);
}

void Machine::check_size() const {
  if (bytes() > limits_.max_bytes) {
    throw GrammarLimitError("the grammar's automaton takes more than max_grammar_bytes = " +
                            std::to_string(limits_.max_bytes));
  }
}

}  // namespace fcformat
