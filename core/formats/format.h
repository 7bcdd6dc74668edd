#ifndef ANNOD_CORE_FORMATS_FORMAT_H_
#define ANNOD_CORE_FORMATS_FORMAT_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace annod {

// Everything an index can be read from or written as (docs/format.md).
enum class Format {
  kNative,      // the .ann file
  kNativeBlob,  // scikit-plots: counts, root ids, the nodes of the file
  kPortable,    // scikit-plots: a header and the native blob
  kCanonical,   // scikit-plots: a header and all vectors, no trees
};

// "native", "native-blob", "portable", "canonical".
absl::string_view FormatName(Format format);

// Parses a name or what scikit-plots calls it ("legacy" and "raw" for the
// native blob; "portable_v1", "canonical-v1" and the like). InvalidArgument
// names the choices.
absl::StatusOr<Format> ParseFormat(absl::string_view name);

}  // namespace annod

#endif  // ANNOD_CORE_FORMATS_FORMAT_H_
