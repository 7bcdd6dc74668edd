#include "server/writer/follow/follower.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/replica/directory_source.h"
#include "core/replica/fetch_version.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"
#include "core/storage/version_files.h"
#include "server/config/follow_source.h"
#include "server/process/thread_priority.h"
#include "server/rpc/errors.h"
#include "server/writer/follow/remote_source.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

constexpr char kFetchPrefix[] = ".fetch-";
constexpr char kLinkPrefix[] = ".link-";
constexpr absl::Duration kMaxPause = absl::Minutes(10);
constexpr int kMaxDoublings = 16;
constexpr int kLooksBeforeDrop = 3;

// What the replica stores: no lease, and where its own versions stand.
IndexSettings ReplicaSettings(const SourceVersion& version) {
  IndexSettings settings = version.settings;
  settings.lease_seconds = 0;
  settings.lease_expire_unix_ms = 0;
  settings.rolled_back_from = 0;
  if (settings.dim == 0 && version.has_version) {
    settings.dim = version.manifest.dim;
  }
  return settings;
}

// Not whole yet, or not to be had at the moment: worth another look soon.
bool MayComeSoon(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsNotFound(status) ||
         absl::IsCancelled(status);
}

bool IsSameIndex(const IndexSettings& a, const IndexSettings& b) {
  return a.incarnation == b.incarnation && a.dim == b.dim &&
         a.metric == b.metric && !a.attached();
}

}  // namespace

std::unique_ptr<VersionSource> MakeVersionSource(const Config& config) {
  FollowSource source =
      ParseFollowSource(config.follow).value_or(FollowSource());
  if (source.directory.empty()) {
    return std::make_unique<RemoteSource>(config, std::move(source));
  }
  return std::make_unique<DirectorySource>(FileSystem::Posix(),
                                           source.directory);
}

void RemoveFetched(const DataDirectory& data) {
  const auto names = data.fs()->ListDirectory(data.path());
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    if (!absl::StartsWith(name, kFetchPrefix) &&
        !absl::StartsWith(name, kLinkPrefix)) {
      continue;
    }
    data.fs()->RemoveRecursively(JoinPath(data.path(), name)).IgnoreError();
  }
}

Follower::Follower(std::unique_ptr<VersionSource> source, WriterState* state,
                   const LiveConfig* config)
    : source_(std::move(source)),
      state_(state),
      config_(config),
      fs_(state->data().fs()),
      in_place_(config->Get()->follow_in_place) {}

Follower::~Follower() {
  stopped_.Stop();
  source_->Stop();
  if (thread_.joinable()) thread_.join();
}

void Follower::Start() {
  if (state_->indexes()->All().empty()) state_->hub()->Hold();
  for (const auto& index : state_->indexes()->All()) {
    state_->replica()->Behind(index->name(), 0,
                              "the source has not been asked yet", absl::Now());
  }
  thread_ = std::thread([this] { Loop(); });
}

void Follower::Loop() {
  LowerThreadPriority(kBackgroundPriority);
  do {
    if (Look(absl::Now()).ok()) state_->hub()->Release();
  } while (!stopped_.AwaitStop(config_->Get()->follow_interval));
}

absl::Status Follower::Look(absl::Time now) {
  const absl::StatusOr<std::vector<SourceIndex>> listed = source_->List();
  if (stopped()) return absl::CancelledError("the process is shutting down");
  state_->metrics()->SetSourceUp(listed.ok());
  if (!listed.ok()) {
    const std::string failure(listed.status().message());
    if (failure != source_failure_) {
      spdlog::warn("source cannot be asked source={} error=\"{}\"",
                   config_->Get()->follow, listed.status().ToString());
    }
    source_failure_ = failure;
    state_->replica()->AllBehind(
        absl::StrCat("the source cannot be asked: ", failure));
    for (const auto& index : state_->indexes()->All()) {
      state_->hub()->StagedChanged(index->name());
    }
    return listed.status();
  }
  if (!source_failure_.empty()) {
    spdlog::info("source answers again source={}", config_->Get()->follow);
    source_failure_.clear();
  }
  std::set<std::string> names;
  for (const SourceIndex& index : *listed) {
    if (!ValidateIndexName(index.name).ok()) continue;
    if (stopped()) return absl::CancelledError("the process is shutting down");
    names.insert(index.name);
    FollowIndex(index, now);
  }
  DropMissing(names);
  return absl::OkStatus();
}

