#ifndef ANNOD_SERVER_WRITER_FOLLOW_REMOTE_SOURCE_H_
#define ANNOD_SERVER_WRITER_FOLLOW_REMOTE_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "annod/v1/replication_service.grpc.pb.h"
#include "core/file_system.h"
#include "core/replica/version_source.h"
#include "grpcpp/grpcpp.h"
#include "server/config/config.h"
#include "server/config/follow_source.h"

namespace annod {

// Another annod, by the calls that it answers to readers. Token and
// certificates are read again for a new connection, which is made after a look
// has failed, and the token for each call.
class RemoteSource final : public VersionSource {
 public:
  // `config` says how to reach `source`.
  RemoteSource(const Config& config, FollowSource source);

  absl::StatusOr<std::vector<SourceIndex>> List() override;
  absl::StatusOr<SourceVersion> Describe(const std::string& index) override;
  absl::Status Read(const std::string& index, const Manifest& version,
                    uint64_t offset, uint64_t max_bytes,
                    const Sink& sink) override;
  std::string PathOf(const std::string&, int64_t,
                     const std::string&) const override {
    return "";
  }
  void Stop() override;

 private:
  // Called with each message of an answer.
  using Take = std::function<absl::Status(v1::FetchVersionResponse* message)>;

  absl::Status Connect();
  // Makes one call, which Stop() can end.
  absl::Status Call(
      absl::Duration timeout,
      const std::function<grpc::Status(grpc::ClientContext* context)>& call);
  absl::Status Fetch(const v1::FetchVersionRequest& request,
                     absl::Duration timeout, const Take& take);

  const Config config_;
  const FollowSource source_;
  std::shared_ptr<grpc::Channel> channel_;  // null: to be made

  absl::Mutex mu_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mu_) = nullptr;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_FOLLOW_REMOTE_SOURCE_H_
