#ifndef ANNOD_CORE_PUBLISH_PUBLISH_H_
#define ANNOD_CORE_PUBLISH_PUBLISH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/forest/forest_builder.h"
#include "core/staging/item_layer.h"
#include "core/staging/staging.h"
#include "core/storage/index_settings.h"
#include "core/version/manifest.h"
#include "core/version/version_store.h"

namespace annod {

// A forest that is not built from items but is there already, in some form.
struct ReadyForest {
  int64_t item_count = 0;  // at least one
  uint64_t bytes = 0;      // about, of the native file
  uint64_t seed = 0;       // of its trees; 0: not known
  // Writes it as a native file. Of the options, those of a build that does not
  // end here count: threads, progress, cancel.
  std::function<absl::StatusOr<ForestBuildResult>(
      const std::string& path, const ForestBuildOptions& options)>
      write;
};

// What the next version is made of.
struct BuildInput {
  const OpenVersion* base = nullptr;  // null: none
  // Laid over the base, the last one topmost (OverlaySource).
  std::vector<const ItemLayer*> layers;
  // Not null: what it is made of, instead of base and layers.
  const ReadyForest* forest = nullptr;
  // The vectors are those of a hamming index: what is staged counts as 1 above
  // 0.5, else as 0, as it does in a version. For a build with another metric.
  bool as_bits = false;
  // The vectors came into an index of another metric: InvalidArgument if this
  // one's does not take one of them (vector_check.h).
  bool check_vectors = false;
  // Whether a graph is made too, where one helps (version_graph.h).
  bool with_graph = true;
  // Last journal segment that the version contains or replaces.
  int64_t journal_through = 0;
};

// The served version (null if there is none) with what is staged over it.
BuildInput InputOf(const OpenVersion* base, const StagedSnapshot& staged);

// A version that only lacks its number.
struct PreparedVersion {
  std::unique_ptr<PendingVersion> pending;
  Manifest manifest;
  std::string no_graph_reason;  // empty unless there was a reason against one
};

// The first part of BuildAndPublish(), which takes nearly all of its time;
// VersionStore::Publish() is the second.
absl::StatusOr<PreparedVersion> PrepareVersion(FileSystem* fs,
                                               const IndexSettings& settings,
                                               const BuildInput& input,
                                               ForestBuildOptions options,
                                               VersionStore* store);

// Builds the next version of an index from `input` and publishes it: collect,
// build the forest, write labels, check free space first, publish.
// `options.metric` and `dim` are taken from `settings`. On failure nothing is
// published and nothing is left behind. FailedPrecondition if there is not one
// item; otherwise as BuildForest() and VersionStore::Publish().
absl::StatusOr<Manifest> BuildAndPublish(FileSystem* fs,
                                         const IndexSettings& settings,
                                         const BuildInput& input,
                                         ForestBuildOptions options,
                                         VersionStore* store);

// The same from InputOf(base, staged).
absl::StatusOr<Manifest> BuildAndPublish(FileSystem* fs,
                                         const IndexSettings& settings,
                                         const OpenVersion* base,
                                         const StagedSnapshot& staged,
                                         ForestBuildOptions options,
                                         VersionStore* store);

}  // namespace annod

#endif  // ANNOD_CORE_PUBLISH_PUBLISH_H_
