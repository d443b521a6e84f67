// Many matchers at once: masks of a batch, and masks along a tree of drafted tokens.
#pragma once

#include <cstdint>
#include <vector>

#include "grammar/matcher.h"

namespace fcformat {

// Fills the mask of each matcher into its row, on several threads where that pays. Matchers are distinct. What one of them
// throws is thrown when all are done.
void fill_masks(const std::vector<Matcher*>& matchers, const std::vector<uint32_t*>& rows, size_t threads);

// How many of the tokens can be accepted one after another; the matcher is left as it was.
size_t count_accepted(Matcher& matcher, const std::vector<int64_t>& tokens);

// The forced text as tokens, each the longest that fits, up to where a longer one might begin that reaches past it.
std::vector<uint32_t> forced_tokens(Matcher& matcher);

// A tree of drafted tokens: of each node the first child and the next sibling, -1 for none. Node 0 is the last token that
// the matcher has accepted. Row i is filled for each node i that can be reached; the other rows are left alone. The matcher
// is left as it was. Throws std::invalid_argument where the links do not make a tree.
struct DraftTree {
  const int64_t* first_child;
  const int64_t* next_sibling;
  const int64_t* tokens;
  size_t size;
};
void fill_draft_masks(Matcher& matcher, const DraftTree& tree, uint32_t* masks, size_t row_words);

}  // namespace fcformat
