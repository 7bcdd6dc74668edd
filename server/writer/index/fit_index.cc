// WriterIndex::Fit(): rows become a version, all or none of them.
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/publish/overlay_source.h"
#include "core/publish/publish.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/writer/index/fit_limits.h"
#include "server/writer/index/writer_index.h"

namespace annod {

absl::StatusOr<std::shared_ptr<const StagedSnapshot>>
WriterIndex::BeginReset() {
  absl::ReaderMutexLock lock(&mu_);
  ANNOD_RETURN_IF_ERROR(CheckWritable());
  if (staging_ == nullptr) return nullptr;
  absl::StatusOr<std::shared_ptr<const StagedSnapshot>> staged =
      staging_->Freeze();
  if (!staged.ok()) return WithStorageReason(staged.status());
  return staged;
}

absl::StatusOr<FitResult> WriterIndex::Fit(const FitInput& fit, BuildJob* job,
                                           int keep_versions) {
  ANNOD_RETURN_IF_ERROR(CheckBuildable());
  const bool had_dimension = settings()->dim != 0;
  ANNOD_RETURN_IF_ERROR(FixDimension(fit.dim));
  if (settings()->dim != fit.dim) {
    return FieldError(
        "rows", absl::StrCat(fit.dim, " components"),
        absl::StrCat(settings()->dim, " components"),
        absl::StrCat("the rows have ", fit.dim, " components; index '", name_,
                     "' got dimension ", settings()->dim, " meanwhile"));
  }
  absl::StatusOr<FitResult> result = FitItems(fit, job, keep_versions);
  if (!result.ok() && !had_dimension) {
    // Refused if somebody else added an item: then the dimension is that one's.
    ChangeSettings([](IndexSettings* settings) {
      settings->dim = 0;
      return absl::OkStatus();
    }).IgnoreError();
  }
  return result;
}

absl::StatusOr<FitResult> WriterIndex::FitItems(const FitInput& fit,
                                                BuildJob* job,
                                                int keep_versions) {
  job->Report(v1::BUILD_PHASE_COLLECTING, 0, 0);
  const std::shared_ptr<const OpenVersion> base = newest();
  std::shared_ptr<const StagedSnapshot> staged = fit.replaced;
  if (staged == nullptr) {
    absl::StatusOr<std::shared_ptr<const StagedSnapshot>> frozen = BeginReset();
    ANNOD_RETURN_IF_ERROR(frozen.status());
    staged = *std::move(frozen);
  }
  BuildInput input = InputOf(base.get(), *staged);
  if (!fit.append) {
    input.base = nullptr;
    input.layers.clear();
  }
  std::optional<int32_t> start = fit.start_index;
  if (!fit.append && !start.has_value()) start = 0;
  const int64_t row_count = fit.rows->row_count();
  // Items added from now on without an id get others.
  int64_t first;
  {
    absl::ReaderMutexLock lock(&mu_);
    ANNOD_RETURN_IF_ERROR(CheckWritable());
    first = staging_->ReserveIds(start, row_count);
  }
  absl::Cleanup forget = [this] {
    absl::ReaderMutexLock lock(&mu_);
    if (staging_ != nullptr) staging_->ForgetReservedIds();
  };
  ANNOD_RETURN_IF_ERROR(CheckFitIds(first, row_count));
  FitResult result;
  result.first_id = static_cast<int32_t>(first);
  absl::StatusOr<std::unique_ptr<const ItemLayer>> rows =
      fit.rows->Finish(result.first_id);
  if (!rows.ok()) return WithStorageReason(rows.status());
  input.layers.push_back(rows->get());
  IndexSettings settings = *this->settings();
  if (fit.feature_names.has_value()) {
    settings.feature_names = *fit.feature_names;
  }
  ANNOD_RETURN_IF_ERROR(CheckFitItems(OverlaySource(input.base, input.layers),
                                      **rows, settings, options_));
  absl::StatusOr<v1::BuildResult> built =
      PublishBuild(settings, input, *staged, job, keep_versions);
  ANNOD_RETURN_IF_ERROR(built.status());
  std::move(forget).Cancel();  // the version has them
  result.build = *std::move(built);
  return result;
}

}  // namespace annod
