// Schemas as text: any text is read as JSON or refused, any JSON compiles as a schema or is refused by a typed error, and a
// compiled one can be walked. What stands behind a NUL are the steps.
#include <algorithm>
#include <optional>

#include "errors.h"
#include "schema/json_text.h"
#include "steps.h"

using namespace fcformat;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const uint8_t* nul = std::find(data, data + size, 0);
  std::string text(data, nul);
  fuzz::Bytes in(nul, static_cast<size_t>(data + size - nul));
  in.next();
  try {
    decode_utf8(text);
  } catch (const std::invalid_argument&) {  // Python has no such texts
    return 0;
  }
  std::optional<Json> schema = read_json_text(text, 100);
  if (!schema) return 0;
  try {
    Matcher matcher(fuzz::compiled(std::move(*schema)));
    std::vector<uint32_t> mask(fuzz::vocabulary()->mask_words());
    if (matcher.fill_mask(mask.data()) &&
        std::all_of(mask.begin(), mask.end(), [](uint32_t word) { return word == 0; }))
      std::abort();
    fuzz::walk(matcher, in);
  } catch (const SchemaError&) {
  } catch (const GrammarLimitError&) {
  }
  return 0;
}
