#include "grammar/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "grammar/per_process.h"

#ifndef _WIN32
#include <sched.h>
#endif

namespace fcformat {
namespace {

constexpr size_t kMostThreads = 8;

class Pool {
 public:
  explicit Pool(size_t workers) {
    try {
      for (size_t i = 0; i < workers; ++i) std::thread([this] { work(); }).detach();
    } catch (const std::system_error&) {  // no more threads are to be had: those that run must not lose their pool
    }
  }

  void run(size_t count, size_t helpers, const std::function<void(size_t)>& task) {
    {
      std::lock_guard lock(mutex_);
      task_ = &task;
      count_ = count;
      next_.store(0, std::memory_order_relaxed);
      wanted_ = helpers;
    }
    for (size_t i = 0; i < helpers; ++i) wake_.notify_one();
    take(task, count);
    std::unique_lock lock(mutex_);
    wanted_ = 0;  // who has not come yet need not
    done_.wait(lock, [&] { return busy_ == 0; });
    task_ = nullptr;
  }

 private:
  void take(const std::function<void(size_t)>& task, size_t count) {
    for (size_t i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < count;) task(i);
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return wanted_ > 0; });
      --wanted_;
      ++busy_;
      const std::function<void(size_t)>* task = task_;
      size_t count = count_;
      lock.unlock();
      take(*task, count);
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(size_t)>* task_ = nullptr;
  std::atomic<size_t> next_{0};
  size_t count_ = 0, wanted_ = 0, busy_ = 0;
};

struct Shared {
  std::mutex turn;
  Pool pool{kMostThreads - 1};
};

}  // namespace

size_t default_threads() {
  static const size_t threads = [] {
    size_t found = std::max(1u, std::thread::hardware_concurrency());
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) found = static_cast<size_t>(std::max(1, CPU_COUNT(&set)));
#endif
    return std::min(found, kMostThreads);
  }();
  return threads;
}

void run_shared(size_t count, size_t threads, const std::function<void(size_t)>& task) {
  size_t helpers = std::min({threads, count, kMostThreads});
  helpers = helpers == 0 ? 0 : helpers - 1;
  if (helpers == 0) {
    for (size_t i = 0; i < count; ++i) task(i);
    return;
  }
  Shared* mine = one_per_process<Shared>();
  if (mine == nullptr) {
    for (size_t i = 0; i < count; ++i) task(i);
    return;
  }
  std::lock_guard lock(mine->turn);
  mine->pool.run(count, helpers, task);
}

}  // namespace fcformat
