#include "server/writer/state/writer_state.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/status_macros.h"
#include "server/config/stall_times.h"
#include "server/rpc/errors.h"
#include "server/rpc/memory_check.h"
#include "server/writer/index/build_index.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

// A worker may have to check a large new file before it serves it.
constexpr absl::Duration kActivationWait = absl::Seconds(60);
constexpr absl::Duration kChangeWait = absl::Seconds(5);

StagingOptions OptionsOf(const Config& config) {
  StagingOptions options;
  options.durability = config.durability;
  options.max_id_waste_factor = config.limits.max_id_waste_factor;
  options.max_items = config.limits.max_items;
  return options;
}

}  // namespace

WriterState::WriterState(DataDirectory* data, const LiveConfig* config,
                         WriterMetrics* metrics)
    : data_(data),
      config_(config),
      metrics_(metrics),
      indexes_(data, OptionsOf(*config->Get()), AttachRule(config)),
      hub_(
          [this](const std::set<std::string>* names) {
            return StagedStates(names);
          },
          StallTimesOf(*config->Get()).silence),
      builds_([this](BuildJob* job) { return RunBuild(job); },
              [this](const std::string& index) { hub_.StagedChanged(index); },
              [this](const std::string& index) {
                // Who has had the answer of a build shall find it ended, also
                // with another worker.
                hub_.AwaitApplied(hub_.Announce(index), kChangeWait, nullptr);
              }) {}

WriterState::~WriterState() { Drain(); }

absl::Status WriterState::Start() {
  ANNOD_RETURN_IF_ERROR(indexes_.OpenAll());
  for (const auto& index : indexes_.All()) {
    if (index->failure().ok()) continue;
    spdlog::error("index read-only index={} error=\"{}\"", index->name(),
                  index->open_status().ToString());
  }
  attached_ = std::make_unique<AttachedWatch>(
      &indexes_, data_->fs(), [this](const std::string& name) {
        Reload(name).IgnoreError();  // Reload() logs
      });
  return absl::OkStatus();
}

void WriterState::Drain() {
  attached_ = nullptr;
  builds_.Stop(ReasonError(absl::StatusCode::kUnavailable, kDraining,
                           "the server is shutting down; the build can be "
                           "started again after its restart"));
  hub_.Stop();
}

absl::StatusOr<std::shared_ptr<WriterIndex>> WriterState::Create(
    const IndexSettings& settings) {
  ANNOD_RETURN_IF_ERROR(CheckMemory());
  absl::StatusOr<std::shared_ptr<WriterIndex>> index =
      indexes_.Create(settings, config_->Get()->limits.max_indexes);
  ANNOD_RETURN_IF_ERROR(index.status());
  spdlog::info("index created index={} attached_path=\"{}\"", settings.name,
               settings.attached_path);
  hub_.AwaitApplied(hub_.Announce(settings.name), kChangeWait, nullptr);
  return index;
}

absl::Status WriterState::Drop(const std::string& name) {
  const absl::Status why = ReasonError(
      absl::StatusCode::kAborted, kIndexDropped,
      absl::StrCat("index '", name, "' was dropped while it was being built"),
      {{"index", name}});
  const absl::Status dropped =
      indexes_.Drop(name, [&] { builds_.BlockAndCancel(name, why); });
  builds_.Unblock(name);
  ANNOD_RETURN_IF_ERROR(dropped);
  spdlog::info("index dropped index={}", name);
  metrics_->Forget(name);
  replica_.Forget(name);
  hub_.AwaitApplied(hub_.Announce(name), kChangeWait, nullptr);
  return absl::OkStatus();
}

void WriterState::DropIfEmpty(const std::shared_ptr<WriterIndex>& index) {
  const std::string& name = index->name();
  const absl::Status dropped =
      indexes_.DropEmpty(index, [&] { return builds_.Find(name) == nullptr; });
  if (!dropped.ok()) return;
  spdlog::info("index dropped, what was to fill it failed index={}", name);
  metrics_->Forget(name);
  hub_.AwaitApplied(hub_.Announce(name), kChangeWait, nullptr);
}

