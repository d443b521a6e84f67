#include "vocabulary/vocabulary.h"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace fcformat {
namespace {

struct Scan {
  size_t end;       // where content stops: at a quote, a backslash, or the end
  uint32_t length;  // characters before that, a last incomplete one counted
  bool valid;
};

// Reads string content from a character boundary: UTF-8 without control bytes.
Scan scan_content(std::string_view text) {
  Scan s{0, 0, true};
  while (s.end < text.size()) {
    auto b = static_cast<uint8_t>(text[s.end]);
    if (b == '"' || b == '\\') return s;
    size_t n = b < 0x20 ? 0 : b < 0x80 ? 1 : b < 0xC2 ? 0 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : b < 0xF5 ? 4 : 0;
    if (n == 0) return {s.end, s.length, false};
    for (size_t k = 1; k < n && s.end + k < text.size(); ++k) {
      auto t = static_cast<uint8_t>(text[s.end + k]);
      uint8_t lo = 0x80, hi = 0xBF;
      if (k == 1 && b == 0xE0) lo = 0xA0;
      if (k == 1 && b == 0xED) hi = 0x9F;
      if (k == 1 && b == 0xF0) lo = 0x90;
      if (k == 1 && b == 0xF4) hi = 0x8F;
      if (t < lo || t > hi) return {s.end, s.length, false};
    }
    s.end = std::min(s.end + n, text.size());
    ++s.length;
  }
  return s;
}

}  // namespace

Vocabulary::Vocabulary(std::vector<TokenBytes> tokens, uint32_t size, std::vector<uint32_t> stop_ids,
                       std::vector<std::pair<uint32_t, std::string>> control_tokens)
    : size_(size), tokens_(std::move(tokens)), place_(size, -1), stop_ids_(std::move(stop_ids)) {
  auto check = [&](uint32_t id, const char* what) {
    if (id >= size_)
      throw std::invalid_argument(std::string(what) + " " + std::to_string(id) +
                                  " is not below the vocabulary's size " + std::to_string(size_));
  };
  for (size_t i = 0; i < tokens_.size(); ++i) {
    check(tokens_[i].id, "token id");
    place_[tokens_[i].id] = static_cast<int32_t>(i);
  }
  std::sort(stop_ids_.begin(), stop_ids_.end());
  stop_ids_.erase(std::unique(stop_ids_.begin(), stop_ids_.end()), stop_ids_.end());
  for (uint32_t id : stop_ids_) check(id, "stop token id");
  for (auto& [id, text] : control_tokens) {
    check(id, "control token id");
    control_ids_.emplace(text, id);
    control_tokens_.emplace(id, std::move(text));
  }
  std::vector<std::pair<std::string_view, uint32_t>> entries;
  entries.reserve(tokens_.size());
  for (const TokenBytes& t : tokens_) {
    if (!is_stop(t.id)) entries.emplace_back(t.bytes, t.id);
  }
  trie_ = TokenTrie(entries);
  prepare_strings();
}

