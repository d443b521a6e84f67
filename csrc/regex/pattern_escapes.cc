// Escapes and character classes. The grammar is ECMA-262's with the u flag; what its annex B allows besides (an escaped
// character that needs no escape, a dash beside a class) is accepted where it can mean only one thing.
#include "regex/pattern_escapes.h"

#include <algorithm>

#include "errors.h"
#include "regex/pattern_ast.h"
#include "regex/unicode_tables.h"

namespace fcformat {
namespace {

constexpr size_t kMaxClassRanges = 1'000'000;

const CodeSet kDigits{{'0', '9'}};
const CodeSet kWords{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
// WhiteSpace and LineTerminator of ECMA-262: besides the controls, U+FEFF and all of category Zs.
const CodeSet kSpaces{{0x09, 0x0D},     {0x20, 0x20},     {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
                      {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};

bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_lead(char32_t c) { return c >= 0xD800 && c <= 0xDBFF; }
bool is_trail(char32_t c) { return c >= 0xDC00 && c <= 0xDFFF; }

int hex_value(char32_t c) {
  if (is_digit(c)) return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A' + 10);
  return -1;
}

PatternAtom single(char32_t c) { return {true, c, {}}; }
PatternAtom set_of(const CodeSet& set, bool negated) { return {false, 0, negated ? complement_set(set) : set}; }

// Exactly `count` hexadecimal digits at the cursor.
char32_t parse_hex(PatternCursor& cursor, size_t start, int count) {
  char32_t value = 0;
  for (int i = 0; i < count; ++i, ++cursor.at) {
    int digit = cursor.done() ? -1 : hex_value(cursor.peek());
    if (digit < 0) {
      std::string name = count == 2 ? "\\x" : "\\u";
      std::string braces = count == 2 ? "" : ", or {, digits and }";
      fail_pattern(start, "incomplete escape " + name + ": found " + describe(cursor) + ", expected " +
                              std::to_string(count) + " hexadecimal digits" + braces);
    }
    value = value * 16 + static_cast<char32_t>(digit);
  }
  return value;
}

char32_t parse_unicode_escape(PatternCursor& cursor, size_t start) {
  if (cursor.skip(U"{")) {
    char32_t value = 0;
    size_t first = cursor.at;
    for (; !cursor.done() && hex_value(cursor.peek()) >= 0; ++cursor.at) {
      value = value * 16 + static_cast<char32_t>(hex_value(cursor.peek()));
      if (value > kMaxCodePoint)
        fail_pattern(start, "\\u{...} names a code point above 10FFFF, the last one of Unicode");
    }
    if (cursor.at == first || cursor.peek() != '}') {
      fail_pattern(start, "incomplete escape \\u{: found " + describe(cursor) + ", expected hexadecimal digits and }");
    }
    ++cursor.at;
    return value;
  }
  char32_t value = parse_hex(cursor, start, 4);
  if (!is_lead(value) || !cursor.next_is(U"\\u")) return value;
  PatternCursor second = cursor;  // the second half of a pair, if it is one
  second.at += 2;
  if (second.peek() == '{') return value;
  for (size_t i = 0; i < 4; ++i) {
    if (second.at + i >= second.text.size() || hex_value(second.peek(i)) < 0) return value;
  }
  char32_t trail = parse_hex(second, start, 4);
  if (!is_trail(trail)) return value;
  cursor = second;
  return 0x10000 + ((value - 0xD800) << 10) + (trail - 0xDC00);
}

PatternAtom parse_property(PatternCursor& cursor, size_t start, bool negated) {
  std::string escape = negated ? "\\P" : "\\p";
  if (!cursor.skip(U"{")) {
    fail_pattern(start, "incomplete escape " + escape + ": found " + describe(cursor) +
                            ", expected the name of a property in braces");
  }
  size_t end = cursor.text.find(U'}', cursor.at);
  if (end == std::u32string_view::npos) {
    fail_pattern(start, "incomplete escape " + escape + "{: found the end of the pattern, expected }");
  }
  std::u32string_view inside = cursor.text.substr(cursor.at, end - cursor.at);
  cursor.at = end + 1;
  size_t equals = inside.find(U'=');
  bool has_name = equals != std::u32string_view::npos;
  std::string name = has_name ? encode_utf8(inside.substr(0, equals)) : "";
  std::string value = encode_utf8(has_name ? inside.substr(equals + 1) : inside);
  PatternAtom atom;
  if ((has_name && name.empty()) || !find_unicode_property(name, value, &atom.set)) {
    std::string found = escape + "{" + excerpt(inside) + "}";
    if (!has_name && find_unicode_property("Script", value, &atom.set)) {
      fail_pattern(start,
                   "a script by its bare name: found " + found + ", expected " + escape + "{Script=" + value + "}");
    }
    fail_pattern(start, "unknown property: found " + found +
                            ", expected a general category, Script=..., Script_Extensions=... or " +
                            "a binary property of Unicode");
  }
  if (negated) atom.set = complement_set(atom.set);
  return atom;
}

// Whether the cursor is at a dash between two members of a class.
bool at_range_dash(const PatternCursor& cursor) {
  return cursor.peek() == '-' && cursor.at + 1 < cursor.text.size() && cursor.peek(1) != ']';
}

PatternAtom parse_class_atom(PatternCursor& cursor) {
  if (cursor.skip(U"\\")) return parse_escape(cursor, true);
  return single(cursor.text[cursor.at++]);
}

}  // namespace

const CodeSet& word_characters() { return kWords; }

void fail_pattern(size_t offset, const std::string& message, bool unsupported) {
  throw PatternError("at offset " + std::to_string(offset) + ": " + message, offset, unsupported);
}

std::string excerpt(std::u32string_view text) {
  constexpr size_t kShown = 40;
  return encode_utf8(text.substr(0, kShown)) + (text.size() > kShown ? "..." : "");
}

std::string describe(const PatternCursor& cursor, size_t ahead) {
  if (cursor.at + ahead >= cursor.text.size()) return "the end of the pattern";
  return "'" + encode_utf8(std::u32string_view(&cursor.text[cursor.at + ahead], 1)) + "'";
}

PatternAtom parse_escape(PatternCursor& cursor, bool in_class) {
  size_t start = cursor.at - 1;
  if (cursor.done()) fail_pattern(start, "a backslash at the end of the pattern: expected a character to escape");
  char32_t c = cursor.text[cursor.at++];
  switch (c) {
    case 'd':
    case 'D':
      return set_of(kDigits, c == 'D');
    case 'w':
    case 'W':
      return set_of(kWords, c == 'W');
    case 's':
    case 'S':
      return set_of(kSpaces, c == 'S');
    case 't':
      return single('\t');
    case 'n':
      return single('\n');
    case 'v':
      return single('\v');
    case 'f':
      return single('\f');
    case 'r':
      return single('\r');
    case 'p':
    case 'P':
      return parse_property(cursor, start, c == 'P');
    case 'x':
      return single(parse_hex(cursor, start, 2));
    case 'u':
      return single(parse_unicode_escape(cursor, start));
    case 'c':
      if (cursor.done() || !is_letter(cursor.peek())) {
        fail_pattern(start, "incomplete escape \\c: found " + describe(cursor) + ", expected a letter A-Z or a-z");
      }
      return single(cursor.text[cursor.at++] % 32);
    case '0':
      if (!cursor.done() && is_digit(cursor.peek())) {
        fail_pattern(start, "an octal escape: found a digit behind \\0, expected none; write \\xHH");
      }
      return single('\0');
    default:
      break;
  }
  if (in_class && c == 'b') return single('\b');
  if (is_digit(c))
    fail_pattern(start, "a back-reference inside a character class: expected a character, a range or a class escape");
  if (is_letter(c)) {
    std::string name = encode_utf8(std::u32string_view(&c, 1));
    std::string hint = c == 'A'               ? "; ECMA-262 writes ^ for the start"
                       : c == 'Z' || c == 'z' ? "; ECMA-262 writes $ for the end"
                                              : "";
    fail_pattern(start, "unknown escape \\" + name +
                            ": expected an escape of ECMA-262, or the letter without a backslash" + hint);
  }
  return single(c);  // annex B lets any other character be escaped
}

CodeSet parse_class(PatternCursor& cursor) {
  size_t start = cursor.at - 1;
  bool negated = cursor.skip(U"^");
  CodeSet set;
  auto add = [&](const CodeSet& more) {
    set.insert(set.end(), more.begin(), more.end());
    if (set.size() > kMaxClassRanges) {
      throw GrammarLimitError("a character class has more ranges than max_class_ranges = " +
                              std::to_string(kMaxClassRanges));
    }
  };
  while (!cursor.done() && cursor.peek() != ']') {
    size_t first_at = cursor.at;
    PatternAtom first = parse_class_atom(cursor);
    if (!at_range_dash(cursor)) {
      add(first.as_set());
      continue;
    }
    ++cursor.at;
    PatternAtom last = parse_class_atom(cursor);
    if (!first.is_single || !last.is_single) {  // annex B: [\w-.] is \w, a dash and a full stop
      add(first.as_set());
      add({{'-', '-'}});
      add(last.as_set());
      continue;
    }
    if (first.single > last.single) {
      fail_pattern(first_at, "range out of order in a character class: found " +
                                 excerpt(cursor.text.substr(first_at, cursor.at - first_at)) +
                                 ", expected its smaller end first");
    }
    add({{first.single, last.single}});
  }
  if (!cursor.skip(U"]")) fail_pattern(start, "unterminated character class: found the end of the pattern, expected ]");
  set = normalize_set(std::move(set));
  return negated ? complement_set(set) : set;
}

}  // namespace fcformat
