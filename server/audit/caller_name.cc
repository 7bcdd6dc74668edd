#include "server/audit/caller_name.h"

#include "absl/strings/match.h"
#include "server/access/access_control.h"
#include "server/config/child_options.h"

namespace annod {

std::string CallerName(const grpc::ServerContextBase& context) {
  return NameOfCaller(context);
}

std::string CallerAddress(const grpc::ServerContextBase& context) {
  std::string peer = context.peer();
  // By such a socket nobody but the supervisor comes: it is believed.
  if (!absl::StartsWith(peer, "unix:")) return peer;
  const auto& metadata = context.client_metadata();
  const auto told = metadata.find(kPeerMetadata);
  return told == metadata.end()
             ? peer
             : std::string(told->second.data(), told->second.size());
}

}  // namespace annod
