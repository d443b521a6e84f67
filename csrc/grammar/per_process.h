// What has threads, and so must be made anew in a forked process: threads do not survive the fork, and locks are in no known
// state after it.
#pragma once

#include <atomic>
#include <cstdint>
#include <system_error>

#ifndef _WIN32
#include <unistd.h>
#endif

namespace fcformat {

inline int64_t process_id() {
#ifdef _WIN32
  return 0;  // there is no fork
#else
  return getpid();
#endif
}

// The one of this process, made when first asked for; never destroyed, because its threads may wait for work until the process
// ends. None where another thread is just making it, or no thread can be had: then callers do the work themselves.
template <typename T>
T* one_per_process() {
  static std::atomic<T*> shared{nullptr};
  static std::atomic<int64_t> owner{-1};  // its process; while it is being made, a number that is none
  const int64_t me = process_id(), being_made = -2 - me;
  int64_t before = owner.load();
  if (before == me) return shared.load();
  if (before == being_made || !owner.compare_exchange_strong(before, being_made)) return nullptr;
  try {
    shared.store(new T);
  } catch (const std::system_error&) {
    owner.store(-1);
    return nullptr;
  }
  owner.store(me);
  return shared.load();
}

}  // namespace fcformat
