#include "bench/opened_version.h"

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/status_macros.h"
#include "core/storage/data_directory.h"
#include "core/storage/index_settings.h"
#include "core/version/version_store.h"

namespace annod {

absl::StatusOr<OpenedVersion> OpenForBench(const std::string& data_dir,
                                           const std::string& index,
                                           const std::string& data_path,
                                           int64_t max_queries) {
  OpenedVersion opened;
  ANNOD_ASSIGN_OR_RETURN(opened.data, ReadHdf5Dataset(data_path, max_queries));
  if (opened.data.test.slot_count() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", data_path, "' holds no queries"));
  }
  FileSystem* const fs = FileSystem::Posix();
  const DataDirectory directory(fs, data_dir);
  ANNOD_ASSIGN_OR_RETURN(const IndexSettings settings,
                         directory.ReadSettings(index));
  const VersionStore store(fs, directory.IndexPath(index));
  ANNOD_ASSIGN_OR_RETURN(const int64_t current, store.Current());
  ANNOD_ASSIGN_OR_RETURN(opened.version, store.Open(settings, current));
  return opened;
}

}  // namespace annod
