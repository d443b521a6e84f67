// Steps of a matcher over grammars made of bytes: recursive rules, free text, control tokens, schemas in every syntax.
#include "errors.h"
#include "grammar_of_bytes.h"
#include "steps.h"

using namespace fcformat;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Bytes in(data, size);
  try {
    Matcher matcher(fuzz::compiled(fuzz::grammar_of(in)));
    fuzz::walk(matcher, in);
  } catch (const SchemaError&) {
  } catch (const GrammarError&) {
  } catch (const GrammarLimitError&) {
  }
  return 0;
}
