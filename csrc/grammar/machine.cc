// Running the automaton: entering grammar nodes, stepping, popping.
#include "grammar/machine.h"

#include <algorithm>
#include <cstring>

#include "errors.h"

namespace fcformat {
namespace {

constexpr size_t kMaxEmptySteps = 50'000;  // grammar nodes entered without consuming anything

}  // namespace

void Machine::start_at(uint32_t node) {
  enter(node, 0, 0, {0, {nullptr, 0}}, &start_);
  count_token(&start_);
  merge(&start_);
  if (start_.empty()) throw SchemaError("no text satisfies the grammar", "", "");
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

}  // namespace fcformat
