#ifndef ANNOD_CORE_PUBLISH_ROW_SPOOL_H_
#define ANNOD_CORE_PUBLISH_ROW_SPOOL_H_

#include <cstdint>
#include <memory>
#include <string>
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
// Takes 12 bytes of memory a row, however long vectors and labels are. Nothing
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

  // Takes one row of `dim` components; `label` may be empty. ResourceExhausted
  // for a full disk; after an error the spool is of no more use.
  absl::Status Add(absl::Span<const float> vector, absl::string_view label);

  int64_t row_count() const { return row_count_; }

  // Ends the adding and maps the rows, which get the ids from `first_id` on.
  // The layer may outlive the spool. To be called once; the last id must be
  // one.
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
  Output vectors_;
  Output labels_;
  uint64_t label_bytes_ = 0;
  std::vector<uint64_t> label_ends_;  // as many as rows, or none if no label
};

}  // namespace annod

#endif  // ANNOD_CORE_PUBLISH_ROW_SPOOL_H_
