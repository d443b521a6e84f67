// Steps of a matcher over schemas made of bytes; see steps.h for what must hold.
#include "errors.h"
#include "steps.h"

using namespace fcformat;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Bytes in(data, size);
  try {
    Matcher matcher(fuzz::compiled(fuzz::document_of(in)));
    fuzz::walk(matcher, in);
  } catch (const SchemaError&) {
  } catch (const GrammarLimitError&) {
  }
  return 0;
}
