#include "bench/engines/hdf5_dataset.h"

#include <hdf5/serial/hdf5.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/input/vector_reader.h"
#include "core/status_macros.h"
#include "core/storage/checksum.h"

namespace annod {
namespace {

// The reader hands out floats, which hold these ids exactly.
constexpr int64_t kMaxItems = 1 << 24;

absl::StatusOr<FloatRows> ReadRows(const std::string& path,
                                   const std::string& dataset,
                                   int64_t max_rows) {
  ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<VectorReader> reader,
                         OpenVectorFile(absl::StrCat(path, ":", dataset), {}));
  const int dim = reader->dim();
  std::vector<float> values;
  if (const auto rows = reader->row_count(); rows.has_value()) {
    const int64_t most = max_rows == 0 ? kMaxItems : max_rows;
    values.reserve(static_cast<size_t>(std::min(*rows, most)) * dim);
  }
  std::vector<float> row(dim);
  std::string label;
  for (int64_t i = 0; max_rows == 0 || i < max_rows; ++i) {
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           reader->Next(absl::MakeSpan(row), &label));
    if (!more) break;
    values.insert(values.end(), row.begin(), row.end());
  }
  return FloatRows(dim, std::move(values));
}

// The text of a file's attribute, of fixed or variable length; "" if absent.
std::string ReadAttribute(const std::string& path, const char* name) {
  std::string text;
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) return text;
  if (H5Aexists(file, name) > 0) {
    const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    const hid_t type = H5Aget_type(attribute);
    if (H5Tget_class(type) == H5T_STRING) {
      if (H5Tis_variable_str(type) > 0) {
        char* value = nullptr;
        if (H5Aread(attribute, type, &value) >= 0 && value != nullptr) {
          text = value;
          H5free_memory(value);
        }
      } else {
        text.resize(H5Tget_size(type));
        if (H5Aread(attribute, type, &text[0]) < 0) text.clear();
        text.resize(std::min(text.size(), text.find('\0')));
      }
    }
    H5Tclose(type);
    H5Aclose(attribute);
  }
  H5Fclose(file);
  return text;
}

}  // namespace

uint64_t FloatRows::Hash() const {
  return Xxh3(absl::string_view(reinterpret_cast<const char*>(values_.data()),
                                values_.size() * sizeof(float)));
}

bool FloatRows::Get(int64_t id, absl::Span<float> out) const {
  const absl::Span<const float> from = row(id);
  std::copy(from.begin(), from.end(), out.begin());
  return true;
}

absl::StatusOr<BenchDataset> ReadHdf5Dataset(const std::string& path,
                                             int64_t max_queries) {
  BenchDataset data;
  ANNOD_ASSIGN_OR_RETURN(data.train, ReadRows(path, "train", 0));
  ANNOD_ASSIGN_OR_RETURN(data.test, ReadRows(path, "test", max_queries));
  std::string distance = ReadAttribute(path, "distance");
  if (distance == "ip") distance = "dot";
  ANNOD_ASSIGN_OR_RETURN(data.metric, ParseMetric(distance));
  if (data.metric == Metric::kHamming) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": bit vectors are not supported here"));
  }
  ANNOD_ASSIGN_OR_RETURN(const FloatRows neighbors,
                         ReadRows(path, "neighbors", max_queries));

  const int64_t items = data.train.slot_count();
  const int64_t queries = data.test.slot_count();
  if (items == 0 || items > kMaxItems || queries == 0 ||
      data.test.dim() != data.train.dim() ||
      neighbors.slot_count() != queries) {
    return absl::DataLossError(absl::StrCat(
        path, ": ", items, " items (at most ", kMaxItems, ") of dimension ",
        data.train.dim(), ", ", queries, " queries of dimension ",
        data.test.dim(), " and ", neighbors.slot_count(),
        " rows of neighbours do not make a benchmark"));
  }
  for (int64_t q = 0; q < queries; ++q) {
    std::vector<int32_t> ids;
    for (const float id : neighbors.row(q)) {
      if (!(id >= 0 && id < items)) {
        return absl::DataLossError(absl::StrCat(path, ": query ", q,
                                                " has the neighbour ", id,
                                                "; ids are below ", items));
      }
      ids.push_back(static_cast<int32_t>(id));
    }
    data.neighbors.push_back(std::move(ids));
  }
  return data;
}

}  // namespace annod
