/* Callgrind's requests as functions: which part of a process is counted, and under what name. Built and loaded by instructions.py. */
#include <valgrind/callgrind.h>

void begin(void) {
  CALLGRIND_ZERO_STATS;
  CALLGRIND_START_INSTRUMENTATION;
}

void end(const char* name) {
  CALLGRIND_DUMP_STATS_AT(name);
  CALLGRIND_STOP_INSTRUMENTATION;
}
