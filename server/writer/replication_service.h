#ifndef ANNOD_SERVER_WRITER_REPLICATION_SERVICE_H_
#define ANNOD_SERVER_WRITER_REPLICATION_SERVICE_H_

#include "absl/status/status.h"
#include "annod/v1/replication_service.grpc.pb.h"
#include "server/writer/state/writer_state.h"

namespace annod {

// ReplicationService as the writer answers it: sends stored versions. Workers
// forward to it (worker/admin_proxy.h). Each call has a thread.
class ReplicationServiceImpl final : public v1::ReplicationService::Service {
 public:
  // `state` must outlive the object.
  explicit ReplicationServiceImpl(WriterState* state) : state_(state) {}

  grpc::Status FetchVersion(
      grpc::ServerContext* context, const v1::FetchVersionRequest* request,
      grpc::ServerWriter<v1::FetchVersionResponse>* writer) override;

 private:
  absl::Status SendVersion(
      const v1::FetchVersionRequest& request,
      grpc::ServerWriter<v1::FetchVersionResponse>* writer);

  WriterState* const state_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_REPLICATION_SERVICE_H_
