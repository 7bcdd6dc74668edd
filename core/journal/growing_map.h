#ifndef ANNOD_CORE_JOURNAL_GROWING_MAP_H_
#define ANNOD_CORE_JOURNAL_GROWING_MAP_H_

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/mapping_faults.h"
#include "core/open_file.h"

namespace annod {

// A read-only shared mapping of a file that another process appends to: what is
// appended later appears in it, as far as it reaches. Linux only; beside
// FileSystem, whose mappings end with the file. Thread-safe.
class GrowingMap {
 public:
  // Maps room for `reserve_bytes`, or the file if that is larger. NotFound,
  // ResourceExhausted, Internal.
  static absl::StatusOr<std::unique_ptr<const GrowingMap>> Open(
      const std::string& path, uint64_t reserve_bytes);

  ~GrowingMap();
  GrowingMap(const GrowingMap&) = delete;
  GrowingMap& operator=(const GrowingMap&) = delete;

  // Bytes of the file that may be touched now, at most room(): its size or, if
  // it is no longer there under its path, what that was when asked last.
  uint64_t Measure() const;

  // The first `bytes` bytes, which Measure() must have allowed: touching others
  // ends the process.
  absl::string_view Prefix(uint64_t bytes) const { return {data_, bytes}; }
  uint64_t room() const { return room_; }
  // Bytes the file had when it was opened.
  uint64_t initial_bytes() const { return initial_bytes_; }

 private:
  GrowingMap(std::string path, const OpenedFile& file, const char* data,
             uint64_t room);

  const std::string path_;
  const dev_t device_;
  const ino_t inode_;
  const char* const data_;
  const uint64_t room_;
  const uint64_t initial_bytes_;
  mutable std::atomic<uint64_t> measured_bytes_;
  std::optional<NotedMapping> noted_;
};

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_GROWING_MAP_H_
