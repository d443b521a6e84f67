// Keeps grammars usable after fork(): the call waits until no other thread is inside one, so that no child inherits a
// locked mutex or a half-made state. Threads outside of a grammar are no concern.
#pragma once

#include <mutex>

namespace fcformat {

// A mutex that fork() takes and gives back. While one is held, no other may be taken and none made or destroyed.
class ForkSafeMutex {
 public:
  ForkSafeMutex();
  ~ForkSafeMutex();
  ForkSafeMutex(const ForkSafeMutex&) = delete;
  ForkSafeMutex& operator=(const ForkSafeMutex&) = delete;
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }
  bool try_lock() { return mutex_.try_lock(); }

 private:
  std::mutex mutex_;
};

}  // namespace fcformat
