#ifndef ANNOD_CLIENT_BUILD_STREAM_H_
#define ANNOD_CLIENT_BUILD_STREAM_H_

#include <grpcpp/support/sync_stream.h>

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/convert.h"
#include "client/error.h"
#include "client/retry.h"
#include "client/types.h"

namespace annod::client {

// Reads the stream of a Build or Rebuild to its end, handing progress on to
// `progress` if it is not empty, and returns the result it brought. Otherwise
// the call's error, Internal if it had none. Any message is progress to
// `pause`.
template <typename Response>
absl::StatusOr<BuildResult> FollowBuild(
    const grpc::ClientContext& context, grpc::ClientReader<Response>* stream,
    const std::function<void(const BuildProgress&)>& progress,
    RetryPause* pause) {
  std::optional<BuildResult> result;
  Response response;
  while (stream->Read(&response)) {
    pause->Reset();
    if (progress != nullptr && response.has_progress()) {
      progress(FromProto(response.progress()));
    }
    if (response.has_result()) result = FromProto(response.result());
  }
  const grpc::Status status = stream->Finish();
  if (result.has_value()) return *result;
  if (!status.ok()) return FromGrpcStatus(status, context);
  return absl::InternalError("the server ended the stream without a result");
}

}  // namespace annod::client

#endif  // ANNOD_CLIENT_BUILD_STREAM_H_