void Vocabulary::prepare_strings() {
  constexpr uint32_t kLongest = 64;  // a longer bound than this is rare; then all content tokens go by the general walk
  // One mask for each length first: tokens of exactly that length, longer ones with the last.
  std::vector<std::vector<uint32_t>> by_length;
  // The bytes are read in the order in which they lie in memory, which the trie's is not.
  std::vector<Scan> scans;
  scans.reserve(tokens_.size());
  for (const TokenBytes& t : tokens_) scans.push_back(scan_content(t.bytes));
  std::map<std::string_view, uint32_t> group_of;
  std::vector<std::pair<std::string_view, uint32_t>> escapes;
  for (uint32_t place = 0; place < trie_.ids().size(); ++place) {
    auto index = static_cast<size_t>(place_[trie_.ids()[place]]);
    const Scan& s = scans[index];
    if (!s.valid) continue;
    const TokenBytes& t = tokens_[index];
    auto content_bytes = static_cast<uint32_t>(s.end);
    if (s.end == t.bytes.size()) {
      uint32_t length = std::min(s.length, kLongest);
      while (by_length.size() <= length) by_length.emplace_back(mask_words(), 0);
      by_length[length][t.id >> 5] |= 1u << (t.id & 31);
      longest_ = std::max(longest_, s.length);
      content_places_.push_back(place);
    } else if (t.bytes[s.end] == '\\') {
      escapes.emplace_back(t.bytes, t.id);
      specials_.push_back({place, t.id, content_bytes, -1});
    } else {
      std::string_view tail = std::string_view(t.bytes).substr(s.end + 1);
      auto [it, is_new] = group_of.try_emplace(tail, static_cast<uint32_t>(groups_.size()));
      if (is_new) {
        groups_.emplace_back();
        tail_texts_.push_back(tail);
      }
      specials_.push_back({place, t.id, content_bytes, static_cast<int32_t>(it->second)});
      groups_[it->second].push_back({t.id, s.length});
    }
  }
  for (auto& group : groups_) {
    std::sort(group.begin(), group.end(), [](const Closing& a, const Closing& b) { return a.length < b.length; });
  }
  std::vector<std::pair<std::string_view, uint32_t>> long_ones;
  for (uint32_t id : trie_.ids()) {
    const TokenBytes& t = tokens_[static_cast<size_t>(place_[id])];
    if (t.bytes.size() > kLongToken) long_ones.emplace_back(t.bytes, id);
  }
  long_tokens_ = TokenTrie(std::move(long_ones));
  std::vector<std::pair<std::string_view, uint32_t>> tails;
  for (const auto& [tail, group] : group_of) {
    if (tail.empty()) bare_group_ = static_cast<int32_t>(group);
    tails.emplace_back(tail, group);
  }
  tails_ = TokenTrie(tails);
  escapes_ = TokenTrie(escapes);
  // Then of at most that length. The last mask holds all content tokens, so a bound of at least the longest token's
  // length takes it.
  if (by_length.empty()) by_length.emplace_back(mask_words(), 0);
  for (size_t length = 1; length < by_length.size(); ++length) {
    for (size_t word = 0; word < mask_words(); ++word) by_length[length][word] |= by_length[length - 1][word];
  }
  content_masks_ = std::move(by_length);
}

const TokenTrie& Vocabulary::closings() const {
  std::call_once(closings_made_, [this] {
    std::vector<std::pair<std::string_view, uint32_t>> entries;
    for (size_t node = 0; node < trie_.size(); ++node) {
      uint8_t quote = trie_.byte(node);
      if (quote != '"' && quote != '\'') continue;
      const std::string& token = *token_bytes(trie_.ids()[trie_.id_start(node)]);  // one that leads through the node
      std::string_view text = std::string_view(token).substr(0, trie_.depth(node));
      auto is_content = [&](char c) { return static_cast<uint8_t>(c) >= 0x20 && c != '\\' && c != text.back(); };
      if (std::all_of(text.begin(), text.end() - 1, is_content))
        entries.emplace_back(text, static_cast<uint32_t>(node));
    }
    closings_ = TokenTrie(entries);
  });
  return closings_;
}

const std::vector<uint32_t>* Vocabulary::content_mask(uint32_t max_length) const {
  if (max_length >= longest_) return &content_masks_.back();
  return max_length + 1 < content_masks_.size() ? &content_masks_[max_length] : nullptr;
}

bool Vocabulary::is_stop(uint32_t id) const { return std::binary_search(stop_ids_.begin(), stop_ids_.end(), id); }

int64_t Vocabulary::control_id(const std::string& text) const {
  auto it = control_ids_.find(text);
  return it == control_ids_.end() ? -1 : static_cast<int64_t>(it->second);
}

const std::string* Vocabulary::token_bytes(uint32_t id) const {
  if (id >= size_ || place_[id] < 0) return nullptr;
  return &tokens_[static_cast<size_t>(place_[id])].bytes;
}

const std::string* Vocabulary::control_text(uint32_t id) const {
  auto it = control_tokens_.find(id);
  return it == control_tokens_.end() ? nullptr : &it->second;
}

size_t Vocabulary::memory() const {
  size_t bytes = trie_.memory() + tails_.memory() + escapes_.memory() + long_tokens_.memory() + place_.size() * 4;
  for (const TokenBytes& t : tokens_) bytes += sizeof(TokenBytes) + (t.bytes.size() > 15 ? t.bytes.size() + 1 : 0);
  for (const auto& mask : content_masks_) bytes += mask.size() * 4;
  for (const auto& group : groups_) bytes += group.size() * sizeof(Closing) + sizeof(group);
  bytes +=
      content_places_.size() * 4 + specials_.size() * sizeof(Special) + tail_texts_.size() * sizeof(std::string_view);
  return bytes;
}

}  // namespace fcformat
