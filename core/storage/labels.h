#ifndef ANNOD_CORE_STORAGE_LABELS_H_
#define ANNOD_CORE_STORAGE_LABELS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/file_system.h"

namespace annod {

inline constexpr size_t kMaxLabelBytes = 1024;

// InvalidArgument unless `label` is UTF-8 of at most kMaxLabelBytes without
// NUL.
absl::Status ValidateLabel(absl::string_view label);

// The labels of a version, mapped from its labels file (docs/format.md): both
// directions without copying the table to the heap. Thread-safe, immutable.
class LabelTable {
 public:
  // DataLoss if any offset, order or id in the file is wrong.
  static absl::StatusOr<std::shared_ptr<const LabelTable>> Open(
      FileSystem* fs, const std::string& path);

  virtual ~LabelTable() = default;
  virtual int64_t size() const = 0;
  // Id and label number `position` in [0, size()), by ascending id.
  virtual std::pair<int32_t, absl::string_view> At(int64_t position) const = 0;
  // Empty if the item has none. The view lives as long as the table.
  virtual absl::string_view LabelOf(int32_t id) const = 0;
  // The smallest id that has `label`.
  virtual std::optional<int32_t> IdOf(absl::string_view label) const = 0;
  // All ids that have `label`, ascending.
  virtual std::vector<int32_t> IdsOf(absl::string_view label) const = 0;
};

// Writes a labels file, synced. `labels`: (id, label), ids ascending and
// unique; labels unique unless `allow_duplicates`.
absl::Status WriteLabels(
    FileSystem* fs, const std::string& path,
    const std::vector<std::pair<int32_t, absl::string_view>>& labels,
    bool allow_duplicates = false);

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_LABELS_H_
