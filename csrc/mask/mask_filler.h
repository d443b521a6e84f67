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
  MaskFiller(Machine& machine, std::shared_ptr<const Vocabulary> vocabulary, std::vector<uint32_t> tag_ids, size_t cache_bytes);

  // Writes one bit per token id, `vocabulary.mask_words()` words. `text` is what was written so far.
  void fill(const std::vector<Thread>& threads, const std::string& text, uint32_t* mask);
  const MaskCache& cache() const { return cache_; }

 private:
  void compute(const std::vector<Thread>& threads, const std::string& text, uint32_t* mask);
  bool fill_open_string(const Thread& thread, const std::string& text, uint32_t* mask);
  template <typename Sink>
  void walk(const TokenTrie& trie, const std::vector<Thread>& threads, Sink&& sink);
  void add_token_edges(const std::vector<Thread>& threads, TextView text, uint32_t* mask);
  bool alive_after(const std::vector<Thread>& threads, std::string_view bytes);

  Machine& machine_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<uint32_t> tag_ids_;  // tokens with bytes that the grammar names as control tokens
  MaskCache cache_;
  std::string path_;               // the text, with room for the token at hand
  uint32_t base_ = 0;              // length of the text
  std::vector<std::vector<Thread>> levels_;
};

}  // namespace fcformat
