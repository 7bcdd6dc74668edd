#ifndef ANNOD_SERVER_RPC_INDEX_CHECKS_H_
#define ANNOD_SERVER_RPC_INDEX_CHECKS_H_

#include "absl/status/status.h"
#include "annod/v1/admin_service.pb.h"
#include "core/storage/index_settings.h"
#include "server/config/config.h"

namespace annod {

// Checks of the requests that make, change and build indexes, as in
// request_checks.h.

absl::Status CheckCreateIndex(const v1::CreateIndexRequest& request,
                              const Limits& limits);
absl::Status CheckAttach(const v1::AttachRequest& request,
                         const Limits& limits);
absl::Status CheckRenewLease(const v1::RenewLeaseRequest& request);
absl::Status CheckUpdateSettings(const v1::UpdateSettingsRequest& request,
                                 const Limits& limits);
// The part of CheckUpdateSettings that depends on the index as it would become,
// and on whether several items could have one label before.
absl::Status CheckUpdatedSettings(const v1::UpdateSettingsRequest& request,
                                  const IndexSettings& index,
                                  bool allowed_duplicate_labels);

absl::Status CheckBuild(const v1::BuildRequest& request);
// The part of CheckBuild that depends on the index.
absl::Status CheckBuildLayout(const v1::BuildRequest& request,
                              const IndexSettings& index);
absl::Status CheckRebuild(const v1::RebuildRequest& request);
// The part of CheckRebuild that depends on the metric of the target.
absl::Status CheckRebuildLayout(const v1::RebuildRequest& request,
                                Metric metric);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_INDEX_CHECKS_H_
