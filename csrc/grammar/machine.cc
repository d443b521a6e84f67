// Running the automaton: interning, entering grammar nodes, stepping, popping.
#include "grammar/machine.h"

#include <algorithm>
#include <cstring>

#include "errors.h"

namespace fcformat {
namespace {

constexpr size_t kMaxEmptySteps = 50'000;  // grammar nodes entered without consuming anything

}  // namespace

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

void Machine::start_at(uint32_t node) {
  enter(node, 0, 0, {0, {nullptr, 0}}, &start_);
  count_token(&start_);
  merge(&start_);
  if (start_.empty()) throw SchemaError("no text satisfies the grammar", "", "");
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

// --- grammar nodes --------------------------------------------------------------------------------------------------------

// Everything that may come first from a node on. `at`: for sequences the next item, for repetitions how many are done.
// The list of what is still to be entered is kept here and not in recursion: behind a deeply nested text, many
// levels may end at once without a byte of their own.
void Machine::enter(uint32_t node, uint32_t at, StackId stack, const Place& place, std::vector<Thread>* out) {
  const uint32_t escaped = place.escaped;
  SmallSet<Entered, EnteredHash> todo;
  todo.add({node, at, stack});
  auto leave_one = [&](StackId from) {
    lowest_read_ = std::min(lowest_read_, stacks_[from].depth);  // that there is nothing below is read as well
    if (from == 0) {
      out->push_back({0, 0, 0, 0, escaped});
      return;
    }
    const Frame frame = frames_[stacks_[from].frame];
    if (frame.kind == Frame::Kind::kGrammar) {
      todo.add({frame.id, frame.begin, stacks_[from].parent});
    } else {
      pop({0, from, 0, 0, escaped}, place.text, 0, out);
    }
  };
  auto leave = [&](StackId from) { each_stack(from, leave_one); };
  for (size_t i = 0; i < todo.size(); ++i) {
    if (i > kMaxEmptySteps) {
      throw GrammarLimitError("a grammar has more than max_empty_steps = " + std::to_string(kMaxEmptySteps) +
                              " ways to go on without text");
    }
    const Entered entered = todo[i];
    const GrammarNode& n = nodes_[entered.node];
    switch (n.kind) {
      case GrammarNode::Kind::kText:
        if (n.text.empty()) {
          leave(entered.stack);
        } else {
          out->push_back({intern({State::Kind::kText, 0, 0, entered.node, 0, 0}), entered.stack, 0, 0, escaped});
        }
        break;
      case GrammarNode::Kind::kToken:
        out->push_back({intern({State::Kind::kToken, 0, 0, n.id, 0, 0}), entered.stack, 0, 0, escaped});
        break;
      case GrammarNode::Kind::kSequence: {
        if (entered.at >= n.items.size()) {
          leave(entered.stack);
          break;
        }
        bool last = entered.at + 1 == n.items.size();
        StackId below =
            last ? entered.stack : push({Frame::Kind::kGrammar, 0, entered.node, entered.at + 1, 0}, entered.stack);
        todo.add({n.items[entered.at], 0, below});
        break;
      }
      case GrammarNode::Kind::kChoice:
        for (uint32_t item : n.items) todo.add({item, 0, entered.stack});
        break;
      case GrammarNode::Kind::kRepeat:
        if (entered.at < n.max) {
          bool last = entered.at + 1 == n.max && n.max != kUnbounded;
          uint32_t next = n.max == kUnbounded ? std::min(entered.at + 1, n.min) : entered.at + 1;
          StackId below = last ? entered.stack : push({Frame::Kind::kGrammar, 0, entered.node, next, 0}, entered.stack);
          todo.add({n.items[0], 0, below});
        }
        if (entered.at >= n.min) leave(entered.stack);
        break;
      case GrammarNode::Kind::kExpression:
        if (!arena_.is_empty(n.id))
          out->push_back({intern({State::Kind::kExpression, 0, 0, n.id, 0, 0}), entered.stack, 0, 0, escaped});
        break;
      case GrammarNode::Kind::kCounted:
        // The token that is being taken does not count: the text begins at or behind its end.
        out->push_back(
            {intern({State::Kind::kExpression, 0, 0, n.id, kCountedText, 0}), entered.stack, n.max + 1, 0, escaped});
        break;
      case GrammarNode::Kind::kValue:
        enter_value(n.id, entered.stack, place, out);
        break;
    }
  }
}

void Machine::enter_value(uint32_t id, StackId stack, Place place, std::vector<Thread>* out) {
  uint32_t& escaped = place.escaped;
  auto context = static_cast<uint16_t>(id);
  ValueContext& c = contexts_[context];
  if (c.surface.syntax == Syntax::kJsonString) {
    stack = push({Frame::Kind::kUnescape, 0, 0, 0, 0}, stack);
    escaped = 1;
  }
  if (c.surface.tagged()) {
    enter_tagged_object(id, stack, place, out);
  } else if (c.surface.syntax == Syntax::kPythonArguments) {
    const std::vector<ObjectShapeId> shapes = c.algebra->expand(c.root).objects;
    for (ObjectShapeId shape : shapes) {
      ObjectId residual;
      if (!c.residuals->open_object(shape, &residual)) continue;
      out->push_back({intern({State::Kind::kObjectOpen, 0, context, residual, 0, 0}), stack, 0, 0, escaped});
    }
  } else if (c.algebra->nonempty(c.root)) {
    // No white space before the value: as if the permitted run were used up.
    out->push_back({intern({State::Kind::kValue, 0, context, c.root, UINT16_MAX, 0}), stack, 0, 0, escaped});
  }
}

// --- stepping ---------------------------------------------------------------------------------------------------------------

void Machine::step(const Thread& thread, TextView text, std::vector<Thread>* out) {
  if (thread.escaped != 0) {
    step_escaped(thread, text, out);
  } else {
    step_plain(thread, static_cast<uint8_t>(text.data[text.size - 1]), text, out);
  }
}

void Machine::step_plain(const Thread& thread, uint8_t byte, TextView text, std::vector<Thread>* out) {
  uint32_t code = row(thread.state)[byte];
  if (code == 0) return;
  if (code & 1) {
    Thread next = thread;
    next.state = code >> 1;
    next.spaces = 0;
    out->push_back(next);
    return;
  }
  if (code == kSpaceCode) {
    if (thread.spaces < max_spaces(thread.state)) {
      out->push_back(thread);
      ++out->back().spaces;
    }
    return;
  }
  step_list(thread, byte, text, out);
}

// Where a state may end before the byte, the byte is for what lies below, and that may end before it as well: level by
// level, each way once.
void Machine::step_list(const Thread& thread, uint8_t byte, TextView text, std::vector<Thread>* out) {
  SmallSet<Thread, ThreadHash> todo;
  todo.add(thread);
  for (size_t i = 0; i < todo.size(); ++i) {
    if (i > kMaxEmptySteps) {
      throw GrammarLimitError("a grammar has more than max_empty_steps = " + std::to_string(kMaxEmptySteps) +
                              " ways to go on without text");
    }
    const Thread t = todo[i];
    uint32_t code = row(t.state)[byte];
    if (code == 0) continue;
    if (code & 1) {
      out->push_back(t);
      out->back().state = code >> 1;
      out->back().spaces = 0;
      continue;
    }
    if (code == kSpaceCode) {
      step_plain(t, byte, text, out);
      continue;
    }
    for (const Action& action : actions_[code >> 1]) {
      if (action.op != Action::Op::kPopRetry) {
        apply(action, t, text, out);
        continue;
      }
      if (!bytes_after_pop(t, text)[byte]) continue;
      std::vector<Thread> popped;
      pop(t, text, text.size - 1, &popped);
      for (const Thread& p : popped) {
        if (p.escaped == t.escaped) {
          todo.add(p);
        } else if (!in_escape_) {
          step(p, text, out);
        }
      }
    }
  }
}

// Inside a JSON string the value's own quotes and backslashes come escaped: \" and \\.
void Machine::step_escaped(const Thread& thread, TextView text, std::vector<Thread>* out) {
  auto byte = static_cast<uint8_t>(text.data[text.size - 1]);
  Thread inner = thread;
  if (thread.escaped == 1 && byte == '\\') {
    inner.escaped = 2;
    bool any = false;
    for (uint8_t meant : {'"', '\\'}) {
      std::vector<Thread> next;
      Thread t = thread;
      step_plain(t, meant, text, &next);
      any |= !next.empty();
    }
    if (any) out->push_back(inner);
    return;
  }
  if (thread.escaped == 2) {
    if (byte != '"' && byte != '\\') return;
    inner.escaped = 1;
    struct Reset {  // also where a budget is exceeded inside
      bool& flag;
      ~Reset() { flag = false; }
    } reset{in_escape_};
    in_escape_ = true;  // what ends the value here must do so itself: outside it, the pair is no quote
    step_plain(inner, byte, text, out);
    return;
  }
  if (byte < 0x20) return;
  if (byte == '"') {  // the outer string's own quote: only where the value inside may end
    if (!pops_[thread.state]) row(thread.state);
    if (!pops_[thread.state]) return;
    std::vector<Thread> popped;
    pop(thread, text, text.size - 1, &popped);
    for (const Thread& t : popped) {
      if (t.escaped == 0) step(t, text, out);
    }
    return;
  }
  step_plain(inner, byte, text, out);
}

void Machine::apply(const Action& action, const Thread& thread, TextView text, std::vector<Thread>* out) {
  Thread next = thread;
  next.state = action.state;
  next.spaces = 0;
  switch (action.op) {
    case Action::Op::kGoto:
      break;
    case Action::Op::kPush: {
      Frame frame = action.frame;
      frame.used = thread.used;
      next.stack = push(frame, thread.stack);
      next.begin = next.end = next.used = 0;
      break;
    }
    case Action::Op::kPop:
    case Action::Op::kPopRetry:
      pop(thread, text, text.size, out);
      return;
    case Action::Op::kBeginKeyAfter:
      next.begin = next.end = text.size;
      next.object = action.frame.id;
      break;
    case Action::Op::kBeginKeyHere:
      next.begin = next.end = text.size - 1;
      break;
    case Action::Op::kEndKey:
    case Action::Op::kEndFreeKey:
      next.end = text.size - (thread.escaped != 0 ? 2 : 1);  // inside a string, the quote comes with a backslash
      if (action.op == Action::Op::kEndFreeKey && !key_is_new(thread, next.end, text)) return;
      next.state = after_key_state(thread, action.frame.context, action.frame.id, action.frame.begin);
      next.object = 0;
      break;
    case Action::Op::kPushKey:
    case Action::Op::kPushRawKey: {
      Frame frame = action.frame;
      frame.begin = thread.begin;
      frame.end = action.op == Action::Op::kPushKey ? thread.end : text.size - 1;
      frame.used = thread.used;
      next.stack = push(frame, thread.stack);
      next.begin = next.end = next.used = 0;
      break;
    }
    case Action::Op::kPushItem: {
      Frame frame = action.frame;
      frame.begin = text.size - 1;
      next.stack = push(frame, thread.stack);
      break;
    }
  }
  out->push_back(next);
}

// Bit 40 of `partial` carries "inside a dictionary" through to the frame.
StateId Machine::after_key_state(const Thread& thread, uint16_t context, uint32_t which, uint32_t nested) {
  return intern({State::Kind::kAfterKey, 0, context, thread.object, which, static_cast<uint64_t>(nested) << 40});
}

void Machine::pop(const Thread& thread, TextView text, uint32_t item_end, std::vector<Thread>* out) {
  Thread next{0, stacks_[thread.stack].parent, 0, 0, thread.escaped};
  lowest_read_ = std::min(lowest_read_, stacks_[thread.stack].depth);
  const Frame frame = frames_[stacks_[thread.stack].frame];
  switch (frame.kind) {
    case Frame::Kind::kBottom:
      next.stack = 0;
      out->push_back(next);
      return;
    case Frame::Kind::kObject:
      next.state = intern({State::Kind::kAfterValue, 0, frame.context, frame.id, 0, frame.begin});
      next.used = frame.used;
      out->push_back(next);
      return;
    case Frame::Kind::kObjectKey: {
      const KeyChoice choice = key_choices_[frame.id];
      if (keeps_keys(frame)) {
        ObjectId after = contexts_[frame.context].residuals->after_cell(choice.residual, choice.cell, choice.choice);
        next.state = intern({State::Kind::kAfterValue, 0, frame.context, after, 0, choice.nested});
        if (!assume_new_keys_)
          next.used = key_sets_.with(frame.used, key_text(frame.context, frame.begin, frame.end, false, text));
        out->push_back(next);
        return;
      }
      if (frame.begin == kUnknownKey) {
        unknown_key_read_ = true;
        return;
      }
      text_read_ |= frame.begin < text_floor_;
      ++keys_read_;
      ObjectId residual = residual_of_key(frame, text);
      next.state = intern({State::Kind::kAfterValue, 0, frame.context, residual, 0, choice.nested});
      out->push_back(next);
      return;
    }
    case Frame::Kind::kArray:
      next.state = intern({State::Kind::kAfterItem, 0, frame.context, frame.id, 0, 0});
      out->push_back(next);
      return;
    case Frame::Kind::kUniqueArray: {
      text_read_ |= frame.begin < text_floor_;
      ++keys_read_;
      const Surface& surface = contexts_[frame.context].surface;
      std::string spelled(text.data + frame.begin, item_end - frame.begin);
      if (surface.syntax == Syntax::kJsonString) spelled = unescaped(spelled);
      Json item = parse_value(spelled, surface.python());
      for (ArrayId residual : contexts_[frame.context].residuals->knowing_item(frame.id, item)) {
        next.state = intern({State::Kind::kAfterItem, 0, frame.context, residual, 0, 0});
        out->push_back(next);
      }
      return;
    }
    case Frame::Kind::kBranch:
      each_stack(thread.stack, [&](StackId stack) { pop({0, stack, 0, 0, thread.escaped}, text, item_end, out); });
      return;
    case Frame::Kind::kUnescape:
      next.escaped = 0;
      pop(next, text, item_end, out);
      return;
    case Frame::Kind::kGrammar:
      enter(frame.id, frame.begin, next.stack, {thread.escaped, text}, out);
      return;
    default:
      pop_tagged(thread, frame, next.stack, {thread.escaped, text}, item_end, out);
      return;
  }
}

Escapes Machine::escapes_of(const Surface& surface) const {
  if (surface.python()) return surface.minimal_escapes ? Escapes::kPythonMinimal : Escapes::kPython;
  return surface.minimal_escapes ? Escapes::kJsonMinimal : Escapes::kJson;
}

void Machine::count_token(std::vector<Thread>* threads) {
  if (!has_counts_) return;
  for (Thread& t : *threads) {
    State state = states_[t.state];
    if (state.kind != State::Kind::kExpression || state.b != kCountedText || --t.begin != 0) continue;
    state.b = kSpentText;
    t.state = intern(state);
  }
}

const std::bitset<256>& Machine::bytes_after_pop(const Thread& thread, TextView text) {
  auto it = after_pop_.find(thread.stack);
  if (it != after_pop_.end()) {
    lowest_read_ = std::min(lowest_read_, it->second.lowest);
    return it->second.bytes;
  }
  static const std::bitset<256> all = std::bitset<256>().set();
  if (const Frame& top = frames_[stacks_[thread.stack].frame]; top.kind == Frame::Kind::kTaggedKeyEnd) {
    lowest_read_ = std::min(lowest_read_, stacks_[thread.stack].depth);
    return bytes_after_tagged_key(top.context);
  }
  // Only grammar frames gain from this; and what depends on the text must not be kept. Below a grammar frame are only such.
  auto of_grammar = [&](StackId s) { return s == 0 || frames_[stacks_[s].frame].kind == Frame::Kind::kGrammar; };
  StackId below = thread.stack;
  while (is_branch(below) && branches_[frames_[stacks_[below].frame].id].grammar_only) below = stacks_[below].parent;
  if (!of_grammar(below) || thread.escaped != 0) return all;
  AfterPop after{{}, 0};
  std::vector<Thread> popped;
  uint32_t outer_lowest = std::exchange(lowest_read_, UINT32_MAX);
  const uint64_t keys_before = keys_read_;
  pop(thread, text, text.size, &popped);
  for (const Thread& t : popped) {
    const Row r = row(t.state);
    for (size_t b = 0; b < 256; ++b) {
      if (r[b] != 0) after.bytes.set(b);
    }
  }
  after.lowest = std::min(lowest_read_, stacks_[thread.stack].depth);
  lowest_read_ = std::min(after.lowest, outer_lowest);
  if (keys_read_ != keys_before || row_missing_) return all;
  return after_pop_.emplace(thread.stack, after).first->second.bytes;
}

bool Machine::can_end(const Thread& thread, TextView text) {
  SmallSet<Thread, ThreadHash> todo;
  todo.add(thread);
  for (size_t i = 0; i < todo.size(); ++i) {
    const Thread t = todo[i];
    if (states_[t.state].kind == State::Kind::kEnd) return true;
    row(t.state);
    if (!pops_[t.state]) continue;
    std::vector<Thread> popped;
    pop(t, text, text.size, &popped);
    for (const Thread& p : popped) todo.add(p);
  }
  return false;
}

void Machine::token_edges(const Thread& thread, TextView text, std::vector<std::pair<uint32_t, Thread>>* out) {
  SmallSet<Thread, ThreadHash> todo;
  todo.add(thread);
  for (size_t i = 0; i < todo.size(); ++i) {
    const Thread t = todo[i];
    const State s = states_[t.state];
    std::vector<Thread> popped;
    if (s.kind == State::Kind::kToken) {
      pop(t, text, text.size, &popped);
      for (const Thread& p : popped) out->emplace_back(s.a, p);
      continue;
    }
    row(t.state);
    if (!pops_[t.state]) continue;
    pop(t, text, text.size, &popped);
    for (const Thread& p : popped) todo.add(p);
  }
}

size_t Machine::bytes() const {
  size_t total = arena_.bytes() + key_bytes_ + key_sets_.bytes() + branch_bytes_ +
                 states_.size() * (sizeof(State) + sizeof(Row) + sizeof(StateId) + 1) + row_store_.bytes() +
                 state_index_.bytes() + key_state_index_.bytes() + (key_states_.size() + key_state_places_.size()) * 4 +
                 stacks_.size() * 64 + frames_.size() * 64;
  for (const ValueContext& c : contexts_) total += c.algebra->bytes() + c.residuals->bytes();
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
