#ifndef ANNOD_CORE_FORMATS_CANONICAL_BLOB_H_
#define ANNOD_CORE_FORMATS_CANONICAL_BLOB_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/forest/build_rules.h"
#include "core/forest/forest_builder.h"
#include "core/formats/byte_sink.h"
#include "core/metric.h"

namespace annod {

// scikit-plots' canonical blob (docs/format.md): a header and the vector of
// every id, zeros for holes, which are not told from items. Readers build the
// trees again.

struct CanonicalHeader {
  int version = 1;  // 1 or 2; 2 has wider counts
  Metric metric = Metric::kAngular;
  int dim = 0;
  int64_t slot_count = 0;
  int tree_count = 0;  // 0: of an index that was not built
  std::optional<uint64_t> seed;
  std::optional<int> verbosity;
};

struct CanonicalBlob {
  CanonicalHeader header;
  absl::Span<const char> rows;  // slot_count x dim floats, 4-aligned
};

// True if `bytes` begin like one, whole or not.
bool IsCanonicalBlob(absl::Span<const char> bytes);

// Reads the header of `bytes`, for which IsCanonicalBlob() holds, and every
// component. DataLoss for what no writer writes: a cut header, rows of another
// size, fields that contradict each other, a vector that no forest can hold;
// FailedPrecondition for an unknown version.
absl::StatusOr<CanonicalBlob> ReadCanonicalBlob(absl::Span<const char> bytes);

// The rules that the writer of a blob of that version builds by.
BuildRules RulesOfCanonicalVersion(int version);

// The rows of a blob, which must outlive it, as items.
class CanonicalVectors : public VectorSource {
 public:
  explicit CanonicalVectors(const CanonicalBlob& blob) : blob_(blob) {}
  int64_t slot_count() const override { return blob_.header.slot_count; }
  bool Get(int64_t id, absl::Span<float> out) const override;

 private:
  const CanonicalBlob blob_;
};

// Bytes that WriteCanonicalBlob() will write.
uint64_t CanonicalBlobBytes(const CanonicalHeader& header);

// Writes version 1. `item_count` of the source's slots hold an item; if those
// are not all of `header.slot_count`, FailedPrecondition naming how many are
// holes, unless they are to become items with the zero vector (`fill_holes`).
absl::Status WriteCanonicalBlob(const CanonicalHeader& header,
                                const VectorSource& source, int64_t item_count,
                                bool fill_holes, const ByteSink& sink);

}  // namespace annod

#endif  // ANNOD_CORE_FORMATS_CANONICAL_BLOB_H_
