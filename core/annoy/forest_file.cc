#include "core/annoy/forest_file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/annoy/file_header.h"
#include "core/annoy/forest_check.h"
#include "core/annoy/node_layout.h"
#include "core/status_macros.h"

namespace annod {
namespace {

absl::StatusOr<ForestFile> ReadAs(const NodeLayout& layout,
                                  absl::Span<const char> bytes, Verify verify,
                                  std::vector<std::string>* notes) {
  ForestFile result;
  ANNOD_ASSIGN_OR_RETURN(result.forest, FindRoots(bytes, layout));
  ANNOD_ASSIGN_OR_RETURN(result.item_count,
                         CheckForest(result.forest, verify, notes));
  return result;
}

// A file with a header says what it is: there is nothing to try.
absl::StatusOr<ForestFile> ReadWithHeader(absl::Span<const char> bytes,
                                          Metric metric, int dim, Verify verify,
                                          std::vector<std::string>* notes) {
  const LayoutKind wide = LayoutsForMetric(metric).back();
  ANNOD_ASSIGN_OR_RETURN(const NodeLayout layout,
                         MakeNodeLayout(wide, metric, dim));
  ANNOD_ASSIGN_OR_RETURN(const FileHeader header, ReadFileHeader(bytes));
  ANNOD_RETURN_IF_ERROR(CheckFileHeader(header, layout));
  ANNOD_ASSIGN_OR_RETURN(
      ForestFile read,
      ReadAs(layout, bytes.subspan(kFileHeaderBytes), verify, notes));
  if (header.slot_count != static_cast<uint64_t>(read.forest.slot_count)) {
    return absl::DataLossError(absl::StrCat(
        "file header: ", header.slot_count, " items; the nodes are those of ",
        read.forest.slot_count, ": the file was cut short"));
  }
  return read;
}

}  // namespace

absl::StatusOr<int64_t> CheckForest(const ForestData& forest, Verify verify,
                                    std::vector<std::string>* notes) {
  if (verify == Verify::kTrusted) {
    ANNOD_RETURN_IF_ERROR(CheckFirstSlots(forest));
    return -1;
  }
  ANNOD_ASSIGN_OR_RETURN(const int64_t item_count, CheckSearchable(forest));
  if (verify == Verify::kFull) {
    ANNOD_RETURN_IF_ERROR(CheckEverything(forest, item_count, notes));
  }
  return item_count;
}

absl::StatusOr<ForestFile> ReadForestFile(absl::Span<const char> bytes,
                                          Metric metric, int dim, Verify verify,
                                          std::vector<std::string>* notes) {
  if (HasFileHeader(bytes)) {
    return ReadWithHeader(bytes, metric, dim, verify, notes);
  }
  std::string reasons;
  for (const LayoutKind kind : LayoutsForMetric(metric)) {
    ANNOD_ASSIGN_OR_RETURN(const NodeLayout layout,
                           MakeNodeLayout(kind, metric, dim));
    std::vector<std::string> notes_as_kind;
    absl::StatusOr<ForestFile> read =
        ReadAs(layout, bytes, verify, &notes_as_kind);
    if (read.ok()) {
      if (notes != nullptr) {
        notes->insert(notes->end(), notes_as_kind.begin(), notes_as_kind.end());
      }
      return read;
    }
    absl::StrAppend(&reasons, reasons.empty() ? "" : "; ", "as ",
                    LayoutName(kind), ": ", read.status().message());
  }
  return absl::DataLossError(absl::StrCat("no ", MetricName(metric),
                                          " forest of dimension ", dim, " (",
                                          reasons, ")"));
}

}  // namespace annod
