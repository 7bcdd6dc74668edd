#ifndef ANNOD_TESTS_ENDURANCE_STORAGE_SWEEP_H_
#define ANNOD_TESTS_ENDURANCE_STORAGE_SWEEP_H_

#include "tests/endurance/kill_sweep.h"
#include "tests/endurance/report.h"

namespace annod::endurance {

// How operations on files go wrong.
enum class StorageFault {
  kFsync,     // every sync of a file from the k-th operation on fails
  kFull,      // nothing can be appended from the k-th operation on
  kUnsynced,  // power is cut at it: what was not synced is gone, or garbage
};

// What the writer does with an index - adds, removes, streams, builds - over
// and over from random numbers, on a file system in memory that goes wrong at
// the k-th operation, for k = 1, 2, ... until a life gets by without. After
// each the index is opened anew and compared with what was acknowledged.
Report SweepStorage(StorageFault fault, const SweepOptions& options);

}  // namespace annod::endurance

#endif  // ANNOD_TESTS_ENDURANCE_STORAGE_SWEEP_H_
