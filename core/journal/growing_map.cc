#include "core/journal/growing_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace annod {
namespace {

absl::Status MapError(const char* action, const std::string& path, int error) {
  const std::string message =
      absl::StrCat("cannot ", action, " '", path,
                   "': ", std::generic_category().message(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  if (error == ENOMEM || error == EMFILE || error == ENFILE) {
    return absl::ResourceExhaustedError(message);
  }
  return absl::InternalError(message);
}

}  // namespace

absl::StatusOr<std::unique_ptr<const GrowingMap>> GrowingMap::Open(
    const std::string& path, uint64_t reserve_bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return MapError("open", path, errno);
  const absl::Cleanup closer = [fd] { close(fd); };
  struct stat info;
  if (fstat(fd, &info) != 0) return MapError("stat", path, errno);
  const auto bytes = static_cast<uint64_t>(info.st_size);
  const uint64_t room = std::max({bytes, reserve_bytes, uint64_t{1}});
  void* const data = mmap(nullptr, room, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) return MapError("map", path, errno);
  return std::unique_ptr<const GrowingMap>(
      new GrowingMap(static_cast<const char*>(data), room, bytes));
}

GrowingMap::~GrowingMap() { munmap(const_cast<char*>(data_), room_); }

}  // namespace annod
