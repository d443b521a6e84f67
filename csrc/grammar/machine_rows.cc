// The row of each kind of state: what each of the 256 bytes does.
//
// Fields of a state by kind. `b` counts white space where it may stand in the Python way; else threads count it.
//   kText: a = grammar node, b = offset.  kToken: a = token.  kExpression: a = expression, partial, b = how it is counted.
//   kValue: a = formula, b.  kString: a = expression, quote, partial.  kNumber: a = expression.
//   kWord: a = word, b = offset.  kObjectOpen, kAfterValue, kAfterComma: a = residual, b.
//   kKey: b = key state, quote, partial; a = residual where there are no quotes.
//   kAfterKey: a = residual, b = name, or cell with the top bit, partial = white space.
//   kArrayOpen, kAfterItem, kArrayComma: a = residual, b.
//   kTaggedKey: a = residual; before the key's first byte.
#include <algorithm>

#include "errors.h"
#include "grammar/machine.h"

namespace fcformat {
namespace {

constexpr uint32_t kCellBit = 0x80000000u, kNoTrie = UINT32_MAX, kNoSpace = UINT16_MAX;
constexpr std::string_view kWords[] = {"null", "true", "false", "None", "True", "False"};
constexpr uint8_t kSpaces[] = {' ', '\t', '\n', '\r'};

bool is_identifier(const std::u32string& name) {
  auto letter = [](char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0xAA; };
  if (name.empty() || !letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [&](char32_t c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace

class RowBuilder {
 public:
  RowBuilder(Machine& machine, StateId id) : m_(machine), id_(id), s_(machine.states_[id]) {}

  void build() {
    switch (s_.kind) {
      case State::Kind::kEnd:
      case State::Kind::kToken:
        break;
      case State::Kind::kText:
        text();
        break;
      case State::Kind::kExpression:
        expression();
        break;
      case State::Kind::kValue:
        if (space(s_.b, true, State::Kind::kValue)) value(s_.a, nullptr);
        break;
      case State::Kind::kString:
        string();
        break;
      case State::Kind::kNumber:
        number();
        break;
      case State::Kind::kWord:
        word();
        break;
      case State::Kind::kObjectOpen:
        object_open();
        break;
      case State::Kind::kKey:
        key();
        break;
      case State::Kind::kAfterKey:
        after_key();
        break;
      case State::Kind::kAfterValue:
        after_value();
        break;
      case State::Kind::kAfterComma:
        if (space(s_.b, true, State::Kind::kAfterComma)) key_start();
        break;
      case State::Kind::kArrayOpen:
        array_open();
        break;
      case State::Kind::kAfterItem:
        after_item();
        break;
      case State::Kind::kArrayComma:
        if (space(s_.b, true, State::Kind::kArrayComma)) items();
        break;
      case State::Kind::kTaggedKey:
        bare_key();
        break;
    }
    finish();
  }

 private:
  ValueContext& context() { return m_.contexts_[s_.context]; }
  Residuals& residuals() { return *context().residuals; }
  ExpressionArena& arena() { return m_.arena_; }

  StateId make(State::Kind kind, uint32_t a, uint32_t b, uint64_t partial = 0, uint8_t quote = 0) {
    return m_.intern({kind, quote, s_.context, a, b, partial});
  }
  void add(uint8_t byte, const Action& action) {
    uint32_t& code = row_[byte];
    if (code == 0 && action.op == Action::Op::kGoto) {
      code = action.state << 1 | 1;
      return;
    }
    if (code == 0 || (code & 1)) {  // becomes a list
      if (lists_.empty()) lists_.emplace_back();
      lists_.emplace_back();
      if (code & 1) lists_.back().push_back({Action::Op::kGoto, code >> 1, {}});
      code = static_cast<uint32_t>(lists_.size() - 1) << 1;
    }
    lists_[code >> 1].push_back(action);
  }
  void go(uint8_t byte, StateId state) { add(byte, {Action::Op::kGoto, state, {}}); }
  // One byte of a string's spelling; `self` is where the state stands, `at(target, partial)` makes the next state.
  template <typename Make>
  StateId spelled(const Spelled& sp, uint32_t self, Make&& at) {
    uint32_t target = sp.known ? sp.target : self;
    uint64_t partial = sp.complete ? 0 : sp.partial.pack();
    if (target != last_target_ || partial != last_partial_) {  // neighbouring bytes mostly lead to one state
      last_target_ = target;
      last_partial_ = partial;
      last_state_ = at(target, partial);
    }
    return last_state_;
  }
  void close(uint8_t byte) { add(byte, {Action::Op::kPop, 0, {}}); }
  // The state may end before the next byte; the byte is then the business of whatever lies below. Called last: the bytes
  // that do nothing else share one list.
  void may_end() {
    m_.pops_[id_] = 1;
    const Action retry{Action::Op::kPopRetry, 0, {}};
    lists_.resize(std::max<size_t>(lists_.size(), 1));
    lists_.push_back({retry});
    auto shared = static_cast<uint32_t>(lists_.size() - 1) << 1;
    for (size_t b = 0; b < 256; ++b) {
      if (row_[b] == 0) {
        row_[b] = shared;
      } else {
        add(static_cast<uint8_t>(b), retry);
      }
    }
  }

  // White space at this place; false where something must come before anything else may.
  bool space(uint32_t used, bool behind_mark, State::Kind kind) {
    if (used == kNoSpace) return true;
    const Surface surface = context().surface;
    auto next = [&](uint32_t n) {
      return kind == State::Kind::kAfterKey ? make(kind, s_.a, s_.b, (s_.partial & ~uint64_t{0xFFFF}) | n)
                                            : make(kind, s_.a, n, s_.partial, s_.quote);
    };
    if (surface.whitespace == Whitespace::kCompact) return true;
    if (surface.whitespace == Whitespace::kPython) {
      if (!behind_mark) return true;
      if (used == 0) go(' ', next(1));
      return used > 0;
    }
    spaces_ = surface.max_whitespace > 0;
    return true;
  }

  void text() {
    const std::string& t = m_.nodes_[s_.a].text;
    auto byte = static_cast<uint8_t>(t[s_.b]);
    if (s_.b + 1 == t.size()) {
      close(byte);
    } else {
      go(byte, make(State::Kind::kText, s_.a, s_.b + 1));
    }
  }

  void expression() {
    Partial partial = Partial::unpack(s_.partial);
    if (s_.b != kSpentText || partial.kind != Partial::Kind::kNone) {  // the rest of a character may always come
      for (const Spelled& sp : spell_bytes(arena().edges(s_.a), partial, Escapes::kNone, 0)) {
        go(sp.byte, spelled(sp, s_.a, [&](uint32_t target, uint64_t p) {
             return make(State::Kind::kExpression, target, s_.b, p);
           }));
      }
    }
    if (partial.kind == Partial::Kind::kNone && arena().nullable(s_.a)) may_end();
  }

  // The first byte of a value. `frame` is pushed where the value is an item of an array.
  void value(FormulaId f, const Action* item) {
    Algebra& algebra = *context().algebra;
    const Normal n = algebra.expand(f);
    bool python = context().surface.python();
    auto begin = [&](uint8_t byte, StateId state) {
      Action action = item ? *item : Action{Action::Op::kGoto, 0, {}};
      action.state = state;
      add(byte, action);
    };
    if (!arena().is_empty(n.strings)) {
      begin('"', make(State::Kind::kString, n.strings, 0, 0, '"'));
      if (python) begin('\'', make(State::Kind::kString, n.strings, 0, 0, '\''));
    }
    if (!n.numbers.trivially_empty()) {
      ExprId texts = algebra.number_texts(f);
      const std::vector<Edge> edges = arena().edges(texts);
      for (const Edge& e : edges) {
        for (uint32_t c = e.lo; c <= e.hi && c < 128; ++c)
          begin(static_cast<uint8_t>(c), make(State::Kind::kNumber, e.target, 0));
      }
    }
    auto word = [&](bool present, uint32_t which) {
      if (present) begin(static_cast<uint8_t>(kWords[which][0]), make(State::Kind::kWord, which, 1));
    };
    word(n.null, python ? 3 : 0);
    word(n.true_value, python ? 4 : 1);
    word(n.false_value, python ? 5 : 2);
    for (ObjectShapeId shape : n.objects) {
      ObjectId residual;
      if (residuals().open_object(shape, &residual))
        begin('{', make(State::Kind::kObjectOpen, residual, 0, context().surface.syntax == Syntax::kPythonArguments));
    }
    for (ArrayShapeId shape : n.arrays) {
      ArrayId residual;
      if (residuals().open_array(shape, &residual)) begin('[', make(State::Kind::kArrayOpen, residual, 0));
    }
  }

  void string() {
    Partial partial = Partial::unpack(s_.partial);
    for (const Spelled& sp : spell_bytes(arena().edges(s_.a), partial, m_.escapes_of(context().surface), s_.quote)) {
      go(sp.byte, spelled(sp, s_.a, [&](uint32_t target, uint64_t p) {
           return make(State::Kind::kString, target, 0, p, s_.quote);
         }));
    }
    if (partial.kind == Partial::Kind::kNone && arena().nullable(s_.a)) close(s_.quote);
  }

  void number() {
    for (const Edge& e : arena().edges(s_.a)) {
      for (uint32_t c = e.lo; c <= e.hi && c < 128; ++c)
        go(static_cast<uint8_t>(c), make(State::Kind::kNumber, e.target, 0));
    }
    if (arena().nullable(s_.a)) may_end();
  }

  void word() {
    std::string_view w = kWords[s_.a];
    auto byte = static_cast<uint8_t>(w[s_.b]);
    if (s_.b + 1 == w.size()) {
      close(byte);
    } else {
      go(byte, make(State::Kind::kWord, s_.a, s_.b + 1));
    }
  }

  // --- objects. In keyword arguments the outermost object has no braces (partial 0); nested ones are dictionaries (1).
  bool outermost_arguments() { return context().surface.syntax == Syntax::kPythonArguments && s_.partial == 0; }

  void object_open() {
    bool can_close = residuals().can_close_object(s_.a);
    if (can_close && !outermost_arguments()) close('}');
    if (outermost_arguments() || space(s_.b, false, State::Kind::kObjectOpen)) key_start();
    if (can_close && outermost_arguments()) may_end();
  }

  void key_start() {
    if (!residuals().can_add_member(s_.a)) return;
    if (outermost_arguments()) {
      bare_key();
      return;
    }
    uint32_t start = first_key_state();
    uint64_t dictionary = s_.partial << 63;
    for (uint8_t quote : {'"', '\''}) {
      if (quote == '"' || context().surface.python()) {
        add(quote, {Action::Op::kBeginKeyAfter, make(State::Kind::kKey, 0, start, dictionary, quote),
                    Frame{Frame::Kind::kBottom, 0, s_.a, 0, 0}});
      }
    }
  }

  // The key's first character is the key's first byte.
  void bare_key() {
    uint32_t start = first_key_state();
    for (const Spelled& sp : spell_bytes(key_edges(start), {}, Escapes::kNone, 0)) {
      StateId next =
          spelled(sp, start, [&](uint32_t target, uint64_t p) { return make(State::Kind::kKey, s_.a, target, p); });
      add(sp.byte, {Action::Op::kBeginKeyHere, next, {}});
    }
  }

  uint32_t first_key_state() {
    const ObjectResidual r = residuals().object(s_.a);
    Machine::KeyState k{r.plan, kNoTrie, {}, open_names(outermost_arguments())};
    if (!k.open.empty()) k.trie = 0;
    for (size_t c = 0; c < r.cells.size(); ++c) {
      ExprId keys = residuals().cell_open(s_.a, c) ? r.cells[c] : arena().empty();
      if (outermost_arguments()) {
        ExprId letter = arena().char_class({{'a', 'z'}, {'A', 'Z'}, {'_', '_'}});
        ExprId more = arena().char_class({{'a', 'z'}, {'A', 'Z'}, {'_', '_'}, {'0', '9'}});
        keys = arena().intersect(keys, arena().concat(letter, arena().repeat(more, 0, kUnbounded)));
      } else if (s_.kind == State::Kind::kTaggedKey) {
        keys = arena().intersect(keys, context().tagged.keys);
      }
      k.cells.push_back(keys);
    }
    return m_.intern_key_state(k);
  }

  // Literal names that may come and can be written here.
  std::vector<uint32_t> open_names(bool raw) {
    std::vector<uint32_t> open = residuals().open_names(s_.a);
    if (raw) std::erase_if(open, [&](uint32_t n) { return !is_identifier(residuals().plan(s_.a).names[n].text); });
    return open;
  }

  // Whether the key is the name of a keyword argument.
  bool python_name() {
    if (context().surface.syntax != Syntax::kPythonArguments) return false;
    return s_.kind == State::Kind::kKey ? s_.quote == 0 : outermost_arguments();
  }

  // Where each code point leads from a key state: the literal names' trie and the cells, side by side.
  std::vector<Edge> key_edges(uint32_t key_state) {
    const Machine::KeyState k = m_.key_state(key_state);
    std::vector<uint32_t> cuts;
    const TextTrie& trie = residuals().plan_at(k.plan).trie;
    if (k.trie != kNoTrie) {
      for (const auto& child : trie.children(k.trie)) cuts.push_back(child.code), cuts.push_back(child.code + 1);
    }
    std::vector<const std::vector<Edge>*> cell_edges;
    for (ExprId e : k.cells) {
      cell_edges.push_back(e == arena().empty() ? nullptr : &arena().edges(e));
      if (!cell_edges.back()) continue;
      for (const Edge& edge : *cell_edges.back()) cuts.push_back(edge.lo), cuts.push_back(edge.hi + 1);
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    std::vector<Edge> out;
    for (size_t i = 0; i + 1 <= cuts.size(); ++i) {
      uint32_t lo = cuts[i], hi = i + 1 < cuts.size() ? cuts[i + 1] - 1 : kMaxCodePoint;
      Machine::KeyState next{k.plan, kNoTrie, std::vector<ExprId>(k.cells.size(), arena().empty()), {}};
      bool any = false;
      uint32_t child = k.trie != kNoTrie ? trie.child(k.trie, lo) : TextTrie::kNone;
      if (child != TextTrie::kNone) {
        auto first = std::lower_bound(k.open.begin(), k.open.end(), trie[child].begin);
        auto last = std::lower_bound(first, k.open.end(), trie[child].end);
        if (first != last) {
          next.trie = child, any = true;
          next.open.assign(first, last);
        }
      }
      for (size_t c = 0; c < k.cells.size(); ++c) {
        if (!cell_edges[c]) continue;
        for (const Edge& edge : *cell_edges[c]) {
          if (edge.lo <= lo && lo <= edge.hi) next.cells[c] = edge.target, any = true;
        }
      }
      if (!any) continue;
      uint32_t target = m_.intern_key_state(next);
      if (!out.empty() && out.back().hi + 1 == lo && out.back().target == target) {
        out.back().hi = hi;
      } else {
        out.push_back({lo, hi, target});
      }
    }
    return out;
  }

  void key() {
    uint64_t dictionary = s_.partial & (uint64_t{1} << 63);
    Partial partial = Partial::unpack(s_.partial & ~(uint64_t{1} << 63));
    bool raw = s_.quote == 0;
    Escapes escapes = raw ? Escapes::kNone : m_.escapes_of(context().surface);
    for (const Spelled& sp : spell_bytes(key_edges(s_.b), partial, escapes, s_.quote)) {
      go(sp.byte, spelled(sp, s_.b, [&](uint32_t target, uint64_t p) {
           return make(State::Kind::kKey, s_.a, target, p | dictionary, s_.quote);
         }));
    }
    if (partial.kind != Partial::Kind::kNone) return;
    const Machine::KeyState k = m_.key_state(s_.b);
    if (raw && !python_name()) {
      if (ends_here(k)) may_end();
      return;
    }
    uint64_t nested = dictionary >> 63;
    auto end = [&](uint32_t which) {
      if (raw) {
        after_key_actions('=', s_.a, which, nested, true);
      } else {
        bool free = (which & kCellBit) != 0 && residuals().is_endless_at(k.plan, which & ~kCellBit);
        add(s_.quote, {free ? Action::Op::kEndFreeKey : Action::Op::kEndKey, 0,
                       Frame{Frame::Kind::kBottom, s_.context, which, static_cast<uint32_t>(nested), 0}});
      }
    };
    if (int64_t name = name_ending(k); name >= 0) end(static_cast<uint32_t>(name));
    for (size_t c = 0; c < k.cells.size(); ++c) {
      if (k.cells[c] != arena().empty() && arena().nullable(k.cells[c])) end(kCellBit | static_cast<uint32_t>(c));
    }
  }

  // The literal name that may end in this state; -1: none.
  int64_t name_ending(const Machine::KeyState& k) {
    if (k.trie == kNoTrie) return -1;
    int32_t name = name_at(residuals().plan_at(k.plan), k.trie);
    bool open = name >= 0 && std::binary_search(k.open.begin(), k.open.end(), static_cast<uint32_t>(name));
    return open ? name : -1;
  }

  // Whether a key may end in this state.
  bool ends_here(const Machine::KeyState& k) {
    if (name_ending(k) >= 0) return true;
    return std::any_of(k.cells.begin(), k.cells.end(),
                       [&](ExprId e) { return e != arena().empty() && arena().nullable(e); });
  }

  // `nested` is 0 for the outermost keyword arguments and for JSON.
  void after_key_actions(uint8_t mark, ObjectId residual, uint32_t which, uint64_t nested, bool key_ends_here) {
    uint32_t spaces = key_ends_here ? kNoSpace : 0;
    if ((which & kCellBit) == 0) {
      for (const auto& next : residuals().after_name(residual, which)) {
        Frame frame{Frame::Kind::kObject, s_.context, next.residual, static_cast<uint32_t>(nested), 0};
        add(mark, {Action::Op::kPush, make(State::Kind::kValue, next.value, spaces), frame});
      }
      return;
    }
    uint32_t cell = which & ~kCellBit, choice = 0;
    for (FormulaId value : residuals().cell_values(residual, cell)) {
      Frame frame{Frame::Kind::kObjectKey, s_.context,
                  m_.intern_key_choice({residual, cell, choice++, static_cast<uint32_t>(nested)}), 0, 0};
      add(mark, {key_ends_here ? Action::Op::kPushRawKey : Action::Op::kPushKey,
                 make(State::Kind::kValue, value, spaces), frame});
    }
  }

  void after_key() {
    if (space(static_cast<uint32_t>(s_.partial & 0xFFFF), false, State::Kind::kAfterKey)) {
      after_key_actions(':', s_.a, s_.b, s_.partial >> 40, false);
    }
  }

  void after_value() {
    if (outermost_arguments()) {
      if (residuals().can_add_member(s_.a)) go(',', make(State::Kind::kAfterComma, s_.a, 0, s_.partial));
      if (residuals().can_close_object(s_.a)) may_end();
      return;
    }
    if (!space(s_.b, false, State::Kind::kAfterValue)) return;
    if (residuals().can_close_object(s_.a)) close('}');
    if (residuals().can_add_member(s_.a)) go(',', make(State::Kind::kAfterComma, s_.a, 0, s_.partial));
  }

  // --- arrays
  void array_open() {
    if (!space(s_.b, false, State::Kind::kArrayOpen)) return;
    if (residuals().can_close_array(s_.a)) close(']');
    items();
  }

  void items() {
    bool unique = residuals().compares_items(s_.a);
    const std::vector<Next<ArrayId>> list = residuals().after_item(s_.a);
    for (const Next<ArrayId>& next : list) {
      Frame frame{unique ? Frame::Kind::kUniqueArray : Frame::Kind::kArray, s_.context, next.residual, 0, 0};
      Action item{unique ? Action::Op::kPushItem : Action::Op::kPush, 0, frame};
      value(next.value, &item);
    }
  }

  void after_item() {
    if (!space(s_.b, false, State::Kind::kAfterItem)) return;
    if (residuals().can_close_array(s_.a)) close(']');
    if (!residuals().after_item(s_.a).empty()) go(',', make(State::Kind::kArrayComma, s_.a, 0));
  }

  void finish() {
    std::vector<uint32_t> places(lists_.size(), 0);
    for (size_t i = 1; i < lists_.size(); ++i) places[i] = m_.intern_actions(std::move(lists_[i]));
    for (uint32_t& code : row_) {
      if (code != 0 && (code & 1) == 0) code = places[code >> 1] << 1;
    }
    if (spaces_) {  // where there may be white space, it can be nothing else
      for (uint8_t b : kSpaces) {
        if (b == ' ' || context().surface.syntax != Syntax::kJsonString) row_[b] = Machine::kSpaceCode;
      }
    }
    m_.rows_[id_] = m_.row_store_.add(row_);
  }

  Machine& m_;
  StateId id_;
  State s_;  // a copy: the table moves
  RowStore::Entries row_{};
  bool spaces_ = false;
  std::vector<std::vector<Action>> lists_;  // the first is unused: its code would read as "refused"
  uint32_t last_target_ = UINT32_MAX;
  uint64_t last_partial_ = UINT64_MAX;
  StateId last_state_ = 0;
};

// Equal lists are kept once: most states end in the same few ways.
uint32_t Machine::intern_actions(std::vector<Action> list) {
  if (actions_.empty()) actions_.resize(2);  // list 0 would read as "refused", list 1 as white space
  std::string key;
  for (const Action& a : list) {
    append_key(&key, a.op);
    append_key(&key, a.state);
    append_key(&key, a.frame.kind);
    append_key(&key, a.frame.context);
    append_key(&key, a.frame.id);
    append_key(&key, a.frame.begin);
  }
  auto [it, is_new] = action_index_.try_emplace(std::move(key), static_cast<uint32_t>(actions_.size()));
  if (is_new) {
    key_bytes_ += it->first.size() + 64;
    actions_.push_back(std::move(list));
  }
  return it->second;
}

void Machine::build_row(StateId id) { RowBuilder(*this, id).build(); }

bool Machine::is_open_string(const Thread& thread, uint32_t* min, uint32_t* max) {
  const State& s = states_[thread.state];
  if (thread.escaped != 0 || s.quote != '"') return false;
  const Surface& surface = contexts_[s.context].surface;
  if (surface.python()) return false;
  if (s.kind == State::Kind::kString) return s.partial == 0 && arena_.is_length_range(s.a, min, max);
  if (s.kind != State::Kind::kKey || s.partial != 0) return false;
  const KeyState k = key_state(s.b);
  if (k.trie != kNoTrie) return false;
  *min = 0;
  *max = kUnbounded;
  size_t open = 0;
  for (ExprId e : k.cells) {
    if (e == arena_.empty()) continue;
    if (e != arena_.any_string()) return false;
    ++open;
  }
  return open == 1;
}

StateId Machine::find_open_string(StateId state) {
  State s = states_[state];
  if (s.kind != State::Kind::kString && s.kind != State::Kind::kKey) return 0;
  if (Partial::unpack(s.partial).kind == Partial::Kind::kSkipUtf8) {
    s.partial = 0;
    state = intern(s);
  }
  uint32_t min, max;
  return is_open_string({state, 0, 0, 0, 0}, &min, &max) && min == 0 && max == kUnbounded ? state : 0;
}

StateId Machine::string_with_slack(StateId state, uint32_t length) {
  State s = states_[state];
  if (s.kind != State::Kind::kString || s.partial != 0) return 0;
  ExprId slack = arena_.with_slack(s.a, length);
  if (slack == s.a) return 0;
  s.a = slack;
  return intern(s);
}

void Machine::close_string(const Thread& thread, TextView text, std::vector<Thread>* out) {
  const State s = states_[thread.state];
  if (s.kind == State::Kind::kString) {
    pop(thread, text, text.size, out);
    return;
  }
  const KeyState k = key_state(s.b);
  for (size_t c = 0; c < k.cells.size(); ++c) {
    if (k.cells[c] == arena_.empty()) continue;
    Thread next = thread;
    next.state = after_key_state(thread, s.context, kCellBit | static_cast<uint32_t>(c), 0);
    next.object = 0;
    next.begin = next.end = kUnknownKey;
    out->push_back(next);
    return;
  }
}

}  // namespace fcformat