void WriterState::DropExpired() {
  for (const auto& index : indexes_.All()) {
    const auto expired = [&index] {
      const std::shared_ptr<const IndexSettings> settings = index->settings();
      return settings->lease_seconds > 0 &&
             settings->lease_expire_unix_ms <= absl::ToUnixMillis(absl::Now());
    };
    const std::string& name = index->name();
    if (!expired() || builds_.Find(name) != nullptr) continue;
    const absl::Status dropped = indexes_.Drop(
        name, [] {},
        [&] { return expired() && builds_.Find(name) == nullptr; });
    if (absl::IsCancelled(dropped) || absl::IsNotFound(dropped)) continue;
    if (!dropped.ok()) {
      spdlog::error("expired index not dropped index={} error=\"{}\"", name,
                    dropped.ToString());
      continue;
    }
    spdlog::info("index dropped, its lease has expired index={}", name);
    metrics_->Forget(name);
    hub_.Announce(name);
  }
}

void WriterState::Announce(const WriterIndex& index) {
  hub_.AwaitApplied(hub_.Announce(index.name()), kChangeWait, nullptr);
}

void WriterState::AnnounceVersion(const WriterIndex& index) {
  const bool applied =
      hub_.AwaitApplied(hub_.Announce(index.name()), kActivationWait, nullptr);
  if (!applied) {
    spdlog::warn("not every worker has looked yet index={}", index.name());
  }
}

absl::StatusOr<std::vector<std::shared_ptr<WriterIndex>>> WriterState::Reload(
    const std::string& name) {
  absl::StatusOr<std::vector<std::shared_ptr<WriterIndex>>> indexes =
      indexes_.LookAgain(name);
  ANNOD_RETURN_IF_ERROR(indexes.status());
  int64_t generation = 0;
  for (const auto& index : *indexes) {
    const absl::Status status = index->Reload();
    if (!status.ok()) {
      spdlog::error("cannot reload index={} error=\"{}\"", index->name(),
                    status.ToString());
      // Of many, the others can still be looked at.
      if (!name.empty()) return status;
    }
    generation = hub_.Announce(index->name());
  }
  if (!indexes->empty()) {
    hub_.AwaitApplied(generation, kActivationWait, nullptr);
  }
  return indexes;
}

absl::Status WriterState::CancelBuild(const std::string& index) {
  if (builds_.Cancel(index, absl::CancelledError(absl::StrCat(
                                "the build of index '", index,
                                "' was ended by CancelBuild; its items stay "
                                "staged")))) {
    return absl::OkStatus();
  }
  ANNOD_RETURN_IF_ERROR(indexes_.Find(index).status());
  return ReasonError(absl::StatusCode::kFailedPrecondition, kBuildNotRunning,
                     absl::StrCat("index '", index, "' is not being built"),
                     {{"index", index}});
}

absl::StatusOr<std::shared_ptr<BuildJob>> WriterState::StartBuild(
    const WriterIndex& index, const BuildSpec& spec) {
  ANNOD_RETURN_IF_ERROR(index.CheckBuildable());
  ANNOD_RETURN_IF_ERROR(CheckMemory());
  return builds_.Submit(index.name(), spec);
}

