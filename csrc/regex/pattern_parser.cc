// Patterns as syntax trees: ECMA-262 with the u flag, and leniently a lone { } or ] as itself and a quantified
// lookahead, as its annex B has them. The parser recurses on groups only, and their depth is bounded.
#include "regex/pattern_parser.h"

#include <algorithm>
#include <stdexcept>

#include "errors.h"
#include "regex/pattern_ast.h"
#include "regex/pattern_escapes.h"
#include "regex/unicode_tables.h"

namespace fcformat {
namespace {

constexpr size_t kMaxPatternLength = 200'000;
constexpr size_t kMaxGroupDepth = 250;
// Of the sets of all characters together: \p{L} alone has hundreds.
constexpr size_t kMaxPatternRanges = 2'000'000;
// Counts beyond this cannot matter: no string is that long.
constexpr uint64_t kMaxCount = INT32_MAX;

const CodeSet kLineEnds{{0x0A, 0x0A}, {0x0D, 0x0D}, {0x2028, 0x2029}};

struct Quantifier {
  uint32_t min, max;
};

class Parser {
 public:
  explicit Parser(std::u32string_view text) : cursor_{text} {}

  PatternTree parse() {
    tree_.root = parse_choice(0);
    if (!cursor_.done()) fail_pattern(cursor_.at, "found ')' without '(': expected the end of the pattern");
    return std::move(tree_);
  }

 private:
  // Alternatives up to a closing parenthesis or the end.
  uint32_t parse_choice(size_t depth) {
    if (depth > kMaxGroupDepth) {
      throw GrammarLimitError("groups of a pattern nest deeper than max_group_depth = " +
                              std::to_string(kMaxGroupDepth));
    }
    size_t start = cursor_.at;
    std::vector<uint32_t> options;
    do {
      options.push_back(parse_sequence(depth));
    } while (cursor_.skip(U"|"));
    if (options.size() == 1) return options[0];
    PatternNode node{PatternKind::kChoice};
    node.offset = start;
    node.children = std::move(options);
    return tree_.add(std::move(node));
  }

  uint32_t parse_sequence(size_t depth) {
    PatternNode node{PatternKind::kSequence};
    node.offset = cursor_.at;
    while (!cursor_.done() && cursor_.peek() != '|' && cursor_.peek() != ')')
      node.children.push_back(parse_term(depth));
    return node.children.size() == 1 ? node.children[0] : tree_.add(std::move(node));
  }

  uint32_t parse_term(size_t depth) {
    size_t start = cursor_.at;
    bool repeatable = true;
    uint32_t atom = parse_atom(depth, &repeatable);
    size_t before = cursor_.at;
    Quantifier quantifier;
    if (!parse_quantifier(&quantifier)) return atom;
    if (!repeatable) fail_pattern(before, "nothing to repeat: " + repeated_name(start) + " cannot have a quantifier");
    size_t behind = cursor_.at;
    Quantifier second;
    if (parse_quantifier(&second)) {
      fail_pattern(behind, "nothing to repeat: found a second quantifier, expected a group around the first one");
    }
    PatternNode node{PatternKind::kRepeat};
    node.offset = start;
    node.min = quantifier.min;
    node.max = quantifier.max;
    node.children = {atom};
    return tree_.add(std::move(node));
  }

  std::string repeated_name(size_t start) const {
    PatternCursor at{cursor_.text, start};
    if (at.next_is(U"\\")) return describe(at, 1).insert(1, "\\");
    return at.next_is(U"(") ? "a lookbehind" : describe(at);
  }

