// The calls of AdminService that change items.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/rpc/memory_check.h"
#include "server/rpc/request_checks.h"
#include "server/rpc/rpc_status.h"
#include "server/writer/admin_service.h"
#include "server/writer/item_batch.h"

namespace annod {
namespace {

// A stream is made durable piece by piece, so that its end does not wait for
// the disk to take all of it.
constexpr int64_t kFlushBytes = 8 << 20;

}  // namespace

absl::Status AdminServiceImpl::Take(
    const google::protobuf::RepeatedPtrField<v1::Item>& items,
    WriterIndex* index, ItemBatch* batch) {
  ANNOD_RETURN_IF_ERROR(CheckMemory());
  const int max_dim = state_->config()->limits.max_dimension;
  const bool fixed = index->settings()->dim != 0;
  ANNOD_RETURN_IF_ERROR(batch->Assign(items, *index->settings(), max_dim));
  if (fixed) return absl::OkStatus();
  ANNOD_RETURN_IF_ERROR(index->FixDimension(batch->dim()));
  state_->Announce(*index);
  // Another call may have been first, with another dimension.
  return batch->Assign(items, *index->settings(), max_dim);
}

absl::StatusOr<std::vector<int32_t>> AdminServiceImpl::Add(
    const v1::AddItemRequest& request, const StoredQuotas& quotas) {
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = Find(request.index());
  ANNOD_RETURN_IF_ERROR(index.status());
  ANNOD_RETURN_IF_ERROR(
      CheckItemCount(request.items_size(), 1, state_->config()->limits));
  ItemBatch batch;
  ANNOD_RETURN_IF_ERROR(Take(request.items(), index->get(), &batch));
  ANNOD_ASSIGN_OR_RETURN(
      const QuotaLedger::Grant grant,
      state_->quotas()->TakeItems(quotas, request.items_size()));
  absl::StatusOr<std::vector<int32_t>> ids = (*index)->Add(batch.items());
  if (ids.ok()) state_->ItemsAdded(**index, request.items_size());
  return ids;
}

grpc::Status AdminServiceImpl::AddItem(grpc::ServerContext* context,
                                       const v1::AddItemRequest* request,
                                       v1::AddItemResponse* response) {
  absl::StatusOr<std::vector<int32_t>> ids = Add(*request, QuotasOf(*context));
  if (!ids.ok()) return ToGrpcStatus(ids.status());
  response->mutable_ids()->Add(ids->begin(), ids->end());
  return grpc::Status::OK;
}

absl::Status AdminServiceImpl::AddStream(
    const StoredQuotas& quotas, grpc::ServerReader<v1::AddItemsRequest>* reader,
    v1::AddItemsResponse* response) {
  std::shared_ptr<WriterIndex> index;
  uint64_t ticket = 0;
  absl::Status status = TakeStream(quotas, reader, response, &index, &ticket);
  if (index == nullptr) return status;
  absl::Status flushed = index->Flush(ticket);
  if (status.ok()) return flushed;
  // What was taken before the error stays; the caller goes on from there.
  return WithMetadata(
      status, {{"added_count",
                absl::StrCat(flushed.ok() ? response->added_count() : 0)},
               {"first_id", absl::StrCat(response->first_id())},
               {"last_id", absl::StrCat(response->last_id())}});
}

absl::Status AdminServiceImpl::TakeStream(
    const StoredQuotas& quotas, grpc::ServerReader<v1::AddItemsRequest>* reader,
    v1::AddItemsResponse* response, std::shared_ptr<WriterIndex>* found_index,
    uint64_t* ticket) {
  std::shared_ptr<WriterIndex>& index = *found_index;
  v1::AddItemsRequest request;
  ItemBatch batch;
  int64_t unflushed_bytes = 0;
  response->set_first_id(-1);
  response->set_last_id(-1);
  while (reader->Read(&request)) {
    if (index == nullptr) {
      absl::StatusOr<std::shared_ptr<WriterIndex>> found =
          Find(request.index());
      ANNOD_RETURN_IF_ERROR(found.status());
      index = *std::move(found);
      *ticket = index->flush_ticket();
    } else if (!request.index().empty() && request.index() != index->name()) {
      return FieldError(
          "index", request.index(),
          absl::StrCat("empty or '", index->name(),
                       "', as in the first message of the stream"));
    }
    ANNOD_RETURN_IF_ERROR(
        CheckItemCount(request.items_size(), 0, state_->config()->limits));
    if (request.items().empty()) continue;
    ANNOD_RETURN_IF_ERROR(Take(request.items(), index.get(), &batch));
    ANNOD_ASSIGN_OR_RETURN(
        const QuotaLedger::Grant grant,
        state_->quotas()->TakeItems(quotas, request.items_size()));
    absl::StatusOr<std::vector<int32_t>> ids =
        index->AddWithoutSync(batch.items());
    ANNOD_RETURN_IF_ERROR(ids.status());
    const auto [low, high] = std::minmax_element(ids->begin(), ids->end());
    response->set_first_id(
        response->first_id() < 0 ? *low : std::min(response->first_id(), *low));
    response->set_last_id(std::max(response->last_id(), *high));
    response->set_added_count(response->added_count() + request.items_size());
    unflushed_bytes += static_cast<int64_t>(request.ByteSizeLong());
    if (unflushed_bytes >= kFlushBytes) {
      ANNOD_RETURN_IF_ERROR(index->Flush(*ticket));
      unflushed_bytes = 0;
    }
    state_->ItemsAdded(*index, request.items_size());
  }
  return index == nullptr ? CheckIndexName("") : absl::OkStatus();
}

grpc::Status AdminServiceImpl::AddItems(
    grpc::ServerContext* context,
    grpc::ServerReader<v1::AddItemsRequest>* reader,
    v1::AddItemsResponse* response) {
  return ToGrpcStatus(AddStream(QuotasOf(*context), reader, response));
}

absl::Status AdminServiceImpl::Remove(const v1::RemoveItemsRequest& request,
                                      v1::RemoveItemsResponse* response) {
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = Find(request.index());
  ANNOD_RETURN_IF_ERROR(index.status());
  ANNOD_RETURN_IF_ERROR(CheckRemoveItems(request, state_->config()->limits));
  const std::vector<absl::string_view> labels(request.labels().begin(),
                                              request.labels().end());
  absl::StatusOr<RemovedItems> removed = (*index)->Remove(
      {request.ids().data(), static_cast<size_t>(request.ids_size())}, labels);
  ANNOD_RETURN_IF_ERROR(removed.status());
  const auto count = static_cast<int64_t>(removed->removed_ids.size());
  if (count > 0) state_->ItemsRemoved(**index, count);
  response->set_removed_count(count);
  response->mutable_missing_ids()->Add(removed->missing_ids.begin(),
                                       removed->missing_ids.end());
  for (std::string& label : removed->missing_labels) {
    response->add_missing_labels(std::move(label));
  }
  return absl::OkStatus();
}

grpc::Status AdminServiceImpl::RemoveItems(
    grpc::ServerContext*, const v1::RemoveItemsRequest* request,
    v1::RemoveItemsResponse* response) {
  return ToGrpcStatus(Remove(*request, response));
}

}  // namespace annod
