// Keys that have been written: read back from the text, kept apart from the ones before, and settled into residuals.
#include <algorithm>
#include <cstring>

#include "grammar/machine.h"

namespace fcformat {

// What a text inside a JSON string stands for, where only quotes and backslashes are escaped.
std::string unescaped(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

bool refers_to_key(const Frame& frame) {
  return frame.kind == Frame::Kind::kObjectKey || frame.kind == Frame::Kind::kTaggedKeyMember;
}

ObjectId Machine::residual_of_key(const Frame& frame, TextView text) {
  const KeyChoice choice = key_choices_[frame.id];
  ValueContext& c = contexts_[frame.context];
  bool raw = frame.kind == Frame::Kind::kTaggedKeyMember ||
             (c.surface.syntax == Syntax::kPythonArguments && choice.nested == 0);
  return c.residuals->after_cell_key(choice.residual, choice.cell, choice.choice,
                                     key_text(frame.context, frame.begin, frame.end, raw, text));
}

std::u32string Machine::key_text(uint16_t context, uint32_t begin, uint32_t end, bool raw, TextView text) const {
  const Surface& surface = contexts_[context].surface;
  std::string spelled(text.data + begin, end - begin);
  if (surface.syntax == Syntax::kJsonString) spelled = unescaped(spelled);
  return read_spelling(spelled, raw ? Escapes::kNone : escapes_of(surface));
}

// --- used keys --------------------------------------------------------------------------------------------------------------

bool Machine::keeps_keys(const Frame& frame) const {
  const KeyChoice& choice = key_choices_[frame.id];
  const ValueContext& c = contexts_[frame.context];
  if (c.surface.syntax == Syntax::kPythonArguments && choice.nested == 0) return false;
  return frame.kind == Frame::Kind::kObjectKey && c.residuals->is_endless(choice.residual, choice.cell);
}

bool Machine::key_is_new(const Thread& thread, uint32_t end, TextView text) {
  if (assume_new_keys_) {
    if (thread.begin > text_floor_) {  // behind a quote in the token
      key_checked_ |= kKeyInToken;
      std::u32string key = key_text(states_[thread.state].context, thread.begin, end, false, text);
      if (std::find(keys_in_tokens_.begin(), keys_in_tokens_.end(), key) == keys_in_tokens_.end())
        keys_in_tokens_.push_back(std::move(key));
    } else if (std::memchr(text.data + text_floor_, '\\', text.size - text_floor_) != nullptr) {
      key_checked_ |= kEscapedKey;
    }
    return true;
  }
  text_read_ = true;
  ++keys_read_;
  return thread.used == 0 ||
         !key_sets_.contains(thread.used, key_text(states_[thread.state].context, thread.begin, end, false, text));
}

bool Machine::bare_stack(StackId stack, StackId bottom, StackId* bare) {
  std::vector<FrameId> frames;
  for (; stack != bottom && stack != 0; stack = stacks_[stack].parent) {
    if (is_branch(stack)) return false;
    frames.push_back(bare_frame(stacks_[stack].frame));
  }
  *bare = stack;
  for (size_t i = frames.size(); i-- > 0;) *bare = push(frames_[frames[i]], *bare);
  return true;
}

bool Machine::can_assume_new_keys(const Thread& thread) const {
  const State& s = states_[thread.state];
  if (s.kind != State::Kind::kKey) return true;
  if (thread.escaped != 0) return false;
  Partial::Kind partial = Partial::unpack(s.partial & ~(uint64_t{1} << 63)).kind;
  return partial == Partial::Kind::kNone || partial == Partial::Kind::kUtf8 || partial == Partial::Kind::kSkipUtf8;
}

std::string Machine::begun_key(const Thread& thread, TextView text) const {
  std::string_view written(text.data + thread.begin, text.size - thread.begin);
  if (written.find('\\') == std::string_view::npos) return std::string(written);
  size_t tail = incomplete_tail(written);
  std::string begun = encode_utf8(
      key_text(states_[thread.state].context, thread.begin, text.size - static_cast<uint32_t>(tail), false, text));
  return begun.append(written.substr(written.size() - tail));
}

void Machine::settle(std::vector<Thread>* threads, TextView text) {
  if (!refers_to_text_) return;
  for (Thread& t : *threads) settle_one(&t, text);
  refers_to_text_ = false;
}

void Machine::settle_one(Thread* thread, TextView text) {
  if (thread->stack == 0) return;
  const StackNode node = stacks_[thread->stack];
  if (refers_to_key(frames_[node.frame])) {
    Frame frame = frames_[node.frame];
    const KeyChoice choice = key_choices_[frame.id];
    if (keeps_keys(frame)) {
      frame.used = key_sets_.with(frame.used, key_text(frame.context, frame.begin, frame.end, false, text));
      frame.id = contexts_[frame.context].residuals->after_cell(choice.residual, choice.cell, choice.choice);
    } else {
      frame.id = residual_of_key(frame, text);
    }
    frame.kind = frame.kind == Frame::Kind::kObjectKey ? Frame::Kind::kObject : Frame::Kind::kTaggedMember;
    frame.begin = choice.nested;
    frame.end = 0;
    thread->stack = push(frame, node.parent);
  } else {
    // One token may have closed a key and opened a value inside its value: look below what it pushed.
    StackId top = thread->stack;
    std::vector<FrameId> above;
    for (StackId at = top; at != 0; at = stacks_[at].parent) {
      if (!refers_to_key(frames_[stacks_[at].frame])) {
        above.push_back(stacks_[at].frame);
        if (above.size() > 256) return;  // a token is not that long; all below was settled before
        continue;
      }
      Thread below{0, at, 0, 0, 0};
      settle_one(&below, text);
      settle_one(&below, text);
      StackId rebuilt = below.stack;
      for (size_t i = above.size(); i-- > 0;) rebuilt = push(frames_[above[i]], rebuilt);
      thread->stack = rebuilt;
      return;
    }
  }
}

}  // namespace fcformat
