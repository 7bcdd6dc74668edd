#include "server/writer/item_batch.h"

#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/rpc/request_checks.h"

namespace annod {

namespace {

// Components of an item whose index has no dimension yet.
absl::StatusOr<int> DimensionOf(const v1::Item& item, int max_dim) {
  const bool bytes = item.has_vector_bytes();
  const int64_t size =
      bytes ? static_cast<int64_t>(item.vector_bytes().size() / sizeof(float))
            : item.vector().values_size();
  // What is no vector at all is said better by CheckItem().
  if (item.data_case() == v1::Item::DATA_NOT_SET) return 1;
  if (size >= 1 && size <= max_dim) return static_cast<int>(size);
  return FieldError(bytes ? "items[0].vector_bytes" : "items[0].vector",
                    absl::StrCat(size, " values"),
                    absl::StrCat("1 to ", max_dim, " values"));
}

}  // namespace

absl::Status ItemBatch::Assign(
    const google::protobuf::RepeatedPtrField<v1::Item>& items,
    const IndexSettings& settings, int max_dim) {
  if (settings.dim == 0 && !items.empty()) {
    IndexSettings index = settings;
    absl::StatusOr<int> dim = DimensionOf(items[0], max_dim);
    ANNOD_RETURN_IF_ERROR(dim.status());
    index.dim = *dim;
    // So that it fits the names, if there are any.
    const absl::Status named =
        ValidateFeatureNames(index.feature_names, index.dim);
    if (!named.ok()) {
      return FieldError(
          "items[0].vector", absl::StrCat(*dim, " values"),
          absl::StrCat(index.feature_names.size(), " values"),
          absl::StrCat("items[0] has ", *dim, " values; index '", index.name,
                       "' has ", index.feature_names.size(), " feature names"));
    }
    return Assign(items, index, max_dim);
  }
  const IndexSettings& index = settings;
  dim_ = index.dim;
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
