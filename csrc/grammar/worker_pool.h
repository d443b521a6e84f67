// A few threads that take shares of short jobs. They are started when first needed, and again in a forked process.
#pragma once

#include <cstddef>
#include <functional>

namespace fcformat {

// Calls `task(i)` for all i below `count`, on this thread and at most `threads - 1` others; returns when all are done. The
// tasks must not throw. Calls from several threads take turns.
void run_shared(size_t count, size_t threads, const std::function<void(size_t)>& task);

// As many as there are processors for this process, but not more than eight.
size_t default_threads();

}  // namespace fcformat
