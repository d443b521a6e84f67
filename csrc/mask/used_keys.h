// Which tokens would write a key for the second time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grammar/key_sets.h"
#include "vocabulary/vocabulary.h"

namespace fcformat {

// Nodes of the vocabulary's trie at and below which tokens complete what is begun of a key, without escapes and with its
// quote, to a key of the set. Takes the fewer of the keys that begin so and the ways in which tokens end a string, not the set.
std::vector<uint32_t> completions(const KeySets& keys, KeySetId used, const std::string& begun, uint8_t quote,
                                  const Vocabulary& vocabulary);

}  // namespace fcformat
