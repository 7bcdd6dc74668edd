#include "core/storage/checked_json.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/storage/checksum.h"
#include "core/storage/json_text.h"
#include "core/utf8.h"

namespace annod {
namespace {

using nlohmann::json;

constexpr char kFormat[] = "format";
constexpr char kChecksum[] = "xxh3_64";

// Keys sorted, no spaces: the same value always gives the same text. Bytes that
// are not UTF-8 are replaced, for dump() would throw.
std::string Canonical(const json& value, int indent = -1) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

uint64_t ContentChecksum(const json& object) { return Xxh3(Canonical(object)); }

}  // namespace

std::string SealJson(json object, int format) {
  object[kFormat] = format;
  object[kChecksum] = ChecksumToHex(ContentChecksum(object));
  return Canonical(object, /*indent=*/2) + "\n";
}

absl::StatusOr<json> UnsealJson(absl::string_view text, int newest_format,
                                absl::string_view what) {
  if (ShapeOfJson(text).nesting > kMaxJsonNesting) {
    return absl::DataLossError(absl::StrCat(what, " is nested more than ",
                                            kMaxJsonNesting, " levels deep"));
  }
  json object = json::parse(text.begin(), text.end(), nullptr,
                            /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return absl::DataLossError(
        absl::StrCat(what, " is not a JSON object (", text.size(), " bytes)"));
  }
  std::optional<uint64_t> expected;
  const auto found = object.find(kChecksum);
  if (found != object.end() && found->is_string()) {
    expected = ChecksumFromHex(found->get_ref<const std::string&>());
    object.erase(found);
  }
  if (!expected.has_value()) {
    return absl::DataLossError(
        absl::StrCat(what, " has no checksum in '", kChecksum, "'"));
  }
  const uint64_t actual = ContentChecksum(object);
  if (actual != *expected) {
    return absl::DataLossError(absl::StrCat(
        what, " has checksum ", ChecksumToHex(actual), ", expected ",
        ChecksumToHex(*expected), ": it was damaged or edited"));
  }
  JsonFields fields(object, what);
  const int64_t format = fields.Int(kFormat, 1, INT32_MAX);
  if (!fields.status().ok()) return fields.status();
  if (format > newest_format) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, " has format ", format,
                     "; this program reads formats up to ", newest_format));
  }
  return object;
}

void JsonFields::Fail(const char* field, absl::string_view found,
                      absl::string_view expected) {
  if (!status_.ok()) return;
  status_ = absl::DataLossError(absl::StrCat(what_, ": field '", field, "' is ",
                                             ForMessage(found), ", expected ",
                                             expected));
}

const json* JsonFields::Find(const char* field, absl::string_view expected) {
  if (!status_.ok()) return nullptr;
  const auto found = object_.find(field);
  if (found != object_.end()) return &*found;
  Fail(field, "missing", expected);
  return nullptr;
}

int64_t JsonFields::Int(const char* field, int64_t min, int64_t max) {
  const std::string expected = absl::StrCat("an integer in ", min, "..", max);
  const json* const value = Find(field, expected);
  if (value == nullptr) return 0;
  // A number above the signed range is stored unsigned and would wrap around.
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() ||
                     value->get<uint64_t>() <= uint64_t{INT64_MAX});
  if (fits && value->get<int64_t>() >= min && value->get<int64_t>() <= max) {
    return value->get<int64_t>();
  }
  Fail(field, Canonical(*value), expected);
  return 0;
}

uint64_t JsonFields::Unsigned(const char* field) {
  const absl::string_view expected = "an unsigned 64-bit integer";
  const json* const value = Find(field, expected);
  if (value == nullptr) return 0;
  if (value->is_number_unsigned()) return value->get<uint64_t>();
  Fail(field, Canonical(*value), expected);
  return 0;
}

double JsonFields::Seconds(const char* field) {
  const absl::string_view expected = "a number of seconds";
  const json* const value = Find(field, expected);
  if (value == nullptr) return 0;
  if (value->is_number() && std::isfinite(value->get<double>()) &&
      value->get<double>() >= 0) {
    return value->get<double>();
  }
  Fail(field, Canonical(*value), expected);
  return 0;
}

double JsonFields::Fraction(const char* field) {
  const absl::string_view expected = "a number in [0, 1]";
  const json* const value = Find(field, expected);
  if (value == nullptr) return 0;
  if (value->is_number() && value->get<double>() >= 0 &&
      value->get<double>() <= 1) {
    return value->get<double>();
  }
  Fail(field, Canonical(*value), expected);
  return 0;
}

std::string JsonFields::String(const char* field, size_t max_bytes) {
  const std::string expected =
      absl::StrCat("a string of at most ", max_bytes, " bytes");
  const json* const value = Find(field, expected);
  if (value == nullptr) return "";
  if (value->is_string() &&
      value->get_ref<const std::string&>().size() <= max_bytes) {
    return value->get<std::string>();
  }
  Fail(field, Canonical(*value), expected);
  return "";
}

uint64_t JsonFields::Checksum(const char* field) {
  const std::string text = String(field, 16);
  if (!status_.ok()) return 0;
  const std::optional<uint64_t> checksum = ChecksumFromHex(text);
  if (checksum.has_value()) return *checksum;
  Fail(field, text, "16 hexadecimal digits");
  return 0;
}

const json* JsonFields::Array(const char* field, size_t max_size) {
  const std::string expected =
      absl::StrCat("an array of at most ", max_size, " elements");
  const json* const value = Find(field, expected);
  if (value == nullptr) return nullptr;
  if (value->is_array() && value->size() <= max_size) return value;
  Fail(field, Canonical(*value), expected);
  return nullptr;
}

}  // namespace annod
