#ifndef ANNOD_CLIENT_CTL_COMMON_OUTPUT_FILE_H_
#define ANNOD_CLIENT_CTL_COMMON_OUTPUT_FILE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"

namespace annod::ctl {

// InvalidArgument if `output` is one of the files `inputs`, which would be
// lost; "-" is standard input, and ":NAME" behind a file's name a part of it.
// Empty ones are none.
absl::Status CheckNotInput(const std::string& output,
                           const std::vector<std::string>& inputs);

// A result written beside its final place and moved there when whole, so that
// nobody ever sees a half of it.
class OutputFile {
 public:
  // AlreadyExists if `path` exists and may not be replaced (`force`); NotFound
  // or PermissionDenied if its folder is not there or takes no file.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Prepare(
      FileSystem* fs, const std::string& path, bool force);
  // Removes the temporary file unless committed.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Where to create the file.
  const std::string& temporary_path() const { return temporary_path_; }

  // Moves the synced file to its place, durably.
  absl::Status Commit();

 private:
  OutputFile(FileSystem* fs, std::string path, std::string temporary_path,
             bool force)
      : fs_(fs),
        path_(std::move(path)),
        temporary_path_(std::move(temporary_path)),
        force_(force) {}

  FileSystem* const fs_;
  const std::string path_;
  const std::string temporary_path_;
  const bool force_;
  bool committed_ = false;
};

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_COMMON_OUTPUT_FILE_H_
