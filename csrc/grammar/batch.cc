#include "grammar/batch.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <numeric>
#include <stdexcept>

#include "grammar/worker_pool.h"

namespace fcformat {
namespace {

constexpr size_t kWorthWaking = 32;  // known masks that take longer to copy than another thread to wake

// Takes back what a matcher accepted meanwhile.
struct Back {
  explicit Back(Matcher& matcher) : matcher(matcher), accepted(matcher.accepted()) {}
  ~Back() { matcher.rollback(matcher.accepted() - accepted); }
  Matcher& matcher;
  const size_t accepted;
};

}  // namespace

void fill_masks(const std::vector<Matcher*>& matchers, const std::vector<uint32_t*>& rows, size_t threads) {
  // Matchers of one grammar wait for each other, so they are one share.
  std::vector<size_t> order(matchers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  auto grammar = [&](size_t i) { return matchers[i]->grammar().get(); };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return grammar(a) < grammar(b); });
  std::vector<size_t> todo;
  if (threads < 2 || order.size() < kWorthWaking) {
    for (size_t i : order) {
      if (!matchers[i]->try_fill_mask(rows[i])) todo.push_back(i);
    }
  } else {
    todo = std::move(order);
  }
  std::vector<size_t> shares;  // where they begin in `todo`
  for (size_t k = 0; k < todo.size(); ++k) {
    if (k == 0 || grammar(todo[k]) != grammar(todo[k - 1])) shares.push_back(k);
  }
  std::exception_ptr error;
  std::mutex error_mutex;
  run_shared(shares.size(), threads, [&](size_t share) {
    size_t end = share + 1 < shares.size() ? shares[share + 1] : todo.size();
    for (size_t k = shares[share]; k < end; ++k) {
      try {
        matchers[todo[k]]->fill_mask(rows[todo[k]]);
      } catch (...) {
        std::lock_guard lock(error_mutex);
        if (!error) error = std::current_exception();
      }
    }
  });
  if (error) std::rethrow_exception(error);
}

size_t count_accepted(Matcher& matcher, const std::vector<int64_t>& tokens) {
  Back back(matcher);
  size_t count = 0;
  for (int64_t token : tokens) {
    if (token < 0 || token > UINT32_MAX || !matcher.accept_token(static_cast<uint32_t>(token))) break;
    ++count;
  }
  return count;
}

std::vector<uint32_t> forced_tokens(Matcher& matcher) {
  const std::string text = matcher.forced_text();
  const TokenTrie& trie = matcher.grammar()->vocabulary()->trie();
  std::vector<uint32_t> out;
  for (size_t at = 0; at < text.size();) {
    size_t node = 0, end = trie.size(), length = 0, i = at;
    uint32_t found = 0;
    for (; i < text.size(); ++i) {
      while (node < end && trie.byte(node) < static_cast<uint8_t>(text[i])) node = trie.subtree_end(node);
      if (node >= end || trie.byte(node) != static_cast<uint8_t>(text[i])) break;
      if (trie.ids_begin(node) != trie.ids_end(node)) {
        found = *trie.ids_begin(node);
        length = i + 1 - at;
      }
      end = trie.subtree_end(node++);
    }
    if (length == 0 || (i == text.size() && node < end)) break;
    out.push_back(found);
    at += length;
  }
  out.resize(count_accepted(matcher, {out.begin(), out.end()}));
  return out;
}

void fill_draft_masks(Matcher& matcher, const DraftTree& tree, uint32_t* masks, size_t row_words) {
  Back back(matcher);
  auto link = [&](int64_t to) {
    if (to < -1 || to >= static_cast<int64_t>(tree.size))
      throw std::invalid_argument("draft tree: found a link to node " + std::to_string(to) + ", expected -1 to " +
                                  std::to_string(static_cast<int64_t>(tree.size) - 1));
    return to;
  };
  if (tree.size == 0) return;
  struct Open {
    int64_t node;
    size_t accepted;  // by the matcher when it stands at the parent
    int64_t parent;
  };
  std::vector<Open> todo{{0, matcher.accepted(), -1}};
  size_t visits = 0;
  while (!todo.empty()) {
    const Open at = todo.back();
    todo.pop_back();
    if (++visits > tree.size) throw std::invalid_argument("draft tree: found a node that two links lead to");
    matcher.rollback(matcher.accepted() - at.accepted);
    auto node = static_cast<size_t>(at.node);
    if (int64_t sibling = link(tree.next_sibling[node]); sibling >= 0 && at.parent >= 0)
      todo.push_back({sibling, at.accepted, at.parent});
    if (at.parent >= 0) {
      int64_t token = tree.tokens[node];
      const uint32_t* mask = masks + static_cast<size_t>(at.parent) * row_words;
      if (token < 0 || token >= static_cast<int64_t>(matcher.grammar()->vocabulary()->size()) ||
          (mask[token >> 5] >> (token & 31) & 1) == 0 || !matcher.accept_token(static_cast<uint32_t>(token)))
        continue;
    }
    matcher.fill_mask(masks + node * row_words);
    if (int64_t child = link(tree.first_child[node]); child >= 0 && !matcher.is_terminated())
      todo.push_back({child, matcher.accepted(), at.node});
  }
}

}  // namespace fcformat
