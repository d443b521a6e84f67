// Schemas: each compiles or is refused by a typed error, and a compiled one allows at least one first token.
#include <cstdlib>

#include "errors.h"
#include "fuzz_vocabulary.h"
#include "schema_of_bytes.h"

using namespace fcformat;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Bytes in(data, size);
  try {
    Matcher matcher(fuzz::compiled(fuzz::document_of(in)));
    std::vector<uint32_t> mask(fuzz::vocabulary()->mask_words());
    matcher.fill_mask(mask.data());
    uint32_t any = 0;
    for (uint32_t word : mask) any |= word;
    if (any == 0) std::abort();
  } catch (const SchemaError&) {
  } catch (const GrammarLimitError&) {
  }
  return 0;
}
