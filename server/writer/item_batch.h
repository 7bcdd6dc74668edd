#ifndef ANNOD_SERVER_WRITER_ITEM_BATCH_H_
#define ANNOD_SERVER_WRITER_ITEM_BATCH_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "annod/v1/types.pb.h"
#include "core/staging/staging.h"
#include "core/storage/index_settings.h"

namespace annod {

// The items of a message in the form that staging takes. Keeps its memory for
// the next message; not thread-safe.
class ItemBatch {
 public:
  // Checks and converts all of `items`, or names the first wrong field. If the
  // index has no dimension yet all must have that of the first, which is then
  // dim(). The result refers to `items`, which must stay unchanged while it is
  // used.
  absl::Status Assign(const google::protobuf::RepeatedPtrField<v1::Item>& items,
                      const IndexSettings& index, int max_dim);

  int dim() const { return dim_; }

  absl::Span<const StagedItem> items() const { return items_; }

 private:
  int dim_ = 0;
  std::vector<StagedItem> items_;
  std::vector<float> floats_;  // vectors that came as bytes, aligned
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_ITEM_BATCH_H_