absl::StatusOr<v1::BuildResult> WriterState::RunBuild(BuildJob* job) {
  const std::string& name = job->index();
  const auto build = [&]() -> absl::StatusOr<v1::BuildResult> {
    if (job->work()) return job->work()(job);
    absl::StatusOr<std::shared_ptr<WriterIndex>> index = indexes_.Find(name);
    ANNOD_RETURN_IF_ERROR(index.status());
    return BuildIndex(index->get(), job, config_->Get()->keep_versions);
  };
  absl::StatusOr<v1::BuildResult> result = build();
  if (!result.ok()) {
    // One that was to end may have failed before it noticed.
    const bool cancelled =
        job->cancelled() && absl::IsCancelled(result.status());
    if (cancelled) {
      spdlog::info("build cancelled index={} reason=\"{}\"", name,
                   std::string(job->cancel_reason().message()));
    } else {
      spdlog::warn("build ended index={} error=\"{}\"", name,
                   result.status().ToString());
    }
    metrics_->BuildEnded(name, cancelled ? "cancelled" : "failed", 0);
    return result;
  }
  const auto index = indexes_.Find(name);
  if (index.ok() && (*index)->settings()->verbosity >= 0) {
    spdlog::info(
        "version published index={} version={} items={} trees={} "
        "seconds={:.3f}",
        name, result->version(), result->item_count(), result->tree_count(),
        result->seconds());
  }
  metrics_->BuildEnded(name, "ok", result->seconds());
  job->Report(v1::BUILD_PHASE_ACTIVATING, 0, result->tree_count());
  const bool applied = hub_.AwaitApplied(hub_.Announce(name), kActivationWait,
                                         [job] { return job->cancelled(); });
  if (!applied) {
    spdlog::warn("not every worker serves yet index={} version={}", name,
                 result->version());
    return result;
  }
  if (!index.ok()) return result;  // dropped meanwhile
  const absl::Status removed = (*index)->RemoveReleased();
  if (!removed.ok()) {
    // Takes space only; the next build tries again.
    spdlog::warn("journal not removed index={} error=\"{}\"", name,
                 removed.ToString());
  }
  return result;
}

void WriterState::ItemsAdded(const WriterIndex& index, int64_t count) {
  metrics_->ItemsAdded(index.name(), count);
  hub_.StagedChanged(index.name());
}

void WriterState::ItemsRemoved(const WriterIndex& index, int64_t count) {
  metrics_->ItemsRemoved(index.name(), count);
  hub_.StagedChanged(index.name());
}

std::vector<internal::v1::StagedState> WriterState::StagedStates(
    const std::set<std::string>* names) const {
  std::vector<internal::v1::StagedState> states;
  if (names == nullptr) {
    for (const auto& index : indexes_.All()) {
      states.push_back(StagedStateOf(*index));
    }
    return states;
  }
  for (const std::string& name : *names) {
    const auto index = indexes_.Find(name);
    if (index.ok()) states.push_back(StagedStateOf(**index));
  }
  return states;
}

internal::v1::StagedState WriterState::StagedStateOf(
    const WriterIndex& index) const {
  internal::v1::StagedState state = index.Staged();
  const std::shared_ptr<BuildJob> job = builds_.Find(index.name());
  if (job != nullptr) *state.mutable_build() = job->Progress();
  replica_.Fill(index.name(), &state);
  return state;
}

void WriterState::LookAtIndexes() {
  std::set<std::string> names;
  for (const auto& index : indexes_.All()) {
    const absl::StatusOr<bool> mended = index->MendPage();
    if (!mended.ok()) {
      spdlog::error("staging/PUBLISHED missing index={} error=\"{}\"",
                    index->name(), mended.status().ToString());
    } else if (*mended) {
      spdlog::warn("staging/PUBLISHED made anew index={}", index->name());
      hub_.Announce(index->name());
    }
    const absl::Status journal = index->LookAtJournal();
    if (!journal.ok()) {
      spdlog::error("index read-only index={} error=\"{}\"", index->name(),
                    journal.ToString());
    }
    if (index->LookAtVersions() || !journal.ok()) {
      hub_.StagedChanged(index->name());
    }
    if (!journal.ok()) hub_.Announce(index->name());
    metrics_->SetStaged(StagedStateOf(*index));
    metrics_->SetRemoved(index->name(), index->removed_count());
  }
  for (const auto& index : indexes_.All()) names.insert(index->name());
  metrics_->ForgetAllBut(names);
}

}  // namespace annod
