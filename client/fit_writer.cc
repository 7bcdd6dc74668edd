#include "client/fit_writer.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "client/convert.h"
#include "client/error.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr size_t kMessageBytes = size_t{1} << 20;
constexpr int kMaxRowsPerMessage = 65536;  // admin_service.proto

void ToProto(const client::FitOptions& options, v1::FitOptions* message) {
  message->set_append(options.append);
  if (options.start_index) message->set_start_index(*options.start_index);
  if (options.missing_value) message->set_missing_value(*options.missing_value);
  message->mutable_feature_names()->Add(options.feature_names.begin(),
                                        options.feature_names.end());
  if (options.create) {
    *message->mutable_create() = client::ToProto(*options.create);
    message->mutable_create()->set_allow_duplicate_labels(
        options.allow_duplicate_labels);
  }
  v1::BuildRequest* const build = message->mutable_build();
  build->set_tree_count(options.build.tree_count);
  build->set_seed(options.build.seed);
  build->set_thread_count(options.build.thread_count);
  build->set_dot_layout(options.build.dot_layout);
  build->set_hamming_layout(options.build.hamming_layout);
  build->set_rules(options.build.rules);
}

// Little-endian float32, as this program's platforms have it in memory.
void SetVector(absl::Span<const float> vector, v1::FitRow* row) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                "vectors are sent as they lie in memory");
  row->set_vector_bytes(vector.data(), vector.size() * sizeof(float));
}

}  // namespace

FitWriter::FitWriter(v1::AdminService::Stub* stub, const std::string& index,
                     const client::FitOptions& options, absl::Time deadline) {
  request_.set_index(index);
  ToProto(options, request_.mutable_options());
  context_.set_deadline(absl::ToChronoTime(deadline));
  stream_ = stub->Fit(&context_, &response_);
}

FitWriter::~FitWriter() {
  if (stream_ == nullptr) return;
  context_.TryCancel();
  stream_->Finish();
}

absl::Status FitWriter::Add(absl::Span<const float> vector,
                            absl::string_view label,
                            std::optional<int32_t> id) {
  ANNOD_RETURN_IF_ERROR(failed_);
  v1::FitRow* const row = request_.add_rows();
  SetVector(vector, row);
  row->set_label(label.data(), label.size());
  if (id.has_value()) row->set_id(*id);
  return Added(vector.size() * sizeof(float) + label.size());
}

absl::Status FitWriter::AddSparse(absl::Span<const int32_t> positions,
                                  absl::Span<const float> values,
                                  absl::string_view label,
                                  std::optional<int32_t> id) {
  ANNOD_RETURN_IF_ERROR(failed_);
  if (positions.size() != values.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("row ", row_count_, " has ", positions.size(),
                     " positions and ", values.size(), " values"));
  }
  v1::FitRow* const row = request_.add_rows();
  row->mutable_sparse()->mutable_positions()->Add(positions.begin(),
                                                  positions.end());
  row->mutable_sparse()->mutable_values()->Add(values.begin(), values.end());
  row->set_label(label.data(), label.size());
  if (id.has_value()) row->set_id(*id);
  return Added(positions.size() * 2 * sizeof(float) + label.size());
}

absl::Status FitWriter::Added(size_t row_bytes) {
  ++row_count_;
  request_bytes_ += row_bytes + 16;  // 16: field tags and lengths
  if (request_bytes_ < kMessageBytes &&
      request_.rows_size() < kMaxRowsPerMessage) {
    return absl::OkStatus();
  }
  return Send();
}

absl::Status FitWriter::Send() {
  const bool sent = stream_->Write(request_);
  request_.Clear();
  request_bytes_ = 0;
  if (!sent) {
    failed_ = Close();
    // A server that answers before the end has not taken what followed.
    if (failed_.ok()) {
      failed_ = absl::InternalError("the server ended the stream early");
    }
  }
  return failed_;
}

absl::Status FitWriter::Close() {
  const grpc::Status status = stream_->Finish();
  stream_.reset();
  return FromGrpcStatus(status, context_);
}

absl::StatusOr<client::FitResult> FitWriter::Finish() {
  ANNOD_RETURN_IF_ERROR(failed_);
  request_.set_row_count(row_count_);
  ANNOD_RETURN_IF_ERROR(Send());
  stream_->WritesDone();
  failed_ = Close();
  ANNOD_RETURN_IF_ERROR(failed_);
  failed_ = absl::FailedPreconditionError("the Fit has been finished");
  client::FitResult result;
  result.row_count = response_.row_count();
  result.first_id = response_.first_id();
  result.build = client::FromProto(response_.result());
  return result;
}

}  // namespace annod
