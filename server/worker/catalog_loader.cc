#include "server/worker/catalog_loader.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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

}  // namespace

CatalogLoader::CatalogLoader(const DataDirectory* data, Catalog* catalog,
                             WorkerMetrics* metrics)
    : data_(data), catalog_(catalog), metrics_(metrics) {}

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
    if (before != nullptr && before->version != nullptr) return;
    IndexSettings unknown;
    unknown.name = name;
    PutFailed(unknown, settings.status(), {});
    return;
  }
  if (before != nullptr &&
      before->settings.incarnation != settings->incarnation) {
    before = nullptr;
  }
  LoadVersion(*settings, before);
}

void CatalogLoader::LoadVersion(
    const IndexSettings& settings,
    const std::shared_ptr<const IndexView>& before) {
  const bool serving = before != nullptr && before->version != nullptr;
  const std::string directory = data_->IndexPath(settings.name);
  const VersionStore store(data_->fs(), directory);
  if (settings.attached()) {
    if (serving) return;
  } else {
    const absl::StatusOr<int64_t> current = store.Current();
    if (serving &&
        (!current.ok() || before->version->manifest.version == *current)) {
      return;
    }
    if (current.ok() && *current == 0) {
      IndexView view;
      view.settings = settings;
      view.state = v1::INDEX_STATE_EMPTY;
      Put(std::move(view));
      return;
    }
  }
  if (!serving) {
    IndexView view;
    view.settings = settings;
    Put(std::move(view));
  }
  std::vector<VersionStore::Rejected> rejected;
  absl::StatusOr<std::shared_ptr<const OpenVersion>> version =
      settings.attached() ? OpenAttached(data_->fs(), directory, settings)
                          : store.OpenBest(settings, &rejected);
  for (const VersionStore::Rejected& bad : rejected) {
    spdlog::error("version not used index={} version={} reason=\"{}\"",
                  settings.name, bad.version, bad.reason);
    metrics_->LoadFailed(settings.name);
  }
  // What is mapped has passed its checks: it is better than anything older.
  if (serving && (!version.ok() || (*version)->manifest.version <
                                       before->version->manifest.version)) {
    version = before->version;
  }
  if (!version.ok()) {
    PutFailed(settings, version.status(), std::move(rejected));
    return;
  }
  IndexView view;
  view.settings = settings;
  view.state = v1::INDEX_STATE_SERVING;
  view.version = *std::move(version);
  view.quarantined = std::move(rejected);
  spdlog::info("index serving index={} version={} items={} load_seconds={:.3f}",
               settings.name, view.version->manifest.version,
               view.version->forest->item_count(), view.version->load_seconds);
  Put(std::move(view));
}

void CatalogLoader::PutFailed(const IndexSettings& settings,
                              const absl::Status& status,
                              std::vector<VersionStore::Rejected> quarantined) {
  spdlog::error("index failed index={} error=\"{}\"", settings.name,
                status.ToString());
  if (quarantined.empty()) metrics_->LoadFailed(settings.name);
  IndexView view;
  view.settings = settings;
  view.state = v1::INDEX_STATE_FAILED;
  view.state_reason = std::string(status.message());
  view.quarantined = std::move(quarantined);
  Put(std::move(view));
}

void CatalogLoader::Put(IndexView view) {
  const std::string name = view.settings.name;
  view.metrics = metrics_->Index(name);
  metrics_->SetState(name, StateName(view.state));
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
  catalog_->Put(std::make_shared<const IndexView>(std::move(view)));
}

}  // namespace annod
