#include "server/rpc/request_checks.h"

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/annoy/node_layout.h"
#include "core/annoy/vector_check.h"
#include "core/status_macros.h"
#include "core/storage/labels.h"
#include "server/rpc/errors.h"
#include "server/rpc/field_checks.h"

namespace annod {
namespace {

constexpr int kMinChunkBytes = 1024;
constexpr int kMaxChunkBytes = 1 << 20;

// The floats at `data`, in `*copy` if they are not aligned there.
absl::Span<const float> FloatsAt(const char* data, int dim,
                                 std::vector<float>* copy) {
  if (reinterpret_cast<uintptr_t>(data) % alignof(float) == 0) {
    return {reinterpret_cast<const float*>(data), static_cast<size_t>(dim)};
  }
  copy->resize(dim);
  std::memcpy(copy->data(), data, copy->size() * sizeof(float));
  return *copy;
}

// Whether those bytes are a vector that the index takes.
bool IsVector(const char* data, size_t bytes, const IndexSettings& index) {
  if (bytes != static_cast<size_t>(index.dim) * sizeof(float)) return false;
  std::vector<float> copy;
  return IsTaken(index.metric, FloatsAt(data, index.dim, &copy));
}

}  // namespace

absl::Status CheckTaken(
    const std::string& field, absl::Span<const float> vector, Metric metric,
    const std::function<std::string(int64_t place)>& field_of_component) {
  if (IsTaken(metric, vector)) return absl::OkStatus();
  const VectorFault fault = *FindVectorFault(metric, vector);
  if (fault.component >= 0) {
    return FieldError(field_of_component(fault.component), fault.value,
                      fault.limit);
  }
  return FieldError(field, absl::StrCat("of length ", fault.value),
                    absl::StrCat("of length ", fault.limit));
}

absl::Status CheckVector(const std::string& prefix,
                         const v1::FloatVector& vector,
                         const IndexSettings& index) {
  const int count = vector.values_size();
  const std::string field = absl::StrCat(prefix, "vector");
  if (count != index.dim) {
    return FieldError(field, absl::StrCat(count, " values"),
                      absl::StrCat(index.dim, " values"),
                      absl::StrCat(field, " has ", count, " values; index '",
                                   index.name, "' has dimension ", index.dim));
  }
  return CheckTaken(field, {vector.values().data(), static_cast<size_t>(count)},
                    index.metric, [&](int64_t place) {
                      return absl::StrCat(field, ".values[", place, "]");
                    });
}

absl::Status CheckVectorBytes(const std::string& prefix,
                              const std::string& bytes,
                              const IndexSettings& index) {
  const std::string field = absl::StrCat(prefix, "vector_bytes");
  const int64_t want = int64_t{index.dim} * sizeof(float);
  if (bytes.size() != static_cast<uint64_t>(want)) {
    const bool whole = bytes.size() % sizeof(float) == 0;
    return FieldError(
        field, absl::StrCat(bytes.size(), " bytes"),
        absl::StrCat(want, " bytes"),
        absl::StrCat(field, " has ", bytes.size(), " bytes",
                     whole ? absl::StrCat(" (", bytes.size() / 4, " values)")
                           : ", not a multiple of 4",
                     "; index '", index.name, "' has dimension ", index.dim,
                     ", which takes ", want, " bytes"));
  }
  std::vector<float> copy;
  return CheckTaken(field, FloatsAt(bytes.data(), index.dim, &copy),
                    index.metric, [&](int64_t place) {
                      return absl::StrCat(field, "[", place * 4, "..",
                                          place * 4 + 3, "] (value ", place,
                                          ")");
                    });
}

absl::Status CheckItemLabel(const std::string& prefix,
                            const std::string& label) {
  if (label.empty() || ValidateLabel(label).ok()) return absl::OkStatus();
  const std::string limit =
      absl::StrCat("UTF-8 of at most ", kMaxLabelBytes, " bytes without NUL");
  const std::string field = absl::StrCat(prefix, "label");
  return FieldError(field, label, limit,
                    absl::StrCat(field, " is '", Printable(label), "' (",
                                 label.size(), " bytes); it must be ", limit));
}

absl::Status CheckIndexName(absl::string_view name) {
  if (ValidateIndexName(name).ok()) return absl::OkStatus();
  return TextError("index", name,
                   "1 to 64 characters of A-Z a-z 0-9 _ - ., the first a "
                   "letter or digit");
}

absl::Status CheckGetNns(const v1::GetNnsRequest& request,
                         const Limits& limits) {
  const int count = request.queries_size();
  if (count < 1 || count > limits.max_queries_per_call) {
    const std::string limit =
        absl::StrCat("1 to ", limits.max_queries_per_call);
    return FieldError(
        "queries", absl::StrCat(count), limit,
        absl::StrCat("queries has ", count, " elements; it must have ", limit));
  }
  ANNOD_RETURN_IF_ERROR(CheckRange("n", request.n(), 0, limits.max_n));
  ANNOD_RETURN_IF_ERROR(
      CheckRange("search_k", request.search_k(), -1, INT32_MAX));
  if (!v1::Engine_IsValid(request.engine())) {
    return FieldError(
        "engine", absl::StrCat(request.engine()),
        "ENGINE_AUTO, ENGINE_FOREST, ENGINE_GRAPH or ENGINE_EXACT");
  }
  return absl::OkStatus();
}

absl::Status CheckQuery(const v1::Query& query, int position,
                        const IndexSettings& index) {
  const auto prefix = [position] {
    return absl::StrCat("queries[", position, "].");
  };
  // The name of the field is only made for those that are wrong.
  switch (query.target_case()) {
    case v1::Query::kVector:
      if (IsVector(
              reinterpret_cast<const char*>(query.vector().values().data()),
              query.vector().values_size() * sizeof(float), index)) {
        return absl::OkStatus();
      }
      return CheckVector(prefix(), query.vector(), index);
    case v1::Query::kVectorBytes:
      if (IsVector(query.vector_bytes().data(), query.vector_bytes().size(),
                   index)) {
        return absl::OkStatus();
      }
      return CheckVectorBytes(prefix(), query.vector_bytes(), index);
    case v1::Query::kItem:
      return CheckRange(absl::StrCat(prefix(), "item"), query.item(), 0,
                        kMaxItemId);
    case v1::Query::kLabel:
      if (!query.label().empty() && ValidateLabel(query.label()).ok()) {
        return absl::OkStatus();
      }
      return TextError(
          absl::StrCat(prefix(), "label"), query.label(),
          absl::StrCat("1 to ", kMaxLabelBytes, " bytes of UTF-8 without NUL"));
    case v1::Query::kSparse:  // CheckSparseQuery
      return absl::OkStatus();
    case v1::Query::TARGET_NOT_SET:
      break;
  }
  return FieldError(absl::StrCat("queries[", position, "].target"), "not set",
                    "one of vector, item, label, vector_bytes and sparse");
}

absl::Status CheckItemCount(int64_t count, int min_count,
                            const Limits& limits) {
  if (count >= min_count && count <= limits.max_items_per_call) {
    return absl::OkStatus();
  }
  const std::string limit =
      absl::StrCat(min_count, " to ", limits.max_items_per_call);
  return FieldError(
      "items", absl::StrCat(count), limit,
      absl::StrCat("items has ", count, " elements; it must have ", limit));
}

absl::Status CheckRemoveItems(const v1::RemoveItemsRequest& request,
                              const Limits& limits) {
  const int64_t count = int64_t{request.ids_size()} + request.labels_size();
  if (count < 1 || count > limits.max_items_per_call) {
    const std::string limit = absl::StrCat("1 to ", limits.max_items_per_call);
    return FieldError("ids", absl::StrCat(count), limit,
                      absl::StrCat("ids and labels have ", count,
                                   " elements; they must have ", limit));
  }
  for (int i = 0; i < request.ids_size(); ++i) {
    if (request.ids(i) >= 0 && request.ids(i) <= kMaxItemId) continue;
    return CheckRange(absl::StrCat("ids[", i, "]"), request.ids(i), 0,
                      kMaxItemId);
  }
  for (int i = 0; i < request.labels_size(); ++i) {
    const std::string& label = request.labels(i);
    if (!label.empty() && ValidateLabel(label).ok()) continue;
    const std::string field = absl::StrCat("labels[", i, "]");
    const std::string limit =
        absl::StrCat("UTF-8 of 1 to ", kMaxLabelBytes, " bytes without NUL");
    return FieldError(field, label, limit,
                      absl::StrCat(field, " is '", Printable(label),
                                   "'; it must be ", limit));
  }
  return absl::OkStatus();
}

absl::Status CheckItem(const v1::Item& item, int position,
                       const IndexSettings& index) {
  const auto prefix = [position] {
    return absl::StrCat("items[", position, "].");
  };
  if (item.has_id() && (item.id() < 0 || item.id() > kMaxItemId)) {
    return CheckRange(absl::StrCat(prefix(), "id"), item.id(), 0, kMaxItemId);
  }
  if (!item.label().empty()) {
    ANNOD_RETURN_IF_ERROR(CheckItemLabel(prefix(), item.label()));
  }
  switch (item.data_case()) {
    case v1::Item::kVector:
      return CheckVector(prefix(), item.vector(), index);
    case v1::Item::kVectorBytes:
      return CheckVectorBytes(prefix(), item.vector_bytes(), index);
    case v1::Item::DATA_NOT_SET:
      break;
  }
  return FieldError(absl::StrCat("items[", position, "].data"), "not set",
                    "one of vector and vector_bytes");
}

absl::Status CheckSerialize(const v1::SerializeRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckIndexName(request.index()));
  if (!v1::SerializeFormat_IsValid(request.format())) {
    return FieldError("format", absl::StrCat(request.format()),
                      "SERIALIZE_FORMAT_NATIVE");
  }
  if (request.chunk_bytes() == 0) return absl::OkStatus();
  return CheckRange("chunk_bytes", request.chunk_bytes(), kMinChunkBytes,
                    kMaxChunkBytes);
}

}  // namespace annod