bool Follower::Serves(const std::string& name, int64_t version) const {
  const auto index = state_->indexes()->Find(name);
  if (!index.ok()) return version == 0;
  const std::shared_ptr<const OpenVersion> served = (*index)->current();
  return version == (served == nullptr ? 0 : served->manifest.version);
}

void Follower::FollowIndex(const SourceIndex& index, absl::Time now) {
  Followed& followed = followed_[index.name];
  followed.missing = 0;
  if (index.revision.empty()) {
    state_->replica()->Behind(index.name, index.version,
                              "the source does not serve it at the moment",
                              now);
    state_->hub()->StagedChanged(index.name);
    return;
  }
  absl::Status status;
  if (index.revision != followed.revision ||
      !Serves(index.name, followed.version)) {
    // Unless the clock was set back meanwhile.
    const bool is_early =
        now < followed.next_try && followed.next_try - now <= kMaxPause;
    if (index.revision == followed.tried_revision && is_early) {
      state_->hub()->StagedChanged(index.name);
      return;
    }
    status = TakeOver(index);
  }
  if (status.ok()) {
    followed = Followed();
    followed.revision = index.revision;
    followed.version = index.version;
    state_->replica()->InSync(index.name, index.version, now);
    state_->hub()->StagedChanged(index.name);
    return;
  }
  if (stopped()) return;
  const std::string reason(status.message());
  if (reason != followed.reason) {
    spdlog::warn("version not taken over index={} version={} error=\"{}\"",
                 index.name, index.version, status.ToString());
  }
  followed.reason = reason;
  followed.failures =
      index.revision == followed.tried_revision ? followed.failures + 1 : 1;
  followed.tried_revision = index.revision;
  // Looking is cheap; bringing all the bytes again is not.
  const absl::Duration interval = config_->Get()->follow_interval;
  followed.next_try =
      MayComeSoon(status)
          ? now
          : now +
                std::min(kMaxPause, interval * (1 << std::min(followed.failures,
                                                              kMaxDoublings)));
  state_->metrics()->TakeOverFailed(index.name);
  state_->replica()->Behind(index.name, index.version, reason, now);
  state_->hub()->StagedChanged(index.name);
}

std::string Follower::FetchPath(const std::string& name) const {
  return JoinPath(state_->data().path(),
                  absl::StrCat(in_place_ ? kLinkPrefix : kFetchPrefix, name));
}

absl::Status Follower::TakeOver(const SourceIndex& index) {
  ANNOD_ASSIGN_OR_RETURN(const SourceVersion version,
                         source_->Describe(index.name));
  ANNOD_RETURN_IF_ERROR(CheckDescription(index.name, version));
  if (version.has_version) {
    if (version.manifest.version != index.version) {
      return absl::UnavailableError(
          absl::StrCat("the source has gone from version ", index.version,
                       " to ", version.manifest.version, " meanwhile"));
    }
    return TakeOverVersion(index.name, version);
  }
  const auto local = state_->indexes()->Find(index.name);
  if (!local.ok()) return absl::OkStatus();  // nothing to serve yet
  const IndexSettings settings = ReplicaSettings(version);
  if (!IsSameIndex(*(*local)->settings(), settings)) {
    return state_->Drop(index.name);
  }
  ANNOD_RETURN_IF_ERROR(
      (*local)->Mirror(settings, /*version=*/0, config_->Get()->keep_versions));
  state_->AnnounceVersion(**local);
  return absl::OkStatus();
}

