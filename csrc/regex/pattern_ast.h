// The syntax tree of a pattern: what pattern_parser.cc makes and pattern_translate.cc reads.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "regex/expression.h"

namespace fcformat {

enum class PatternKind : uint8_t {
  kSet,       // one code point of `set`; a literal character is a set of one
  kSequence,  // all children, one after the other; no children: the empty string
  kChoice,    // one of the children
  kRepeat,    // the child, min to max times
  kStart,     // ^
  kEnd,       // $
  kBoundary,  // \b, negated \B
  kAhead,     // (?=child), negated (?!child)
  kBehind,    // (?<=child), negated (?<!child)
};

struct PatternNode {
  PatternKind kind;
  bool negated = false;
  // Facts about the whole subtree.
  bool asserts = false;      // it holds an assertion of any kind
  bool looks_left = false;   // whether it matches depends on what stands before it
  bool looks_right = false;  // whether it matches depends on what stands behind it
  bool nullable = false;     // it may match the empty string (exact where it holds no assertion)
  uint32_t min = 0, max = 0;
  size_t offset = 0;  // where it begins in the pattern, in code points
  CodeSet set{};
  std::vector<uint32_t> children{};
};

// Children stand before their parents.
struct PatternTree {
  std::vector<PatternNode> nodes;
  uint32_t root = 0;
  size_t ranges = 0;  // of all sets together

  // Appends the node, its facts filled in from its children's.
  uint32_t add(PatternNode node);
};

// Throws PatternError, and GrammarLimitError where the pattern is too long or its groups nest too deep.
PatternTree parse_pattern(std::string_view pattern_utf8);

// The characters that \w matches.
const CodeSet& word_characters();

}  // namespace fcformat
