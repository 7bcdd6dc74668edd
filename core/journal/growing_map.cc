#include "core/journal/growing_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "core/mapping_faults.h"
#include "core/open_file.h"
#include "core/status_macros.h"

namespace annod {
absl::StatusOr<std::unique_ptr<const GrowingMap>> GrowingMap::Open(
    const std::string& path, uint64_t reserve_bytes) {
  ANNOD_ASSIGN_OR_RETURN(const OpenedFile file,
                         OpenRegularFile(path, O_RDONLY, "open"));
  ANNOD_RETURN_IF_ERROR(CheckMappingFaults(path, file.info));
  const auto bytes = static_cast<uint64_t>(file.info.st_size);
  const uint64_t room = std::max({bytes, reserve_bytes, uint64_t{1}});
  void* const data =
      mmap(nullptr, room, PROT_READ, MAP_SHARED, file.fd.get(), 0);
  if (data == MAP_FAILED) return FileError("map", path, errno);
  return std::unique_ptr<const GrowingMap>(
      new GrowingMap(path, file, static_cast<const char*>(data), room));
}

GrowingMap::GrowingMap(std::string path, const OpenedFile& file,
                       const char* data, uint64_t room)
    : path_(std::move(path)),
      device_(file.info.st_dev),
      inode_(file.info.st_ino),
      data_(data),
      room_(room),
      initial_bytes_(static_cast<uint64_t>(file.info.st_size)),
      measured_bytes_(initial_bytes_),
      noted_(std::in_place, data, room, path_, file.info) {}

uint64_t GrowingMap::Measure() const {
  struct stat info;
  const bool is_there = stat(path_.c_str(), &info) == 0 &&
                        info.st_dev == device_ && info.st_ino == inode_;
  // Who removes a file does not cut it: what was mapped can be read on.
  if (is_there) {
    measured_bytes_.store(static_cast<uint64_t>(info.st_size),
                          std::memory_order_relaxed);
  }
  return std::min(measured_bytes_.load(std::memory_order_relaxed), room_);
}

GrowingMap::~GrowingMap() {
  noted_.reset();
  munmap(const_cast<char*>(data_), room_);
}

}  // namespace annod
