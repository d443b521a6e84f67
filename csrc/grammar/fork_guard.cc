#include "grammar/fork_guard.h"

#include <unordered_set>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#define FCFORMAT_HAS_FORK 1
#endif

namespace fcformat {

namespace {

struct Registry {
  std::mutex mutex;
  std::unordered_set<ForkSafeMutex*> members;
};

// Never destroyed: grammars may outlive static objects while the interpreter shuts down.
Registry& registry() {
  static Registry* made = new Registry;
  return *made;
}

#ifdef FCFORMAT_HAS_FORK
void before_fork() {
  registry().mutex.lock();
  for (ForkSafeMutex* member : registry().members) member->lock();
}

// In the parent and in the child: it is the forking thread that holds them, and that thread lives on in both.
void after_fork() {
  for (ForkSafeMutex* member : registry().members) member->unlock();
  registry().mutex.unlock();
}

[[maybe_unused]] const int kRegistered = pthread_atfork(before_fork, after_fork, after_fork);
#endif

}  // namespace

ForkSafeMutex::ForkSafeMutex() {
  std::lock_guard lock(registry().mutex);
  registry().members.insert(this);
}

ForkSafeMutex::~ForkSafeMutex() {
  std::lock_guard lock(registry().mutex);
  registry().members.erase(this);
}

}  // namespace fcformat
