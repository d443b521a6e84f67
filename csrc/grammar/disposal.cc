#include "grammar/disposal.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "grammar/per_process.h"

namespace fcformat {
namespace {

constexpr size_t kMostWaiting = 64;
constexpr size_t kMostBytes = size_t{32} << 20;
// Callers let go of shares of their own right after, and fill the first mask of what they have compiled.
constexpr std::chrono::milliseconds kDelay{2};
constexpr int kIdleRounds = 50;  // before it must be woken again, which costs the caller some microseconds

class Disposal {
 public:
  Disposal() {
    std::thread([this] { work(); }).detach();
  }

  // Where there is no room, the grammar goes with the argument.
  void take(std::shared_ptr<CompiledGrammar> grammar) {
    const size_t bytes = grammar->last_bytes();
    {
      std::lock_guard lock(mutex_);
      if (waiting_.size() >= kMostWaiting || bytes_ + bytes > kMostBytes) return;
      bytes_ += bytes;
      waiting_.push_back(std::move(grammar));
      if (!asleep_) return;
    }
    wake_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      asleep_ = true;
      wake_.wait(lock, [&] { return !waiting_.empty(); });
      asleep_ = false;
      for (int idle = 0; idle < kIdleRounds; ++idle) {
        lock.unlock();
        std::this_thread::sleep_for(kDelay);
        lock.lock();
        if (waiting_.empty()) continue;
        idle = 0;
        std::vector<std::shared_ptr<CompiledGrammar>> grammars;
        grammars.swap(waiting_);
        const size_t bytes = bytes_;
        lock.unlock();
        grammars.clear();
        lock.lock();
        bytes_ -= bytes;
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::shared_ptr<CompiledGrammar>> waiting_;
  bool asleep_ = false;
  size_t bytes_ = 0;  // of those that wait or are being taken apart
};

}  // namespace

void dispose(std::shared_ptr<CompiledGrammar> grammar) {
  if (Disposal* disposal = one_per_process<Disposal>()) disposal->take(std::move(grammar));
}

}  // namespace fcformat
