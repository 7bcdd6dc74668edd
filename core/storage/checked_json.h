#ifndef ANNOD_CORE_STORAGE_CHECKED_JSON_H_
#define ANNOD_CORE_STORAGE_CHECKED_JSON_H_

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace annod {

// No JSON file of ours comes near this, with as many feature names as there may
// be; longer ones are not read.
inline constexpr size_t kMaxJsonBytes = size_t{4} << 20;

// The text of a JSON file: `object` with two members added, "format" and
// "xxh3_64", the checksum of all others (docs/format.md, "JSON files").
std::string SealJson(nlohmann::json object, int format);

// Parses such a text. DataLoss if it is no JSON object or its checksum is wrong
// or missing; FailedPrecondition if it is whole, but its format is newer than
// `newest_format`. `what` names the file in messages.
absl::StatusOr<nlohmann::json> UnsealJson(absl::string_view text,
                                          int newest_format,
                                          absl::string_view what);

// Takes fields from a JSON object, each checked for presence, type and range.
// The first failure is kept and reported by status(); later calls then return
// zero values. Not thread-safe; the object must outlive the reader.
class JsonFields {
 public:
  JsonFields(const nlohmann::json& object, absl::string_view what)
      : object_(object), what_(what) {}

  int64_t Int(const char* field, int64_t min, int64_t max);
  uint64_t Unsigned(const char* field);
  // Finite and not negative.
  double Seconds(const char* field);
  // In [0, 1].
  double Fraction(const char* field);
  std::string String(const char* field, size_t max_bytes);
  // A checksum in hexadecimal digits.
  uint64_t Checksum(const char* field);
  // Null if there is no array of at most `max_size` elements.
  const nlohmann::json* Array(const char* field, size_t max_size);

  // DataLoss naming file, field, value and limit.
  absl::Status status() const { return status_; }

 private:
  const nlohmann::json* Find(const char* field, absl::string_view expected);
  void Fail(const char* field, absl::string_view found,
            absl::string_view expected);

  const nlohmann::json& object_;
  const std::string what_;
  absl::Status status_;
};

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_CHECKED_JSON_H_
