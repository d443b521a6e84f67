#include "mask/mask_filler.h"

#include <algorithm>
#include <cstring>

#include "mask/used_keys.h"

namespace fcformat {
namespace {

void set_bit(uint32_t* mask, uint32_t id) { mask[id >> 5] |= 1u << (id & 31); }
void clear_bit(uint32_t* mask, uint32_t id) { mask[id >> 5] &= ~(1u << (id & 31)); }
// Either `object` or `spaces` is 0; and there are fewer than 2^30 states.
uint64_t cache_key(const Thread& thread) {
  return static_cast<uint64_t>(thread.object | thread.spaces) << 32 | (thread.state << 2 | thread.escaped);
}

}  // namespace

MaskFiller::MaskFiller(Machine& machine, std::shared_ptr<const Vocabulary> vocabulary, std::vector<uint32_t> tag_ids,
                       size_t cache_bytes)
    : machine_(machine), vocabulary_(std::move(vocabulary)), tag_ids_(std::move(tag_ids)), cache_(cache_bytes) {
  levels_.resize(vocabulary_->trie().max_depth() + 2);
  assumed_.resize(levels_.size());
  states_.resize(levels_.size());
  base_states_.resize(levels_.size());
  spaces_.resize(levels_.size());
}

// Visits the nodes that the threads reach: sink(node, true) with the threads in levels_[depth]; sink(node, false) where
// a subtree was left because it depends on a key that is not known here.
template <typename Sink>
void MaskFiller::walk(const TokenTrie& trie, size_t begin, size_t end, Sink&& sink) {
  if (begin < end) assumed_[trie.depth(begin) - 1] = 0;
  for (size_t node = begin; node < end;) {
    uint32_t depth = trie.depth(node);
    uint8_t byte = trie.byte(node);
    const std::vector<Thread>& from = levels_[depth - 1];
    std::vector<Thread>& to = levels_[depth];
    to.clear();
    path_[base_ + depth - 1] = static_cast<char>(byte);
    TextView view{path_, base_ + depth};
    for (const Thread& t : from) {
      if (t.escaped == 0) {
        uint32_t code = machine_.row(t.state)[byte];
        if (code == 0) continue;
        if (code & 1) {
          to.push_back(t);
          to.back().state = code >> 1;
          to.back().spaces = 0;
          continue;
        }
      }
      machine_.step(t, view, &to);
      if (to.size() > Machine::kManyThreads) machine_.merge(&to);
    }
    if (to.empty()) {
      machine_.take_key_checked();
      if (machine_.take_unknown_key_read()) sink(node, false);
      node = trie.subtree_end(node);
      continue;
    }
    if (to.size() > 1) machine_.merge(&to, Machine::kJoinInToken);
    assumed_[depth] = assumed_[depth - 1] | machine_.take_key_checked();
    sink(node, true);
    ++node;
  }
}

// As walk, for one thread that mostly goes from state to state. `on_content`: the mask already holds all content tokens,
// and those that cannot be reached are taken out again.
void MaskFiller::walk_single(size_t begin, size_t end, const Thread& thread, uint32_t* mask, bool on_content) {
  const TokenTrie& trie = vocabulary_->trie();
  states_[0] = thread.state;
  spaces_[0] = thread.spaces;
  Thread now = thread;
  size_t node = begin;
  while (node < end) {
    uint32_t depth = trie.depth(node);
    uint8_t byte = trie.byte(node);
    path_[base_ + depth - 1] = static_cast<char>(byte);
    uint32_t code = machine_.row(states_[depth - 1])[byte];
    if (code == Machine::kSpaceCode) {
      code = spaces_[depth - 1] < machine_.max_spaces(states_[depth - 1]) ? states_[depth - 1] << 1 | 1 : 0;
      spaces_[depth] = spaces_[depth - 1] + 1;
    } else {
      spaces_[depth] = 0;
    }
    if (code == 0) {
      if (on_content) set_range(node, mask, false, true);
      node = trie.subtree_end(node);
      continue;
    }
    if (code & 1) {
      StateId state = code >> 1;
      now.state = state;
      now.spaces = spaces_[depth];
      if (StateId open_string = machine_.open_string(state)) {
        for (const uint32_t* id = trie.ids_begin(node); id != trie.ids_end(node); ++id) set_bit(mask, *id);
        fill_subtree(node, now, open_string, mask, on_content);
        node = trie.subtree_end(node);
        continue;
      }
      states_[depth] = state;
      for (const uint32_t* id = trie.ids_begin(node); id != trie.ids_end(node); ++id) set_bit(mask, *id);
      ++node;
      continue;
    }
    // The stack is touched: this subtree goes the general way.
    if (on_content) set_range(node, mask, false, true);
    now.state = states_[depth - 1];
    now.spaces = spaces_[depth - 1];
    walk_subtree(node, now, mask);
    node = trie.subtree_end(node);
  }
}

// The tokens at and below a node, with where the thread stands before the node.
void MaskFiller::walk_subtree(size_t begin, const Thread& before, uint32_t* mask) {
  const TokenTrie& trie = vocabulary_->trie();
  levels_[trie.depth(begin) - 1].assign(1, before);
  walk(trie, begin, trie.subtree_end(begin), [&](size_t at, bool reached) {
    if (reached) set_tokens(trie.ids_begin(at), trie.ids_end(at), assumed_[trie.depth(at)], mask);
  });
}

// `mask` is that of `base`, which differs from the thread in the state alone. Where both do the same by a byte, all that
// begins with it is right already.
void MaskFiller::walk_difference(const Thread& base, const Thread& thread, uint32_t* mask) {
  constexpr StateId kNowhere = 0;  // the end, which takes no byte
  const TokenTrie& trie = vocabulary_->trie();
  states_[0] = thread.state;
  base_states_[0] = base.state;
  Thread now = thread;
  for (size_t node = 0; node < trie.size();) {
    uint32_t depth = trie.depth(node);
    uint8_t byte = trie.byte(node);
    uint32_t code = machine_.row(states_[depth - 1])[byte], other = machine_.row(base_states_[depth - 1])[byte];
    if (code == other) {
      node = trie.subtree_end(node);
      continue;
    }
    path_[base_ + depth - 1] = static_cast<char>(byte);
    bool follows = (code & 1) != 0, other_follows = (other & 1) != 0;
    if (other != 0 && !(follows && other_follows)) set_range(node, mask, false, false);
    if (follows) {
      states_[depth] = code >> 1;
      base_states_[depth] = other_follows ? other >> 1 : kNowhere;
      for (const uint32_t* id = trie.ids_begin(node); id != trie.ids_end(node); ++id) set_bit(mask, *id);
      ++node;
      continue;
    }
    if (code != 0) {
      now.state = states_[depth - 1];
      walk_subtree(node, now, mask);
    }
    node = trie.subtree_end(node);
  }
}

// Strings that count far from their bounds are like those that do not count, but for long tokens. A key in the middle of
// known names is like one that is none of them, but for the tokens that go on with a name.
MaskFiller::Base MaskFiller::base_of(const Thread& thread) {
  Base base{Base::Kind::kNone, thread};
  if (thread.escaped != 0 || thread.spaces != 0 || machine_.open_string(thread.state) != 0) return base;
  uint32_t min, max;  // a string of any characters far from its bounds is filled without any walk
  if (machine_.is_open_string(thread, &min, &max) && vocabulary_->content_mask(max)) return base;
  if (StateId slack = machine_.string_with_slack(thread.state, Vocabulary::kLongToken)) {
    base.kind = Base::Kind::kSlack;
    base.thread.state = slack;
  } else if (machine_.state(thread.state).kind == State::Kind::kKey) {
    // Any base will do; one that most bytes lead to leaves the least to correct.
    size_t most = 48;
    const Row row = machine_.row(thread.state);
    for (uint32_t b : {'!', 'J', 'q'}) {
      StateId open = (row[b] & 1) != 0 ? row[b] >> 1 : 0;
      if (open == 0 || open == thread.state || machine_.open_string(open) != open) continue;
      size_t count = 0;
      for (uint32_t c = 0x20; c < 0x80; ++c) count += row[c] == row[b];
      if (count <= most) continue;
      most = count;
      base.kind = Base::Kind::kString;
      base.thread.state = open;
    }
  }
  return base;
}

void MaskFiller::correct(const Base& base, const Thread& thread, uint32_t* mask) {
  if (base.kind == Base::Kind::kString) {
    walk_difference(base.thread, thread, mask);
    return;
  }
  const TokenTrie& trie = vocabulary_->long_tokens();
  for (uint32_t id : trie.ids()) clear_bit(mask, id);
  levels_[0].assign(1, thread);
  walk(trie, 0, trie.size(), [&](size_t at, bool reached) {
    if (reached) set_tokens(trie.ids_begin(at), trie.ids_end(at), assumed_[trie.depth(at)], mask);
  });
}

// Sets or clears the tokens below a node (the node's own included).
void MaskFiller::set_range(size_t node, uint32_t* mask, bool value, bool content_only) {
  const TokenTrie& trie = vocabulary_->trie();
  const std::vector<uint32_t>& ids = trie.ids();
  uint32_t begin = trie.id_start(node), end = trie.id_start(trie.subtree_end(node));
  auto apply = [&](uint32_t id) { value ? set_bit(mask, id) : clear_bit(mask, id); };
  if (!content_only) {
    for (uint32_t place = begin; place < end; ++place) apply(ids[place]);
    return;
  }
  const std::vector<uint32_t>& content = vocabulary_->content_places();
  for (auto it = std::lower_bound(content.begin(), content.end(), begin); it != content.end() && *it < end; ++it)
    apply(ids[*it]);
}

// Below a node at which one thread stands in a string of any content (`open_string`, between two characters).
void MaskFiller::fill_subtree(size_t node, const Thread& here, StateId open_string, uint32_t* mask, bool has_content) {
  const TokenTrie& trie = vocabulary_->trie();
  uint32_t depth = trie.depth(node), begin = trie.id_start(node), end = trie.id_start(trie.subtree_end(node));
  // Only if the path to the node is content too: then what is content as a whole is content from here on, also where
  // the node stands inside a character (the thread then stands behind it).
  for (uint32_t i = 0; i < depth; ++i) {
    char c = path_[base_ + i];
    if (c == '"' || c == '\\' || static_cast<uint8_t>(c) < 0x20 ||
        (i == 0 && (static_cast<uint8_t>(c) & 0xC0) == 0x80)) {
      levels_[depth].assign(1, here);
      walk(trie, node + 1, trie.subtree_end(node), [&](size_t at, bool reached) {
        if (reached) set_tokens(trie.ids_begin(at), trie.ids_end(at), assumed_[trie.depth(at)], mask);
      });
      return;
    }
  }
  if (!has_content) set_range(node, mask, true, true);
  Thread thread = here;
  thread.state = open_string;
  const auto& specials = vocabulary_->specials();
  auto first =
      std::lower_bound(specials.begin(), specials.end(), begin, [](const auto& s, uint32_t v) { return s.place < v; });
  for (auto it = first; it != specials.end() && it->place < end; ++it) {
    const std::string& bytes = *vocabulary_->token_bytes(it->token);
    std::memcpy(path_ + base_, bytes.data(), bytes.size());
    Verdict v = it->group >= 0
                    ? tail_alive(thread, static_cast<uint32_t>(it->group), it->content_bytes)
                    : alive_after(thread, it->content_bytes, std::string_view(bytes).substr(it->content_bytes));
    if (v.allowed()) set_tokens(&it->token, &it->token + 1, v.assumed, mask);
  }
}

void MaskFiller::set_tokens(const uint32_t* begin, const uint32_t* end, uint8_t assumed, uint32_t* mask) {
  for (const uint32_t* id = begin; id != end; ++id) set_bit(mask, *id);
  if (assumed & Machine::kKeyInToken) {
    dependent_.with_key.insert(dependent_.with_key.end(), begin, end);
  } else if (assumed & Machine::kEscapedKey) {
    dependent_.escaped.insert(dependent_.escaped.end(), begin, end);
  }
}

// Whether what follows the quote is allowed; `content_end` is where the quote stands in the token at hand.
MaskFiller::Verdict MaskFiller::tail_alive(const Thread& thread, uint32_t group, uint32_t content_end) {
  if (tails_.verdicts.empty() || tails_.state != thread.state || tails_.stack != thread.stack ||
      tails_.object != thread.object) {
    tails_.state = thread.state;
    tails_.object = thread.object;
    tails_.stack = thread.stack;
    tails_.verdicts.assign(vocabulary_->group_count(), Verdict{});
  }
  Verdict& verdict = tails_.verdicts[group];
  if (verdict.kind != Verdict::Kind::kUnknown) return verdict;
  std::string tail = '"' + std::string(vocabulary_->tail(group));
  uint64_t keys = machine_.keys_read();
  Verdict found = alive_after(thread, content_end, tail);
  if (machine_.keys_read() == keys) verdict = found;  // else the answer holds for this token's key alone
  return found;
}

// Whether the bytes may follow, written from offset `at` of the token at hand on.
MaskFiller::Verdict MaskFiller::alive_after(const Thread& thread, uint32_t at, std::string_view bytes) {
  std::vector<Thread>& now = now_;
  std::vector<Thread>& next = next_;
  now.assign(1, thread);
  for (size_t i = 0; i < bytes.size(); ++i) {
    path_[base_ + at + i] = bytes[i];
    next.clear();
    for (const Thread& t : now) machine_.step(t, {path_, base_ + at + static_cast<uint32_t>(i) + 1}, &next);
    if (next.size() > 1) machine_.merge(&next, Machine::kJoinInToken);
    std::swap(now, next);
    if (now.empty()) break;
  }
  uint8_t assumed = machine_.take_key_checked();
  return {now.empty() ? Verdict::Kind::kRefused : Verdict::Kind::kAllowed, assumed};
}

// Inside a string of any content: the tokens that are content alone are known, and so is what follows the quote.
bool MaskFiller::fill_open_string(const Thread& thread, uint32_t* mask) {
  uint32_t min, max;
  if (!machine_.is_open_string(thread, &min, &max)) return false;
  const std::vector<uint32_t>* content = vocabulary_->content_mask(max);
  if (!content) return false;
  std::memcpy(mask, content->data(), content->size() * sizeof(uint32_t));
  const TokenTrie& escapes = vocabulary_->escapes();
  levels_[0].assign(1, thread);
  walk(escapes, 0, escapes.size(), [&](size_t at, bool reached) {
    if (reached) set_tokens(escapes.ids_begin(at), escapes.ids_end(at), assumed_[escapes.depth(at)], mask);
  });
  path_[base_] = '"';
  ++base_;
  levels_[0].clear();
  machine_.close_string(thread, {path_, base_}, &levels_[0]);
  auto set_group = [&](uint32_t group, uint8_t assumed) {
    const auto& tokens = vocabulary_->tail_group(group);
    auto first =
        std::lower_bound(tokens.begin(), tokens.end(), min, [](const auto& t, uint32_t v) { return t.length < v; });
    for (auto it = first; it != tokens.end() && it->length <= max; ++it)
      set_tokens(&it->token, &it->token + 1, assumed, mask);
  };
  std::vector<uint32_t> undecided;  // groups whose tokens close a key and go on to where it matters which key
  if (!levels_[0].empty()) {
    if (vocabulary_->bare_group() >= 0) set_group(static_cast<uint32_t>(vocabulary_->bare_group()), 0);
    const TokenTrie& tails = vocabulary_->tails();
    walk(tails, 0, tails.size(), [&](size_t node, bool reached) {
      if (reached) {
        uint8_t assumed = assumed_[tails.depth(node)];
        for (const uint32_t* g = tails.ids_begin(node); g != tails.ids_end(node); ++g) set_group(*g, assumed);
      } else {
        for (const uint32_t* g = tails.ids_begin(node); g != tails.subtree_ids_end(node); ++g) undecided.push_back(*g);
      }
    });
  }
  --base_;
  for (uint32_t group : undecided) {
    for (const auto& t : vocabulary_->tail_group(group)) {
      Verdict v = alive_after(thread, 0, *vocabulary_->token_bytes(t.token));
      if (v.allowed()) set_tokens(&t.token, &t.token + 1, v.assumed, mask);
    }
  }
  return true;
}

void MaskFiller::walk_all(const std::vector<Thread>& threads, uint32_t* mask) {
  const TokenTrie& trie = vocabulary_->trie();
  std::memset(mask, 0, vocabulary_->mask_words() * sizeof(uint32_t));
  if (threads.size() != 1 || threads[0].escaped != 0) {
    levels_[0] = threads;
    walk(trie, 0, trie.size(), [&](size_t at, bool reached) {
      if (reached) set_tokens(trie.ids_begin(at), trie.ids_end(at), assumed_[trie.depth(at)], mask);
    });
    return;
  }
  // Where most first bytes lead into a string of any content, start from all content tokens and correct the rest.
  const Row row = machine_.row(threads[0].state);
  size_t open = 0;
  for (uint32_t b = 0x20; b < 0x80; ++b) open += (row[b] & 1) != 0 && machine_.open_string(row[b] >> 1) != 0;
  bool on_content = open > 48;
  if (on_content) {
    const std::vector<uint32_t>& content = *vocabulary_->content_mask(kUnbounded);
    std::memcpy(mask, content.data(), content.size() * sizeof(uint32_t));
  }
  walk_single(0, trie.size(), threads[0], mask, on_content);
}

void MaskFiller::add_token_edges(const std::vector<Thread>& threads, TextView text, uint32_t* mask) {
  std::vector<std::pair<uint32_t, Thread>> edges;
  bool ends = false;
  for (const Thread& t : threads) {
    machine_.token_edges(t, text, &edges);
    ends |= machine_.can_end(t, text);
  }
  for (uint32_t id : tag_ids_) clear_bit(mask, id);
  for (const auto& edge : edges) set_bit(mask, edge.first);
  if (ends) {
    for (uint32_t id : vocabulary_->stop_ids()) set_bit(mask, id);
  }
}

void MaskFiller::compute(const Thread& thread, uint32_t* mask) {
  tails_.verdicts.clear();
  if (!fill_open_string(thread, mask)) walk_all({thread}, mask);
  add_token_edges({thread}, {path_, base_}, mask);
}

// Room behind the text for trying a token, taken away again also where a budget is exceeded.
class MaskFiller::Room {
 public:
  Room(MaskFiller& filler, std::string& text) : filler_(filler), text_(text), size_(text.size()) {
    text.resize(size_ + filler.levels_.size() + 2);
    filler.path_ = text.data();
    filler.base_ = static_cast<uint32_t>(size_);
  }
  ~Room() {
    text_.resize(size_);
    filler_.machine_.assume_new_keys(false);
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

 private:
  MaskFiller& filler_;
  std::string& text_;
  const size_t size_;
};

// Which keys were used is no part of what a mask is kept by: it is filled as if none were, and what depends on them is
// looked at each time.
bool MaskFiller::fill_known(const Thread& thread, std::string& text, uint32_t* mask) {
  StackId bottom;
  uint32_t lowest;
  const KeptMask* known = find(thread, &bottom, &lowest);
  if (!known) return false;
  ++cache_.hits;
  known->mask.write(mask, vocabulary_->mask_words());
  if (known->dependent || thread.used != 0)
    refuse_used_keys(thread, *known, any_used(thread, *known, bottom), text, mask);
  return true;
}

// The mask that is kept for the thread, if one is: with the stack below all that it depends on, and the depth of the
// lowest entry of those.
const KeptMask* MaskFiller::find(const Thread& thread, StackId* bottom, uint32_t* lowest) {
  *bottom = thread.stack;
  *lowest = UINT32_MAX;
  for (int32_t node = cache_.root(cache_key(thread), false); node >= 0;) {
    if (const KeptMask* known = cache_.mask(node)) return known;
    node = cache_.child(node, machine_.bare_frame(machine_.top_frame(*bottom)), false);
    *lowest = machine_.depth(*bottom);
    *bottom = machine_.parent(*bottom);
  }
  return nullptr;
}

// Whether a key that stands whole in a token was used in an object that is open above `bottom`.
bool MaskFiller::any_used(const Thread& thread, const KeptMask& kept, StackId bottom) {
  if (!kept.dependent || kept.dependent->with_key.empty()) return false;
  if (machine_.is_writing_key(thread)) return true;  // it may come again in the same token
  auto used = [&](KeySetId set) {
    return set != 0 && std::any_of(kept.dependent->keys.begin(), kept.dependent->keys.end(),
                                   [&](const std::u32string& key) { return machine_.is_used(set, key); });
  };
  if (used(thread.used)) return true;
  for (StackId at = thread.stack; at != bottom && at != 0; at = machine_.parent(at)) {
    FrameId frame = machine_.top_frame(at);
    if (machine_.is_branch(at) || used(machine_.used_keys(frame))) return true;
  }
  return false;
}

// One thread's mask, from the cache where it is known.
void MaskFiller::fill_one(const Thread& thread, std::string& text, uint32_t* mask) {
  if (fill_known(thread, text, mask)) return;
  const size_t words = vocabulary_->mask_words();
  ++cache_.misses;
  machine_.arena().start_clock();
  uint32_t lowest = UINT32_MAX;
  std::unique_ptr<const DependentTokens> inherited;
  Base base = base_of(thread);
  if (base.kind != Base::Kind::kNone) {
    fill_one(base.thread, text, mask);
    StackId bottom;
    const KeptMask* known = find(base.thread, &bottom, &lowest);
    if (known) {
      known->mask.write(mask, words);
      if (known->dependent) inherited = std::make_unique<const DependentTokens>(*known->dependent);
    } else {
      base.kind = Base::Kind::kNone;
      lowest = UINT32_MAX;
    }
  }
  size_t mark = machine_.mark_stacks();
  KeptMask kept;
  {
    Room room(*this, text);
    machine_.reset_reads(base_);
    dependent_ = {};
    if (inherited) dependent_ = *inherited;
    machine_.assume_new_keys(machine_.can_assume_new_keys(thread));
    if (base.kind == Base::Kind::kNone) {
      compute(thread, mask);
    } else {
      correct(base, thread, mask);
      add_token_edges({thread}, {path_, base_}, mask);
    }
    dependent_.keys.insert(dependent_.keys.end(), machine_.keys_in_tokens().begin(), machine_.keys_in_tokens().end());
  }
  machine_.drop_stacks(mark);
  if (machine_.text_read()) return;  // then nothing was assumed
  StackId bottom = thread.stack;
  cache_.make_room();
  int32_t node = cache_.root(cache_key(thread), true);
  lowest = std::min(lowest, machine_.lowest_read());
  while (lowest <= machine_.depth(bottom)) {
    node = cache_.child(node, machine_.bare_frame(machine_.top_frame(bottom)), true);
    if (bottom == 0) break;
    bottom = machine_.parent(bottom);
  }
  if (dependent_.any()) {
    if (!dependent_.with_key.empty()) refuse_repetitions(thread, bottom, text, mask);
    kept.dependent = std::make_unique<const DependentTokens>(std::move(dependent_));
  }
  kept.mask = StoredMask(mask, words, vocabulary_->content_mask(kUnbounded), vocabulary_->masks());
  if (kept.dependent || thread.used != 0) refuse_used_keys(thread, kept, true, text, mask);
  cache_.store(node, std::move(kept));
}

// Takes out what would write a key for the second time: of the tokens that end the key being written, those that complete
// it to a used one; and, unless no key of theirs was used, the tokens in which a whole key stands.
void MaskFiller::refuse_used_keys(const Thread& thread, const KeptMask& kept, bool keys_used, std::string& text,
                                  uint32_t* mask) {
  const KeySets& keys = machine_.key_sets();
  std::string begun;
  bool may_complete = thread.used != 0 && machine_.state(thread.state).kind == State::Kind::kKey;
  if (may_complete) {
    begun = machine_.begun_key(thread, {text.data(), static_cast<uint32_t>(text.size())});
    may_complete = keys.may_begin(thread.used, begun);
  }
  if (!keys_used && !may_complete) return;
  machine_.arena().start_clock();
  Room room(*this, text);
  machine_.reset_reads(base_);
  size_t mark = machine_.mark_stacks();
  if (kept.dependent && keys_used) refuse(thread, kept.dependent->with_key, mask);
  if (kept.dependent && may_complete) refuse(thread, kept.dependent->escaped, mask);
  machine_.drop_stacks(mark);
  if (!may_complete) return;
  for (uint32_t node : completions(keys, thread.used, begun, machine_.state(thread.state).quote, *vocabulary_))
    set_range(node, mask, false, false);
}

// Takes out the tokens that write one key twice themselves.
void MaskFiller::refuse_repetitions(const Thread& thread, StackId bottom, std::string& text, uint32_t* mask) {
  Thread bare = thread;
  bare.used = 0;
  size_t mark = machine_.mark_stacks();
  if (!machine_.is_writing_key(thread) && machine_.bare_stack(thread.stack, bottom, &bare.stack)) {
    Room room(*this, text);
    machine_.reset_reads(base_);
    refuse(bare, dependent_.with_key, mask);
    std::erase_if(dependent_.with_key, [&](uint32_t id) { return (mask[id >> 5] >> (id & 31) & 1) == 0; });
  }
  machine_.drop_stacks(mark);
}

void MaskFiller::refuse(const Thread& thread, const std::vector<uint32_t>& tokens, uint32_t* mask) {
  for (uint32_t id : tokens) {
    if (!alive_after(thread, 0, *vocabulary_->token_bytes(id)).allowed()) clear_bit(mask, id);
  }
}

void MaskFiller::fill(const std::vector<Thread>& threads, std::string& text, uint32_t* mask) {
  if (threads.size() == 1) {
    fill_one(threads[0], text, mask);
    return;
  }
  // Threads are alternatives, so what they allow is united; each alone is likelier to be known than all together.
  size_t words = vocabulary_->mask_words();
  std::memset(mask, 0, words * sizeof(uint32_t));
  std::vector<uint32_t> one(words);
  for (const Thread& t : threads) {
    fill_one(t, text, one.data());
    for (size_t i = 0; i < words; ++i) mask[i] |= one[i];
  }
}

}  // namespace fcformat
