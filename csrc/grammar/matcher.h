// A compiled grammar, shared by threads, and a matcher, which belongs to one sequence.
#pragma once

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

class CompiledGrammar {
 public:
  CompiledGrammar(std::unique_ptr<Machine> machine, std::shared_ptr<const Vocabulary> vocabulary,
                  std::vector<uint32_t> tag_ids, size_t mask_cache_bytes);

  const std::shared_ptr<const Vocabulary>& vocabulary() const { return vocabulary_; }
  size_t bytes();
  void cache_counters(uint64_t* hits, uint64_t* misses, size_t* bytes);

 private:
  friend class Matcher;
  ForkSafeMutex mutex_;  // guards the machine and the masks, which grow as they are used
  std::unique_ptr<Machine> machine_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<uint32_t> tag_ids_;
  MaskFiller filler_;
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
    bool terminated;
  };
  bool advance(std::string_view bytes);
  bool accept_locked(uint32_t id);
  bool take_control_token(uint32_t id);
  void record();

  std::shared_ptr<CompiledGrammar> grammar_;
  std::vector<Thread> threads_;
  std::vector<Thread> history_;
  std::vector<Step> steps_;
  std::string text_;
  std::vector<Thread> now_, next_;  // while a token is being accepted
  bool terminated_ = false;
};

}  // namespace fcformat
