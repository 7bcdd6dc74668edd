#ifndef ANNOD_CORE_FOREST_BUILD_PROGRESS_H_
#define ANNOD_CORE_FOREST_BUILD_PROGRESS_H_

#include <atomic>
#include <cstdint>
#include <functional>

#include "core/forest/forest_builder.h"

namespace annod {

// Turns what the threads of a build say into reports for its caller: about two
// hundred over a build, one at a time, never falling. Thread-safe. A thread
// that would have to wait for another's report skips its own.
class BuildProgress {
 public:
  using Callback = std::function<void(const BuildProgressReport&)>;

  // `callback` may be empty.
  explicit BuildProgress(Callback callback);

  // The share of the item slots that is written.
  void SlotsWritten(double fraction);

  // Trees begin to grow: `expected` items will be placed in all of them, or 0
  // if nobody knows. Call once, before the next two.
  void TreesBegin(int64_t expected);
  void ItemsPlaced(int64_t count);
  // `fraction` of the trees' nodes is in the file; used if nobody knew how many
  // items to expect.
  void TreeDone(int trees_done, double fraction);

  // The last report: everything is done.
  void Finish();

 private:
  void Advance(double fraction);

  const Callback callback_;
  int64_t expected_ = 0;  // constant once trees grow
  std::atomic<int64_t> placed_{0};
  std::atomic<int> trees_done_{0};
  // What is below belongs to the thread that has set reporting_.
  std::atomic<bool> reporting_{false};
  std::atomic<double> reported_{-1};
};

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_BUILD_PROGRESS_H_
