#ifndef ANNOD_SERVER_WRITER_ADMIN_SERVICE_H_
#define ANNOD_SERVER_WRITER_ADMIN_SERVICE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "annod/v1/admin_service.grpc.pb.h"
#include "server/access/quota_metadata.h"
#include "server/writer/item_batch.h"
#include "server/writer/state/writer_state.h"

namespace annod {

// AdminService as the writer answers it: checks requests, calls WriterState,
// converts. Workers forward to it (worker/admin_proxy.h). Each call has a
// thread. The methods are in *_calls.cc, by theme.
class AdminServiceImpl final : public v1::AdminService::Service {
 public:
  explicit AdminServiceImpl(WriterState* state) : state_(state) {}

  grpc::Status CreateIndex(grpc::ServerContext* context,
                           const v1::CreateIndexRequest* request,
                           v1::CreateIndexResponse* response) override;
  grpc::Status AddItem(grpc::ServerContext* context,
                       const v1::AddItemRequest* request,
                       v1::AddItemResponse* response) override;
  grpc::Status AddItems(grpc::ServerContext* context,
                        grpc::ServerReader<v1::AddItemsRequest>* reader,
                        v1::AddItemsResponse* response) override;
  grpc::Status Fit(grpc::ServerContext* context,
                   grpc::ServerReader<v1::FitRequest>* reader,
                   v1::FitResponse* response) override;
  grpc::Status RemoveItems(grpc::ServerContext* context,
                           const v1::RemoveItemsRequest* request,
                           v1::RemoveItemsResponse* response) override;
  grpc::Status Build(grpc::ServerContext* context,
                     const v1::BuildRequest* request,
                     grpc::ServerWriter<v1::BuildResponse>* writer) override;
  grpc::Status Serialize(
      grpc::ServerContext* context, const v1::SerializeRequest* request,
      grpc::ServerWriter<v1::SerializeResponse>* writer) override;
  grpc::Status Deserialize(grpc::ServerContext* context,
                           grpc::ServerReader<v1::DeserializeRequest>* reader,
                           v1::DeserializeResponse* response) override;
  grpc::Status Attach(grpc::ServerContext* context,
                      const v1::AttachRequest* request,
                      v1::AttachResponse* response) override;
  grpc::Status UpdateSettings(grpc::ServerContext* context,
                              const v1::UpdateSettingsRequest* request,
                              v1::UpdateSettingsResponse* response) override;
  grpc::Status Detach(grpc::ServerContext* context,
                      const v1::DetachRequest* request,
                      v1::DetachResponse* response) override;
  grpc::Status Rebuild(
      grpc::ServerContext* context, const v1::RebuildRequest* request,
      grpc::ServerWriter<v1::RebuildResponse>* writer) override;
  grpc::Status CancelBuild(grpc::ServerContext* context,
                           const v1::CancelBuildRequest* request,
                           v1::CancelBuildResponse* response) override;
  grpc::Status Unbuild(grpc::ServerContext* context,
                       const v1::UnbuildRequest* request,
                       v1::UnbuildResponse* response) override;
  grpc::Status Activate(grpc::ServerContext* context,
                        const v1::ActivateRequest* request,
                        v1::ActivateResponse* response) override;
  grpc::Status Reload(grpc::ServerContext* context,
                      const v1::ReloadRequest* request,
                      v1::ReloadResponse* response) override;
  grpc::Status RenewLease(grpc::ServerContext* context,
                          const v1::RenewLeaseRequest* request,
                          v1::RenewLeaseResponse* response) override;
  grpc::Status DropIndex(grpc::ServerContext* context,
                         const v1::DropIndexRequest* request,
                         v1::DropIndexResponse* response) override;

 private:
  absl::StatusOr<v1::IndexInfo> Create(const v1::CreateIndexRequest& request,
                                       const StoredQuotas& quotas);
  absl::StatusOr<v1::IndexInfo> AttachFile(const v1::AttachRequest& request,
                                           const StoredQuotas& quotas);
  absl::Status RunRebuild(grpc::ServerContext* context,
                          const v1::RebuildRequest& request,
                          grpc::ServerWriter<v1::RebuildResponse>* writer);
  absl::StatusOr<v1::IndexInfo> ChangeSettings(
      const v1::UpdateSettingsRequest& request);
  absl::StatusOr<v1::IndexInfo> Renew(const v1::RenewLeaseRequest& request);
  absl::Status DetachFile(const std::string& name);
  // `change` changes what is served; workers learn of it.
  absl::StatusOr<v1::IndexInfo> ChangeServed(
      const std::string& name,
      const std::function<absl::Status(WriterIndex*)>& change);
  absl::Status LookAgain(const std::string& name, v1::ReloadResponse* response);
  // Checks and converts items to add; those of the first call fix the dimension
  // of an index that has none.
  absl::Status Take(const google::protobuf::RepeatedPtrField<v1::Item>& items,
                    WriterIndex* index, ItemBatch* batch);
  absl::StatusOr<std::vector<int32_t>> Add(const v1::AddItemRequest& request,
                                           const StoredQuotas& quotas);
  absl::Status AddStream(const StoredQuotas& quotas,
                         grpc::ServerReader<v1::AddItemsRequest>* reader,
                         v1::AddItemsResponse* response);
  // Stores what comes; of `*index`, null without a message, what belongs to
  // `*ticket` must be flushed then.
  absl::Status TakeStream(const StoredQuotas& quotas,
                          grpc::ServerReader<v1::AddItemsRequest>* reader,
                          v1::AddItemsResponse* response,
                          std::shared_ptr<WriterIndex>* index,
                          uint64_t* ticket);
  absl::Status Remove(const v1::RemoveItemsRequest& request,
                      v1::RemoveItemsResponse* response);
  absl::Status RunBuild(grpc::ServerContext* context,
                        const v1::BuildRequest& request,
                        grpc::ServerWriter<v1::BuildResponse>* writer);
  absl::Status SendForest(const v1::SerializeRequest& request,
                          grpc::ServerWriter<v1::SerializeResponse>* writer);
  absl::StatusOr<std::shared_ptr<WriterIndex>> Find(const std::string& name);

  WriterState* const state_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_ADMIN_SERVICE_H_
