// Taking grammars apart on a thread of its own: a used one is thousands of small pieces of memory, which takes longer than
// compiling the next one.
#pragma once

#include <memory>

#include "grammar/matcher.h"

namespace fcformat {

// Gives up the caller's share of a grammar. Where it was the last one, the grammar goes soon, on another thread; at once where
// too much is waiting already.
void dispose(std::shared_ptr<CompiledGrammar> grammar);

}  // namespace fcformat
