// The automaton of a compiled grammar: states, stacks, and what each byte does. All of it is made when first needed.
//
// A thread is a state (where in which value or literal text it stands) with a stack of what comes after. Several
// threads are alternatives; a thread that cannot be completed is never made. States know nothing of the stack, so a
// state's row of 256 entries is shared by all stacks; most entries lead to another state, the others are short lists
// of actions (open, close, begin a key, ...).
//
// Where alternatives part and come back to one state, their threads become one again: its stack branches. A branch names
// the frames in which the stacks differ over the stack that they share, so that an ambiguity nested n times over costs
// n branches and not 2^n threads.
//
// A machine is shared by the matchers of one grammar. It is not safe under threads on its own: `CompiledGrammar`
// holds the lock.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "grammar/hash_index.h"
#include "grammar/key_sets.h"
#include "grammar/rows.h"
#include "grammar/small_set.h"
#include "grammar/spelling.h"
#include "grammar/surface.h"
#include "schema/loader.h"
#include "schema/residuals.h"

namespace fcformat {

using StateId = uint32_t;
using StackId = uint32_t;
using FrameId = uint32_t;

// The grammar nodes that the tagged syntaxes put around keys and values; see machine_tagged.cc.
struct TaggedNodes {
  uint32_t before_first = 0, before_next = 0;   // before a key
  uint32_t after_key = 0, after_key_other = 0;  // before the value: of strings, of all others
  uint32_t after_value = 0;
  // kDelimited only.
  uint32_t delimiter = 0, object_open = 0, object_close = 0, array_open = 0, array_close = 0, comma = 0, empty = 0;
  ExprId keys = 0;  // what keys may be
};

// How the values are spelled that words stand for.
struct WordTexts {
  const char32_t *null, *true_value, *false_value;
};

// One JSON schema of the grammar, with its own algebra over the shared arena.
struct ValueContext {
  std::unique_ptr<Algebra> algebra;
  std::unique_ptr<Residuals> residuals;
  std::unique_ptr<SchemaLoader> loader;
  Surface surface;
  FormulaId root = kFalseFormula;
  TaggedNodes tagged;
  FormulaId other_values = kFalseFormula;       // tagged syntaxes: all values but strings
  std::unique_ptr<std::bitset<256>> after_key;  // tagged syntaxes: bytes that may follow a key
};

struct GrammarNode {
  enum class Kind : uint8_t { kText, kToken, kSequence, kChoice, kRepeat, kExpression, kCounted, kValue };
  Kind kind;
  std::string text;             // kText
  uint32_t id = 0;              // kToken: token; kExpression, kCounted: expression; kValue: context
  std::vector<uint32_t> items;  // kSequence, kChoice; kRepeat: one
  uint32_t min = 0, max = 0;  // kRepeat; kCounted: max = tokens; kValue: min is 0 where the value may be the empty text
};

struct Thread {
  StateId state = 0;
  StackId stack = 0;
  uint32_t begin = 0, end = 0;  // the key being written, as offsets into the text; kCounted: begin = tokens left
  uint32_t escaped = 0;         // inside a JSON string: 1; behind its backslash: 2
  KeySetId used = 0;            // between an object's braces and outside its values: keys that cannot come again
  ObjectId object = 0;          // while a quoted key is written: the residual of its object
  uint32_t spaces = 0;          // white space just written, where it is bounded
  bool operator==(const Thread&) const = default;
};

struct ThreadHash {
  size_t operator()(const Thread& t) const {
    return mix(mix(mix(mix(mix(t.state, t.stack), t.begin), static_cast<size_t>(t.end) << 2 | t.escaped), t.used),
               static_cast<size_t>(t.object) << 32 | t.spaces);
  }
};

// State::b of an expression that is counted in tokens, while some are left and when none is.
constexpr uint32_t kCountedText = 1, kSpentText = 2;

constexpr uint32_t kUnknownKey = UINT32_MAX;  // Thread::begin where a mask is filled for many keys at once

struct State {
  enum class Kind : uint8_t {
    kEnd,
    kText,
    kToken,
    kExpression,
    kValue,
    kString,
    kNumber,
    kWord,
    kObjectOpen,
    kKey,
    kAfterKey,
    kAfterValue,
    kAfterComma,
    kArrayOpen,
    kAfterItem,
    kArrayComma,
    kTaggedKey
  };
  Kind kind = Kind::kEnd;
  uint8_t quote = 0;
  uint16_t context = 0;
  uint32_t a = 0, b = 0;  // see machine_rows.cc
  uint64_t partial = 0;
  bool operator==(const State&) const = default;
};

struct Frame {
  enum class Kind : uint8_t {
    kBottom,
    kObject,
    kObjectKey,
    kArray,
    kUniqueArray,
    kGrammar,
    kUnescape,
    kBranch,
    // Of the tagged syntaxes: what begins when the frame is reached. `begin`: whether inside braces.
    kTaggedKey,        // a key
    kTaggedKeyEnd,     // what follows the key that ends
    kTaggedValue,      // id = formula; end: 1 only strings, 2 only others, 0 any
    kTaggedText,       // id = expression
    kTaggedMember,     // one more member or the end
    kTaggedKeyMember,  // the same; id, begin and end as in kObjectKey
    kTaggedOpen,       // the first member or the end
    kTaggedItem,       // one more item or the end
    kTaggedItems       // the first item or the end
  };
  Kind kind = Kind::kBottom;
  uint16_t context = 0;
  uint32_t id = 0;  // residual; kObjectKey: place in key_choices_; kGrammar: node; kBranch: place in branches_
  uint32_t begin = 0, end = 0;  // kObject: whether a dictionary among keyword arguments; kObjectKey: the
                                // key; kUniqueArray: begin of the item; kGrammar: item or count
  KeySetId used = 0;            // kObject, kObjectKey: the thread's, for when the value is done
  bool operator==(const Frame&) const = default;
};

std::string unescaped(const std::string& text);
// Whether the frame's key has not been read yet, but stands in the text.
bool refers_to_key(const Frame& frame);

struct Action {
  enum class Op : uint8_t {
    kGoto,
    kPush,
    kPop,
    kPopRetry,
    kBeginKeyAfter,
    kBeginKeyHere,
    kEndKey,
    kEndFreeKey,  // as kEndKey, for a key that may have been used before
    kPushKey,
    kPushRawKey,
    kPushItem
  };
  Op op;
  StateId state = 0;
  Frame frame{};
};

struct MachineLimits {
  size_t max_bytes = size_t{1} << 30;  // states, rows, residuals and expressions of one grammar
  size_t max_threads = 4096;           // ways to read one text that lead on differently
  size_t max_nodes = 200'000;          // nodes of the grammar
};

// The text so far; the byte being consumed is its last.
struct TextView {
  const char* data;
  uint32_t size;
};

class Machine {
 public:
  // Codes of rows are 0: refused; odd: state << 1 | 1; even: list << 1. List 1 stands for white space, which leads to the
  // state itself as often as the surface allows.
  static constexpr uint32_t kSpaceCode = 2;
  uint32_t max_spaces(StateId state) const { return contexts_[states_[state].context].surface.max_whitespace; }

