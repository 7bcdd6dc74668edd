#ifndef ANNOD_CORE_STORAGE_PUBLISH_H_
#define ANNOD_CORE_STORAGE_PUBLISH_H_

#include <memory>

#include "absl/status/statusor.h"
#include "core/forest/forest_builder.h"
#include "core/storage/index_settings.h"
#include "core/storage/manifest.h"
#include "core/storage/staging.h"
#include "core/storage/version_store.h"

namespace annod {

// Builds the next version of an index from `base` (the served version; null if
// there is none) overlaid with `staged`, and publishes it: collect, build the
// forest, write labels, check free space first, publish. `options.metric` and
// `dim` are taken from `settings`. On failure nothing is published and nothing
// is left behind. FailedPrecondition if there is not one item; otherwise as
// BuildForest() and VersionStore::Publish().
absl::StatusOr<Manifest> BuildAndPublish(FileSystem* fs,
                                         const IndexSettings& settings,
                                         const OpenVersion* base,
                                         const StagedSnapshot& staged,
                                         ForestBuildOptions options,
                                         VersionStore* store);

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_PUBLISH_H_
