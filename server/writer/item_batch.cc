#include "server/writer/item_batch.h"

#include <cstring>
#include <vector>

#include "core/status_macros.h"
#include "server/request_checks.h"

namespace annod {

absl::Status ItemBatch::Assign(
    const google::protobuf::RepeatedPtrField<v1::Item>& items,
    const IndexSettings& index) {
  items_.clear();
  size_t byte_vectors = 0;
  for (int i = 0; i < items.size(); ++i) {
    ANNOD_RETURN_IF_ERROR(CheckItem(items[i], i, index));
    byte_vectors += items[i].has_vector_bytes();
  }
  const size_t dim = static_cast<size_t>(index.dim);
  floats_.resize(byte_vectors * dim);
  items_.reserve(items.size());
  float* next = floats_.data();
  for (const v1::Item& item : items) {
    StagedItem staged;
    if (item.has_id()) staged.id = item.id();
    staged.label = item.label();
    if (item.has_vector()) {
      staged.vector = {item.vector().values().data(), dim};
    } else {
      std::memcpy(next, item.vector_bytes().data(), dim * sizeof(float));
      staged.vector = {next, dim};
      next += dim;
    }
    items_.push_back(staged);
  }
  return absl::OkStatus();
}

}  // namespace annod
