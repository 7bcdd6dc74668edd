#include "client/item_writer.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "client/convert.h"
#include "client/error.h"
#include "client/retry.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr int kMaxItemsPerMessage = 65536;  // admin_service.proto

}  // namespace

ItemWriter::ItemWriter(v1::AdminService::Stub* stub, std::string index,
                       const ItemWriterOptions& options,
                       std::shared_ptr<grpc::Channel> channel,
                       absl::Time deadline, absl::Duration retry_window)
    : stub_(stub),
      index_(std::move(index)),
      options_(options),
      channel_(std::move(channel)),
      deadline_(deadline),
      retry_window_(retry_window) {}

ItemWriter::~ItemWriter() {
  if (stream_ == nullptr) return;
  context_->TryCancel();
  stream_->Finish();
}

absl::Status ItemWriter::Add(std::optional<int32_t> id,
                             absl::Span<const float> vector,
                             absl::string_view label) {
  ANNOD_RETURN_IF_ERROR(failed_);
  client::SetItem(id, vector, label, current_.add_items());
  // 16: field tags, lengths and the id.
  current_bytes_ += vector.size() * sizeof(float) + label.size() + 16;
  if (!id.has_value()) repeatable_ = false;
  if (current_bytes_ < options_.message_bytes &&
      current_.items_size() < kMaxItemsPerMessage) {
    return absl::OkStatus();
  }
  failed_ = Flush();
  if (failed_.ok() && segment_bytes_ >= options_.checkpoint_bytes) {
    failed_ = Checkpoint();
  }
  return failed_;
}

absl::StatusOr<client::AddResult> ItemWriter::Finish() {
  ANNOD_RETURN_IF_ERROR(failed_);
  if (current_.items_size() > 0) failed_ = Flush();
  if (failed_.ok() && !segment_.empty()) failed_ = Checkpoint();
  ANNOD_RETURN_IF_ERROR(failed_);
  return confirmed_;
}

absl::Status ItemWriter::Flush() {
  current_.set_index(index_);
  segment_.push_back(std::exchange(current_, {}));
  segment_bytes_ += std::exchange(current_bytes_, 0);
  return WithRetries([this] {
    if (SendSegment()) return absl::OkStatus();
    const absl::Status status = Close();
    // A server that answers before the end has not taken what followed.
    return status.ok() ? absl::InternalError(
                             "the server ended the stream before its end")
                       : status;
  });
}

absl::Status ItemWriter::Checkpoint() {
  ANNOD_RETURN_IF_ERROR(WithRetries([this] {
    // Whether writing breaks or ends well, Finish() says how it went.
    if (SendSegment()) stream_->WritesDone();
    return Close();
  }));
  segment_.clear();
  segment_bytes_ = 0;
  repeatable_ = true;
  Confirm(response_.added_count(), response_.first_id(), response_.last_id());
  return absl::OkStatus();
}

void ItemWriter::Confirm(int64_t count, int32_t first_id, int32_t last_id) {
  if (count <= 0) return;
  confirmed_.first_id = confirmed_.added_count == 0
                            ? first_id
                            : std::min(confirmed_.first_id, first_id);
  confirmed_.last_id = std::max(confirmed_.last_id, last_id);
  confirmed_.added_count += count;
}

bool ItemWriter::SendSegment() {
  if (stream_ == nullptr) {
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(absl::ToChronoTime(deadline_));
    response_.Clear();
    stream_ = stub_->AddItems(context_.get(), &response_);
    sent_ = 0;
  }
  while (sent_ < segment_.size()) {
    if (!stream_->Write(segment_[sent_])) return false;
    ++sent_;
  }
  return true;
}

absl::Status ItemWriter::Close() {
  const grpc::Status status = stream_->Finish();
  absl::Status result = FromGrpcStatus(status, *context_);
  stream_.reset();
  context_.reset();
  sent_ = 0;
  return result;
}

template <typename Attempt>
absl::Status ItemWriter::WithRetries(const Attempt& attempt) {
  client::RetryPause pause(channel_, deadline_, retry_window_);
  while (true) {
    absl::Status status = attempt();
    if (status.ok()) return status;
    if (repeatable_ && pause.Wait(status)) continue;
    std::map<std::string, std::string> stored = ErrorMetadata(status);
    int64_t count;
    int32_t first_id, last_id;
    if (absl::SimpleAtoi(stored["added_count"], &count) &&
        absl::SimpleAtoi(stored["first_id"], &first_id) &&
        absl::SimpleAtoi(stored["last_id"], &last_id)) {
      Confirm(count, first_id, last_id);
    }
    return status;
  }
}

}  // namespace annod
