#include "bench/engines/index_store.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/file_system.h"
#include "core/status_macros.h"
#include "core/storage/checksum.h"

namespace annod {

IndexStore::IndexStore(std::string directory, const BenchDataset& data)
    : directory_(std::move(directory)),
      suffix_(absl::StrFormat("-%s-%dx%d-%016x", MetricName(data.metric),
                              data.train.slot_count(), data.train.dim(),
                              data.train.Hash())) {}

absl::StatusOr<IndexStore::Entry> IndexStore::Get(
    const std::string& name, const BuildFunction& build) const {
  FileSystem* fs = FileSystem::Posix();
  Entry entry;
  entry.path = JoinPath(directory_, absl::StrCat(name, suffix_));
  // Written last: without it the index may be incomplete.
  const std::string seconds_path = absl::StrCat(entry.path, ".build_s");
  const absl::StatusOr<std::string> seconds = fs->ReadFile(seconds_path, 64);
  if (!seconds.ok() || !absl::SimpleAtod(*seconds, &entry.build_seconds)) {
    ANNOD_RETURN_IF_ERROR(fs->RemoveRecursively(entry.path));
    absl::FPrintF(stderr, "building %s\n", name);
    ANNOD_ASSIGN_OR_RETURN(const absl::Duration took, build(entry.path));
    entry.build_seconds = absl::ToDoubleSeconds(took);
    ANNOD_RETURN_IF_ERROR(WriteFileAtomically(
        fs, seconds_path, absl::StrCat(entry.build_seconds)));
  }
  ANNOD_ASSIGN_OR_RETURN(const FileInfo info, fs->Stat(entry.path));
  entry.bytes = info.size;
  return entry;
}

}  // namespace annod
