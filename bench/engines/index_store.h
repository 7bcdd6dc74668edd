#ifndef ANNOD_BENCH_ENGINES_INDEX_STORE_H_
#define ANNOD_BENCH_ENGINES_INDEX_STORE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/engines/hdf5_dataset.h"

namespace annod {

// A directory of built indexes, each beside a file that says how long it took.
// Names contain a hash of the vectors: other data does not find them.
class IndexStore {
 public:
  IndexStore(std::string directory, const BenchDataset& data);

  struct Entry {
    std::string path;
    double build_seconds = 0;
    uint64_t bytes = 0;
  };

  // The index called `name`, which says all that it depends on but the data.
  // If it is not there, or was left unfinished, `build` writes it to the path
  // given and returns how long that took, not counting what only keeps it for
  // the next run. I/O errors; those of `build`.
  using BuildFunction =
      std::function<absl::StatusOr<absl::Duration>(const std::string& path)>;
  absl::StatusOr<Entry> Get(const std::string& name,
                            const BuildFunction& build) const;

 private:
  const std::string directory_;
  const std::string suffix_;
};

}  // namespace annod

#endif  // ANNOD_BENCH_ENGINES_INDEX_STORE_H_
