// Names of hosts as an automaton that counts octets.
#pragma once

#include <memory>

#include "regex/code_automaton.h"

namespace fcformat {

// The names of a table, whose labels stand between the code points `dots`, with labels of at most 63 octets and 253
// octets in all. A letter beyond ASCII makes its label an A-label; what it takes there is estimated.
std::unique_ptr<CodeAutomaton> counted_names(std::shared_ptr<const CodeTable> table, const CodeSet& dots);

}  // namespace fcformat
