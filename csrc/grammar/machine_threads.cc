// Many threads: those of one state become one thread whose stack branches.
#include <algorithm>

#include "errors.h"
#include "grammar/machine.h"
#include "grammar/small_set.h"

namespace fcformat {
namespace {

constexpr size_t kMaxChain = 32;    // frames in which joined stacks may differ
constexpr size_t kMaxChains = 64;   // stacks in one branch
constexpr size_t kFewThreads = 16;  // are compared one by one
constexpr size_t kMaxFailedJoins = 64;

void append_number(std::string* key, uint32_t value) {
  key->append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

StackId Machine::push_chain(const Chain& chain, StackId base) {
  for (size_t i = chain.size(); i-- > 0;) base = push(frames_[chain[i]], base);
  return base;
}

// One chain for several over the same stack: what they share on top, and then a branch of chains whose first frames
// differ. Popping a branch pops each of its stacks by one plain frame, since no chain begins with a branch. False where
// the chains are too many.
bool Machine::factor(std::vector<Chain> chains, size_t depth, Chain* out) {
  if (depth > kMaxChain) return false;
  for (size_t i = 0; i < chains.size();) {
    if (chains[i].empty() || frames_[chains[i][0]].kind != Frame::Kind::kBranch) {
      ++i;
      continue;
    }
    const Chain chain = std::move(chains[i]);
    chains[i] = std::move(chains.back());
    chains.pop_back();
    for (const Chain& top : branches_[frames_[chain[0]].id].chains) {
      chains.push_back(top);
      chains.back().insert(chains.back().end(), chain.begin() + 1, chain.end());
      if (chains.back().size() > kMaxChain) return false;
    }
    if (chains.size() > kMaxChains) return false;
  }
  std::sort(chains.begin(), chains.end());
  chains.erase(std::unique(chains.begin(), chains.end()), chains.end());
  if (chains.size() == 1) {
    out->insert(out->end(), chains[0].begin(), chains[0].end());
    return true;
  }
  if (!chains[0].empty() && chains[0][0] == chains.back()[0]) {  // sorted: then all begin so
    out->push_back(chains[0][0]);
    for (Chain& chain : chains) chain.erase(chain.begin());
    return factor(std::move(chains), depth + 1, out);
  }
  std::vector<Chain> groups;
  for (size_t i = 0; i < chains.size();) {
    std::vector<Chain> group;
    size_t first = i;
    do {
      group.push_back(chains[i++]);
    } while (i < chains.size() && !chains[first].empty() && chains[i][0] == chains[first][0]);
    groups.emplace_back();
    if (!factor(std::move(group), depth + 1, &groups.back())) return false;
  }
  out->push_back(branch_frame(std::move(groups)));
  return true;
}

FrameId Machine::branch_frame(std::vector<Chain> chains) {
  std::string key;
  bool grammar_only = true;
  for (const Chain& chain : chains) {
    append_number(&key, static_cast<uint32_t>(chain.size()));
    for (FrameId f : chain) append_number(&key, f);
    grammar_only &= chain.empty() || frames_[chain[0]].kind == Frame::Kind::kGrammar;
  }
  size_t bytes = 2 * key.size() + 48 * chains.size() + 96;
  auto [it, is_new] = branch_index_.try_emplace(std::move(key), static_cast<uint32_t>(branches_.size()));
  if (is_new) {
    branch_bytes_ += bytes;
    branches_.push_back({std::move(chains), grammar_only});
    if ((branches_.size() & 1023) == 0) check_size();
  }
  return intern_frame({Frame::Kind::kBranch, 0, it->second, 0, 0});
}

// One stack for two, where they differ in few frames on top.
bool Machine::join(StackId a, StackId b, StackId* joined) {
  std::vector<Chain> chains(2);
  auto take = [&](size_t which, StackId* from) {
    chains[which].push_back(stacks_[*from].frame);
    *from = stacks_[*from].parent;
    return chains[which].size() <= kMaxChain;
  };
  while (a != b) {
    bool first = stacks_[a].depth >= stacks_[b].depth;
    if (!take(first ? 0 : 1, first ? &a : &b)) return false;
  }
  while (frames_[stacks_[a].frame].kind == Frame::Kind::kBranch) {  // no branch stands on a branch
    FrameId branch = stacks_[a].frame;
    for (Chain& chain : chains) chain.push_back(branch);
    a = stacks_[a].parent;
  }
  Chain chain;
  if (!factor(std::move(chains), 0, &chain)) return false;
  *joined = push_chain(chain, a);
  return true;
}

void Machine::merge(std::vector<Thread>* threads, size_t join_above) {
  if (threads->size() < 2) return;
  bool joins = threads->size() > join_above;
  SmallSet<Thread, ThreadHash> apart;  // threads that could not be joined with another of their state
  std::vector<Thread> joined;
  std::unordered_map<uint64_t, size_t> first_of;
  size_t failed = 0;
  for (const Thread& t : *threads) {
    size_t at = joined.size();
    if (threads->size() <= kFewThreads) {
      for (at = 0; at < joined.size() && joined[at].state != t.state; ++at) {
      }
    } else {
      at = first_of.try_emplace(t.state, joined.size()).first->second;
    }
    if (at == joined.size()) {
      joined.push_back(t);
      continue;
    }
    Thread& other = joined[at];
    if (other == t) continue;
    StackId stack;
    if (joins && failed < kMaxFailedJoins && other.begin == t.begin && other.end == t.end &&
        other.escaped == t.escaped && join(other.stack, t.stack, &stack)) {
      other.stack = stack;
    } else {
      apart.add(t);
      failed += joins;
    }
  }
  for (size_t i = 0; i < apart.size(); ++i) joined.push_back(apart[i]);
  if (joined.size() > limits_.max_threads) {
    throw GrammarLimitError("the text can be read in more than max_threads = " + std::to_string(limits_.max_threads) +
                            " ways that lead on differently");
  }
  *threads = std::move(joined);
}

}  // namespace fcformat
