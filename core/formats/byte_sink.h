#ifndef ANNOD_CORE_FORMATS_BYTE_SINK_H_
#define ANNOD_CORE_FORMATS_BYTE_SINK_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace annod {

// Takes the next bytes of what is being written. An error ends the writing and
// is returned by the writer.
using ByteSink = std::function<absl::Status(absl::string_view bytes)>;

}  // namespace annod

#endif  // ANNOD_CORE_FORMATS_BYTE_SINK_H_
