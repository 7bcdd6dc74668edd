#ifndef ANNOD_CORE_VERSION_VERSION_STORE_H_
#define ANNOD_CORE_VERSION_VERSION_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/file_system.h"
#include "core/graph/graph_index.h"
#include "core/recall/live_misses.h"
#include "core/search/forest_index.h"
#include "core/storage/index_settings.h"
#include "core/storage/labels.h"
#include "core/version/manifest.h"

namespace annod {

// A verified, mapped version: immutable, shared by the queries that use it; the
// mapping goes away with the last reference.
struct OpenVersion {
  IndexSettings settings;  // effective ones
  Manifest manifest;       // synthesised for an attached file, version 1
  std::shared_ptr<const ForestIndex> forest;
  std::shared_ptr<const GraphIndex> graph;   // null if the version has none
  std::shared_ptr<const LabelTable> labels;  // null if the version has none
  // What this process has learnt of queries to the graph.
  const std::shared_ptr<LiveMisses> live_misses =
      std::make_shared<LiveMisses>();
  double load_seconds = 0;
  // The files, as they were when they were opened.
  struct File {
    std::string path;
    FileInfo info;
  };
  std::vector<File> files;
  // How the forest came into memory: settings.prefault, or kPopulate if it
  // could not be locked; `lock_refusal` then says why.
  Prefault prefault = Prefault::kAdvise;
  std::string lock_refusal;

  // As ForestIndex::Search(), with the graph for kGraph, InvalidArgument if
  // there is none, and with its codes for kForest if `options.rank_by_codes`,
  // not looked at if there is none.
  absl::Status Search(absl::Span<const float> query,
                      const SearchOptions& options, SearchScratch* scratch,
                      std::vector<Neighbor>* out, SearchStats* stats) const;
};

// The settings of an index while it serves the version of `manifest`: feature
// names go with a version, unless they were changed after it, and the dimension
// of an index made without one is that of its first version.
IndexSettings EffectiveSettings(IndexSettings settings,
                                const Manifest& manifest);

// A version directory being written; removed again unless published.
class PendingVersion {
 public:
  virtual ~PendingVersion() = default;
  virtual const std::string& directory() const = 0;
  std::string FilePath(absl::string_view name) const;
};

// The versions of one index: versions/<number>/ and CURRENT (docs/format.md).
// Readers in any process; methods marked [writer] in the one writer only.
class VersionStore {
 public:
  VersionStore(FileSystem* fs, std::string index_directory);

  // Numbers of the published versions, ascending.
  absl::StatusOr<std::vector<int64_t>> List() const;

  // Number in CURRENT; 0 if nothing has been published. DataLoss if unreadable.
  absl::StatusOr<int64_t> Current() const;

  // Number of the newest version that has been published: CURRENT's or, after
  // going back to that one, the one gone back from. 0 if none.
  absl::StatusOr<int64_t> Newest(const IndexSettings& settings) const;

  absl::StatusOr<Manifest> ReadManifest(int64_t version) const;

  // True if the version is on disk, and its files as they are have passed all
  // checks before. Costs a look at each file, and reads none but the manifest.
  bool IsVerified(int64_t version) const;

  // Manifest, sizes, checksums (in full once on this machine for each file; the
  // result is remembered by inode, size and modification time), structure, then
  // the mapping. DataLoss with the first failed check; NotFound. Concurrent
  // callers in several processes check a file once between them. The forest is
  // mapped as settings.prefault says; what may not be locked is populated.
  absl::StatusOr<std::shared_ptr<const OpenVersion>> Open(
      const IndexSettings& settings, int64_t version) const;

  // The version CURRENT names or, if that one fails its checks, the newest
  // older one that passes; `*rejected` gets every version that failed, with its
  // reason. NotFound if nothing has been published; DataLoss if nothing passes.
  struct Rejected {
    int64_t version;
    std::string reason;
  };
  absl::StatusOr<std::shared_ptr<const OpenVersion>> OpenBest(
      const IndexSettings& settings, std::vector<Rejected>* rejected) const;

  // Starts a version: an empty directory versions/.tmp-<random>/. [writer]
  absl::StatusOr<std::unique_ptr<PendingVersion>> Begin();

  // Completes `pending`: checksums its files into `manifest`, whose version and
  // files it fills in, syncs all, gives the directory its number and points
  // CURRENT to it. A crash at any moment leaves either no trace or the whole
  // version. [writer]
  absl::StatusOr<Manifest> Publish(std::unique_ptr<PendingVersion> pending,
                                   Manifest manifest);

  // Points CURRENT to a version that is on disk, durably. NotFound. [writer]
  absl::Status SetCurrent(int64_t version);

  // Removes the versions behind the newest `keep` that have passed their
  // checks, whatever they are themselves; CURRENT's is always kept. One that is
  // damaged takes no other's place. Mapped files live on until unmapped.
  // [writer]
  absl::Status RemoveOld(int keep);

 private:
  FileSystem* const fs_;
  const std::string directory_;
};

// Numbers of the versions on disk up to `newest`, the newest published one:
// those that can be served if they pass their checks. None if they cannot be
// listed.
std::vector<int64_t> KeptVersions(const VersionStore& store, int64_t newest);
// Those of them that have passed their checks.
std::vector<int64_t> VerifiedVersions(const VersionStore& store,
                                      int64_t newest);

// DataLoss, naming the file, if one was cut or written to since `version` was
// opened: its mapping shows what has passed no check, or ends earlier than it
// seems. Files that were removed or replaced are mapped as they were: OK.
absl::Status CheckUnchanged(FileSystem* fs, const OpenVersion& version);

// Opens an attached file as a version, with the full check; see
// VersionStore::Open.
absl::StatusOr<std::shared_ptr<const OpenVersion>> OpenAttached(
    FileSystem* fs, const std::string& index_directory,
    const IndexSettings& settings);

}  // namespace annod

#endif  // ANNOD_CORE_VERSION_VERSION_STORE_H_
