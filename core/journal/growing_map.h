#ifndef ANNOD_CORE_JOURNAL_GROWING_MAP_H_
#define ANNOD_CORE_JOURNAL_GROWING_MAP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

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

  // The first `bytes` bytes, which the file must have by now: touching others
  // ends the process. At most room().
  absl::string_view Prefix(uint64_t bytes) const { return {data_, bytes}; }
  uint64_t room() const { return room_; }
  // Bytes the file had when it was opened.
  uint64_t initial_bytes() const { return initial_bytes_; }

 private:
  GrowingMap(const char* data, uint64_t room, uint64_t initial_bytes)
      : data_(data), room_(room), initial_bytes_(initial_bytes) {}

  const char* const data_;
  const uint64_t room_;
  const uint64_t initial_bytes_;
};

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_GROWING_MAP_H_
