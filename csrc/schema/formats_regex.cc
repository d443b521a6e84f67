// Regular expressions of ECMA-262 with the u flag (which JSON Schema recommends), as a regular language. Their syntax
// nests and counts, so this is a part of it; everything in that part is valid.
//
// Left out are: groups nested deeper than kDepth; a second named group (two must not share a name); references other
// than \1 to \3 behind that group of the outermost level, and \k to a group of one of the names below; counts {n,m} of
// more than two digits, unless m has more digits than n or a greater first one; in classes, ranges whose ends are not
// both ASCII, on different sides of a place in kBoundaries, or \xHH or \uHHHH with few digits in common; rare properties.
#include <algorithm>
#include <string>

#include "schema/formats_parts.h"

namespace fcformat {
namespace {

constexpr uint32_t kDepth = 4;
constexpr uint32_t kReferences = 3;
constexpr const char32_t* kReferredNames[] = {U"n", U"name", U"q", U"quote", U"tag"};
// Letters at which ranges begin in practice.
constexpr uint32_t kBoundaries[] = {0x80,   0xA0,   0xC0,   0xE0,    0x100,   0x391,  0x3B1,  0x400,
                                    0x410,  0x430,  0x5D0,  0x600,   0x900,   0xE01,  0x3041, 0x30A1,
                                    0x3400, 0x4E00, 0xAC00, 0x10000, 0x1F300, 0x20000};

constexpr std::string_view kProperty =
    R"(\\[pP]\{(?:L[ultmoC]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfson]?|Letter|Number|Punctuation|Symbol|Mark|Separator|)"
    R"(Alphabetic|Uppercase|Lowercase|White_Space|ASCII|Any|Emoji|ID_Start|ID_Continue|)"
    R"((?:Script|sc|scx)=(?:Latin|Greek|Cyrillic|Han|Hiragana|Katakana|Hangul|Arabic|Hebrew|Devanagari|Thai))\})";

class RegexLanguage {
 public:
  explicit RegexLanguage(FormatBuilder& b) : b_(b) {
    close_ = b.text(U")");
    quantified_ = quantifier();
    // A character that means itself; digits are apart, for they must not stand right behind \1.
    characters_ = b.pattern(R"([^\^$\\.*+?()[\]{}|0-9])");
    digit_ = b.pattern("[0-9]");
    // \u with a surrogate is left out.
    std::string hex =
        "x[0-9A-Fa-f]{2}|u(?:[0-9A-Ca-cE-Fe-f][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2})|u\\{0*(?:10|[0-9A-Fa-f])?[0-9A-"
        "Fa-f]{1,4}\\}";
    escape_ = b.either(
        {b.pattern(R"(\\(?:[dDwWsStnrvf]|c[A-Za-z]|[\^$\\.*+?()[\]{}|/]|)" + hex + ")"), b.pattern(kProperty)});
    atoms_ = b.either({characters_, b.text(U"."), escape_, character_class()});
    assertions_ = b.pattern(R"([\^$]|\\[bB])");
    look_ = b.pattern(R"(\(\?(?:<?[=!]))");
    for (uint32_t refs = 0; refs <= kReferences; ++refs) bodies_.push_back(bodies(refs));
  }

  // The outermost level is a chain: each group there makes one more reference possible.
  ExprId whole() {
    ExprId unnamed = chain();
    // After a named group, which is the first capturing group or stands behind others, there is no other named one.
    ExprId name = b_.pattern("[A-Za-z_$][A-Za-z0-9_$]*>");
    ExprId open = b_.text(U"(?<");
    std::vector<ExprId> ways{
        b_.sequence({open, name, bodies_[0][kDepth - 1], close_, b_.optional(quantified_), chain()})};
    for (const char32_t* known : kReferredNames) {
      ExprId back = b_.sequence({b_.text(U"\\k<"), b_.text(known), b_.text(U">")});
      ExprId behind = loop(b_.arena.unite(outer(0), quantifiable(group(b_.text(U"("), 0, kDepth))), back);
      ways.push_back(b_.sequence(
          {open, b_.text(known), b_.text(U">"), bodies_[0][kDepth - 1], close_, b_.optional(quantified_), behind}));
    }
    ExprId before = loop(b_.arena.unite(outer(0), quantifiable(group(b_.text(U"("), 0, kDepth))), b_.arena.empty());
    return b_.either({unnamed, b_.sequence({before, b_.either(std::move(ways))})});
  }

