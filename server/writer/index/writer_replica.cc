// The part of WriterIndex that follows a source.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/writer/index/storage_reason.h"
#include "server/writer/index/writer_index.h"
#include "spdlog/spdlog.h"

namespace annod {

absl::Status WriterIndex::Mirror(IndexSettings settings, int64_t version,
                                 int keep_versions) {
  {
    absl::MutexLock change(&change_mu_);
    ANNOD_RETURN_IF_ERROR(CheckChangeable());
    const absl::StatusOr<std::vector<int64_t>> on_disk = store_.List();
    if (!on_disk.ok()) return WithStorageReason(on_disk.status());
    if (version > 0) {
      const absl::StatusOr<std::shared_ptr<const OpenVersion>> opened =
          store_.Open(WriterView(settings), version);
      if (!opened.ok()) {
        return ReasonError(
            absl::StatusCode::kFailedPrecondition, kVersionRejected,
            absl::StrCat(
                "version ", version, " of index '", name_,
                "' does not pass its checks: ", opened.status().message()));
      }
      // Newer ones, of before the source went back, are not taken for news.
      const int64_t last = on_disk->empty() ? 0 : on_disk->back();
      settings.rolled_back_from = last > version ? last : 0;
    } else {
      // Whatever there is here is not served.
      const absl::StatusOr<int64_t> current = store_.Current();
      if (!current.ok()) return WithStorageReason(current.status());
      settings.rolled_back_from = this->settings()->rolled_back_from;
      settings.unbuilt_through = std::max(settings.unbuilt_through, *current);
    }
    ANNOD_RETURN_IF_ERROR(StoreSettings(std::move(settings)));
    if (version > 0) {
      ANNOD_RETURN_IF_ERROR(WithStorageReason(store_.SetCurrent(version)));
      const absl::Status removed = store_.RemoveOld(keep_versions);
      if (!removed.ok()) {
        // Takes space only; the next version tries again.
        spdlog::warn("old version not removed index={} error=\"{}\"", name_,
                     removed.ToString());
      }
    }
  }
  return Reload();
}

}  // namespace annod
