#include "core/forest/build_progress.h"

#include <algorithm>
#include <utility>

namespace annod {
namespace {

// Writing the slots takes about this share of a build.
constexpr double kSlotsShare = 0.05;
constexpr double kReportStep = 0.005;
// Syncing the file comes after the trees.
constexpr double kTreesEnd = 0.99;

}  // namespace

BuildProgress::BuildProgress(Callback callback)
    : callback_(std::move(callback)) {}

void BuildProgress::SlotsWritten(double fraction) {
  Advance(kSlotsShare * fraction);
}

void BuildProgress::TreesBegin(int64_t expected) { expected_ = expected; }

void BuildProgress::ItemsPlaced(int64_t count) {
  const int64_t placed =
      placed_.fetch_add(count, std::memory_order_relaxed) + count;
  if (expected_ == 0) return;
  const double share = static_cast<double>(placed) / expected_;
  Advance(kSlotsShare + (kTreesEnd - kSlotsShare) * share);
}

void BuildProgress::TreeDone(int trees_done, double fraction) {
  trees_done_.store(trees_done, std::memory_order_relaxed);
  if (expected_ != 0) return;
  Advance(kSlotsShare + (kTreesEnd - kSlotsShare) * fraction);
}

void BuildProgress::Finish() {
  if (!callback_) return;
  callback_({1.0, trees_done_.load(std::memory_order_relaxed)});
}

void BuildProgress::Advance(double fraction) {
  if (!callback_) return;
  fraction = std::min(fraction, kTreesEnd);
  if (fraction < reported_.load(std::memory_order_relaxed) + kReportStep) {
    return;
  }
  if (reporting_.exchange(true, std::memory_order_acquire)) return;
  if (fraction > reported_.load(std::memory_order_relaxed)) {
    reported_.store(fraction, std::memory_order_relaxed);
    callback_({fraction, trees_done_.load(std::memory_order_relaxed)});
  }
  reporting_.store(false, std::memory_order_release);
}

}  // namespace annod
