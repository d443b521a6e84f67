// Grammars out of bytes: rules that refer to each other, texts, patterns, free text, and schemas in every syntax.
#pragma once

#include <memory>
#include <string>

#include "grammar/compile.h"
#include "schema_of_bytes.h"

namespace fcformat::fuzz {

constexpr uint32_t kRules = 4;

inline GrammarSpec of_kind(GrammarSpec::Kind kind, std::string text = "") {
  GrammarSpec out;
  out.kind = kind;
  out.text = std::move(text);
  return out;
}

inline std::string text_of_bytes(Bytes& in) {
  static const char* kTexts[] = {"a", "b", "ab", "",  "\"",   "<c>", "é", "aa",
                                 "]", "<", "1",  "}", "true", "\\",  " ", "{\""};
  return kTexts[in.below(16)];
}

inline GrammarSpec grammar_of(Bytes& in, int depth, bool rules);

// The texts around a tagged object's keys and values; control tokens among them.
inline void tag(Bytes& in, GrammarSpec* spec, bool delimited) {
  auto mark = [](const char* text) { return of_kind(GrammarSpec::Kind::kLiteral, text); };
  static const char* kBefore[] = {"<", "<k>", "", "\n"};
  spec->items = {mark(kBefore[in.below(4)]), mark(in.below(2) ? "," : ""), mark(in.below(2) ? ">" : ":"), mark(":"),
                 mark(in.below(2) ? "</" : "")};
  if (delimited) {
    spec->items[4] = mark("");
    spec->items.push_back(in.below(2) ? of_kind(GrammarSpec::Kind::kControlToken, "<c>") : mark("\""));
    spec->excludes = {"\"", "<c>"};
  } else {
    spec->excludes = {"</"};
  }
  spec->text = in.below(2) ? "[^\\s<>]+" : "[a-c]{1,3}";
}

inline GrammarSpec value_of_schema(Bytes& in) {
  GrammarSpec out = of_kind(GrammarSpec::Kind::kSchema);
  Surface& surface = out.style.surface;
  uint32_t style = in.next();
  surface.syntax = static_cast<Syntax>(style % 6);
  surface.whitespace = static_cast<Whitespace>(style / 6 % 3);
  surface.max_whitespace = style / 18 % 2 ? 40 : 1;
  surface.minimal_escapes = style / 36 % 2;
  out.style.ordered = style / 72 % 2;
  out.style.numbers.plain_integers = style / 144 % 2;
  if (surface.tagged()) tag(in, &out, surface.syntax == Syntax::kDelimited);
  out.schema = std::make_shared<const Json>(document_of(in));
  out.resources = std::make_shared<const std::map<std::string, Json>>();
  return out;
}

inline GrammarSpec grammar_of(Bytes& in, int depth, bool rules) {
  static const char* kPatterns[] = {"[ab]*", "a{2,4}", "(?!ab)[a-c]*", "[^<]*", "\\d+", "(a|b)*a(a|b)", ".?", "é|😀"};
  uint32_t which = in.next();
  GrammarSpec out;
  switch (which % (depth > 0 ? 16 : 8)) {
    case 0:
    case 1:
      return of_kind(GrammarSpec::Kind::kLiteral, text_of_bytes(in));
    case 2:
      return of_kind(GrammarSpec::Kind::kControlToken, in.below(2) ? "<c>" : "<unknown>");
    case 3:
      out = of_kind(GrammarSpec::Kind::kFreeText);
      for (uint32_t n = in.below(3); n > 0; --n) {
        std::string text = text_of_bytes(in);
        if (!text.empty()) out.excludes.push_back(std::move(text));
      }
      out.max = in.below(3) ? kUnbounded : in.below(5);
      return out;
    case 4:
      return of_kind(GrammarSpec::Kind::kRegex, kPatterns[in.below(8)]);
    case 5:
    case 6:
    case 7:
      if (!rules) return of_kind(GrammarSpec::Kind::kLiteral, text_of_bytes(in));
      return of_kind(GrammarSpec::Kind::kRule, std::string(1, static_cast<char>('A' + in.below(kRules))));
    case 8:
    case 9:
    case 10:
      out.kind = GrammarSpec::Kind::kSequence;
      break;
    case 11:
    case 12:
      out.kind = GrammarSpec::Kind::kChoice;
      break;
    case 13:
    case 14:
      out.kind = GrammarSpec::Kind::kRepeat;
      out.items.push_back(grammar_of(in, depth - 1, rules));
      out.min = in.below(4);
      out.max = in.below(3) == 0 ? kUnbounded : out.min + in.below(4);
      if (in.below(32) == 0) out.max = 1'000'000;
      return out;
    default:
      return value_of_schema(in);
  }
  for (uint32_t n = (out.kind == GrammarSpec::Kind::kChoice) + in.below(4); n > 0; --n)
    out.items.push_back(grammar_of(in, depth - 1, rules));
  return out;
}

inline GrammarSpec grammar_of(Bytes& in) {
  if (in.below(4) == 0) return grammar_of(in, 4, false);
  GrammarSpec out = of_kind(GrammarSpec::Kind::kRules, "A");
  for (uint32_t i = 0; i < kRules; ++i) {
    out.names.push_back(std::string(1, static_cast<char>('A' + i)));
    out.items.push_back(grammar_of(in, 3, true));
  }
  return out;
}

}  // namespace fcformat::fuzz
