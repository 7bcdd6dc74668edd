#ifndef ANNOD_SERVER_WRITER_INDEX_FIT_INDEX_H_
#define ANNOD_SERVER_WRITER_INDEX_FIT_INDEX_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "annod/v1/admin_service.pb.h"
#include "core/publish/row_spool.h"
#include "core/staging/staging.h"
#include "server/writer/index/build_job.h"
#include "server/writer/index/writer_index.h"

namespace annod {

// Rows that are to become a version.
struct FitInput {
  RowSpool* rows = nullptr;  // at least one
  int dim = 0;               // of the rows
  // Over the items there are, else instead of them.
  bool append = false;
  // Of WriterIndex::BeginReset(), unless `append`.
  std::shared_ptr<const StagedSnapshot> replaced;
  std::optional<int32_t> start_index;  // id of the first row
  // Names of the components from now on; absent: those there are.
  std::optional<std::vector<std::string>> feature_names;
};

struct FitResult {
  int32_t first_id = 0;
  v1::BuildResult build;
};

// Builds a version of `index` from the rows of a Fit, all or none of them,
// publishes it, and lets go of what was staged and is now contained or
// replaced. An index without a dimension gets that of the rows. On failure
// nothing has changed. LABEL_TAKEN, LIMIT_REACHED, INVALID_FIELD for ids out of
// bounds; otherwise as BuildFrom(). One build of an index at a time.
absl::StatusOr<FitResult> FitIndex(const FitInput& input, WriterIndex* index,
                                   BuildJob* job, int keep_versions);

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_INDEX_FIT_INDEX_H_
