#include "server/worker/catalog/catalog_loader.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/status_macros.h"
#include "server/rpc/conversions.h"
#include "server/worker/catalog/follow_staged.h"
#include "server/worker/catalog/residency.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

const char* StateName(v1::IndexState state) {
  switch (state) {
    case v1::INDEX_STATE_EMPTY:
      return "empty";
    case v1::INDEX_STATE_LOADING:
      return "loading";
    case v1::INDEX_STATE_SERVING:
      return "serving";
    default:
      return "failed";
  }
}

bool Serves(const std::shared_ptr<const IndexView>& view) {
  return view != nullptr && view->version != nullptr;
}

template <typename T>
absl::Span<const char> BytesOf(const T* data, size_t count) {
  return {reinterpret_cast<const char*>(data), count * sizeof(T)};
}

// Maps what queries will read before they do, so that none of them waits for
// the kernel. Only beside a version that serves meanwhile.
void EnterAllPages(const OpenVersion& version) {
  EnterPages(version.forest->bytes());
  if (version.graph == nullptr) return;
  const Graph& graph = version.graph->graph();
  EnterPages(BytesOf(graph.codes, graph.items.size() * graph.book.row_bytes()));
  for (const absl::Span<const int32_t> part : {graph.items, graph.rows}) {
    EnterPages(BytesOf(part.data(), part.size()));
  }
  EnterPages(BytesOf(graph.neighbors.data(), graph.neighbors.size()));
}

bool SameFile(const FileInfo& a, const FileInfo& b) {
  return a.device == b.device && a.inode == b.inode && a.size == b.size &&
         a.mtime_ns == b.mtime_ns;
}

}  // namespace

bool CatalogLoader::IsWhole(
    const std::shared_ptr<const IndexView>& before) const {
  if (!Serves(before)) return false;
  const absl::Status status = CheckUnchanged(data_->fs(), *before->version);
  if (status.ok()) return true;
  spdlog::error("version not served any more index={} version={} error=\"{}\"",
                before->settings.name, before->version->manifest.version,
                status.ToString());
  return false;
}

CatalogLoader::CatalogLoader(const DataDirectory* data, Catalog* catalog,
                             WorkerMetrics* metrics, FindAttachedFile find)
    : data_(data),
      catalog_(catalog),
      metrics_(metrics),
      find_attached_(std::move(find)) {}

void CatalogLoader::LoadAll() {
  absl::StatusOr<std::vector<std::string>> names = data_->ListIndexes();
  if (!names.ok()) {
    spdlog::error("cannot list indexes error=\"{}\"",
                  names.status().ToString());
    return;
  }
  const std::shared_ptr<const Catalog::Views> views = catalog_->views();
  for (const auto& [name, view] : *views) {
    if (std::find(names->begin(), names->end(), name) == names->end()) {
      Load(name);
    }
  }
  for (const std::string& name : *names) Load(name);
}

void CatalogLoader::Load(const std::string& name) {
  std::shared_ptr<const IndexView> before = catalog_->Find(name);
  absl::StatusOr<IndexSettings> settings = data_->ReadSettings(name);
  if (absl::IsNotFound(settings.status())) {
    if (before == nullptr) return;
    catalog_->Remove(name);
    metrics_->Forget(name);
    return;
  }
  if (!settings.ok()) {
    // What serves goes on serving.
    if (before != nullptr && before->version != nullptr) {
      IndexView kept = *before;
      NoteStale(before, settings.status(), &kept);
      Put(std::move(kept));
      return;
    }
    IndexView unknown;
    unknown.settings.name = name;
    PutFailed(std::move(unknown), settings.status());
    return;
  }
  if (before != nullptr &&
      before->settings.incarnation != settings->incarnation) {
    metrics_->Forget(name);
    before = nullptr;
  }
  if (settings->attached()) {
    LoadAttached(*settings, before);
  } else {
    LoadVersion(*settings, before);
  }
}

absl::StatusOr<std::shared_ptr<const OpenVersion>> CatalogLoader::OpenFile(
    IndexSettings settings) const {
  ANNOD_ASSIGN_OR_RETURN(settings.attached_path,
                         find_attached_(settings.attached_path));
  return OpenAttached(data_->fs(), data_->IndexPath(settings.name), settings);
}

