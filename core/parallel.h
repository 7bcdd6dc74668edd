#ifndef ANNOD_CORE_PARALLEL_H_
#define ANNOD_CORE_PARALLEL_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <system_error>
#include <thread>
#include <vector>

namespace annod {

// Calls `work(worker, begin, end)` for pieces of [0, count) of at most `piece`
// each, on `threads` threads, the calling one among them; `worker` is in
// [0, threads). Which worker gets which piece is left to chance: results must
// not depend on it. Runs with fewer threads if the system refuses more. Begins
// no more pieces once `*cancel` is true; it may be null.
inline void ParallelFor(
    int threads, int64_t count, int64_t piece, const std::atomic<bool>* cancel,
    const std::function<void(int worker, int64_t begin, int64_t end)>& work) {
  std::atomic<int64_t> next{0};
  const auto run = [&](int worker) {
    for (;;) {
      const int64_t begin = next.fetch_add(piece);
      if (begin >= count) return;
      if (cancel != nullptr && cancel->load(std::memory_order_relaxed)) return;
      work(worker, begin, std::min(count, begin + piece));
    }
  };
  std::vector<std::thread> others;
  try {
    for (int worker = 1; worker < threads; ++worker) {
      others.emplace_back(run, worker);
    }
  } catch (const std::system_error&) {
  }
  run(0);
  for (std::thread& thread : others) thread.join();
}

}  // namespace annod

#endif  // ANNOD_CORE_PARALLEL_H_
