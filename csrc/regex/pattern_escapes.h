// Escapes and character classes of patterns: everything that stands for one code point or a set of them.
#pragma once

#include <string>
#include <string_view>

#include "regex/expression.h"

namespace fcformat {

// A place in a pattern. Offsets count code points.
struct PatternCursor {
  std::u32string_view text;
  size_t at = 0;

  bool done() const { return at >= text.size(); }
  char32_t peek(size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : U'\0'; }
  bool next_is(std::u32string_view expected) const { return text.substr(at, expected.size()) == expected; }
  bool skip(std::u32string_view expected) {
    if (!next_is(expected)) return false;
    at += expected.size();
    return true;
  }
};

// Throws PatternError; its text begins with the offset.
[[noreturn]] void fail_pattern(size_t offset, const std::string& message, bool unsupported = false);
// How an error message shows what stands at a place: a quoted character or "the end of the pattern".
std::string describe(const PatternCursor& cursor, size_t ahead = 0);
// A piece of the pattern in an error message, cut where it is long.
std::string excerpt(std::u32string_view text);

// What an escape or a class member means: a set, or where `is_single` one code point (which may be a lone surrogate
// and then matches nothing, since strings hold none).
struct PatternAtom {
  bool is_single = false;
  char32_t single = 0;
  CodeSet set;

  CodeSet as_set() const { return is_single ? normalize_set({{single, single}}) : set; }
};

// Reads what stands behind a backslash, the cursor being just behind it. \b, \B, back-references and \k are not for
// this function outside classes; inside one, \b is a backspace.
PatternAtom parse_escape(PatternCursor& cursor, bool in_class);
// Reads a class, the cursor being just behind its opening bracket.
CodeSet parse_class(PatternCursor& cursor);

}  // namespace fcformat
