#include "client/ctl/measure/truth_file.h"

#include <algorithm>
#include <cmath>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "client/input/vector_reader.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// The largest number up to which a float32 holds every whole one.
constexpr int64_t kMostExactId = 1 << 24;

// Whether a row is 0, 1, 2, ..., as headers of tables are too.
bool CountsUp(const std::vector<float>& row) {
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i] != static_cast<float>(i)) return false;
  }
  return row.size() > 1;
}

}  // namespace

absl::StatusOr<std::vector<std::vector<int32_t>>> ReadTruthFile(
    const std::string& path, size_t queries, int k, int64_t slots) {
  VectorReaderOptions options;
  options.ids_wanted = true;
  ANNOD_ASSIGN_OR_RETURN(const auto reader, OpenVectorFile(path, options));
  const int64_t end = std::min(slots, kMostExactId);
  std::vector<std::vector<int32_t>> truth;
  std::vector<float> row(reader->dim());
  std::string label;
  bool first_counts_up = false;
  while (truth.size() < queries) {
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           reader->Next(absl::MakeSpan(row), &label));
    if (!more) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": has ", truth.size(), " rows; there are ",
                       queries, " queries"));
    }
    if (truth.empty()) first_counts_up = CountsUp(row);
    std::vector<int32_t>& ids = truth.emplace_back();
    for (const float value : row) {
      if (value < 0 || ids.size() == static_cast<size_t>(k)) break;
      if (value != std::floor(value) || value >= static_cast<float>(end)) {
        return absl::InvalidArgumentError(absl::StrCat(
            path, ": ", reader->place(), " names ", value,
            value >= kMostExactId ? ", more than a float32 holds exactly"
                                  : absl::StrCat("; ids are whole numbers "
                                                 "below ",
                                                 slots)));
      }
      const auto id = static_cast<int32_t>(value);
      if (!absl::c_linear_search(ids, id)) ids.push_back(id);
    }
  }
  if (!first_counts_up) return truth;
  ANNOD_ASSIGN_OR_RETURN(const bool one_more,
                         reader->Next(absl::MakeSpan(row), &label));
  if (!one_more) return truth;
  ANNOD_ASSIGN_OR_RETURN(const bool two_more,
                         reader->Next(absl::MakeSpan(row), &label));
  if (two_more) return truth;
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": one row more than the ", queries, " queries, and the first is ",
      "0, 1, 2, ...: if that is a header, take it out"));
}

}  // namespace annod::ctl
