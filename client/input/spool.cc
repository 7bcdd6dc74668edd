#include "client/input/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace annod::input {

absl::StatusOr<std::unique_ptr<SpoolFile>> SpoolFile::Create() {
  const char* const given = std::getenv("TMPDIR");
  std::string folder = given != nullptr && *given != '\0' ? given : "/tmp";
  std::string path = absl::StrCat(folder, "/annodctl-input-XXXXXX");
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) {
    return ErrnoStatus(absl::StrCat("temporary file in ", folder), errno);
  }
  unlink(path.c_str());
  return std::unique_ptr<SpoolFile>(new SpoolFile(std::move(folder), fd));
}

SpoolFile::~SpoolFile() {
  if (fd_ >= 0) close(fd_);
}

absl::Status SpoolFile::Append(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return ErrnoStatus(
          absl::StrCat("temporary copy of the input in ", folder_), errno);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<BinaryFile>> SpoolFile::Read(std::string name) {
  if (lseek(fd_, 0, SEEK_SET) < 0) return ErrnoStatus(folder_, errno);
  return BinaryFile::OfDescriptor(std::move(name), std::exchange(fd_, -1));
}

absl::StatusOr<std::unique_ptr<BinaryFile>> Spool(LineReader* stream) {
  ANNOD_ASSIGN_OR_RETURN(const auto spool, SpoolFile::Create());
  while (true) {
    ANNOD_ASSIGN_OR_RETURN(const absl::string_view bytes, stream->NextBytes());
    if (bytes.empty()) break;
    ANNOD_RETURN_IF_ERROR(spool->Append(bytes));
  }
  return spool->Read(stream->path());
}

}  // namespace annod::input