void CatalogLoader::LoadAttached(
    const IndexSettings& settings,
    const std::shared_ptr<const IndexView>& before) {
  IndexView view;
  view.settings = settings;
  if (Serves(before)) {
    const OpenVersion& version = *before->version;
    const absl::StatusOr<FileInfo> file =
        data_->fs()->Stat(settings.attached_path);
    if (version.settings.prefault == settings.prefault && file.ok() &&
        SameFile(*file, version.files.front().info)) {
      PutServing(std::move(view), before->version);
      return;
    }
  } else {
    PutLoading(view);
  }
  absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
      OpenFile(settings);
  if (version.ok()) {
    PutServing(std::move(view), *std::move(version));
  } else if (IsWhole(before)) {
    // The file as it was is mapped and serves on.
    LogRejected(settings.name, {{1, std::string(version.status().message())}});
    view.quarantined = {{1, std::string(version.status().message())}};
    PutServing(std::move(view), before->version);
  } else {
    PutFailed(std::move(view), version.status());
  }
}

void CatalogLoader::LoadVersion(
    const IndexSettings& settings,
    const std::shared_ptr<const IndexView>& before) {
  const std::string directory = data_->IndexPath(settings.name);
  const VersionStore store(data_->fs(), directory);
  const int64_t contained = ContainedThrough(directory, settings);
  const absl::StatusOr<int64_t> current = store.Current();
  IndexView view;
  view.settings = settings;
  if (!current.ok()) NoteStale(before, current.status(), &view);
  view.newest_version = store.Newest(settings).value_or(0);
  view.kept_versions = VerifiedVersions(store, view.newest_version);
  if (current.ok() && *current <= settings.unbuilt_through) {
    view.state = v1::INDEX_STATE_EMPTY;
    if (*current > 0) {
      ReadUnbuilt(store, contained, before, &view);
    } else if (!Follow(directory, contained, before, &view)) {
      return;
    }
    Put(std::move(view));
    return;
  }
  const bool before_is_whole = IsWhole(before);
  if (before_is_whole) {
    const OpenVersion& version = *before->version;
    const bool same = !current.ok() || version.manifest.version == *current;
    if (same && version.settings.prefault == settings.prefault) {
      view.version = before->version;
      if (Follow(directory, contained, before, &view)) {
        PutServing(std::move(view), before->version);
      }
      return;
    }
  } else if (!Serves(before)) {
    PutLoading(view);
  }
  absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
      store.OpenBest(settings, &view.quarantined);
  LogRejected(settings.name, view.quarantined);
  const bool wanted =
      version.ok() && current.ok() && (*version)->manifest.version == *current;
  // What is mapped has passed its checks: it is better than anything older that
  // nobody asked for.
  if (before_is_whole && !wanted &&
      (!version.ok() ||
       (*version)->manifest.version < before->version->manifest.version)) {
    version = before->version;
  }
  if (!version.ok()) {
    PutFailed(std::move(view), version.status());
    return;
  }
  view.version = *version;
  if (Follow(directory, contained, before, &view)) {
    PutServing(std::move(view), *std::move(version));
  }
}

void CatalogLoader::ReadUnbuilt(const VersionStore& store,
                                int64_t contained_through,
                                const std::shared_ptr<const IndexView>& before,
                                IndexView* view) {
  // The next build starts from the newest one, whichever served last.
  const auto is_newest = [&](const std::shared_ptr<const OpenVersion>& known) {
    return known != nullptr &&
           known->manifest.version == view->newest_version &&
           CheckUnchanged(data_->fs(), *known).ok();
  };
  if (before != nullptr && is_newest(before->unbuilt)) {
    view->unbuilt = before->unbuilt;
  } else if (before != nullptr && is_newest(before->version)) {
    view->unbuilt = before->version;
  } else {
    auto version = store.Open(view->settings, view->newest_version);
    if (version.ok()) view->unbuilt = *std::move(version);
  }
  // Beside a version that cannot be read, what is staged is not all there is.
  if (view->unbuilt == nullptr) return;
  const absl::Status status =
      FollowStaged(data_->IndexPath(view->settings.name), contained_through,
                   before.get(), view);
  if (!status.ok()) {
    spdlog::info("unbuilt index cannot be read index={} reason=\"{}\"",
                 view->settings.name, status.ToString());
    view->unbuilt = nullptr;
  }
}

