#ifndef ANNOD_SERVER_WORKER_CATALOG_CATALOG_LOADER_H_
#define ANNOD_SERVER_WORKER_CATALOG_CATALOG_LOADER_H_

#include <memory>
#include <string>
#include <vector>

#include "core/storage/data_directory.h"
#include "server/rpc/attach_path.h"
#include "server/worker/catalog/catalog.h"
#include "server/worker/metrics/worker_metrics.h"

namespace annod {

// Brings the catalog to what the data directory holds. The disk is the truth:
// the writer only says when to look. A new version is checked and mapped while
// the old one serves. Not thread-safe: one thread at a time.
class CatalogLoader {
 public:
  // `find` finds the files of attached indexes; the rest must outlive the
  // object.
  CatalogLoader(const DataDirectory* data, Catalog* catalog,
                WorkerMetrics* metrics, FindAttachedFile find);

  // Looks at every index; takes as long as their checks.
  void LoadAll();
  // Looks at one index, which may be gone.
  void Load(const std::string& name);

 private:
  // `before`: what is served now, null if nothing.
  void LoadVersion(const IndexSettings& settings,
                   const std::shared_ptr<const IndexView>& before);
  void LoadAttached(const IndexSettings& settings,
                    const std::shared_ptr<const IndexView>& before);
  // The attached file as it can be found now.
  absl::StatusOr<std::shared_ptr<const OpenVersion>> OpenFile(
      IndexSettings settings) const;
  // Has `view` follow what is staged over its version. False if it cannot be
  // served: then another one has been put in its place, or `before` stays.
  bool Follow(const std::string& directory, int64_t contained_through,
              const std::shared_ptr<const IndexView>& before, IndexView* view);
  // Has `view`, of an index that was unbuilt, know its items, if they can be
  // read now.
  void ReadUnbuilt(const VersionStore& store, int64_t contained_through,
                   const std::shared_ptr<const IndexView>& before,
                   IndexView* view);
  // Whether what `before` serves is still as it was checked; the log tells of a
  // file that was cut or written to under it.
  bool IsWhole(const std::shared_ptr<const IndexView>& before) const;
  // Announces an index that nothing is known about yet.
  void PutLoading(const IndexView& view);
  // `view` with the version, which was opened or has been served before.
  void PutServing(IndexView view, std::shared_ptr<const OpenVersion> version);
  void Put(IndexView view);
  void PutFailed(IndexView view, const absl::Status& status);
  // `view` gets why it is served as it was; told once.
  void NoteStale(const std::shared_ptr<const IndexView>& before,
                 const absl::Status& status, IndexView* view);
  void LogRejected(const std::string& name,
                   const std::vector<VersionStore::Rejected>& rejected);

  const DataDirectory* const data_;
  Catalog* const catalog_;
  WorkerMetrics* const metrics_;
  const FindAttachedFile find_attached_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CATALOG_CATALOG_LOADER_H_