 private:
  ExprId quantifiable(ExprId atom) { return b_.sequence({atom, b_.optional(quantified_)}); }

  // {n}, {n,} and {n,m} with n <= m, and the short forms, each perhaps lazy.
  ExprId quantifier() {
    std::string counts = "[0-9]+,?";
    for (uint32_t length = 1; length <= 3; ++length) {  // m has more digits
      counts += "|[0-9]{" + std::to_string(length) + "},[1-9][0-9]{" + std::to_string(length) + ",}";
    }
    for (int d = 0; d <= 9; ++d) {  // m has as many, and a greater first one; or the same, and the second decides
      std::string first = std::to_string(d), least = "[" + first + "-9]", more = "[" + std::to_string(d + 1) + "-9]";
      counts += "|" + first + "," + least;
      if (d < 9) counts += "|" + first + "[0-9]," + more + "[0-9]|" + first + "[0-9]{2}," + more + "[0-9]{2}";
      for (int e = 0; e <= 9; ++e)
        counts += "|" + first + std::to_string(e) + "," + first + "[" + std::to_string(e) + "-9]";
    }
    return b_.pattern("(?:[*+?]|\\{(?:" + counts + ")\\})\\??");
  }

  // Behind the backslash, ranges xHH-\xHH or uHHHH-\uHHHH whose ends begin with the same digits `same`, and the next digit
  // of the first is less. No surrogates: two of them in a row would be one character.
  void add_hex_ranges(const char32_t* letter, std::initializer_list<uint32_t> same, uint32_t digits,
                      std::vector<ExprId>* ways) {
    ExpressionArena& arena = b_.arena;
    auto between = [&](uint32_t low, uint32_t high) {  // digits low..high in either case
      CodeSet set;
      for (uint32_t d = low; d <= high; ++d) {
        set.push_back(d < 10 ? CodeRange{'0' + d, '0' + d} : CodeRange{'a' + d - 10, 'a' + d - 10});
        if (d > 9) set.push_back({'A' + d - 10, 'A' + d - 10});
      }
      return arena.char_class(std::move(set));
    };
    constexpr uint32_t kSurrogates = 0xD;
    bool whole = digits == 4 && same.size() == 0;
    auto left = digits - static_cast<uint32_t>(same.size()) - 1;
    ExprId hex = between(0, 15), rest = arena.repeat(hex, left, left);
    ExprId no_surrogate = whole ? b_.sequence({between(0, 7), hex, hex}) : rest;
    ExprId prefix = b_.text(letter), open = arena.epsilon();
    for (uint32_t d : same) open = b_.sequence({open, between(d, d)});
    open = b_.sequence({prefix, open});
    ExprId middle = b_.sequence({b_.text(U"-\\"), open});
    for (uint32_t d = 0; d < 15; ++d) {
      ExprId high = b_.sequence({between(d + 1, 15), rest});
      if (whole) {
        high = b_.sequence({between(std::max(d + 1, kSurrogates + 1), 15), rest});
        if (d + 1 < kSurrogates) high = b_.either({high, b_.sequence({between(d + 1, kSurrogates - 1), rest})});
        if (d < kSurrogates) high = b_.either({high, b_.sequence({between(kSurrogates, kSurrogates), no_surrogate})});
      }
      ways->push_back(
          b_.sequence({open, between(d, d), whole && d == kSurrogates ? no_surrogate : rest, middle, high}));
    }
  }

