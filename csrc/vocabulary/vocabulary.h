// A vocabulary: the exact bytes of every token, the control tokens, and what masks inside JSON strings need, prepared
// once: which tokens are nothing but content, and what follows the quote in those that close the string.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mask/mask_pool.h"
#include "vocabulary/token_trie.h"

namespace fcformat {

struct TokenBytes {
  uint32_t id;
  std::string bytes;
};

class Vocabulary {
 public:
  // `tokens` are those that may be matched by their bytes; ids are below `size`. Throws std::invalid_argument.
  Vocabulary(std::vector<TokenBytes> tokens, uint32_t size, std::vector<uint32_t> stop_ids,
             std::vector<std::pair<uint32_t, std::string>> control_tokens);

  uint32_t size() const { return size_; }
  size_t mask_words() const { return (size_ + 31) / 32; }
  const std::vector<uint32_t>& stop_ids() const { return stop_ids_; }
  bool is_stop(uint32_t id) const;
  // The id of a control token of this spelling, or -1.
  int64_t control_id(const std::string& text) const;
  const std::string* token_bytes(uint32_t id) const;  // nullptr where the token is not matched by bytes
  const std::string* control_text(uint32_t id) const;

  const TokenTrie& trie() const { return trie_; }
  // Tokens that a string of any content may take between two characters and that are content alone, of at most so many
  // characters; nullptr where no such mask is kept (a bound between 64 and the longest token).
  const std::vector<uint32_t>* content_mask(uint32_t max_length) const;
  // Tokens with content (of `length` characters) up to a quote, grouped by what follows the quote: the trie's ids are
  // group numbers; within a group tokens are sorted by length. The bare group's tokens end with the quote.
  struct Closing {
    uint32_t token, length;
  };
  const TokenTrie& tails() const { return tails_; }
  const std::vector<Closing>& tail_group(uint32_t group) const { return groups_[group]; }
  int32_t bare_group() const { return bare_group_; }
  const TokenTrie& escapes() const { return escapes_; }  // tokens with a backslash before any quote
  // How tokens begin that end a string: content without escapes and a quote of either kind. The ids are nodes of `trie()`.
  // Made when it is first asked for.
  const TokenTrie& closings() const;
  // Tokens of more than kLongToken bytes.
  static constexpr uint32_t kLongToken = 24;
  const TokenTrie& long_tokens() const { return long_tokens_; }
  MaskPool& masks() const { return masks_; }
  // The same by places in the order of the trie's ids, so that a subtree is a range: content tokens, and those with a
  // quote or backslash behind content.
  struct Special {
    uint32_t place, token;
    uint32_t content_bytes;  // before the quote or backslash
    int32_t group;           // what follows the quote; -1: a backslash
  };
  const std::vector<uint32_t>& content_places() const { return content_places_; }
  const std::vector<Special>& specials() const { return specials_; }
  size_t group_count() const { return groups_.size(); }
  std::string_view tail(uint32_t group) const { return tail_texts_[group]; }
  size_t memory() const;

 private:
  void prepare_strings();

  uint32_t size_;
  std::vector<TokenBytes> tokens_;
  std::vector<int32_t> place_;  // id -> place in tokens_, or -1
  std::vector<uint32_t> stop_ids_;
  std::unordered_map<uint32_t, std::string> control_tokens_;
  std::unordered_map<std::string, uint32_t> control_ids_;
  TokenTrie trie_, tails_, escapes_, long_tokens_;
  mutable TokenTrie closings_;
  mutable std::once_flag closings_made_;
  mutable MaskPool masks_;
  std::vector<std::vector<uint32_t>> content_masks_;
  std::vector<std::vector<Closing>> groups_;
  std::vector<std::string_view> tail_texts_;  // into tokens_
  std::vector<uint32_t> content_places_;
  std::vector<Special> specials_;
  uint32_t longest_ = 0;  // characters of the longest content token
  int32_t bare_group_ = -1;
};

}  // namespace fcformat
