// Patterns: any text is read or refused; emptiness, a shortest text and matching agree with each other.
#include <cstdlib>

#include "errors.h"
#include "regex/pattern_parser.h"

using namespace fcformat;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ExpressionLimits limits;
  limits.max_seconds = 2;
  limits.max_bytes = 64u << 20;
  limits.max_search = 20'000;
  ExpressionArena arena(limits);
  arena.start_clock();
  try {
    std::string text(reinterpret_cast<const char*>(data), size);
    ExprId pattern = parse_search_pattern(arena, text), inverse = arena.complement(pattern);
    std::u32string shortest;
    bool found = arena.shortest(pattern, &shortest);
    if (found == arena.is_empty(pattern)) std::abort();
    if (found && (!arena.matches(pattern, shortest) || arena.matches(inverse, shortest))) std::abort();
  } catch (const PatternError&) {
  } catch (const GrammarLimitError&) {
  } catch (const std::invalid_argument&) {  // not UTF-8
  }
  return 0;
}
