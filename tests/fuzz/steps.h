// Steps of a matcher, chosen by bytes, and what must hold at each of them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "fuzz_vocabulary.h"
#include "schema_of_bytes.h"

namespace fcformat::fuzz {

// A token is accepted exactly where its bit is set, going back gives the same mask, forks are independent, what is forced is
// accepted, and no mask is empty.
inline void walk(Matcher& matcher, Bytes& in) {
  const uint32_t count = vocabulary()->size(), stop = count - 1;
  std::vector<uint32_t> mask(vocabulary()->mask_words()), again(mask.size());
  auto masked = [count](Matcher& of, std::vector<uint32_t>& out) {
    if (!of.fill_mask(out.data())) out.assign(out.size(), UINT32_MAX);
    if (count % 32 != 0) out.back() &= (1u << (count % 32)) - 1;
  };
  while (in.left() && !matcher.is_terminated()) {
    masked(matcher, mask);
    auto allowed = [&](uint32_t id) { return (mask[id >> 5] >> (id & 31)) & 1; };
    uint32_t id = 0, at = in.next(), how = in.next(), bits = 0;
    at |= (how & 1) << 8;
    for (uint32_t i = 0; i < count; ++i) bits += allowed(i);
    if (bits == 0 || allowed(stop) != matcher.can_terminate()) std::abort();
    if ((how & 6) == 0) {
      id = at % count;  // any token
    } else {
      for (uint32_t left = at % bits; id < count; ++id) {  // an allowed one
        if (allowed(id) && left-- == 0) break;
      }
    }
    Matcher fork(matcher);
    bool accepted = matcher.accept_token(id);
    if (accepted != static_cast<bool>(allowed(id))) std::abort();
    masked(fork, again);
    if (again != mask) std::abort();
    if ((how & 0x30) == 0) {
      std::string forced = fork.forced_text(100);
      if (!forced.empty() && !fork.accept_bytes(forced)) std::abort();
    }
    if (accepted && (how & 0xC0) == 0) {
      matcher.rollback(1);
      masked(matcher, again);
      if (again != mask) std::abort();
    }
  }
}

}  // namespace fcformat::fuzz
