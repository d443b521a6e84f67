// Internationalised host names: IDNA 2008 (RFC 5890 to 5893).
//
// The code points, the contextual rules and the Bidi rule are those of the RFCs, computed from the Unicode tables that
// patterns use. Four things are regular only in theory, and this is what is done about them:
// - A-labels ("xn--...") are left out: whether one is valid takes decoding it.
// - A U-label's length is that of its A-label. What is checked is a bound that the compression of Punycode reaches for
//   text of one script: one octet a character for alphabets, three for Han and Hangul.
// - Normalisation (NFC): the combining marks that would join the letter before them are refused wherever there is one
//   precomposed letter or more for them, and so are pairs of marks that could stand in the wrong order.
// - A zero width non-joiner between cursive letters (RFC 5892, A.1) is known for Arabic and Syriac.
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

#include "regex/unicode_tables.h"
#include "schema/formats_parts.h"
#include "schema/host_names.h"

namespace fcformat {
namespace {

constexpr size_t kMostStates = 10'000;  // of one table
constexpr std::string_view kVirama =
    R"([\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D3B\u0D3C\u0D4D\u0DCA\u0E3A\u0EBA\u0F84\u1039\u103A\u1714\u1715\u1734\u17D2\u1A60)"
    R"(\u1B44\u1BAA\u1BAB\u1BF2\u1BF3\u2D7F\uA806\uA82C\uA8C4\uA953\uA9C0\uAAF6\uABED\u{10A3F}\u{11046}\u{11070}\u{1107F}\u{110B9}\u{11133})"
    R"(\u{11134}\u{111C0}\u{11235}\u{112EA}\u{1134D}\u{11442}\u{114C2}\u{115BF}\u{1163F}\u{116B6}\u{1172B}\u{11839}\u{1193D}\u{1193E}\u{119E0})"
    R"(\u{11A34}\u{11A47}\u{11A99}\u{11C3F}\u{11D44}\u{11D45}\u{11D97}])";
// Arabic and Syriac letters by Joining_Type: those that join on both sides, on the right only, and not at all.
constexpr std::string_view kDualJoining =
    R"(\u0620\u0626\u0628\u062A-\u062E\u0633-\u063F\u0641-\u0647\u0649\u064A\u066E\u066F\u0678-\u0687\u069A-\u06BF\u06C1\u06C2\u06CC\u06CE)"
    R"(\u06D0\u06D1\u06FA-\u06FC\u06FF\u0712-\u0714\u071A-\u071D\u071F-\u0727\u0729\u072B\u072D\u072E\u074E-\u0758\u075C-\u076A\u076D-\u0770)"
    R"(\u0772\u0775-\u0777\u077A-\u077F)";
constexpr std::string_view kRightJoining =
    R"(\u0622-\u0625\u0627\u0629\u062F-\u0632\u0648\u0671-\u0673\u0675-\u0677\u0688-\u0699\u06C0\u06C3-\u06CB\u06CD\u06CF\u06D2\u06D3\u06D5)"
    R"(\u06EE\u06EF\u0710\u0715-\u0719\u071E\u0728\u072A\u072C\u072F\u074D\u0759-\u075B\u076B\u076C\u0771\u0773\u0774\u0778\u0779)";
constexpr std::string_view kTransparent =
    R"([\u0610-\u061A\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E4\u06E7\u06E8\u06EA-\u06ED\u0711\u0730-\u074A])";

// Letters, marks and digits that another spelling stands for (NFKC), and that have no case: RFC 5892 calls them unstable.
// Ranges run over what no label has anyway. From Unicode 14, and the compatibility letters that came since.
constexpr CodeRange kCompatibility[] = {
    {0xAA, 0xBA},       {0x133, 0x133},     {0x140, 0x140},     {0x1C6, 0x1CC},     {0x1F3, 0x1F3},
    {0x2B0, 0x2B8},     {0x2E0, 0x2E4},     {0x340, 0x341},     {0x343, 0x344},     {0x374, 0x374},
    {0x37A, 0x37A},     {0x3D2, 0x3D4},     {0x3F2, 0x3F2},     {0x675, 0x678},     {0x958, 0x95F},
    {0x9DC, 0x9DF},     {0xA33, 0xA33},     {0xA36, 0xA36},     {0xA59, 0xA5B},     {0xA5E, 0xA5E},
    {0xB5C, 0xB5D},     {0xE33, 0xE33},     {0xEB3, 0xEB3},     {0xEDC, 0xEDD},     {0xF43, 0xF43},
    {0xF4D, 0xF4D},     {0xF52, 0xF52},     {0xF57, 0xF57},     {0xF5C, 0xF5C},     {0xF69, 0xF69},
    {0xF73, 0xF73},     {0xF75, 0xF79},     {0xF81, 0xF81},     {0xF93, 0xF93},     {0xF9D, 0xF9D},
    {0xFA2, 0xFA2},     {0xFA7, 0xFA7},     {0xFAC, 0xFAC},     {0xFB9, 0xFB9},     {0x10FC, 0x10FC},
    {0x1D2C, 0x1D2E},   {0x1D30, 0x1D3A},   {0x1D3C, 0x1D4D},   {0x1D4F, 0x1D6A},   {0x1D78, 0x1D78},
    {0x1D9B, 0x1DBF},   {0x1F71, 0x1F71},   {0x1F73, 0x1F73},   {0x1F75, 0x1F75},   {0x1F77, 0x1F77},
    {0x1F79, 0x1F79},   {0x1F7B, 0x1F7B},   {0x1F7D, 0x1F7D},   {0x1FBE, 0x1FBE},   {0x1FD3, 0x1FD3},
    {0x1FE3, 0x1FE3},   {0x2071, 0x209C},   {0x2102, 0x2149},   {0x2C7C, 0x2C7D},   {0x2D6F, 0x2D6F},
    {0x309F, 0x309F},   {0x30FF, 0x30FF},   {0x3131, 0x318E},   {0xA69C, 0xA69D},   {0xA770, 0xA770},
    {0xA7F1, 0xA7F4},   {0xA7F8, 0xA7F9},   {0xAB5C, 0xAB5F},   {0xAB69, 0xAB69},   {0xF900, 0xFA0D},
    {0xFA10, 0xFA10},   {0xFA12, 0xFA12},   {0xFA15, 0xFA1E},   {0xFA20, 0xFA20},   {0xFA22, 0xFA22},
    {0xFA25, 0xFA26},   {0xFA2A, 0xFB1D},   {0xFB1F, 0xFDFB},   {0xFE70, 0xFE72},   {0xFE74, 0xFFDC},
    {0x10781, 0x107BA}, {0x1D400, 0x1D7FF}, {0x1E030, 0x1E06D}, {0x1EE00, 0x1FBF9}, {0x2F800, 0x2FA1D},
};

// Strings that are not in NFC: see above. The pairs compose; the marks have a fixed order or may compose anywhere.
constexpr std::string_view kNotNormalized[] = {
    R"([\u0300-\u0304\u0306-\u030C\u030F\u0311\u0313\u0314\u031B\u0323-\u0328\u032D\u032E\u0330\u0331\u0338\u0342\u0345\u3099\u309A])",
    R"([\u0627\u0648\u064A\u06C1\u06D2\u06D5][\u0653-\u0655])",
    R"([\u0928\u0930\u0933]\u093C|\u09C7[\u09BE\u09D7]|\u0B47[\u0B3E\u0B56\u0B57]|[\u0BC6\u0BC7]\u0BBE|[\u0B92\u0BC6]\u0BD7|\u0C46\u0C56)",
    R"(\u0CC6[\u0CC2\u0CD6]|[\u0CBF\u0CC6\u0CCA]\u0CD5|[\u0D46\u0D47]\u0D3E|\u0D46\u0D57|[\u0DD9\u0DDC]\u0DCA|\u0DD9[\u0DCF\u0DDF]|\u1025\u102E)",
    R"([\u1B05-\u1B11\u1B3A-\u1B42]\u1B35|[\u{11099}-\u{110A5}]\u{110BA}|[\u{11131}\u{11132}]\u{11127}|\u{11347}[\u{1133E}\u{11357}])",
    R"(\u{114B9}[\u{114B0}\u{114BA}\u{114BD}]|[\u{115B8}\u{115B9}]\u{115AF}|\u{11935}\u{11930})",
    R"([\u0300-\u036F\u0483-\u0487\u0591-\u05C7\u0610-\u061A\u064B-\u065F\u0670\u06D6-\u06ED\u0711\u0730-\u074A\u07EB-\u07F3\u0816-\u082D\u0859-\u085B)"
    R"(\u0898-\u08FF\u1AB0-\u1ACE\u1DC0-\u1DFF\uFE20-\uFE2F]{2}|[\u0F71-\u0F87]{2}|[\u0E48-\u0E4B][\u0E38-\u0E3A]|[\u0EC8-\u0ECB][\u0EB8-\u0EBA])",
};

CodeSet property(std::string_view value) {
  CodeSet out;
  if (!find_unicode_property("", value, &out))
    throw std::logic_error("formats: no Unicode property " + std::string(value));
  return out;
}

CodeSet without(const CodeSet& a, const CodeSet& b) { return intersect_sets(a, complement_set(b)); }

// The code points of U-labels as RFC 5892 derives them: PVALID, CONTEXTJ and CONTEXTO.
CodeSet label_characters() {
  CodeSet all;
  for (const char* category : {"Ll", "Lu", "Lo", "Nd", "Lm", "Mn", "Mc"}) all = unite_sets(all, property(category));
  CodeSet refused = unite_sets(property("Changes_When_Casefolded"), property("Default_Ignorable_Code_Point"));
  refused = unite_sets(refused, CodeSet(std::begin(kCompatibility), std::end(kCompatibility)));
  refused = unite_sets(refused, normalize_set({{0x1100, 0x11FF},
                                               {0xA960, 0xA97C},
                                               {0xD7B0, 0xD7FB},  // conjoining jamo
                                               {0x20D0, 0x20FF},
                                               {0x1D100, 0x1D1FF},
                                               {0x1D200, 0x1D24F},  // blocks
                                               {0x640, 0x640},
                                               {0x7FA, 0x7FA},
                                               {0x302E, 0x302F},
                                               {0x3031, 0x3035},
                                               {0x303B, 0x303B}}));
  CodeSet exceptions{{'-', '-'},       {0xB7, 0xB7},     {0xDF, 0xDF},    {0x375, 0x375},
                     {0x3C2, 0x3C2},   {0x5F3, 0x5F4},   {0x6FD, 0x6FE},  {0xF0B, 0xF0B},
                     {0x200C, 0x200D}, {0x3007, 0x3007}, {0x30FB, 0x30FB}};
  return unite_sets(without(all, refused), normalize_set(std::move(exceptions)));
}

// What a label must not be, for the rules that look at neighbours (RFC 5892, appendix A) and for NFC.
std::vector<ExprId> forbidden(FormatBuilder& b, bool normalized) {
  ExprId any = b.arena.any_string();
  auto not_behind = [&](const std::string& set) { return "(?:[^]*[^" + set + "])?"; };
  auto not_before = [&](const std::string& set) { return "(?:[^" + set + "][^]*)?"; };
  std::string kana = R"(\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han})";
  ExprId before_joiner = b.sequence({any, b.pattern(kVirama)});
  ExprId joins_left =
      b.sequence({any, b.pattern("[" + std::string(kDualJoining) + "]" + std::string(kTransparent) + "*")});
  ExprId joins_right = b.sequence(
      {b.pattern(std::string(kTransparent) + "*[" + std::string(kDualJoining) + std::string(kRightJoining) + "]"),
       any});
  ExprId not_virama = b.arena.complement(before_joiner);
  std::vector<ExprId> parts{
      b.pattern("[^]{2}--[^]*"),
      b.pattern(not_behind("l") + "\\u00B7[^]*"),
      b.pattern("[^]*\\u00B7" + not_before("l")),
      b.pattern("[^]*\\u0375" + not_before(R"(\p{Script=Greek})")),
      b.pattern(not_behind(R"(\p{Script=Hebrew})") + "[\\u05F3\\u05F4][^]*"),
      b.pattern("[^" + kana + "]*\\u30FB[^" + kana + "]*"),
      b.pattern("[^]*[\\u0660-\\u0669][^]*[\\u06F0-\\u06F9][^]*|[^]*[\\u06F0-\\u06F9][^]*[\\u0660-\\u0669][^]*"),
      b.sequence({not_virama, b.text(U"\u200D"), any}),
      b.sequence({b.arena.intersect(not_virama, b.arena.complement(joins_left)), b.text(U"\u200C"), any}),
      b.sequence({not_virama, b.text(U"\u200C"), b.arena.complement(joins_right)}),
  };
  if (normalized) {
    std::vector<ExprId> bad;
    for (std::string_view text : kNotNormalized) bad.push_back(b.pattern(text));
    parts.push_back(b.sequence({any, b.either(std::move(bad)), any}));
  }
  return parts;
}

// Names whatever their length.
ExprId names_of_any_length(FormatBuilder& b, const CodeSet& dots, bool normalized) {
  ExpressionArena& arena = b.arena;
  ExprId any = arena.any_string();
  // Bidi classes, as far as they differ among the characters of labels. The first two are those written from right to left.
  CodeSet marks = unite_sets(property("Mn"), property("Mc"));  // none begins a label
  CodeSet weak =
      without(property("Mn"), {{0xCBF, 0xCBF}, {0xCC6, 0xCC6}, {0x11A07, 0x11A08}, {0x11C3F, 0x11C3F}});  // NSM
  CodeSet digits{{'0', '9'}, {0x6F0, 0x6F9}};
  CodeSet arabic_digits{{0x660, 0x669}, {0x10D30, 0x10D39}};
  CodeSet neutral = normalize_set({{'-', '-'},
                                   {0xB7, 0xB7},
                                   {0x2B9, 0x2BA},
                                   {0x2C6, 0x2CF},
                                   {0x2EC, 0x2EC},
                                   {0x2EF, 0x2FF},
                                   {0x375, 0x375},
                                   {0x200C, 0x200D},
                                   {0x30FB, 0x30FB},
                                   {0xA67F, 0xA67F},
                                   {0xA700, 0xA721},
                                   {0xA788, 0xA788}});
  CodeSet blocks{{0x590, 0x8FF}, {0xFB1D, 0xFDFF}, {0xFE70, 0xFEFF}, {0x10800, 0x10FFF}, {0x1E800, 0x1EFFF}};
  CodeSet strong_right = without(blocks, unite_sets(digits, weak));  // R, AL and AN
  CodeSet left = complement_set(unite_sets(unite_sets(strong_right, weak), unite_sets(digits, neutral)));  // L

  auto begins = [&](const CodeSet& set) { return b.sequence({arena.char_class(set), any}); };
  auto holds = [&](const CodeSet& set) { return b.sequence({any, arena.char_class(set), any}); };
  auto both = [&](const CodeSet& first, const CodeSet& second) {
    return b.sequence({any, arena.char_class(first), any, arena.char_class(second), any});
  };
  // Each rule is a table before they are combined, which takes a tenth of the time.
  ExprId first_and_last = b.either({begins(unite_sets(marks, {{'-', '-'}})), b.pattern("[^]*-")});
  ExprId shape = arena.intersect({b.at_least_one(arena.char_class(label_characters())),
                                  b.pattern(R"([\0-\x7F]*[^\0-\x7F][^]*)"), arena.complement(first_and_last)});
  std::vector<ExprId> rules{tabulate(arena, shape, kMostStates)};
  for (ExprId part : forbidden(b, normalized)) rules.push_back(tabulate(arena, arena.complement(part), kMostStates));
  shape = arena.intersect(std::move(rules));
  shape = tabulate(arena, shape, kMostStates);
  auto label_without = [&](std::vector<ExprId> bad) {
    return tabulate(arena, arena.difference(shape, b.either(std::move(bad))), kMostStates);
  };
  ExprId weak_end = b.sequence({any, arena.char_class(neutral), b.any_number(arena.char_class(weak))});
  ExprId plain = label_without({holds(strong_right)});
  ExprId to_right = label_without({holds(strong_right), weak_end, begins(unite_sets(digits, neutral))});
  ExprId to_left = label_without({holds(left), weak_end, begins(complement_set(without(strong_right, arabic_digits))),
                                  both(digits, arabic_digits), both(arabic_digits, digits)});

  // The Bidi rule binds every label of a name in which one is written from right to left.
  ExprId ascii = b.pattern("[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?");
  ascii = arena.difference(ascii, b.pattern("[Xx][Nn]--[^]*"));
  ExprId lettered = arena.intersect(ascii, b.pattern("[A-Za-z][^]*"));
  auto name_of = [&](ExprId label) {
    return b.sequence({label, b.any_number(b.sequence({arena.char_class(dots), label}))});
  };
  ExprId usual = name_of(b.either({ascii, plain}));
  ExprId directed = name_of(b.either({lettered, to_right, to_left}));
  return b.either({usual, directed});
}

// It says the same for every grammar, and takes a while to make.
std::shared_ptr<const CodeTable> table_of_names(const CodeSet& dots, bool normalized) {
  ExpressionArena arena;
  FormatBuilder b(arena);
  return std::make_shared<CodeTable>(make_code_table(arena, names_of_any_length(b, dots, normalized), kMostStates));
}

}  // namespace

ExprId international_host_name(FormatBuilder& b, bool normalized) {
  const CodeSet dots{{'.', '.'}, {0x3002, 0x3002}, {0xFF0E, 0xFF0E}, {0xFF61, 0xFF61}};  // RFC 3490, section 3.1
  auto automaton = [&](const std::shared_ptr<const CodeTable>& table) {
    return b.arena.automaton(counted_names(table, dots));
  };
  if (!normalized) {
    static const std::shared_ptr<const CodeTable> table = table_of_names(dots, false);
    return automaton(table);
  }
  static const std::shared_ptr<const CodeTable> table = table_of_names(dots, true);
  return automaton(table);
}

}  // namespace fcformat