  Machine(ExpressionLimits expression_limits, MachineLimits limits);

  // --- construction -----------------------------------------------------------------------------------------------------
  ExpressionArena& arena() { return arena_; }
  uint32_t add_node(GrammarNode node);
  uint32_t add_context(ValueContext context);
  // Sets the start and refuses grammars without any text. Throws SchemaError.
  void start_at(uint32_t node);
  const std::vector<Thread>& start() const { return start_; }

  // --- running ----------------------------------------------------------------------------------------------------------
  Row row(StateId state) {
    if (rows_[state].codes == nullptr) [[unlikely]] {
      if (!may_build_) {
        row_missing_ = true;
        return kNoRow;
      }
      build_row(state);
    }
    return rows_[state];
  }
  // While rows may not be built, stepping where one is missing finds nothing, and says so here. Building may take long.
  void may_build(bool allowed) { may_build_ = allowed, row_missing_ = false; }
  bool row_missing() const { return row_missing_; }
  bool has_tokens() const { return has_tokens_; }  // whether the grammar names control tokens
  const State& state(StateId id) const { return states_[id]; }
  // Appends where the text's last byte takes a thread.
  void step(const Thread& thread, TextView text, std::vector<Thread>* out);
  // Whether the thread may end here; which control tokens it may take, with where they lead.
  bool can_end(const Thread& thread, TextView text);
  void token_edges(const Thread& thread, TextView text, std::vector<std::pair<uint32_t, Thread>>* out);
  // Drops repeats; where there are more than `join_above`, also makes one thread of those that differ in the stack alone.
  // Throws GrammarLimitError over max_threads.
  void merge(std::vector<Thread>* threads, size_t join_above = 0);
  // In the middle of a token stacks may still refer to the text, and branches would hide that from `settle`.
  static constexpr size_t kJoinInToken = 8;
  // So many threads at once are merged before more are added.
  static constexpr size_t kManyThreads = 16'384;
  // Replaces what refers to the text (keys just closed) by residuals, so that threads can be kept and compared.
  void settle(std::vector<Thread>* threads, TextView text);
  // One token has been taken: texts that are counted in tokens go on with one less, or only end.
  void count_token(std::vector<Thread>* threads);
  // A string state between two characters whose content is any text of `min` to `max` characters.
  bool is_open_string(const Thread& thread, uint32_t* min, uint32_t* max);
  // The state of a string that takes content of any length, if this is one, or is one in the middle of a character;
  // 0 otherwise. Remembered per state.
  StateId open_string(StateId state) {
    if (open_strings_[state] == UINT32_MAX) {
      StateId found = find_open_string(state);
      open_strings_[state] = found;
    }
    return open_strings_[state];
  }
  // The state of a string that takes the same texts of up to `length` characters, if another one is known; else 0.
  StateId string_with_slack(StateId state, uint32_t length);
  // Closing such a string, with a key unknown.
  void close_string(const Thread& thread, TextView text, std::vector<Thread>* out);

