#ifndef ANNOD_SERVER_CONFIG_FOLLOW_SOURCE_H_
#define ANNOD_SERVER_CONFIG_FOLLOW_SOURCE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/config/config.h"

namespace annod {

// What `follow` names.
struct FollowSource {
  std::string directory;  // absolute path; empty for another annod
  std::string target;     // host:port
  bool tls = false;
};

// InvalidArgument, saying what may be there.
absl::StatusOr<FollowSource> ParseFollowSource(absl::string_view text);

// Whether the settings of a replica go together; OK for none.
absl::Status CheckFollow(const Config& config);

// Where a replica sends who would change something; empty if not known.
std::string WriterAddressOf(const Config& config);

}  // namespace annod

#endif  // ANNOD_SERVER_CONFIG_FOLLOW_SOURCE_H_
