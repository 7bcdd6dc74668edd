// The calls of Client that change items.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "annod/v1/admin_service.grpc.pb.h"
#include "client/client.h"
#include "client/convert.h"
#include "client/stubs.h"
#include "core/status_macros.h"

namespace annod {

absl::StatusOr<std::vector<int32_t>> Client::AddItem(
    absl::string_view index, absl::Span<const client::Item> items,
    const CallOptions& call) {
  v1::AddItemRequest request;
  request.set_index(std::string(index));
  for (const client::Item& item : items) {
    client::SetItem(item.id, item.vector, item.label, request.add_items());
  }
  // With ids, storing again what was stored changes nothing.
  const bool idempotent =
      std::all_of(items.begin(), items.end(),
                  [](const client::Item& item) { return item.id.has_value(); });
  v1::AddItemResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->admin.get(),
                             &v1::AdminService::Stub::AddItem, request,
                             &response, idempotent, call));
  return std::vector<int32_t>(response.ids().begin(), response.ids().end());
}

absl::StatusOr<client::RemoveResult> Client::RemoveItems(
    absl::string_view index, absl::Span<const int32_t> ids,
    absl::Span<const std::string> labels, const CallOptions& call) {
  v1::RemoveItemsRequest request;
  request.set_index(std::string(index));
  request.mutable_ids()->Add(ids.begin(), ids.end());
  for (const std::string& label : labels) request.add_labels(label);
  v1::RemoveItemsResponse response;
  ANNOD_RETURN_IF_ERROR(Call(stubs_->admin.get(),
                             &v1::AdminService::Stub::RemoveItems, request,
                             &response, /*idempotent=*/true, call));
  client::RemoveResult result;
  result.removed_count = response.removed_count();
  result.missing_ids.assign(response.missing_ids().begin(),
                            response.missing_ids().end());
  result.missing_labels.assign(response.missing_labels().begin(),
                               response.missing_labels().end());
  return result;
}

std::unique_ptr<ItemWriter> Client::NewItemWriter(
    absl::string_view index, const ItemWriterOptions& options,
    const CallOptions& call) {
  return std::unique_ptr<ItemWriter>(new ItemWriter(
      stubs_->admin.get(), std::string(index), options, stubs_->channel,
      StreamDeadline(call), options_.retry_window));
}

std::unique_ptr<FitWriter> Client::NewFit(absl::string_view index,
                                          const client::FitOptions& options,
                                          const CallOptions& call) {
  return std::unique_ptr<FitWriter>(new FitWriter(
      stubs_->admin.get(), std::string(index), options, StreamDeadline(call)));
}

}  // namespace annod