  bool is_branch(StackId stack) const { return frames_[stacks_[stack].frame].kind == Frame::Kind::kBranch; }
  bool is_writing_key(const Thread& thread) const {
    State::Kind kind = states_[thread.state].kind;
    return kind == State::Kind::kKey || kind == State::Kind::kAfterKey;
  }
  // The stack with no key used in what is open above `bottom`; false where alternatives hide that.
  bool bare_stack(StackId stack, StackId bottom, StackId* bare);
  FrameId top_frame(StackId stack) const { return stack == 0 ? 0 : stacks_[stack].frame; }
  StackId parent(StackId stack) const { return stacks_[stack].parent; }
  uint32_t depth(StackId stack) const { return stacks_[stack].depth; }
  // The frame without the keys used in its object.
  FrameId bare_frame(FrameId frame) {
    if (frames_[frame].used == 0) return frame;
    Frame bare = frames_[frame];
    bare.used = 0;
    return intern_frame(bare);
  }
  // Depth of the lowest stack entry read since reset_reads, and whether text before `floor` was read.
  void reset_reads(uint32_t text_floor) {
    lowest_read_ = UINT32_MAX, text_floor_ = text_floor, text_read_ = unknown_key_read_ = false, key_checked_ = 0;
  }
  // Whether a mask of this thread may be filled as if no key had been used, and used keys be taken out afterwards.
  bool can_assume_new_keys(const Thread& thread) const;
  // While it is so, keys that end in the token at hand count as new, whatever was used. `take_key_checked` tells of what
  // kind of key that was assumed, besides one that was begun before the token, which the token completes in plain characters.
  void assume_new_keys(bool on) { assume_new_keys_ = on, keys_in_tokens_.clear(); }
  static constexpr uint8_t kEscapedKey = 1;  // begun before the token, which uses escapes
  static constexpr uint8_t kKeyInToken = 2;  // begun and ended in the token
  uint8_t take_key_checked() { return std::exchange(key_checked_, uint8_t{0}); }
  // The keys of the second kind so far.
  const std::vector<std::u32string>& keys_in_tokens() const { return keys_in_tokens_; }
  bool is_used(KeySetId used, const std::u32string& key) const { return key_sets_.contains(used, key); }
  KeySetId used_keys(FrameId frame) const { return frames_[frame].used; }
  const KeySets& key_sets() const { return key_sets_; }
  // What is there of the key being written, as UTF-8 without escapes; a last character may be incomplete.
  std::string begun_key(const Thread& thread, TextView text) const;
  uint32_t lowest_read() const { return lowest_read_; }
  bool text_read() const { return text_read_; }
  uint64_t keys_read() const { return keys_read_; }  // how often a key or item was read back from the text
  bool take_unknown_key_read() { return std::exchange(unknown_key_read_, false); }
  // Stack entries made after a mark are dropped again.
  size_t mark_stacks() const { return stacks_.size(); }
  void drop_stacks(size_t mark);

