#ifndef ANNOD_CORE_REPLICA_DIRECTORY_SOURCE_H_
#define ANNOD_CORE_REPLICA_DIRECTORY_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/replica/version_source.h"
#include "core/storage/data_directory.h"

namespace annod {

// A directory laid out as a data directory (docs/format.md): that of another
// annod on a volume, or a copy of one, which may be under way at any moment and
// whose files come in any order. Nothing in it is mapped or written to.
class DirectorySource final : public VersionSource {
 public:
  // `fs` must outlive the object.
  DirectorySource(FileSystem* fs, std::string path);

  absl::StatusOr<std::vector<SourceIndex>> List() override;
  absl::StatusOr<SourceVersion> Describe(const std::string& index) override;
  absl::Status Read(const std::string& index, const Manifest& version,
                    uint64_t offset, uint64_t max_bytes,
                    const Sink& sink) override;
  std::string PathOf(const std::string& index, int64_t version,
                     const std::string& file) const override;

 private:
  FileSystem* const fs_;
  const DataDirectory data_;
};

}  // namespace annod

#endif  // ANNOD_CORE_REPLICA_DIRECTORY_SOURCE_H_
