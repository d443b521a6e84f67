// Regular expressions over code points as hash-consed values, with union, intersection, complement and counted
// repetition, and their Brzozowski derivatives ("Regular-expression derivatives reexamined", Owens, Reppy, Turon 2009).
//
// An expression is its own automaton: the states are the expressions that derivatives lead to, and they are made only
// when somebody asks. Equal expressions have equal ids. Besides the usual operators there are leaves that are small
// automata themselves (sets of literals, comparison and divisibility of decimal numbers), so that everything that a
// schema can ask of a string or a number is one Boolean expression.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "regex/decimal.h"
#include "regex/number_automata.h"

namespace fcformat {

using ExprId = uint32_t;

// Code points lo..hi, both included.
struct CodeRange {
  uint32_t lo, hi;
  bool operator==(const CodeRange&) const = default;
};

// Where one code point of a state leads. Edges are sorted, disjoint and never lead to an empty expression.
struct Edge {
  uint32_t lo, hi;
  ExprId target;
};

constexpr uint32_t kMaxCodePoint = 0x10FFFF;
constexpr uint32_t kUnbounded = UINT32_MAX;

// Sorted, disjoint, without surrogates.
using CodeSet = std::vector<CodeRange>;
CodeSet normalize_set(CodeSet ranges);
CodeSet complement_set(const CodeSet& set);
CodeSet unite_sets(const CodeSet& a, const CodeSet& b);
CodeSet intersect_sets(const CodeSet& a, const CodeSet& b);

// Decodes UTF-8; lone surrogates (WTF-8) come out as they are. Throws std::invalid_argument on other malformed input.
std::u32string decode_utf8(std::string_view text);
// Such a text cannot be written in UTF-8.
bool has_lone_surrogate(std::u32string_view text);
std::string encode_utf8(std::u32string_view text);

struct ExpressionLimits {
  double max_seconds = 15;        // wall-clock time of one operation (compiling, one mask, one accepted token)
  size_t max_nodes = 1'000'000;   // expressions in one arena
  size_t max_bytes = 512u << 20;  // memory of one arena, approximately
  uint32_t max_depth = 1000;      // operators that a derivative must look through
  size_t max_search = 500'000;    // states that one emptiness question may visit
};

class CodeAutomaton;  // regex/code_automaton.h

class ExpressionArena {
 public:
  explicit ExpressionArena(ExpressionLimits limits = {});
  ~ExpressionArena();
  ExpressionArena(const ExpressionArena&) = delete;
  ExpressionArena& operator=(const ExpressionArena&) = delete;

  // --- constructors; all simplify, so that for instance a union with the empty expression is the other side -------
  ExprId empty() const { return 0; }       // no string
  ExprId epsilon() const { return 1; }     // the empty string
  ExprId any_char() const { return 2; }    // one code point (surrogates are not code points here)
  ExprId any_string() const { return 3; }  // every string
  ExprId char_class(CodeSet set);
  ExprId literal(std::u32string_view text);
  // Exactly these strings, but those with lone surrogates; a trie, one state a prefix.
  ExprId literal_set(std::vector<std::u32string> texts);
  ExprId concat(ExprId first, ExprId second);
  ExprId unite(std::vector<ExprId> parts);
  ExprId intersect(std::vector<ExprId> parts);
  ExprId unite(ExprId a, ExprId b) { return unite(std::vector<ExprId>{a, b}); }
  ExprId intersect(ExprId a, ExprId b) { return intersect(std::vector<ExprId>{a, b}); }
  ExprId complement(ExprId part);
  ExprId difference(ExprId a, ExprId b) { return intersect(a, complement(b)); }
  ExprId repeat(ExprId part, uint32_t min, uint32_t max);  // max may be kUnbounded
  // Strings of min to max code points.
  ExprId length(uint32_t min, uint32_t max) { return repeat(any_char(), min, max); }
  // A recursive expression: declare it, use its id, then define it. Each use inside its definition must stand behind
  // at least one consumed code point.
  ExprId declare_variable();
  void define_variable(ExprId variable, ExprId definition);
  // Texts that spell a number (as JSON does: sign, digits, fraction, exponent) within an interval. `exponent` says whether
  // the spelling may have one; how many digits it may have, and where, is a matter of what this is intersected with.
  ExprId number_interval(const NumberInterval& interval, bool exponent);
  // Texts without exponent that spell a multiple (or, negated, a number that is no multiple) of a positive decimal.
  // Throws GrammarLimitError where the remainder would not fit 60 bits.
  ExprId number_multiple(const Decimal& divisor, bool negated);

  // The strings of an automaton that the arena keeps. It must have some.
  ExprId automaton(std::shared_ptr<CodeAutomaton> automaton);

  // What a caller has built under a name of its own; null where nothing is. The arena only keeps it.
  const ExprId* recall(const std::string& name) const;
  void remember(const std::string& name, ExprId e);

  // Starts the clock for one operation; `check_time` throws GrammarLimitError once it has run out.
  void start_clock();
  void check_time() const;

  // --- questions ----------------------------------------------------------------------------------------------------
  bool nullable(ExprId e) const;  // does it contain the empty string
  ExprId derivative(ExprId e, uint32_t code_point);
  const std::vector<Edge>& edges(ExprId e);  // memoised; only to expressions that are not empty
  bool is_empty(ExprId e);                   // exact, memoised; throws GrammarLimitError over max_search
  bool matches(ExprId e, std::u32string_view text);
  // Whether whatever can be begun can be gone on with without end, so that leaving out finitely many strings changes
  // nothing but those. May say no where it is so.
  bool is_endless(ExprId e);
  // Some shortest string of the expression, or false where it is empty.
  bool shortest(ExprId e, std::u32string* text);
  // Number of strings, counted up to `limit` (the answer is min(count, limit)).
  size_t count_strings(ExprId e, size_t limit);
  // All strings, where there are at most `limit`; otherwise false.
  bool enumerate(ExprId e, size_t limit, std::vector<std::u32string>* texts);
  // Strings of exactly "any string with min to max code points": the common case that masks treat apart.
  bool is_length_range(ExprId e, uint32_t* min, uint32_t* max) const;
  // Another expression that has the same strings of up to `length` bytes, and the same beginnings of such length, as
  // far as one is easily found; else itself. What has been counted far from its bound becomes one expression.
  ExprId with_slack(ExprId e, uint32_t length);
  // Expressions whose union this is, where it is one or the intersection of one with others; else itself alone.
  std::vector<ExprId> union_parts(ExprId e, size_t limit);
  size_t size() const;
  const ExpressionLimits& limits() const;
  size_t bytes() const;

 private:
  struct Impl;
  struct Needs {
    uint32_t shortest, completion;
  };
  Needs needs(ExprId e);
  template <typename Table>
  std::vector<ExprId> unknown_links(ExprId e, const Table& known) const;
  ExprId derive(ExprId e, uint32_t code_point);
  ExprId derive_node(ExprId e, uint32_t code_point);
  std::optional<bool> alive_by_multiples(ExprId e);
  std::optional<bool> alive_by_length(ExprId e) const;
  bool decide_liveness(ExprId e, size_t max_states);
  ExprId without_bounds(ExprId e);
  bool has_bound(ExprId e);
  const std::vector<Edge>& raw_edges(ExprId e);  // memoised; may lead to empty expressions in disguise

  std::unique_ptr<Impl> impl_;
};

}  // namespace fcformat
