#include "tests/server/testing/fit_stream.h"

#include <string>
#include <vector>

#include "tests/server/testing/calls.h"

namespace annod {

FitStream::FitStream(Cluster* cluster, const std::string& index,
                     const v1::FitOptions& options)
    : context_(Context()),
      writer_(cluster->admin()->Fit(context_.get(), &response_)) {
  request_.set_index(index);
  *request_.mutable_options() = options;
}

bool FitStream::Write() {
  const bool ok = writer_->Write(request_);
  request_.Clear();
  return ok;
}

bool FitStream::Send(const v1::FitRow& row) {
  *request_.add_rows() = row;
  return Write();
}

bool FitStream::Send(const std::vector<float>& vector,
                     const std::string& label) {
  return Send(DenseRow(vector, label));
}

grpc::Status FitStream::Finish(std::optional<int64_t> row_count) {
  if (row_count.has_value()) request_.set_row_count(*row_count);
  if (row_count.has_value() || request_.has_options()) Write();
  writer_->WritesDone();
  return writer_->Finish();
}

v1::FitRow DenseRow(const std::vector<float>& vector,
                    const std::string& label) {
  v1::FitRow row;
  SetVector(vector, row.mutable_vector());
  row.set_label(label);
  return row;
}

v1::FitRow SparseRow(const std::vector<int>& positions,
                     const std::vector<float>& values,
                     const std::string& label) {
  v1::FitRow row;
  row.mutable_sparse()->mutable_positions()->Add(positions.begin(),
                                                 positions.end());
  row.mutable_sparse()->mutable_values()->Add(values.begin(), values.end());
  row.set_label(label);
  return row;
}

grpc::Status Fit(Cluster* cluster, const std::string& index,
                 const std::vector<v1::FitRow>& rows,
                 const v1::FitOptions& options, v1::FitResponse* response) {
  const auto context = Context();
  v1::FitResponse unused;
  const auto writer = cluster->admin()->Fit(
      context.get(), response == nullptr ? &unused : response);
  v1::FitRequest request;
  request.set_index(index);
  *request.mutable_options() = options;
  for (const v1::FitRow& row : rows) *request.add_rows() = row;
  request.set_row_count(static_cast<int64_t>(rows.size()));
  writer->Write(request);
  writer->WritesDone();
  return writer->Finish();
}

}  // namespace annod
