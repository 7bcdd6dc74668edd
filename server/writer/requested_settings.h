#ifndef ANNOD_SERVER_WRITER_REQUESTED_SETTINGS_H_
#define ANNOD_SERVER_WRITER_REQUESTED_SETTINGS_H_

#include <string>

#include "absl/status/status.h"
#include "annod/v1/admin_service.pb.h"
#include "core/storage/index_settings.h"
#include "server/writer/index/build_job.h"

namespace annod {

// What requests that have been checked (server/rpc/index_checks.h) ask for,
// with the defaults filled in.

// Settings of an index to create, with a new incarnation.
// Lets a temporary index live for its time from now on; nothing for others.
void RenewLease(IndexSettings* settings);

IndexSettings NewSettings(const v1::CreateIndexRequest& request);
// `path` is where the file really is.
IndexSettings NewSettings(const v1::AttachRequest& request, std::string path);
// Of the target of a rebuild.
IndexSettings NewSettings(const v1::RebuildRequest& request,
                          const IndexSettings& source);

// Changes `*settings` as asked; INVALID_FIELD if what comes out is not valid.
absl::Status Update(const v1::UpdateSettingsRequest& request,
                    IndexSettings* settings);

BuildSpec SpecOf(const v1::BuildRequest& request, const IndexSettings& index);
// `source_tree_count`: trees of the source's newest version, 0 if it has none.
BuildSpec SpecOf(const v1::RebuildRequest& request, const IndexSettings& target,
                 int source_tree_count);

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_REQUESTED_SETTINGS_H_
