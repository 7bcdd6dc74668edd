#ifndef ANNOD_TESTS_CLIENT_FAKE_SERVER_H_
#define ANNOD_TESTS_CLIENT_FAKE_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace annod {

// A real gRPC server on a free port whose handlers follow a script: each method
// takes the next status queued for it, OK when none is left, and fills answers
// that tests can recognise.
class FakeServer final : public v1::IndexService::Service,
                         public v1::AdminService::Service,
                         public grpc::health::v1::Health::Service {
 public:
  // `port` 0: a free one.
  explicit FakeServer(int port = 0);
  ~FakeServer() override;

  std::string target() const;
  int port() const { return port_; }

  // The next calls of `method` fail with these.
  void Script(const std::string& method, std::vector<grpc::Status> statuses);
  // How often `method` was called.
  int calls(const std::string& method) const;
  // Calls of `method` wait until the client gives up.
  void Hang(const std::string& method);

  // A status with ErrorInfo.
  static grpc::Status Error(grpc::StatusCode code, const std::string& message,
                            const std::string& reason,
                            const std::map<std::string, std::string>& metadata);

  // Items stored by AddItem and AddItems streams that ended well, by id.
  std::map<int32_t, v1::Item> items() const;
  // AddItems streams break with UNAVAILABLE after this many messages, each
  // number once.
  void BreakAddItemsAfter(std::deque<int> message_counts);

  // GetNnsStream calls break with UNAVAILABLE after this many answers, each
  // number once.
  void BreakStreamsAfter(std::deque<int> answer_counts);
  // What GetNnsStream calls do instead of giving each request its answer.
  enum class StreamFault { kNone, kLacksAResult, kAnswersTwice, kEndsEarly };
  void SetStreamFault(StreamFault fault);

  // What Serialize sends.
  void SetSerialize(std::vector<v1::SerializeResponse> messages,
                    grpc::Status status);
  v1::GetNnsRequest last_query() const;
  // Dimension that Info reports; 0 at first.
  void SetDimension(int dimension);
  // Version that Info reports after that many calls of Build; 0 before.
  void SetVersionAfterBuilds(int builds, int64_t version);
  // Status of a service name; NOT_FOUND for names never set.
  void SetHealth(const std::string& service, bool serving);

  grpc::Status GetNns(grpc::ServerContext* context,
                      const v1::GetNnsRequest* request,
                      v1::GetNnsResponse* response) override;
  // Each request as by GetNns, whose script it follows once begun.
  grpc::Status GetNnsStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::GetNnsStreamResponse,
                               v1::GetNnsStreamRequest>* stream) override;
  // Every item has the vector (id, 0.5); a label is the item 7.
  grpc::Status GetItems(grpc::ServerContext* context,
                        const v1::GetItemsRequest* request,
                        v1::GetItemsResponse* response) override;
  // 10 i + j.
  grpc::Status GetDistance(grpc::ServerContext* context,
                           const v1::GetDistanceRequest* request,
                           v1::GetDistanceResponse* response) override;
  grpc::Status Info(grpc::ServerContext* context,
                    const v1::InfoRequest* request,
                    v1::InfoResponse* response) override;
  grpc::Status ListIndexes(grpc::ServerContext* context,
                           const v1::ListIndexesRequest* request,
                           v1::ListIndexesResponse* response) override;
  grpc::Status CreateIndex(grpc::ServerContext* context,
                           const v1::CreateIndexRequest* request,
                           v1::CreateIndexResponse* response) override;
  grpc::Status AddItem(grpc::ServerContext* context,
                       const v1::AddItemRequest* request,
                       v1::AddItemResponse* response) override;
  // Removes from items().
  grpc::Status RemoveItems(grpc::ServerContext* context,
                           const v1::RemoveItemsRequest* request,
                           v1::RemoveItemsResponse* response) override;
  grpc::Status AddItems(grpc::ServerContext* context,
                        grpc::ServerReader<v1::AddItemsRequest>* reader,
                        v1::AddItemsResponse* response) override;
  grpc::Status Build(grpc::ServerContext* context,
                     const v1::BuildRequest* request,
                     grpc::ServerWriter<v1::BuildResponse>* writer) override;
  grpc::Status Rebuild(
      grpc::ServerContext* context, const v1::RebuildRequest* request,
      grpc::ServerWriter<v1::RebuildResponse>* writer) override;
  grpc::Status Serialize(
      grpc::ServerContext* context, const v1::SerializeRequest* request,
      grpc::ServerWriter<v1::SerializeResponse>* writer) override;
  grpc::Status DropIndex(grpc::ServerContext* context,
                         const v1::DropIndexRequest* request,
                         v1::DropIndexResponse* response) override;
  grpc::Status Check(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override;

 private:
  // Counts the call, waits if it shall hang, takes its status off the script.
  grpc::Status Begin(grpc::ServerContext* context, const std::string& method);
  // What Build and Rebuild send.
  template <typename Response>
  grpc::Status SendBuild(grpc::ServerContext* context,
                         const std::string& method, int tree_count,
                         grpc::ServerWriter<Response>* writer);

  mutable absl::Mutex mutex_;
  std::map<std::string, std::deque<grpc::Status>> script_
      ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> calls_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, bool> hang_ ABSL_GUARDED_BY(mutex_);
  std::map<int32_t, v1::Item> items_ ABSL_GUARDED_BY(mutex_);
  std::deque<int> breaks_ ABSL_GUARDED_BY(mutex_);
  std::deque<int> stream_breaks_ ABSL_GUARDED_BY(mutex_);
  StreamFault stream_fault_ ABSL_GUARDED_BY(mutex_) = StreamFault::kNone;
  std::vector<v1::SerializeResponse> serialize_ ABSL_GUARDED_BY(mutex_);
  grpc::Status serialize_status_ ABSL_GUARDED_BY(mutex_);
  v1::GetNnsRequest last_query_ ABSL_GUARDED_BY(mutex_);

  int dimension_ ABSL_GUARDED_BY(mutex_) = 0;
  int version_after_builds_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, bool> health_ ABSL_GUARDED_BY(mutex_);

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace annod

#endif  // ANNOD_TESTS_CLIENT_FAKE_SERVER_H_
