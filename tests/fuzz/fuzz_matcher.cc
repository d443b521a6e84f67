// Steps of a matcher: a token is accepted exactly where its bit is set, going back gives the same mask, forks are independent, and no
// mask is empty.
#include <cstdlib>

#include "errors.h"
#include "fuzz_vocabulary.h"
#include "schema_of_bytes.h"

using namespace fcformat;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Bytes in(data, size);
  const uint32_t count = fuzz::vocabulary()->size(), stop = count - 1;
  try {
    Matcher matcher(fuzz::compiled(fuzz::document_of(in)));
    std::vector<uint32_t> mask(fuzz::vocabulary()->mask_words()), again(mask.size());
    while (in.left() && !matcher.is_terminated()) {
      matcher.fill_mask(mask.data());
      auto allowed = [&](uint32_t id) { return (mask[id >> 5] >> (id & 31)) & 1; };
      uint32_t id = 0, at = in.next() | in.next() << 8, bits = 0;
      for (uint32_t i = 0; i < count; ++i) bits += allowed(i);
      if (bits == 0 || allowed(stop) != matcher.can_terminate()) std::abort();
      if (in.below(4) == 0) {
        id = at % count;  // any token
      } else {
        for (uint32_t left = at % bits; id < count; ++id) {  // an allowed one
          if (allowed(id) && left-- == 0) break;
        }
      }
      Matcher fork(matcher);
      bool accepted = matcher.accept_token(id);
      if (accepted != static_cast<bool>(allowed(id))) std::abort();
      fork.fill_mask(again.data());
      if (again != mask) std::abort();
      if (accepted && in.below(4) == 0) {
        matcher.rollback(1);
        matcher.fill_mask(again.data());
        if (again != mask) std::abort();
      }
    }
  } catch (const SchemaError&) {
  } catch (const GrammarLimitError&) {
  }
  return 0;
}
