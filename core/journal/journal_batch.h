#ifndef ANNOD_CORE_JOURNAL_JOURNAL_BATCH_H_
#define ANNOD_CORE_JOURNAL_JOURNAL_BATCH_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/journal/journal_format.h"
#include "core/journal/staged_item.h"
#include "core/metric.h"

namespace annod {

// The record of one call, encoded by the caller's thread but for what only its
// place in the journal decides: ids that were left open, and checksums.
class EncodedBatch {
 public:
  // Checks the items as far as they alone go: InvalidArgument naming item,
  // field, value and limit. At least one item.
  static absl::StatusOr<EncodedBatch> Make(absl::Span<const StagedItem> items,
                                           const JournalIdentity& identity,
                                           Metric metric);

  // The record that removes the items `ids`, which exist. At least one.
  static EncodedBatch Removal(absl::Span<const int32_t> ids,
                              const JournalIdentity& identity);

  uint64_t size() const { return bytes_.size(); }
  // For batches of items only.
  void set_id(size_t item, int32_t id);

  // Completes the record for its place and returns its bytes.
  absl::string_view Seal(int64_t segment, uint64_t offset,
                         uint64_t durable_through);

 private:
  explicit EncodedBatch(const JournalIdentity& identity)
      : identity_(identity) {}

  JournalIdentity identity_;
  std::string bytes_;
};

// A complete record of type kMark for that place.
std::string EncodeMark(const JournalIdentity& identity, int64_t segment,
                       uint64_t offset, uint64_t durable_through);

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_JOURNAL_BATCH_H_
