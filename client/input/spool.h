#ifndef ANNOD_CLIENT_INPUT_SPOOL_H_
#define ANNOD_CLIENT_INPUT_SPOOL_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/input/binary_file.h"
#include "client/input/line_reader.h"

namespace annod::input {

// A file without a name, in $TMPDIR or /tmp, that is gone with its descriptor.
class SpoolFile {
 public:
  static absl::StatusOr<std::unique_ptr<SpoolFile>> Create();
  ~SpoolFile();
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;

  // Internal for a full disk, naming the folder.
  absl::Status Append(absl::string_view bytes);
  // To be called once, instead of Append(). Errors of it call it `name`.
  absl::StatusOr<std::unique_ptr<BinaryFile>> Read(std::string name);

 private:
  SpoolFile(std::string folder, int fd) : folder_(std::move(folder)), fd_(fd) {}

  const std::string folder_;
  int fd_;
};

// What is left of `stream`, in a file that can be read anywhere.
absl::StatusOr<std::unique_ptr<BinaryFile>> Spool(LineReader* stream);

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_SPOOL_H_
