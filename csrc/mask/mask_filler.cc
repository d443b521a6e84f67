#include "mask/mask_filler.h"

#include <algorithm>
#include <cstring>

namespace fcformat {
namespace {

void set_bit(uint32_t* mask, uint32_t id) { mask[id >> 5] |= 1u << (id & 31); }
void clear_bit(uint32_t* mask, uint32_t id) { mask[id >> 5] &= ~(1u << (id & 31)); }

void remove_repeats(std::vector<Thread>* threads) {
  for (size_t i = 1; i < threads->size();) {
    if (std::find(threads->begin(), threads->begin() + static_cast<long>(i), (*threads)[i]) != threads->begin() + static_cast<long>(i)) {
      (*threads)[i] = threads->back();
      threads->pop_back();
    } else {
      ++i;
    }
  }
}

}  // namespace

MaskFiller::MaskFiller(Machine& machine, std::shared_ptr<const Vocabulary> vocabulary, std::vector<uint32_t> tag_ids, size_t cache_bytes)
    : machine_(machine), vocabulary_(std::move(vocabulary)), tag_ids_(std::move(tag_ids)), cache_(cache_bytes) {
  levels_.resize(vocabulary_->trie().max_depth() + 2);
}

// Visits the nodes that the threads reach; sink(node) gets every one of them, with the threads in levels_[depth].
template <typename Sink>
void MaskFiller::walk(const TokenTrie& trie, const std::vector<Thread>& threads, Sink&& sink) {
  levels_[0] = threads;
  size_t size = trie.size();
  for (size_t node = 0; node < size;) {
    uint32_t depth = trie.depth(node);
    uint8_t byte = trie.byte(node);
    const std::vector<Thread>& from = levels_[depth - 1];
    std::vector<Thread>& to = levels_[depth];
    to.clear();
    path_[base_ + depth - 1] = static_cast<char>(byte);
    TextView view{path_.data(), base_ + depth};
    for (const Thread& t : from) {
      if (t.escaped == 0) {
        uint32_t code = machine_.row(t.state)[byte];
        if (code == 0) continue;
        if (code & 1) {
          to.push_back(t);
          to.back().state = code >> 1;
          continue;
        }
      }
      machine_.step(t, view, &to);
    }
    if (to.empty()) {
      if (machine_.take_unknown_key_read()) sink(node, false);
      node = trie.subtree_end(node);
      continue;
    }
    if (to.size() > 1) remove_repeats(&to);
    sink(node, true);
    ++node;
  }
}

bool MaskFiller::alive_after(const std::vector<Thread>& threads, std::string_view bytes) {
  std::vector<Thread> now = threads, next;
  for (size_t i = 0; i < bytes.size(); ++i) {
    path_[base_ + i] = bytes[i];
    next.clear();
    for (const Thread& t : now) machine_.step(t, {path_.data(), base_ + static_cast<uint32_t>(i) + 1}, &next);
    remove_repeats(&next);
    std::swap(now, next);
    if (now.empty()) return false;
  }
  return true;
}

// Inside a string of any content: the tokens that are content alone are known, and so is what follows the quote.
bool MaskFiller::fill_open_string(const Thread& thread, const std::string&, uint32_t* mask) {
  uint32_t min, max;
  if (!machine_.is_open_string(thread, &min, &max)) return false;
  const std::vector<uint32_t>* content = vocabulary_->content_mask(max);
  if (!content) return false;
  std::memcpy(mask, content->data(), content->size() * sizeof(uint32_t));
  const TokenTrie& escapes = vocabulary_->escapes();
  walk(escapes, {thread}, [&](size_t node, bool reached) {
    if (!reached) return;
    for (const uint32_t* id = escapes.ids_begin(node); id != escapes.ids_end(node); ++id) set_bit(mask, *id);
  });
  path_[base_] = '"';
  ++base_;
  std::vector<Thread> closed;
  machine_.close_string(thread, {path_.data(), base_}, &closed);
  auto set_group = [&](uint32_t group) {
    const auto& tokens = vocabulary_->tail_group(group);
    auto first = std::lower_bound(tokens.begin(), tokens.end(), min, [](const auto& t, uint32_t v) { return t.length < v; });
    for (auto it = first; it != tokens.end() && it->length <= max; ++it) set_bit(mask, it->token);
  };
  std::vector<uint32_t> undecided;  // groups whose tokens close a key and go on to where it matters which key
  if (!closed.empty()) {
    if (vocabulary_->bare_group() >= 0) set_group(static_cast<uint32_t>(vocabulary_->bare_group()));
    const TokenTrie& tails = vocabulary_->tails();
    walk(tails, closed, [&](size_t node, bool reached) {
      if (reached) {
        for (const uint32_t* g = tails.ids_begin(node); g != tails.ids_end(node); ++g) set_group(*g);
      } else {
        for (const uint32_t* g = tails.ids_begin(node); g != tails.subtree_ids_end(node); ++g) undecided.push_back(*g);
      }
    });
  }
  --base_;
  for (uint32_t group : undecided) {
    for (const auto& t : vocabulary_->tail_group(group)) {
      if (alive_after({thread}, *vocabulary_->token_bytes(t.token))) set_bit(mask, t.token);
    }
  }
  return true;
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

void MaskFiller::compute(const std::vector<Thread>& threads, const std::string& text, uint32_t* mask) {
  if (threads.size() != 1 || !fill_open_string(threads[0], text, mask)) {
    std::memset(mask, 0, vocabulary_->mask_words() * sizeof(uint32_t));
    const TokenTrie& trie = vocabulary_->trie();
    walk(trie, threads, [&](size_t node, bool reached) {
      if (!reached) return;
      for (const uint32_t* id = trie.ids_begin(node); id != trie.ids_end(node); ++id) set_bit(mask, *id);
    });
  }
  add_token_edges(threads, {path_.data(), base_}, mask);
}

void MaskFiller::fill(const std::vector<Thread>& threads, const std::string& text, uint32_t* mask) {
  size_t words = vocabulary_->mask_words();
  bool single = threads.size() == 1;
  StackId stack = single ? threads[0].stack : 0;
  uint64_t key = single ? static_cast<uint64_t>(threads[0].state) << 2 | threads[0].escaped : 0;
  if (single) {
    StackId at = stack;
    for (int32_t node = cache_.root(key, false); node >= 0;) {
      if (const StoredMask* known = cache_.mask(node)) {
        ++cache_.hits;
        known->write(mask, words);
        return;
      }
      node = cache_.child(node, machine_.top_frame(at), false);
      at = machine_.parent(at);
    }
  }
  ++cache_.misses;
  base_ = static_cast<uint32_t>(text.size());
  if (path_.size() < text.size() + levels_.size() + 2) path_.resize((text.size() + levels_.size()) * 2 + 256);
  std::memcpy(path_.data(), text.data(), text.size());
  size_t mark = machine_.mark_stacks();
  machine_.reset_reads(base_);
  compute(threads, text, mask);
  machine_.drop_stacks(mark);
  if (!single || machine_.text_read()) return;
  cache_.make_room();
  int32_t node = cache_.root(key, true);
  for (StackId at = stack; machine_.lowest_read() <= machine_.depth(at); at = machine_.parent(at)) {
    node = cache_.child(node, machine_.top_frame(at), true);
    if (at == 0) break;
  }
  cache_.store(node, StoredMask(mask, words, vocabulary_->content_mask(kUnbounded)));
}

}  // namespace fcformat
