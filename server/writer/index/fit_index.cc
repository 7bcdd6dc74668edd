#include "server/writer/index/fit_index.h"

#include <cstdint>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "core/publish/overlay_source.h"
#include "core/publish/publish.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/writer/index/build_index.h"
#include "server/writer/index/fit_limits.h"
#include "server/writer/index/storage_reason.h"

namespace annod {
namespace {

absl::StatusOr<FitResult> FitItems(const FitInput& fit, WriterIndex* index,
                                   BuildJob* job, int keep_versions) {
  job->Report(v1::BUILD_PHASE_COLLECTING, 0, 0);
  const std::shared_ptr<const OpenVersion> base = index->newest();
  std::shared_ptr<const StagedSnapshot> staged = fit.replaced;
  if (staged == nullptr) {
    absl::StatusOr<std::shared_ptr<const StagedSnapshot>> frozen =
        index->BeginReset();
    ANNOD_RETURN_IF_ERROR(frozen.status());
    if (*frozen == nullptr) return NoStagingError(index->name());
    staged = *std::move(frozen);
  }
  BuildInput input = InputOf(base.get(), *staged);
  if (!fit.append) {
    input.base = nullptr;
    input.layers.clear();
  }
  std::optional<int32_t> start = fit.start_index;
  if (!fit.append && !start.has_value()) start = 0;
  int64_t id_count = fit.rows->row_count();
  if (fit.rows->has_ids()) {
    start = fit.rows->smallest_id();
    id_count = int64_t{fit.rows->largest_id()} - *start + 1;
  }
  // Items added from now on without an id get others.
  absl::StatusOr<int64_t> first = index->ReserveIds(start, id_count);
  ANNOD_RETURN_IF_ERROR(first.status());
  absl::Cleanup forget = [index] { index->ForgetReservedIds(); };
  ANNOD_RETURN_IF_ERROR(CheckFitIds(*first, id_count));
  FitResult result;
  result.first_id = static_cast<int32_t>(*first);
  absl::StatusOr<std::unique_ptr<const ItemLayer>> rows =
      fit.rows->Finish(result.first_id);
  if (!rows.ok()) return WithStorageReason(rows.status());
  input.layers.push_back(rows->get());
  IndexSettings settings = *index->settings();
  if (fit.feature_names.has_value()) {
    settings.feature_names = *fit.feature_names;
  }
  ANNOD_RETURN_IF_ERROR(CheckFitItems(OverlaySource(input.base, input.layers),
                                      **rows, *fit.rows, settings,
                                      index->staging_options()));
  absl::StatusOr<v1::BuildResult> built =
      BuildFrom(input, *staged, settings, index, job, keep_versions);
  ANNOD_RETURN_IF_ERROR(built.status());
  std::move(forget).Cancel();  // the version has them
  result.build = *std::move(built);
  return result;
}

}  // namespace

absl::StatusOr<FitResult> FitIndex(const FitInput& fit, WriterIndex* index,
                                   BuildJob* job, int keep_versions) {
  ANNOD_RETURN_IF_ERROR(index->CheckBuildable());
  const bool had_dimension = index->settings()->dim != 0;
  ANNOD_RETURN_IF_ERROR(index->FixDimension(fit.dim));
  if (index->settings()->dim != fit.dim) {
    return FieldError(
        "rows", absl::StrCat(fit.dim, " components"),
        absl::StrCat(index->settings()->dim, " components"),
        absl::StrCat("the rows have ", fit.dim, " components; index '",
                     index->name(), "' got dimension ", index->settings()->dim,
                     " meanwhile"));
  }
  absl::StatusOr<FitResult> result = FitItems(fit, index, job, keep_versions);
  if (!result.ok() && !had_dimension) {
    // Refused if somebody else added an item: then the dimension is that one's.
    index
        ->ChangeSettings([](IndexSettings* settings) {
          settings->dim = 0;
          return absl::OkStatus();
        })
        .IgnoreError();
  }
  return result;
}

}  // namespace annod