  // A hyphen stands for itself only at the class's ends.
  ExprId character_class() {
    ExpressionArena& arena = b_.arena;
    CodeSet itself = complement_set({{'-', '-'}, {'\\', ']'}});  // '\\' and ']' are neighbours
    ExprId hyphen = b_.text(U"-");
    std::vector<ExprId> items{arena.char_class(itself), escape_, b_.pattern(R"(\\[b\-])")};
    auto range = [&](CodeSet low, uint32_t high) {
      ExprId first = arena.char_class(intersect_sets(low, itself));
      items.push_back(b_.sequence({first, hyphen, arena.char_class(intersect_sets({{high, kMaxCodePoint}}, itself))}));
    };
    for (uint32_t low = ' '; low <= '~'; ++low) {
      if (low != '-' && low != '\\' && low != ']') range({{low, low}}, low);
    }
    uint32_t before = 0;
    for (uint32_t boundary : kBoundaries) {
      range({{before, boundary - 1}}, boundary);
      range({{boundary, boundary}}, boundary);
      before = boundary;
    }
    std::vector<ExprId> hex;
    for (uint32_t same : {0u, 1u, 2u, 7u}) add_hex_ranges(U"x", {same}, 2, &hex);
    add_hex_ranges(U"x", {}, 2, &hex);
    add_hex_ranges(U"u", {}, 4, &hex);
    for (uint32_t same : {0u, 2u}) add_hex_ranges(U"u", {same}, 4, &hex);
    for (uint32_t same : {0u, 3u, 4u, 6u}) add_hex_ranges(U"u", {0, same}, 4, &hex);
    add_hex_ranges(U"u", {2, 0}, 4, &hex);
    items.push_back(b_.sequence({b_.text(U"\\"), b_.either(std::move(hex))}));
    return b_.sequence({b_.pattern("\\[\\^?-?"), b_.any_number(b_.either(std::move(items))), b_.pattern("-?\\]")});
  }

  // Any number of terms, `plain` or beginning with a digit, and references, behind which no digit stands.
  ExprId loop(ExprId plain, ExprId reference) {
    ExprId digits = quantifiable(digit_);
    if (reference == b_.arena.empty()) return b_.any_number(b_.either({plain, digits}));
    ExprId repeated = b_.sequence({reference, quantified_});
    ExprId then = b_.sequence({b_.at_least_one(reference), b_.either({plain, repeated})});
    return b_.sequence({b_.any_number(b_.either({plain, digits, repeated, then})), b_.any_number(reference)});
  }

  ExprId references(uint32_t refs) {
    return refs == 0 ? b_.arena.empty() : b_.pattern("\\\\[1-" + std::to_string(refs) + "]");
  }

  ExprId group(ExprId open, uint32_t refs, uint32_t depth) {
    return b_.sequence({open, bodies_[refs][depth - 1], close_});
  }

  // Terms that open no capturing group at the outermost level.
  ExprId outer(uint32_t refs) {
    return b_.either({b_.text(U"|"), assertions_, group(look_, refs, kDepth),
                      quantifiable(b_.either({atoms_, group(b_.text(U"(?:"), refs, kDepth)}))});
  }

  // What may stand inside groups that hold so many levels more.
  std::vector<ExprId> bodies(uint32_t refs) {
    std::vector<ExprId> out;
    for (uint32_t depth = 0; depth < kDepth; ++depth) {
      std::vector<ExprId> terms{b_.text(U"|"), assertions_}, atoms{atoms_};
      if (depth > 0) {
        terms.push_back(b_.sequence({look_, out.back(), close_}));
        atoms.push_back(b_.sequence({b_.pattern("\\((?:\\?:)?"), out.back(), close_}));
      }
      terms.push_back(quantifiable(b_.either(std::move(atoms))));
      out.push_back(loop(b_.either(std::move(terms)), references(refs)));
    }
    return out;
  }

  ExprId chain() {
    ExprId group_of_last = quantifiable(group(b_.text(U"("), kReferences, kDepth));
    ExprId tail = loop(b_.arena.unite(outer(kReferences), group_of_last), references(kReferences));
    for (uint32_t refs = kReferences; refs-- > 0;) {
      ExprId next = b_.sequence({quantifiable(group(b_.text(U"("), refs, kDepth)), tail});
      tail = b_.sequence({loop(outer(refs), references(refs)), b_.optional(next)});
    }
    return tail;
  }

  FormatBuilder& b_;
  ExprId close_, quantified_, characters_, digit_, escape_, atoms_, assertions_, look_;
  std::vector<std::vector<ExprId>> bodies_;  // by references, then by depth
};

}  // namespace

ExprId regular_expression(FormatBuilder& b) { return RegexLanguage(b).whole(); }

}  // namespace fcformat