bool CatalogLoader::Follow(const std::string& directory,
                           int64_t contained_through,
                           const std::shared_ptr<const IndexView>& before,
                           IndexView* view) {
  if (view->settings.dim == 0) return true;
  const absl::Status status =
      FollowStaged(directory, contained_through, before.get(), view);
  if (status.ok()) return true;
  if (!absl::IsUnavailable(status)) {
    view->version = nullptr;
    PutFailed(std::move(*view), status);
    return false;
  }
  // Served without it, a removed item could come back. The writer will say when
  // to look again; until then what serves goes on serving.
  spdlog::info("index waits for its writer index={} reason=\"{}\"",
               view->settings.name, status.ToString());
  if (Serves(before)) return false;
  view->version = nullptr;
  PutLoading(*view);
  return false;
}

void CatalogLoader::PutLoading(const IndexView& view) {
  IndexView loading = view;
  loading.state = v1::INDEX_STATE_LOADING;
  Put(std::move(loading));
}

void CatalogLoader::PutServing(IndexView view,
                               std::shared_ptr<const OpenVersion> version) {
  const std::string& name = view.settings.name;
  const std::shared_ptr<const IndexView> before = catalog_->Find(name);
  const bool is_new = before == nullptr || before->version != version;
  view.state = v1::INDEX_STATE_SERVING;
  view.settings = EffectiveSettings(view.settings, version->manifest);
  view.version = std::move(version);
  const OpenVersion& serving = *view.version;
  if (!serving.lock_refusal.empty()) {
    view.state_reason = absl::StrCat(
        "prefault lock was refused, populated "
        "instead: ",
        serving.lock_refusal);
  }
  if (is_new && Serves(before) && serving.prefault == Prefault::kAdvise) {
    EnterAllPages(serving);
  }
  if (is_new) {
    spdlog::info(
        "index serving index={} version={} items={} prefault={} "
        "load_seconds={:.3f}",
        name, serving.manifest.version, serving.forest->item_count(),
        std::string(PrefaultName(serving.prefault)), serving.load_seconds);
    if (!view.state_reason.empty()) {
      spdlog::warn("index serving, but index={} reason=\"{}\"", name,
                   view.state_reason);
    }
  }
  Put(std::move(view));
}

void CatalogLoader::NoteStale(const std::shared_ptr<const IndexView>& before,
                              const absl::Status& status, IndexView* view) {
  view->state_reason = absl::StrCat("what changes is not served: ",
                                    std::string(status.message()));
  if (before != nullptr && before->state_reason == view->state_reason) return;
  spdlog::error("index stays as it was index={} error=\"{}\"",
                view->settings.name, status.ToString());
  metrics_->LoadFailed(view->settings.name);
}

void CatalogLoader::LogRejected(
    const std::string& name,
    const std::vector<VersionStore::Rejected>& rejected) {
  for (const VersionStore::Rejected& bad : rejected) {
    spdlog::error("version not used index={} version={} reason=\"{}\"", name,
                  bad.version, bad.reason);
    metrics_->LoadFailed(name);
  }
}

void CatalogLoader::PutFailed(IndexView view, const absl::Status& status) {
  spdlog::error("index failed index={} error=\"{}\"", view.settings.name,
                status.ToString());
  if (view.quarantined.empty()) metrics_->LoadFailed(view.settings.name);
  view.state = v1::INDEX_STATE_FAILED;
  view.state_reason = std::string(status.message());
  Put(std::move(view));
}

void CatalogLoader::Put(IndexView view) {
  const std::string name = view.settings.name;
  view.metrics = metrics_->Index(name);
  metrics_->SetState(name, StateName(view.state));
  absl::Time created;
  if (absl::ParseTime(absl::RFC3339_full, view.settings.create_time, &created,
                      nullptr)) {
    metrics_->SetGauge("annod_index_create_time_seconds", name,
                       absl::ToDoubleSeconds(created - absl::UnixEpoch()));
  }
  if (view.version != nullptr) {
    const OpenVersion& version = *view.version;
    metrics_->SetGauge("annod_index_items", name,
                       static_cast<double>(version.forest->item_count()));
    metrics_->SetGauge("annod_index_version", name,
                       static_cast<double>(version.manifest.version));
    metrics_->SetGauge("annod_index_mapped_bytes", name,
                       static_cast<double>(version.forest->bytes().size()));
    metrics_->SetGauge("annod_index_load_seconds", name, version.load_seconds);
  }
  view.revision = RevisionOf(view.settings, view.version.get());
  catalog_->Put(std::make_shared<const IndexView>(std::move(view)));
}

}  // namespace annod
