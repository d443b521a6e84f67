// A copy of logits in which forbidden ones are minus infinity, in one pass through main memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mask/apply.h"

namespace fcformat {

// `task` describes the source, which is not written; `target` holds its rows one after another. Where all that a row
// allows was minus infinity, it becomes zero. Returns the rows that allow nothing at all: those are left all minus infinity.
std::vector<std::size_t> masked_copy(const ApplyTask& task, void* target);

}  // namespace fcformat
