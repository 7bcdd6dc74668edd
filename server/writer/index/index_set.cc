#include "server/writer/index/index_set.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/writer/index/storage_reason.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

absl::Status ExistsError(const std::string& name) {
  return ReasonError(absl::StatusCode::kAlreadyExists, kIndexExists,
                     absl::StrCat("index '", name, "' exists already"),
                     {{"index", name}});
}

absl::Status RejectedError(const std::string& path,
                           const absl::Status& reason) {
  return ReasonError(
      absl::StatusCode::kFailedPrecondition, kFileRejected,
      absl::StrCat("path is '", Printable(path, kMaxPrintedPathBytes),
                   "'; the file does not pass the check for "
                   "this metric and dimension: ",
                   reason.message()),
      {{"field", "path"}, {"value", Printable(path, kMaxPrintedPathBytes)}});
}

}  // namespace

IndexSet::IndexSet(DataDirectory* data, const StagingOptions& options,
                   FindAttachedFile find)
    : data_(data), options_(options), find_attached_(std::move(find)) {}

absl::Status IndexSet::OpenAll() {
  std::vector<absl::Status> left_behind;
  ANNOD_RETURN_IF_ERROR(data_->RemoveLeftovers(&left_behind));
  for (const absl::Status& status : left_behind) {
    spdlog::warn("left behind error=\"{}\"", status.ToString());
  }
  absl::StatusOr<std::vector<std::string>> names = data_->ListIndexes();
  ANNOD_RETURN_IF_ERROR(names.status());
  for (const std::string& name : *names) {
    std::shared_ptr<WriterIndex> index =
        WriterIndex::Open(data_, name, options_, find_attached_);
    absl::MutexLock lock(&mu_);
    indexes_[name] = std::move(index);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<WriterIndex>> IndexSet::Find(
    const std::string& name) const {
  absl::MutexLock lock(&mu_);
  const auto it = indexes_.find(name);
  if (it == indexes_.end() || reserved_.count(name) > 0) {
    return IndexNotFoundError(name);
  }
  return it->second;
}

std::vector<std::shared_ptr<WriterIndex>> IndexSet::All() const {
  absl::MutexLock lock(&mu_);
  std::vector<std::shared_ptr<WriterIndex>> all;
  all.reserve(indexes_.size());
  for (const auto& [name, index] : indexes_) all.push_back(index);
  return all;
}

absl::Status IndexSet::ReserveNew(const std::string& name, int max_indexes) {
  absl::MutexLock lock(&mu_);
  if (indexes_.count(name) > 0 || reserved_.count(name) > 0) {
    return ExistsError(name);
  }
  size_t count = indexes_.size();
  for (const std::string& other : reserved_) count += 1 - indexes_.count(other);
  if (count >= static_cast<size_t>(max_indexes)) {
    return ReasonError(
        absl::StatusCode::kResourceExhausted, kLimitReached,
        absl::StrCat("index '", name, "' would be number ", count + 1,
                     "; at most ", max_indexes, " are allowed (max_indexes)"),
        {{"limit", absl::StrCat(max_indexes)}});
  }
  reserved_.insert(name);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<WriterIndex>> IndexSet::ReserveExisting(
    const std::string& name) {
  absl::MutexLock lock(&mu_);
  const auto it = indexes_.find(name);
  if (it == indexes_.end() || reserved_.count(name) > 0) {
    return IndexNotFoundError(name);
  }
  reserved_.insert(name);
  return it->second;
}

void IndexSet::Release(const std::string& name) {
  absl::MutexLock lock(&mu_);
  reserved_.erase(name);
}

absl::StatusOr<std::shared_ptr<WriterIndex>> IndexSet::Create(
    const IndexSettings& settings, int max_indexes, const Fill& fill) {
  ANNOD_RETURN_IF_ERROR(ReserveNew(settings.name, max_indexes));
  absl::Cleanup release = [&] { Release(settings.name); };
  return CreateReserved(settings, fill);
}

absl::StatusOr<std::shared_ptr<WriterIndex>> IndexSet::CreateReserved(
    const IndexSettings& settings, const Fill& fill) {
  const std::string& name = settings.name;
  absl::StatusOr<std::unique_ptr<PendingIndex>> pending =
      data_->BeginIndex(settings);
  if (!pending.ok()) return WithStorageReason(pending.status());
  if (fill) ANNOD_RETURN_IF_ERROR(fill(**pending));
  const absl::Status created = data_->CommitIndex(*std::move(pending));
  // A directory that could not be opened as an index at start-up.
  if (absl::IsAlreadyExists(created)) return ExistsError(name);
  if (!created.ok()) return WithStorageReason(created);
  std::shared_ptr<WriterIndex> index =
      WriterIndex::Open(data_, name, options_, find_attached_);
  if (!index->open_status().ok()) {
    // Nobody has seen it yet.
    data_->DropIndex(name).IgnoreError();
    if (settings.attached()) {
      return RejectedError(settings.attached_path, index->open_status());
    }
    return WithStorageReason(index->open_status());
  }
  absl::MutexLock lock(&mu_);
  indexes_[name] = index;
  return index;
}

absl::StatusOr<std::vector<std::shared_ptr<WriterIndex>>> IndexSet::LookAgain(
    const std::string& name) {
  absl::StatusOr<std::vector<std::string>> names = data_->ListIndexes();
  if (!names.ok()) return WithStorageReason(names.status());
  for (const std::string& other : *names) {
    if (!name.empty() && other != name) continue;
    {
      absl::MutexLock lock(&mu_);
      const auto it = indexes_.find(other);
      const bool open = it != indexes_.end() && it->second->failure().ok();
      if (open || !reserved_.insert(other).second) continue;
    }
    // One that failed to open has no journal open: a second one may be.
    std::shared_ptr<WriterIndex> index =
        WriterIndex::Open(data_, other, options_, find_attached_);
    absl::MutexLock lock(&mu_);
    reserved_.erase(other);
    indexes_[other] = std::move(index);
  }
  if (name.empty()) return All();
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = Find(name);
  ANNOD_RETURN_IF_ERROR(index.status());
  return std::vector<std::shared_ptr<WriterIndex>>{*std::move(index)};
}

absl::StatusOr<std::shared_ptr<void>> IndexSet::Reserve(const std::string& name,
                                                        int max_indexes) {
  ANNOD_RETURN_IF_ERROR(ReserveNew(name, max_indexes));
  return std::shared_ptr<void>(nullptr, [this, name](void*) { Release(name); });
}

absl::Status IndexSet::Drop(const std::string& name,
                            const std::function<void()>& quiesce,
                            const std::function<bool()>& still_wanted) {
  absl::StatusOr<std::shared_ptr<WriterIndex>> index = ReserveExisting(name);
  ANNOD_RETURN_IF_ERROR(index.status());
  absl::Cleanup release = [&] { Release(name); };
  quiesce();
  return DropReserved(index->get(), still_wanted, /*only_empty=*/false);
}

absl::Status IndexSet::DropEmpty(const std::shared_ptr<WriterIndex>& index,
                                 const std::function<bool()>& still_wanted) {
  const std::string& name = index->name();
  absl::StatusOr<std::shared_ptr<WriterIndex>> found = ReserveExisting(name);
  ANNOD_RETURN_IF_ERROR(found.status());
  absl::Cleanup release = [&] { Release(name); };
  if (*found != index) return IndexNotFoundError(name);
  return DropReserved(index.get(), still_wanted, /*only_empty=*/true);
}

absl::Status IndexSet::DropReserved(WriterIndex* index,
                                    const std::function<bool()>& still_wanted,
                                    bool only_empty) {
  const auto remove = [&]() -> absl::Status {
    if (still_wanted && !still_wanted()) {
      return absl::CancelledError("not to be dropped any more");
    }
    return WithStorageReason(data_->DropIndex(index->name()));
  };
  ANNOD_RETURN_IF_ERROR(index->Drop(remove, only_empty));
  absl::MutexLock lock(&mu_);
  indexes_.erase(index->name());
  return absl::OkStatus();
}

}  // namespace annod
