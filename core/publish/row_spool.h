#ifndef ANNOD_CORE_PUBLISH_ROW_SPOOL_H_
#define ANNOD_CORE_PUBLISH_ROW_SPOOL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/file_system.h"
#include "core/staging/item_layer.h"

namespace annod {

// Rows that are to become items together or not at all: vectors and labels are
// written to two temporary files as they come and mapped when all are there.
// Takes 12 bytes of memory a row, however long vectors and labels are, and 12
// more for rows with ids of their own. Nothing
// is synced: what a crash leaves behind is removed at the next start
// (DataDirectory::RemoveLeftovers). Not thread-safe.
class RowSpool {
 public:
  // The files lie in `directory`, an index's or the data directory itself,
  // under names that IsTemporaryName(). `fs` must outlive the object.
  static absl::StatusOr<std::unique_ptr<RowSpool>> Create(
      FileSystem* fs, const std::string& directory, int dim);

  // Removes the files.
  ~RowSpool();
  RowSpool(const RowSpool&) = delete;
  RowSpool& operator=(const RowSpool&) = delete;

  // Takes one row of `dim` components; `label` may be empty. Either every row
  // has an id or none. ResourceExhausted for a full disk; after an error the
  // spool is of no more use.
  absl::Status Add(absl::Span<const float> vector, absl::string_view label,
                   std::optional<int32_t> id = std::nullopt);

  int64_t row_count() const { return row_count_; }

  // Numbers of two rows that have one id, the smaller first.
  std::optional<std::pair<int64_t, int64_t>> EqualIds();

  // Of a row with an id of its own: that id.
  int32_t IdOf(int64_t row) const { return own_ids_[row]; }

  // Of rows with ids of their own, after EqualIds(): the smallest and largest.
  bool has_ids() const { return !own_ids_.empty(); }
  int32_t smallest_id() const { return own_ids_[order_.front()]; }
  int32_t largest_id() const { return own_ids_[order_.back()]; }

  // Number of the row that got `id`, after Finish(); -1 if none did.
  int64_t RowOf(int32_t id) const;

  // Ends the adding and maps the rows, which get the ids from `first_id` on if
  // they have none. The layer may outlive the spool. To be called once; the
  // last id must be one, and ids of rows different.
  absl::StatusOr<std::unique_ptr<const ItemLayer>> Finish(int32_t first_id);

 private:
  // A file written through a buffer.
  struct Output {
    std::string path;
    std::unique_ptr<WritableFile> file;  // null: not begun
    std::string buffer;
  };

  RowSpool(FileSystem* fs, int dim) : fs_(fs), dim_(dim) {}

  absl::Status Begin(Output* output);
  absl::Status Append(absl::string_view bytes, Output* output);
  // Closes and maps; null if the file was not begun or is empty.
  absl::StatusOr<std::unique_ptr<MappedFile>> Map(Output* output);

  FileSystem* const fs_;
  const int dim_;
  int64_t row_count_ = 0;
  int32_t first_id_ = 0;          // of rows without ids
  std::vector<int32_t> own_ids_;  // as many as rows, or none
  std::vector<int64_t> order_;    // rows by ascending id of their own
  Output vectors_;
  Output labels_;
  uint64_t label_bytes_ = 0;
  std::vector<uint64_t> label_ends_;  // as many as rows, or none if no label
};

}  // namespace annod

#endif  // ANNOD_CORE_PUBLISH_ROW_SPOOL_H_
