#ifndef ANNOD_SERVER_WRITER_FIT_CALL_H_
#define ANNOD_SERVER_WRITER_FIT_CALL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "core/publish/row_spool.h"
#include "grpcpp/grpcpp.h"
#include "server/access/quota_metadata.h"
#include "server/writer/fit_rows.h"
#include "server/writer/index/fit_index.h"
#include "server/writer/state/writer_state.h"

namespace annod {

// One call of Fit. Rows are checked as they come and written to temporary
// files; when all are there a job of the build queue makes them a version.
// Nothing else changes before that version is published, so the index is as it
// was if anything fails, the caller goes away or the process dies.
//
// The index's place in the build queue is taken from the beginning: a build of
// another call could take in, and so hide from a Fit that replaces everything,
// items that were added after it began.
class FitCall {
 public:
  // Both must outlive the object. One call of Run().
  FitCall(WriterState* state, grpc::ServerContext* context);
  ~FitCall();
  FitCall(const FitCall&) = delete;
  FitCall& operator=(const FitCall&) = delete;

  absl::Status Run(grpc::ServerReader<v1::FitRequest>* reader,
                   v1::FitResponse* response);

 private:
  // Of the first message.
  absl::Status Begin(const v1::FitRequest& request);
  absl::Status BeginWithIndex();
  absl::Status BeginWithoutIndex();
  absl::Status CheckAppendedNames(const IndexSettings& settings) const;
  // Of every message.
  absl::Status Take(const v1::FitRequest& request);
  absl::Status BeginRows(const v1::FitRow& first);
  absl::Status CheckRowId(const v1::FitRow& row, int64_t number);
  // After the last.
  absl::Status CheckWhole();
  absl::Status Build(v1::FitResponse* response);
  absl::StatusOr<FitResult> MakeVersion(BuildJob* job);
  absl::StatusOr<FitResult> MakeIndex(BuildJob* job);

  WriterState* const state_;
  grpc::ServerContext* const context_;
  const std::shared_ptr<const Config> config_;
  const StoredQuotas quotas_;
  std::vector<QuotaLedger::Grant> grants_;

  std::string name_;
  v1::FitOptions options_;
  std::shared_ptr<WriterIndex> index_;  // null: to be created
  IndexSettings settings_;              // dim 0: that of the first row
  std::shared_ptr<BuildJob> job_;
  bool queued_ = false;
  std::shared_ptr<const StagedSnapshot> replaced_;
  std::optional<FitRows> rows_;
  std::unique_ptr<RowSpool> spool_;
  bool rows_have_ids_ = false;
  int64_t announced_rows_ = 0;
  FitResult result_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_FIT_CALL_H_
