// Which tokens may come next: the token trie walked with a machine's threads.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grammar/machine.h"
#include "mask/mask_cache.h"
#include "vocabulary/vocabulary.h"

namespace fcformat {

class MaskFiller {
 public:
  MaskFiller(Machine& machine, std::shared_ptr<const Vocabulary> vocabulary, std::vector<uint32_t> tag_ids,
             size_t cache_bytes);

  // Writes one bit per token id, `vocabulary.mask_words()` words. `text` is what was written so far; it is lengthened
  // while tokens are tried behind it, and comes out as it was.
  void fill(const std::vector<Thread>& threads, std::string& text, uint32_t* mask);
  // The same for one thread whose mask is known; false where it is not.
  bool try_fill(const Thread& thread, std::string& text, uint32_t* mask) { return fill_known(thread, text, mask); }
  const MaskCache& cache() const { return cache_; }

 private:
  // What is known of a token or of what follows a quote; where it is allowed, what was assumed of keys.
  struct Verdict {
    enum class Kind : uint8_t { kUnknown, kRefused, kAllowed } kind = Kind::kUnknown;
    uint8_t assumed = 0;
    bool allowed() const { return kind == Kind::kAllowed; }
  };
  // What follows the quote of the open string at hand, by group of tails.
  struct Tails {
    StateId state = 0;
    StackId stack = 0;
    ObjectId object = 0;
    std::vector<Verdict> verdicts;
  };

  class Room;
  // A state whose mask differs little, with how to correct it.
  struct Base {
    enum class Kind : uint8_t { kNone, kSlack, kString } kind = Kind::kNone;
    Thread thread{};
  };
  Base base_of(const Thread& thread);
  const KeptMask* find(const Thread& thread, StackId* bottom, uint32_t* lowest);
  void correct(const Base& base, const Thread& thread, uint32_t* mask);
  void walk_difference(const Thread& base, const Thread& thread, uint32_t* mask);
  void walk_subtree(size_t begin, const Thread& before, uint32_t* mask);
  void compute(const Thread& thread, uint32_t* mask);
  void fill_one(const Thread& thread, std::string& text, uint32_t* mask);
  bool fill_known(const Thread& thread, std::string& text, uint32_t* mask);
  void refuse_used_keys(const Thread& thread, const KeptMask& kept, bool keys_used, std::string& text, uint32_t* mask);
  void refuse(const Thread& thread, const std::vector<uint32_t>& tokens, uint32_t* mask);
  void refuse_repetitions(const Thread& thread, StackId bottom, std::string& text, uint32_t* mask);
  bool any_used(const Thread& thread, const KeptMask& kept, StackId bottom);
  void set_tokens(const uint32_t* begin, const uint32_t* end, uint8_t assumed, uint32_t* mask);
  bool fill_open_string(const Thread& thread, uint32_t* mask);
  void walk_all(const std::vector<Thread>& threads, uint32_t* mask);
  // Nodes begin..end of the trie, with levels_[depth(begin) - 1] holding the threads before them.
  template <typename Sink>
  void walk(const TokenTrie& trie, size_t begin, size_t end, Sink&& sink);
  void walk_single(size_t node, size_t end, const Thread& thread, uint32_t* mask, bool on_content);
  void fill_subtree(size_t node, const Thread& here, StateId open_string, uint32_t* mask, bool has_content);
  Verdict tail_alive(const Thread& thread, uint32_t group, uint32_t content_end);
  void set_range(size_t node, uint32_t* mask, bool value, bool content_only);
  void add_token_edges(const std::vector<Thread>& threads, TextView text, uint32_t* mask);
  Verdict alive_after(const Thread& thread, uint32_t at, std::string_view bytes);

  Machine& machine_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<uint32_t> tag_ids_;  // tokens with bytes that the grammar names as control tokens
  MaskCache cache_;
  char* path_ = nullptr;  // the text, with room for the token at hand
  uint32_t base_ = 0;     // length of the text
  std::vector<std::vector<Thread>> levels_;
  std::vector<uint8_t> assumed_;  // by depth, of what kinds of keys it was assumed that they are new
  DependentTokens dependent_;     // tokens allowed under that assumption
  std::vector<Thread> now_, next_;
  std::vector<StateId> states_;  // by depth, where one thread goes from state to state
  std::vector<StateId> base_states_;
  std::vector<uint32_t> spaces_;  // by depth, Thread::spaces of that thread
  Tails tails_;
};

}  // namespace fcformat