  size_t state_count() const { return states_.size(); }
  size_t bytes() const;
  void check_size() const;
  // Cheap to ask for, and another number where bytes() has become more.
  size_t parts() const { return states_.size() + stacks_.size() + frames_.size() + arena_.size() + row_store_.bytes(); }
  // Notes the size that the grammar has unused; and whether since then it has used up half of what a budget leaves.
  void start_growing();
  bool grown() {
    bool look = states_.size() > looked_at_states_ + 256 || arena_.size() > looked_at_expressions_ + 4096;
    return look && measure_growth();
  }

 private:
  struct Entered {  // a grammar node entered at the same place of the text
    uint32_t node, at;
    StackId stack;
    bool operator==(const Entered&) const = default;
  };
  struct EnteredHash {
    size_t operator()(const Entered& e) const { return mix(mix(e.node, e.at), e.stack); }
  };
  // A stack as one of several over a shared one: the frames on top of that, topmost first. An empty chain is the shared one.
  using Chain = std::vector<FrameId>;
  struct Branch {
    std::vector<Chain> chains;
    bool grammar_only;  // the topmost frames are of grammar nodes
    bool may_be_empty;  // one chain is
  };
  struct AfterPop {
    std::bitset<256> bytes;
    uint32_t lowest;  // depth of the lowest stack entry that this depends on
  };
  struct StackNode {
    FrameId frame = 0;
    StackId parent = 0;
    uint32_t depth = 0;
  };
  // Where in a key: of all residuals of one plan in which the same names may still come.
  struct KeyState {
    PlanId plan;
    uint32_t trie;  // UINT32_MAX: no literal name is left
    std::vector<ExprId> cells;
    std::vector<uint32_t> open;  // places of the names below `trie` that may come
  };
  struct KeyChoice {
    ObjectId residual;
    uint32_t cell, choice, nested;
    bool operator==(const KeyChoice&) const = default;
  };

  StateId intern(const State& s);
  FrameId intern_frame(const Frame& f);
  StackId push(const Frame& frame, StackId parent);
  uint32_t intern_key_state(const KeyState& k);
  KeyState key_state(uint32_t id) const;
  uint32_t intern_key_choice(const KeyChoice& c);

  static const Row kNoRow;
  void build_row(StateId id);
  uint32_t intern_actions(std::vector<Action> list);
  StateId find_open_string(StateId state);
  struct Place {  // where something begins: inside a JSON string or not, and behind which text
    uint32_t escaped;
    TextView text;
  };
  void enter(uint32_t node, uint32_t at, StackId stack, const Place& place, std::vector<Thread>* out);
  void enter_value(uint32_t context, StackId stack, Place place, std::vector<Thread>* out);
  void enter_tagged_object(uint32_t context, StackId stack, const Place& place, std::vector<Thread>* out);
  void enter_tagged_members(const Frame& frame, StackId stack, const Place& place, std::vector<Thread>* out);
  void enter_tagged_items(const Frame& frame, StackId stack, const Place& place, std::vector<Thread>* out);
  void enter_tagged_value(const Frame& frame, StackId stack, const Place& place, std::vector<Thread>* out);
  void enter_tagged_text(ExprId strings, StackId stack, const Place& place, std::vector<Thread>* out);
  void enter_after_key(const Frame& member, FormulaId value, StackId stack, const Place& place,
                       std::vector<Thread>* out);
  void end_tagged_key(const Thread& thread, const Frame& frame, uint32_t end, StackId stack, const Place& place,
                      std::vector<Thread>* out);
  void pop_tagged(const Thread& thread, const Frame& frame, StackId stack, const Place& place, uint32_t end,
                  std::vector<Thread>* out);
  const std::bitset<256>& bytes_after_tagged_key(uint16_t context);
  ExprId words_of(const Normal& value, const WordTexts& texts);
  ExprId raw_strings(ValueContext& context, FormulaId value);
  FormulaId without_strings(ValueContext& context, FormulaId value);
  template <typename Sink>
  void each_stack(StackId stack, Sink&& sink);
  bool covers(StackId a, StackId b) const;
  bool factor(std::vector<Chain> chains, size_t depth, Chain* out);
  FrameId branch_frame(std::vector<Chain> chains);
  bool join(const std::vector<StackId>& stacks, StackId* joined);
  void join_all(std::vector<StackId> stacks, std::vector<StackId>* out);
  StackId push_chain(const Chain& chain, StackId base);
  StateId after_key_state(const Thread& thread, uint16_t context, uint32_t which, uint32_t nested);
  void pop(const Thread& thread, TextView text, uint32_t item_end, std::vector<Thread>* out);
  void apply(const Action& action, const Thread& thread, TextView text, std::vector<Thread>* out);
  void step_escaped(const Thread& thread, TextView text, std::vector<Thread>* out);
  void step_plain(const Thread& thread, uint8_t byte, TextView text, std::vector<Thread>* out);
  void step_list(const Thread& thread, uint8_t byte, TextView text, std::vector<Thread>* out);
  const std::bitset<256>& bytes_after_pop(const Thread& thread, TextView text);
  void settle_one(Thread* thread, TextView text);
  ObjectId residual_of_key(const Frame& frame, TextView text);
  std::u32string key_text(uint16_t context, uint32_t begin, uint32_t end, bool raw, TextView text) const;
  bool key_is_new(const Thread& thread, uint32_t end, TextView text);
  // Whether the used keys of this choice's object are kept in threads and frames, and not in its residual.
  bool keeps_keys(const Frame& frame) const;
  Escapes escapes_of(const Surface& surface) const;

