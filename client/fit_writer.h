#ifndef ANNOD_CLIENT_FIT_WRITER_H_
#define ANNOD_CLIENT_FIT_WRITER_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "client/types.h"

namespace annod {

namespace client {

// Fields mean what those of FitOptions in proto/annod/v1/admin_service.proto
// do.
struct FitOptions {
  bool append = false;  // else the rows replace everything
  std::optional<int32_t> start_index;
  std::optional<float> missing_value;
  std::vector<std::string> feature_names;
  // Creates the index if there is none; its `index` is ignored.
  std::optional<IndexSpec> create;
  // Of an index that is created: several items may have one label.
  bool allow_duplicate_labels = false;
  BuildOptions build;
};

struct FitResult {
  int64_t row_count = 0;
  int32_t first_id = 0;
  BuildResult build;
};

}  // namespace client

// One Fit: rows that become items together, with a version that holds them, or
// not at all. Never repeated: a stream that breaks has changed nothing, and who
// still has the rows may begin again. One thread at a time; must not outlive
// its Client. Destroying it without Finish() changes nothing either.
class FitWriter {
 public:
  ~FitWriter();
  FitWriter(const FitWriter&) = delete;
  FitWriter& operator=(const FitWriter&) = delete;

  // Takes one row; blocks while the network is slower. After an error every
  // call returns it again.
  // Either every row has an id or none.
  absl::Status Add(absl::Span<const float> vector, absl::string_view label = {},
                   std::optional<int32_t> id = std::nullopt);
  // A row that gives the components at `positions`; the others are missing.
  // InvalidArgument unless there are as many values as positions.
  absl::Status AddSparse(absl::Span<const int32_t> positions,
                         absl::Span<const float> values,
                         absl::string_view label = {},
                         std::optional<int32_t> id = std::nullopt);

  // Sends what is left and returns when the version answers queries.
  absl::StatusOr<client::FitResult> Finish();

 private:
  friend class Client;
  FitWriter(v1::AdminService::Stub* stub, const std::string& index,
            const client::FitOptions& options, absl::Time deadline);

  // Sends the message if it is large enough.
  absl::Status Added(size_t row_bytes);
  absl::Status Send();
  // Takes the stream's status, which explains why a write failed.
  absl::Status Close();

  v1::FitRequest request_;
  size_t request_bytes_ = 0;
  int64_t row_count_ = 0;
  grpc::ClientContext context_;
  v1::FitResponse response_;
  std::unique_ptr<grpc::ClientWriter<v1::FitRequest>> stream_;
  absl::Status failed_;
};

}  // namespace annod

#endif  // ANNOD_CLIENT_FIT_WRITER_H_
