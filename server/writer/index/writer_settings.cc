// The part of WriterIndex that changes settings.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/writer/index/storage_reason.h"
#include "server/writer/index/writer_index.h"

namespace annod {
namespace {

absl::Status InvalidSettings(const absl::Status& status) {
  const std::string message(status.message());
  return WithReason(status, kInvalidField,
                    {{"field", message.substr(0, message.find(' '))}});
}

}  // namespace

bool WriterIndex::HasItems() const {
  const Staging* const staged = staging_.items();
  if (staged != nullptr && staged->item_count() > 0) return true;
  absl::MutexLock lock(&state_mu_);
  return versions_.newest != nullptr || versions_.newest_number > 0;
}

absl::Status WriterIndex::StoreSettings(IndexSettings settings) {
  const absl::Status valid = ValidateIndexSettings(settings);
  if (!valid.ok()) return InvalidSettings(valid);
  ANNOD_RETURN_IF_ERROR(WithStorageReason(data_->WriteSettings(settings)));
  auto stored = std::make_shared<const IndexSettings>(std::move(settings));
  absl::MutexLock lock(&state_mu_);
  settings_ = std::move(stored);
  return absl::OkStatus();
}

absl::Status WriterIndex::StoreShape(IndexSettings settings) {
  const absl::Status valid = ValidateIndexSettings(settings);
  if (!valid.ok()) return InvalidSettings(valid);
  const std::shared_ptr<const IndexSettings> before = this->settings();
  // The journal names the dimension, and there is no item in it.
  absl::Status stored = WithStorageReason(staging_.Replace(settings));
  if (stored.ok()) stored = StoreSettings(std::move(settings));
  // What is open goes with the settings on disk.
  if (!stored.ok() && !staging_.Replace(*before).ok()) staging_.SetFailed();
  return stored;
}

absl::Status WriterIndex::ChangeSettings(
    const std::function<absl::Status(IndexSettings*)>& edit) {
  absl::MutexLock change(&change_mu_);
  // Additions wait: they depend on what may change.
  absl::MutexLock lock(&mu_);
  if (dropped_) return IndexNotFoundError(name_);
  ANNOD_RETURN_IF_ERROR(failure_);
  // Its items count, though they cannot be read.
  ANNOD_RETURN_IF_ERROR(WithStorageReason(staging_.failure()));
  const std::shared_ptr<const IndexSettings> before = settings();
  IndexSettings after = *before;
  ANNOD_RETURN_IF_ERROR(edit(&after));
  if (after.feature_names != before->feature_names) {
    // From now on, also of the versions there are.
    absl::MutexLock state(&state_mu_);
    after.feature_names_through = versions_.newest_number;
  }
  if (after.dim == before->dim && after.metric == before->metric) {
    ANNOD_RETURN_IF_ERROR(StoreSettings(after));
    if (after.allow_duplicate_labels && staging_.items() != nullptr) {
      staging_.items()->AllowDuplicateLabels();
    }
    return absl::OkStatus();
  }
  if (HasItems()) {
    const bool dim_changes = after.dim != before->dim;
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kIndexNotEmpty,
        absl::StrCat(
            "index '", name_, "' has items: its ",
            dim_changes ? absl::StrCat("dimension stays ", before->dim)
                        : absl::StrCat("metric stays ",
                                       std::string(MetricName(before->metric))),
            "; Rebuild makes an index with another metric"),
        {{"index", name_}, {"field", dim_changes ? "dimension" : "metric"}});
  }
  return StoreShape(std::move(after));
}

absl::Status WriterIndex::FixDimension(int dim) {
  absl::MutexLock change(&change_mu_);
  absl::MutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckWritable());
  IndexSettings changed = *settings();
  if (changed.dim != 0) return absl::OkStatus();
  changed.dim = dim;
  return StoreShape(std::move(changed));
}

}  // namespace annod