  ExpressionArena arena_;
  MachineLimits limits_;
  std::vector<ValueContext> contexts_;
  std::vector<GrammarNode> nodes_;
  std::deque<State> states_;
  std::vector<Row> rows_;
  RowStore row_store_;
  std::vector<uint8_t> pops_;          // may this state end without a byte of its own
  std::vector<StateId> open_strings_;  // UINT32_MAX: not asked yet
  std::deque<std::vector<Action>> actions_;
  std::deque<Frame> frames_;
  std::vector<StackNode> stacks_;
  std::vector<uint32_t> key_states_;  // each: plan, trie, number of cells, cells, number of names, names
  std::vector<uint32_t> key_state_places_;
  std::vector<KeyChoice> key_choices_;
  static size_t hash_of(const State& s);
  struct FrameHash {
    size_t operator()(const Frame& f) const;
  };
  HashIndex state_index_, key_state_index_;
  std::unordered_map<Frame, FrameId, FrameHash> frame_index_;
  std::unordered_map<uint64_t, StackId> stack_index_;
  std::unordered_map<std::string, uint32_t> key_choice_index_, action_index_;
  std::unordered_map<StackId, AfterPop> after_pop_;
  std::deque<Branch> branches_;
  std::unordered_map<std::string, uint32_t> branch_index_;
  std::vector<Thread> start_;
  KeySets key_sets_;
  bool measure_growth();
  size_t fresh_bytes_ = 0, fresh_expressions_ = 0, fresh_expression_bytes_ = 0;
  size_t looked_at_states_ = 0, looked_at_expressions_ = 0;
  size_t key_bytes_ = 0, branch_bytes_ = 0;
  uint32_t lowest_read_ = UINT32_MAX, text_floor_ = 0;
  uint64_t keys_read_ = 0;
  bool text_read_ = false, unknown_key_read_ = false, in_escape_ = false;
  uint8_t key_checked_ = 0;
  std::vector<std::u32string> keys_in_tokens_;
  bool assume_new_keys_ = false, may_build_ = true, row_missing_ = false, has_tokens_ = false, has_counts_ = false;
  bool refers_to_text_ = false;  // some stack may since the last `settle`

  friend class RowBuilder;
};

// The stacks that a stack stands for, each with a plain frame on top; but not those that are among the ones that another
// stands for in turn: under branches that may be left out, the same chain on a lower branch says nothing new.
template <typename Sink>
void Machine::each_stack(StackId stack, Sink&& sink) {
  std::vector<const Chain*> seen;
  FrameId last = 0;
  while (is_branch(stack)) {
    const StackNode node = stacks_[stack];
    lowest_read_ = std::min(lowest_read_, node.depth);
    const Branch& branch = branches_[frames_[node.frame].id];
    if (node.frame != last) {
      for (const Chain& chain : branch.chains) {
        auto same = [&](const Chain* other) { return *other == chain; };
        if (chain.empty() || std::any_of(seen.begin(), seen.end(), same)) continue;
        if (branch.may_be_empty) seen.push_back(&chain);
        sink(push_chain(chain, node.parent));
      }
    }
    if (!branch.may_be_empty) return;
    last = node.frame;
    stack = node.parent;
  }
  sink(stack);
}

}  // namespace fcformat
