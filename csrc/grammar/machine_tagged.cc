// Objects written as texts around each key and value, as many formats write a call's arguments:
// <parameter=city>\nParis\n</parameter>. What stands around keys and values are nodes of the grammar, so that tags may be
// control tokens; what comes next is kept in frames of the stack.
//
// kTagged: strings are raw text and all other values JSON. kDelimited: the same at every level, with strings between
// delimiters, braces and brackets.
#include <algorithm>

#include "grammar/machine.h"

namespace fcformat {
namespace {

constexpr uint32_t kAny = 0, kOnlyStrings = 1, kOnlyOthers = 2;  // Frame::end of kTaggedValue

constexpr WordTexts kJsonWords{U"null", U"true", U"false"}, kPythonWords{U"None", U"True", U"False"};

}  // namespace

void Machine::enter_tagged_object(uint32_t id, StackId stack, const Place& place, std::vector<Thread>* out) {
  ValueContext& c = contexts_[id];
  const std::vector<ObjectShapeId> shapes = c.algebra->expand(c.root).objects;
  for (ObjectShapeId shape : shapes) {
    ObjectId residual;
    if (!c.residuals->open_object(shape, &residual)) continue;
    enter_tagged_members({Frame::Kind::kTaggedOpen, static_cast<uint16_t>(id), residual, 0, 0}, stack, place, out);
  }
}

void Machine::enter_tagged_members(const Frame& frame, StackId stack, const Place& place, std::vector<Thread>* out) {
  ValueContext& c = contexts_[frame.context];
  if (c.residuals->can_add_member(frame.id)) {
    uint32_t before = frame.kind == Frame::Kind::kTaggedOpen ? c.tagged.before_first : c.tagged.before_next;
    enter(before, 0, push({Frame::Kind::kTaggedKey, frame.context, frame.id, frame.begin, 0}, stack), place, out);
  }
  if (!c.residuals->can_close_object(frame.id)) return;
  if (frame.begin != 0) {
    enter(c.tagged.object_close, 0, stack, place, out);
  } else {  // ends without a text of its own: a state that may end, so that what lies below is entered when it is needed
    out->push_back({intern({State::Kind::kExpression, 0, 0, arena_.epsilon(), 0, 0}), stack, 0, 0, place.escaped});
  }
}

void Machine::enter_tagged_items(const Frame& frame, StackId stack, const Place& place, std::vector<Thread>* out) {
  ValueContext& c = contexts_[frame.context];
  if (c.residuals->can_close_array(frame.id)) enter(c.tagged.array_close, 0, stack, place, out);
  uint32_t before = frame.kind == Frame::Kind::kTaggedItems ? c.tagged.empty : c.tagged.comma;
  const std::vector<Next<ArrayId>> items = c.residuals->after_item(frame.id);
  for (const Next<ArrayId>& next : items) {
    StackId below = push({Frame::Kind::kTaggedItem, frame.context, next.residual, 0, 0}, stack);
    enter(before, 0, push({Frame::Kind::kTaggedValue, frame.context, next.value, 0, kAny}, below), place, out);
  }
}

ExprId Machine::words_of(const Normal& value, const WordTexts& texts) {
  std::vector<std::u32string> words;
  if (value.null) words.emplace_back(texts.null);
  if (value.true_value) words.emplace_back(texts.true_value);
  if (value.false_value) words.emplace_back(texts.false_value);
  return words.empty() ? arena_.empty() : arena_.literal_set(words);
}

// The strings among a value's texts. Where the value may also be something else, not those that read like it.
ExprId Machine::raw_strings(ValueContext& context, FormulaId value) {
  const Normal n = context.algebra->expand(value);
  if (context.surface.syntax == Syntax::kDelimited || arena_.is_empty(n.strings)) return n.strings;
  std::vector<ExprId> others;
  ExprId words = arena_.unite({words_of(n, kJsonWords), words_of(n, kPythonWords)});  // readers know both
  if (!arena_.is_empty(words)) others.push_back(words);
  auto beginning = [&](char32_t c) {
    others.push_back(arena_.concat(arena_.char_class({{c, c}}), arena_.any_string()));
  };
  if (!n.numbers.trivially_empty()) {
    ExprId digits = arena_.repeat(
        arena_.char_class({{'0', '9'}, {'.', '.'}, {'+', '+'}, {'-', '-'}, {'e', 'e'}, {'E', 'E'}}), 0, kUnbounded);
    others.push_back(arena_.concat(arena_.char_class({{'0', '9'}, {'-', '-'}}), digits));
  }
  if (!n.objects.empty()) beginning('{');
  if (!n.arrays.empty()) beginning('[');
  if (others.empty()) return n.strings;
  beginning('"');
  ExprId space =
      arena_.repeat(arena_.char_class({{' ', ' '}, {'\t', '\t'}, {'\n', '\n'}, {'\r', '\r'}}), 0, kUnbounded);
  ExprId alike = arena_.concat(space, arena_.concat(arena_.unite(std::move(others)), space));
  return arena_.difference(n.strings, alike);
}

FormulaId Machine::without_strings(ValueContext& context, FormulaId value) {
  Normal others = context.algebra->all();
  others.strings = arena_.empty();
  if (context.other_values == kFalseFormula) context.other_values = context.algebra->leaf(std::move(others));
  return context.algebra->conjunction({value, context.other_values});
}

void Machine::enter_tagged_value(const Frame& frame, StackId stack, const Place& place, std::vector<Thread>* out) {
  ValueContext& c = contexts_[frame.context];
  bool delimited = c.surface.syntax == Syntax::kDelimited;
  if (frame.end != kOnlyOthers) {
    ExprId strings = raw_strings(c, frame.id);
    if (!arena_.is_empty(strings)) {
      Frame text{Frame::Kind::kTaggedText, frame.context, strings, 0, 0};
      if (delimited) {
        StackId closing = push({Frame::Kind::kGrammar, 0, c.tagged.delimiter, 0, 0}, stack);
        enter(c.tagged.delimiter, 0, push(text, closing), place, out);
      } else {
        enter_tagged_text(strings, stack, place, out);
      }
    }
  }
  if (frame.end == kOnlyStrings) return;
  FormulaId others = without_strings(c, frame.id);
  if (!c.algebra->nonempty(others)) return;
  if (!delimited) {
    if (c.surface.python_words) {
      ExprId words = words_of(c.algebra->expand(others), kPythonWords);
      if (!arena_.is_empty(words)) enter_tagged_text(words, stack, place, out);
    }
    out->push_back(
        {intern({State::Kind::kValue, 0, frame.context, others, UINT16_MAX, 0}), stack, 0, 0, place.escaped});
    return;
  }
  const Normal n = c.algebra->expand(others);
  if (n.null || n.true_value || n.false_value || !n.numbers.trivially_empty()) {
    Normal flat = n;
    flat.objects.clear();
    flat.arrays.clear();
    FormulaId scalar = n.objects.empty() && n.arrays.empty() ? others : c.algebra->leaf(std::move(flat));
    out->push_back(
        {intern({State::Kind::kValue, 0, frame.context, scalar, UINT16_MAX, 0}), stack, 0, 0, place.escaped});
  }
  for (ObjectShapeId shape : n.objects) {
    ObjectId residual;
    if (!c.residuals->open_object(shape, &residual)) continue;
    StackId below = push({Frame::Kind::kTaggedOpen, frame.context, residual, 1, 0}, stack);
    enter(c.tagged.object_open, 0, below, place, out);
  }
  for (ArrayShapeId shape : n.arrays) {
    ArrayId residual;
    if (!c.residuals->open_array(shape, &residual)) continue;
    StackId below = push({Frame::Kind::kTaggedItems, frame.context, residual, 0, 0}, stack);
    enter(c.tagged.array_open, 0, below, place, out);
  }
}

void Machine::enter_tagged_text(ExprId strings, StackId stack, const Place& place, std::vector<Thread>* out) {
  out->push_back({intern({State::Kind::kExpression, 0, 0, strings, 0, 0}), stack, 0, 0, place.escaped});
}

// The value of a member whose key has been written.
void Machine::enter_after_key(const Frame& member, FormulaId value, StackId stack, const Place& place,
                              std::vector<Thread>* out) {
  ValueContext& c = contexts_[member.context];
  const TaggedNodes tagged = c.tagged;
  StackId below = push({Frame::Kind::kGrammar, 0, tagged.after_value, 0, 0}, push(member, stack));
  auto go = [&](uint32_t after_key, uint32_t which) {
    enter(after_key, 0, push({Frame::Kind::kTaggedValue, member.context, value, 0, which}, below), place, out);
  };
  if (tagged.after_key == tagged.after_key_other) {
    go(tagged.after_key, kAny);
    return;
  }
  if (!arena_.is_empty(raw_strings(c, value))) go(tagged.after_key, kOnlyStrings);
  if (c.algebra->nonempty(without_strings(c, value))) go(tagged.after_key_other, kOnlyOthers);
}

// A key ends before the byte at `end`. What a free-form key leaves is computed when it is needed, as for JSON's keys.
void Machine::end_tagged_key(const Thread& thread, const Frame& frame, uint32_t end, StackId stack, const Place& place,
                             std::vector<Thread>* out) {
  Residuals& residuals = *contexts_[frame.context].residuals;
  const KeyState k = key_state(states_[thread.state].b);
  if (k.trie != UINT32_MAX) {
    int32_t name = name_at(residuals.plan(frame.id), k.trie);
    auto at = static_cast<uint32_t>(name);
    if (name >= 0 && residuals.name_open_between(frame.id, at, at + 1)) {
      for (const auto& next : residuals.after_name(frame.id, at)) {
        Frame member{Frame::Kind::kTaggedMember, frame.context, next.residual, frame.begin, 0};
        enter_after_key(member, next.value, stack, place, out);
      }
    }
  }
  for (uint32_t cell = 0; cell < k.cells.size(); ++cell) {
    if (k.cells[cell] == arena_.empty() || !arena_.nullable(k.cells[cell])) continue;
    uint32_t choice = 0;
    for (FormulaId value : residuals.cell_values(frame.id, cell)) {
      uint32_t id = intern_key_choice({frame.id, cell, choice++, frame.begin});
      Frame member{Frame::Kind::kTaggedKeyMember, frame.context, id, thread.begin, end};
      enter_after_key(member, value, stack, place, out);
    }
  }
}

const std::bitset<256>& Machine::bytes_after_tagged_key(uint16_t context) {
  ValueContext& c = contexts_[context];
  if (!c.after_key) {
    auto bytes = std::make_unique<std::bitset<256>>();
    std::vector<Thread> threads;
    for (uint32_t node : {c.tagged.after_key, c.tagged.after_key_other}) enter(node, 0, 0, {0, {nullptr, 0}}, &threads);
    for (const Thread& t : threads) {
      if (states_[t.state].kind == State::Kind::kEnd) bytes->set();  // there is no text between key and value
      const Row r = row(t.state);
      for (size_t b = 0; b < 256; ++b) {
        if (r[b] != 0) bytes->set(b);
      }
    }
    static const std::bitset<256> all = std::bitset<256>().set();
    if (row_missing_) return all;
    contexts_[context].after_key = std::move(bytes);
  }
  return *contexts_[context].after_key;
}

// What begins when a frame of the tagged syntaxes is reached; `stack` is what lies below it.
void Machine::pop_tagged(const Thread& thread, const Frame& frame, StackId stack, const Place& place, uint32_t end,
                         std::vector<Thread>* out) {
  switch (frame.kind) {
    case Frame::Kind::kTaggedKey: {
      StackId below = push({Frame::Kind::kTaggedKeyEnd, frame.context, frame.id, frame.begin, 0}, stack);
      out->push_back({intern({State::Kind::kTaggedKey, 0, frame.context, frame.id, 0, 0}), below, 0, 0, place.escaped});
      return;
    }
    case Frame::Kind::kTaggedKeyEnd:
      end_tagged_key(thread, frame, end, stack, place, out);
      return;
    case Frame::Kind::kTaggedValue:
      enter_tagged_value(frame, stack, place, out);
      return;
    case Frame::Kind::kTaggedText:
      enter_tagged_text(frame.id, stack, place, out);
      return;
    case Frame::Kind::kTaggedKeyMember: {
      text_read_ |= frame.begin < text_floor_;
      ++keys_read_;
      uint32_t inside_braces = key_choices_[frame.id].nested;
      ObjectId residual = residual_of_key(frame, place.text);
      enter_tagged_members({Frame::Kind::kTaggedMember, frame.context, residual, inside_braces, 0}, stack, place, out);
      return;
    }
    case Frame::Kind::kTaggedMember:
    case Frame::Kind::kTaggedOpen:
      enter_tagged_members(frame, stack, place, out);
      return;
    case Frame::Kind::kTaggedItem:
    case Frame::Kind::kTaggedItems:
      enter_tagged_items(frame, stack, place, out);
      return;
    default:
      return;
  }
}

}  // namespace fcformat
