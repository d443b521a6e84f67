// Many threads: those of one state become one thread whose stack branches.
#include <algorithm>
#include <tuple>

#include "errors.h"
#include "grammar/machine.h"

namespace fcformat {
namespace {

constexpr size_t kMaxChain = 32;     // frames in which joined stacks may differ
constexpr size_t kMaxChains = 1024;  // stacks in one branch

constexpr size_t kTimed = 256;      // threads that are worth a look at the clock
constexpr size_t kMaxCompared = 4;  // stacks that may cover another

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
    bool may_be_empty = std::any_of(chains.begin(), chains.end(), [](const Chain& chain) { return chain.empty(); });
    branches_.push_back({std::move(chains), grammar_only, may_be_empty});
    if ((branches_.size() & 1023) == 0) check_size();
  }
  return intern_frame({Frame::Kind::kBranch, 0, it->second, 0, 0});
}

// Whether all stacks that b stands for are among those that a stands for. May say no where they are, never yes where not.
bool Machine::covers(StackId a, StackId b) const {
  while (a != b) {
    const StackNode& x = stacks_[a];
    const StackNode& y = stacks_[b];
    if (a == 0 || x.depth < y.depth) return false;
    if (x.frame == y.frame) {
      a = x.parent;
      b = y.parent;
    } else if (is_branch(a) && branches_[frames_[x.frame].id].may_be_empty) {
      a = x.parent;
    } else {
      return false;
    }
  }
  return true;
}

// One stack for several, where they differ in few frames on top.
bool Machine::join(const std::vector<StackId>& stacks, StackId* joined) {
  std::vector<StackId> bases = stacks;
  std::vector<Chain> chains(bases.size());
  auto take = [&](size_t i) {
    chains[i].push_back(stacks_[bases[i]].frame);
    bases[i] = stacks_[bases[i]].parent;
    return chains[i].size() <= kMaxChain;
  };
  for (;;) {
    uint32_t lowest = UINT32_MAX, highest = 0;
    bool same = true;
    for (StackId base : bases) {
      lowest = std::min(lowest, stacks_[base].depth);
      highest = std::max(highest, stacks_[base].depth);
      same &= base == bases[0];
    }
    if (same) break;
    for (size_t i = 0; i < bases.size(); ++i) {
      if ((lowest == highest || stacks_[bases[i]].depth > lowest) && !take(i)) return false;
    }
  }
  Chain chain;
  if (!factor(std::move(chains), 0, &chain)) return false;
  *joined = push_chain(chain, bases[0]);
  return true;
}

// As few stacks as will do for all: those of about the same depth are the likeliest to differ little.
void Machine::join_all(std::vector<StackId> stacks, std::vector<StackId>* out) {
  StackId joined = stacks[0];
  if (stacks.size() == 1 || join(stacks, &joined)) {
    out->push_back(joined);
    return;
  }
  auto middle = stacks.begin() + static_cast<long>(stacks.size() / 2);
  join_all({stacks.begin(), middle}, out);
  join_all({middle, stacks.end()}, out);
}

void Machine::merge(std::vector<Thread>* threads, size_t join_above) {
  if (threads->size() < 2) return;
  auto order = [&](const Thread& a, const Thread& b) {
    auto key = [&](const Thread& t) {
      return std::tuple(t.state, t.begin, t.end, t.escaped, t.used, t.object, t.spaces, ~stacks_[t.stack].depth,
                        t.stack);
    };
    return key(a) < key(b);
  };
  if (threads->size() > kTimed) arena_.check_time();
  bool joins = threads->size() > join_above;
  std::sort(threads->begin(), threads->end(), order);
  threads->erase(std::unique(threads->begin(), threads->end()), threads->end());
  auto alike = [](const Thread& a, const Thread& b) {
    return a.state == b.state && a.begin == b.begin && a.end == b.end && a.escaped == b.escaped && a.used == b.used &&
           a.object == b.object && a.spaces == b.spaces;
  };
  if (joins && std::adjacent_find(threads->begin(), threads->end(), alike) != threads->end()) {
    std::vector<Thread> out;
    std::vector<StackId> group, joined;
    for (size_t i = 0; i < threads->size();) {
      Thread t = (*threads)[i];
      group.clear();
      joined.clear();
      for (; i < threads->size() && alike(t, (*threads)[i]); ++i) {  // the deepest first
        StackId stack = (*threads)[i].stack;
        size_t compared = std::min(group.size(), kMaxCompared);
        if (std::none_of(group.end() - static_cast<long>(compared), group.end(),
                         [&](StackId other) { return covers(other, stack); })) {
          group.push_back(stack);
        }
      }
      join_all(group, &joined);
      for (StackId stack : joined) {
        t.stack = stack;
        out.push_back(t);
      }
    }
    *threads = std::move(out);
  }
  if (threads->size() > limits_.max_threads) {
    throw GrammarLimitError("the text can be read in more than max_threads = " + std::to_string(limits_.max_threads) +
                            " ways that lead on differently");
  }
}

}  // namespace fcformat