absl::Status Follower::TakeOverVersion(const std::string& name,
                                       const SourceVersion& version) {
  const int64_t number = version.manifest.version;
  const std::string directory = state_->data().IndexPath(name);
  const IndexSettings settings = ReplicaSettings(version);
  const auto local = state_->indexes()->Find(name);
  const bool is_same = local.ok() && (*local)->failure().ok() &&
                       IsSameIndex(*(*local)->settings(), settings);
  const VersionStore store(fs_, directory);
  const std::string local_manifest =
      fs_->ReadFile(JoinPath(JoinPath(JoinPath(directory, kVersionsDirectory),
                                      VersionName(number)),
                             kManifestFile),
                    kMaxJsonBytes)
          .value_or("");
  const bool is_here = is_same && local_manifest == version.manifest_json &&
                       store.IsVerified(number);
  if (!is_here) {
    const absl::Time start = absl::Now();
    FetchOptions options;
    options.in_place = in_place_;
    options.stopped = [this] { return stopped(); };
    options.fetched = [this](uint64_t bytes) {
      state_->metrics()->Fetched(bytes);
    };
    ANNOD_RETURN_IF_ERROR(FetchVersionFiles(fs_, source_.get(), name, version,
                                            FetchPath(name), options));
    spdlog::info("version fetched index={} version={} seconds={:.3f}", name,
                 number, absl::ToDoubleSeconds(absl::Now() - start));
  }
  // Another version of the same number: workers must see the old one go.
  const bool is_replaced = !is_here && is_same && !local_manifest.empty() &&
                           local_manifest != version.manifest_json;
  if (!is_same || is_replaced) {
    if (local.ok()) ANNOD_RETURN_IF_ERROR(state_->Drop(name));
    return Create(version, FetchPath(name));
  }
  if (!is_here) {
    ANNOD_RETURN_IF_ERROR(
        InstallVersion(fs_, FetchPath(name), directory, number));
  }
  const absl::Status mirrored =
      (*local)->Mirror(settings, number, config_->Get()->keep_versions);
  if (!mirrored.ok() && !is_here && !Serves(name, number)) {
    // Not to be found by a restart, nor kept.
    fs_->RemoveRecursively(JoinPath(JoinPath(directory, kVersionsDirectory),
                                    VersionName(number)))
        .IgnoreError();
  }
  ANNOD_RETURN_IF_ERROR(mirrored);
  state_->AnnounceVersion(**local);
  return absl::OkStatus();
}

absl::Status Follower::Create(const SourceVersion& version,
                              const std::string& fetched) {
  const int64_t number = version.manifest.version;
  const IndexSettings settings = ReplicaSettings(version);
  const auto index = state_->indexes()->Create(
      settings, config_->Get()->limits.max_indexes,
      [&](const PendingIndex& pending) -> absl::Status {
        ANNOD_RETURN_IF_ERROR(
            InstallVersion(fs_, fetched, pending.directory(), number));
        return VersionStore(fs_, pending.directory()).SetCurrent(number);
      });
  ANNOD_RETURN_IF_ERROR(index.status());
  state_->AnnounceVersion(**index);
  return absl::OkStatus();
}

void Follower::DropMissing(const std::set<std::string>& listed) {
  // A source without any is more likely a volume that is not there.
  if (listed.empty()) return;
  for (const auto& index : state_->indexes()->All()) {
    const std::string& name = index->name();
    if (listed.count(name) > 0) continue;
    if (++followed_[name].missing < kLooksBeforeDrop) continue;
    const absl::Status dropped = state_->Drop(name);
    if (!dropped.ok()) {
      spdlog::error("index not dropped index={} error=\"{}\"", name,
                    dropped.ToString());
      continue;
    }
    fs_->RemoveRecursively(FetchPath(name)).IgnoreError();
    followed_.erase(name);
  }
}

}  // namespace annod