  uint32_t parse_atom(size_t depth, bool* repeatable) {
    size_t start = cursor_.at;
    PatternNode node{PatternKind::kSet};
    node.offset = start;
    char32_t c = cursor_.text[cursor_.at++];
    switch (c) {
      case '(':
        return parse_group(start, depth, repeatable);
      case '^':
      case '$':
        *repeatable = false;
        node.kind = c == '^' ? PatternKind::kStart : PatternKind::kEnd;
        break;
      case '.':
        node.set = complement_set(kLineEnds);
        break;
      case '[':
        node.set = parse_class(cursor_);
        break;
      case '*':
      case '+':
      case '?':
        fail_pattern(start, "nothing to repeat: found '" + std::string(1, static_cast<char>(c)) +
                                "', expected something before it");
      case '{': {
        --cursor_.at;
        Quantifier ignored;
        if (parse_quantifier(&ignored))
          fail_pattern(start, "nothing to repeat: found a counted quantifier, expected something before it");
        ++cursor_.at;
        node.set = {{'{', '{'}};
        break;
      }
      case '\\':
        parse_escaped_atom(&node, repeatable);
        break;
      default:
        node.set = normalize_set({{c, c}});
    }
    return tree_.add(std::move(node));
  }

  void parse_escaped_atom(PatternNode* node, bool* repeatable) {
    char32_t c = cursor_.peek();
    if (c == 'b' || c == 'B') {
      ++cursor_.at;
      *repeatable = false;
      node->kind = PatternKind::kBoundary;
      node->negated = c == 'B';
    } else if ((c >= '1' && c <= '9') || (c == 'k' && cursor_.peek(1) == '<')) {
      fail_pattern(node->offset,
                   "back-references are not supported: found \\" + std::string(1, static_cast<char>(c)) +
                       ", expected a pattern that a finite automaton can match",
                   true);
    } else {
      node->set = parse_escape(cursor_, false).as_set();
    }
  }

  uint32_t parse_group(size_t start, size_t depth, bool* repeatable) {
    PatternNode look{PatternKind::kAhead};
    look.offset = start;
    bool is_look = true;
    if (cursor_.skip(U"?=") || cursor_.skip(U"?!")) {
      look.negated = cursor_.text[cursor_.at - 1] == '!';
    } else if (cursor_.skip(U"?<=") || cursor_.skip(U"?<!")) {
      look.kind = PatternKind::kBehind;
      look.negated = cursor_.text[cursor_.at - 1] == '!';
      *repeatable = false;
    } else {
      is_look = false;
      if (cursor_.skip(U"?<")) {
        parse_group_name(start);
      } else if (!cursor_.skip(U"?:") && cursor_.skip(U"?")) {
        fail_group(start);
      }
    }
    uint32_t body = parse_choice(depth + 1);
    if (!cursor_.skip(U")")) fail_pattern(start, "unterminated group: found the end of the pattern, expected )");
    if (!is_look) return body;
    look.children = {body};
    return tree_.add(std::move(look));
  }

  // Behind "(?", where no group of ECMA-262 has been recognised.
  [[noreturn]] void fail_group(size_t start) const {
    static constexpr std::u32string_view kFlags = U"imsx-";
    PatternCursor end = cursor_;
    while (!end.done() && kFlags.find(end.peek()) != std::u32string_view::npos) ++end.at;
    if (end.at > cursor_.at && (end.peek() == ':' || end.peek() == ')')) {
      fail_pattern(start,
                   "inline flags are not supported: found " + excerpt(cursor_.text.substr(start, end.at + 1 - start)) +
                       ", expected (?:...)",
                   true);
    }
    std::string hint = cursor_.next_is(U"P<") ? "; ECMA-262 writes (?<name>...)" : "";
    fail_pattern(start, "unknown kind of group: found " + describe(cursor_) +
                            " behind (?, expected one of : = ! <= <! <name>" + hint);
  }

  void parse_group_name(size_t start) {
    CodeSet initial, other;
    find_unicode_property("", "ID_Start", &initial);
    find_unicode_property("", "ID_Continue", &other);
    initial = unite_sets(initial, {{'$', '$'}, {'_', '_'}});
    other = unite_sets(other, {{'$', '$'}, {0x200C, 0x200D}});
    for (size_t first = cursor_.at;; ++cursor_.at) {
      if (cursor_.at > first && cursor_.skip(U">")) return;
      char32_t c = cursor_.peek();
      if (cursor_.done() || intersect_sets(cursor_.at == first ? initial : other, {{c, c}}).empty()) {
        fail_pattern(start, "bad name of a group: found " + describe(cursor_) +
                                ", expected (?<name>...) with an identifier as name");
      }
    }
  }

