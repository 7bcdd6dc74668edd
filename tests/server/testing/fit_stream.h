#ifndef ANNOD_TESTS_SERVER_TESTING_FIT_STREAM_H_
#define ANNOD_TESTS_SERVER_TESTING_FIT_STREAM_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "annod/v1/admin_service.grpc.pb.h"
#include "tests/server/testing/cluster.h"

namespace annod {

// A call of Fit, message by message.
class FitStream {
 public:
  FitStream(Cluster* cluster, const std::string& index,
            const v1::FitOptions& options = {});

  // A row in a message of its own; false if the server has ended the call.
  bool Send(const v1::FitRow& row);
  bool Send(const std::vector<float>& vector, const std::string& label = "");
  // Ends the stream, saying how many rows there were if `row_count` is given.
  grpc::Status Finish(std::optional<int64_t> row_count = std::nullopt);
  void Cancel() { context_->TryCancel(); }

  const v1::FitResponse& response() const { return response_; }

 private:
  bool Write();

  const std::unique_ptr<grpc::ClientContext> context_;
  v1::FitResponse response_;
  std::unique_ptr<grpc::ClientWriter<v1::FitRequest>> writer_;
  v1::FitRequest request_;
};

// A row that gives all components.
v1::FitRow DenseRow(const std::vector<float>& vector,
                    const std::string& label = "");
// A row that gives those at `positions`.
v1::FitRow SparseRow(const std::vector<int>& positions,
                     const std::vector<float>& values,
                     const std::string& label = "");

// All of it in one call, one message.
grpc::Status Fit(Cluster* cluster, const std::string& index,
                 const std::vector<v1::FitRow>& rows,
                 const v1::FitOptions& options = {},
                 v1::FitResponse* response = nullptr);

}  // namespace annod

#endif  // ANNOD_TESTS_SERVER_TESTING_FIT_STREAM_H_
