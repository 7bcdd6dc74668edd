#ifndef ANNOD_SERVER_WRITER_INDEX_BUILD_INDEX_H_
#define ANNOD_SERVER_WRITER_INDEX_BUILD_INDEX_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "annod/v1/admin_service.pb.h"
#include "core/forest/forest_builder.h"
#include "core/publish/publish.h"
#include "core/staging/staging.h"
#include "core/storage/index_settings.h"
#include "core/version/manifest.h"
#include "core/version/stopwatch.h"
#include "server/writer/index/build_job.h"
#include "server/writer/index/writer_index.h"

namespace annod {

// Builds a version of `index` from its newest one and everything staged or
// removed, or from the forest that `job` brings, and publishes it. Reports to
// `job`. One build of an index at a time. On failure nothing has changed.
// INDEX_EMPTY if there is no item; else as WriterIndex::Publish().
absl::StatusOr<v1::BuildResult> BuildIndex(WriterIndex* index, BuildJob* job,
                                           int keep_versions);

// The same from an input made already, which contains or replaces what `staged`
// holds.
absl::StatusOr<v1::BuildResult> BuildFrom(const BuildInput& input,
                                          const StagedSnapshot& staged,
                                          const IndexSettings& settings,
                                          WriterIndex* index, BuildJob* job,
                                          int keep_versions);

// What `job` asks for, reporting to it. Trees are logged from verbosity 1 on.
ForestBuildOptions OptionsOf(BuildJob* job, int verbosity);

v1::BuildResult ResultOf(const Manifest& manifest, uint64_t forest_bytes,
                         const Stopwatch& watch);

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_INDEX_BUILD_INDEX_H_
