#include "core/formats/format.h"

#include "absl/strings/str_cat.h"

namespace annod {
namespace {

struct NamedFormat {
  absl::string_view name;
  Format format;
};

// The canonical name of each format first.
constexpr NamedFormat kNames[] = {
    {"native", Format::kNative},          {"native-blob", Format::kNativeBlob},
    {"portable", Format::kPortable},      {"canonical", Format::kCanonical},
    {"native_blob", Format::kNativeBlob}, {"legacy", Format::kNativeBlob},
    {"raw", Format::kNativeBlob},         {"portable_v1", Format::kPortable},
    {"portable-v1", Format::kPortable},   {"canonical_v1", Format::kCanonical},
    {"canonical-v1", Format::kCanonical},
};

}  // namespace

absl::string_view FormatName(Format format) {
  for (const NamedFormat& choice : kNames) {
    if (choice.format == format) return choice.name;
  }
  return "unknown";
}

absl::StatusOr<Format> ParseFormat(absl::string_view name) {
  for (const NamedFormat& choice : kNames) {
    if (choice.name == name) return choice.format;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", name.substr(0, 40),
                   "' is not a format; known are native, native-blob, "
                   "portable and canonical"));
}

}  // namespace annod
