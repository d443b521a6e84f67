// A compiled grammar, shared by threads, and a matcher, which belongs to one sequence.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/fork_guard.h"
#include "grammar/machine.h"
#include "mask/mask_filler.h"
#include "vocabulary/vocabulary.h"

namespace fcformat {

// A grammar's automaton, and the tokens that are control tokens in it.
struct Automaton {
  std::unique_ptr<Machine> machine;
  std::vector<uint32_t> tag_ids;
};

// The memory that grammars take together, in bytes, kept up to date as they grow.
class MemoryMeter {
 public:
  size_t bytes() const { return bytes_; }

 private:
  friend class CompiledGrammar;
  std::atomic<size_t> bytes_ = 0;
};

class CompiledGrammar {
 public:
  // `build` makes the automaton: now, and again when the one in use has grown too large.
  CompiledGrammar(std::function<Automaton()> build, std::shared_ptr<const Vocabulary> vocabulary,
                  size_t mask_cache_bytes);
  ~CompiledGrammar() { count_out(); }

  const std::shared_ptr<const Vocabulary>& vocabulary() const { return vocabulary_; }
  size_t bytes();
  // The same when they were last looked at; waits for nobody who uses the grammar.
  size_t last_bytes();
  // Has its bytes counted in `meter`, now and when they have become more, until it is counted out. Waits for nobody who
  // uses the grammar.
  void count_in(std::shared_ptr<MemoryMeter> meter);
  void count_out();
  uint64_t renewals();
  void cache_counters(uint64_t* hits, uint64_t* misses, size_t* bytes);

 private:
  friend class Matcher;
  void build();
  // Sets up a new automaton where the present one has used up half of a budget. What a long-running process leaves
  // behind in it goes with it; matchers follow when they are next used.
  void renew_if_grown() {
    if (machine_->grown()) build();
  }
  // To be called whenever the grammar may have grown.
  void note_growth() {
    if (machine_->parts() + filler_->cache().bytes() != noted_) note_bytes();
  }
  size_t note_bytes();

  std::function<Automaton()> build_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  size_t mask_cache_bytes_;
  ForkSafeMutex mutex_;  // guards what follows, which grows as it is used
  std::unique_ptr<Machine> machine_;
  std::vector<uint32_t> tag_ids_;
  std::unique_ptr<MaskFiller> filler_;
  uint64_t generation_ = 0;  // of the automaton
  size_t noted_ = 0;         // what the size depends on, when it was last looked at
  // Guards what follows; held for a moment only, also by who holds the other one.
  std::mutex meter_mutex_;
  std::shared_ptr<MemoryMeter> meter_;
  size_t size_ = 0;  // bytes, when they were last looked at
};

class Matcher {
 public:
  explicit Matcher(std::shared_ptr<CompiledGrammar> grammar);

  enum class Quick : uint8_t { kNo, kYes, kUnknown };

  // Writes the next token's mask; false where every token of the vocabulary is allowed.
  bool fill_mask(uint32_t* mask);
  bool accept_token(uint32_t id);
  // The same where it takes a microsecond or two: the grammar is at rest and the mask, or the way of the token, known.
  // Otherwise nothing is done and the answer is false, or kUnknown.
  bool try_fill_mask(uint32_t* mask);
  Quick try_accept_token(uint32_t id);
  bool accept_bytes(std::string_view bytes);
  // Undoes the last n accepted tokens or strings. Throws std::invalid_argument where there are fewer.
  void rollback(size_t n);
  void reset();
  bool can_terminate();
  bool is_terminated() const { return terminated_; }
  size_t accepted() const { return steps_.size(); }
  // Bytes that must come next, as far as there is only one way, cut at a character's end.
  std::string forced_text(size_t limit = 1 << 16);
  const std::shared_ptr<CompiledGrammar>& grammar() const { return grammar_; }

 private:
  struct Step {
    size_t threads_begin;  // in history_
    size_t text_size;
    uint32_t control_token;  // that was accepted as such, or kNoToken
    bool terminated;
  };
  static constexpr uint32_t kNoToken = UINT32_MAX;
  // Locks the grammar and, where its automaton is a new one, finds this matcher's place in it.
  struct Entered {
    ~Entered() { grammar.note_growth(); }
    std::unique_lock<ForkSafeMutex> lock;
    CompiledGrammar& grammar;
  };
  Entered enter();
  void replay();
  bool advance(std::string_view bytes);
  bool accept_locked(uint32_t id);
  bool take_control_token(uint32_t id);
  void record(uint32_t control_token = kNoToken);

  std::shared_ptr<CompiledGrammar> grammar_;
  uint64_t generation_ = 0;
  std::vector<Thread> threads_;
  std::vector<Thread> history_;
  std::vector<Step> steps_;
  std::string text_;
  std::vector<Thread> now_, next_;  // while a token is being accepted
  bool terminated_ = false;
};

}  // namespace fcformat