  // Reads a quantifier with its lazy mark (which changes what is matched first, not what matches).
  bool parse_quantifier(Quantifier* out) {
    if (cursor_.skip(U"*")) {
      *out = {0, kUnbounded};
    } else if (cursor_.skip(U"+")) {
      *out = {1, kUnbounded};
    } else if (cursor_.skip(U"?")) {
      *out = {0, 1};
    } else if (!parse_counts(out)) {
      return false;
    }
    cursor_.skip(U"?");
    return true;
  }

  // {m}, {m,} or {m,n}. Anything else that begins with a brace is literal.
  bool parse_counts(Quantifier* out) {
    PatternCursor at = cursor_;
    uint64_t min = 0, max = 0;
    if (!at.skip(U"{") || !parse_count(at, &min)) return false;
    bool open = false;
    if (!at.skip(U",")) {
      max = min;
    } else if (!parse_count(at, &max)) {
      open = true;
    }
    if (!at.skip(U"}")) return false;
    if (!open && max < min) {
      fail_pattern(cursor_.at, "counts out of order: found " +
                                   excerpt(cursor_.text.substr(cursor_.at, at.at - cursor_.at)) +
                                   ", expected the smaller one first");
    }
    cursor_ = at;
    *out = {static_cast<uint32_t>(std::min(min, kMaxCount)),
            open || max > kMaxCount ? kUnbounded : static_cast<uint32_t>(max)};
    return true;
  }

  static bool parse_count(PatternCursor& at, uint64_t* value) {
    size_t first = at.at;
    for (; at.peek() >= '0' && at.peek() <= '9'; ++at.at)
      *value = std::min(*value * 10 + (at.peek() - '0'), uint64_t{1} << 60);
    return at.at > first;
  }

  PatternCursor cursor_;
  PatternTree tree_;
};

}  // namespace

uint32_t PatternTree::add(PatternNode node) {
  ranges += node.set.size();
  if (ranges > kMaxPatternRanges) {
    throw GrammarLimitError("the character classes of a pattern have more ranges than max_pattern_ranges = " +
                            std::to_string(kMaxPatternRanges));
  }
  bool all_nullable = true, any_nullable = false;
  for (uint32_t child : node.children) {
    const PatternNode& c = nodes[child];
    node.asserts |= c.asserts;
    node.looks_left |= c.looks_left;
    node.looks_right |= c.looks_right;
    all_nullable &= c.nullable;
    any_nullable |= c.nullable;
  }
  switch (node.kind) {
    case PatternKind::kSet:
      break;
    case PatternKind::kSequence:
      node.nullable = all_nullable;
      break;
    case PatternKind::kChoice:
      node.nullable = any_nullable;
      break;
    case PatternKind::kRepeat:
      node.nullable = node.min == 0 || any_nullable;
      break;
    default:
      node.asserts = node.nullable = true;
      node.looks_left |=
          node.kind == PatternKind::kStart || node.kind == PatternKind::kBoundary || node.kind == PatternKind::kBehind;
      node.looks_right |=
          node.kind == PatternKind::kEnd || node.kind == PatternKind::kBoundary || node.kind == PatternKind::kAhead;
  }
  nodes.push_back(std::move(node));
  return static_cast<uint32_t>(nodes.size() - 1);
}

PatternTree parse_pattern(std::string_view pattern_utf8) {
  std::u32string text;
  try {
    text = decode_utf8(pattern_utf8);
  } catch (const std::invalid_argument&) {
    fail_pattern(0, "the pattern is not valid UTF-8");
  }
  if (text.size() > kMaxPatternLength) {
    throw GrammarLimitError("a pattern is longer than max_pattern_length = " + std::to_string(kMaxPatternLength));
  }
  return Parser(text).parse();
}

}  // namespace fcformat
