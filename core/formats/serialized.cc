#include "core/formats/serialized.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/annoy/file_header.h"
#include "core/annoy/forest_file.h"
#include "core/annoy/node_layout.h"
#include "core/formats/native_blob.h"
#include "core/formats/portable_blob.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// What `bytes` say of metric and dimension must be what is asserted.
absl::Status CheckAsserted(const SerializedReadOptions& options,
                           absl::string_view what, Metric metric, int dim) {
  if (options.metric.has_value() && *options.metric != metric) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, ": the metric is ", MetricName(metric), ", not ",
                     MetricName(*options.metric)));
  }
  if (options.dim != 0 && options.dim != dim) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, ": the dimension is ", dim, ", not ", options.dim));
  }
  return absl::OkStatus();
}

Serialized OfForest(Format format, ForestFile file) {
  Serialized result;
  result.format = format;
  result.metric = file.forest.layout.metric;
  result.dim = file.forest.layout.dim;
  result.slot_count = file.forest.slot_count;
  result.item_count = file.item_count;
  result.forest = std::move(file.forest);
  return result;
}

absl::StatusOr<Serialized> ReadFile(absl::Span<const char> bytes, Metric metric,
                                    int dim) {
  std::vector<std::string> notes;
  ANNOD_ASSIGN_OR_RETURN(
      ForestFile file,
      ReadForestFile(bytes, metric, dim, Verify::kFull, &notes));
  Serialized result = OfForest(Format::kNative, std::move(file));
  result.notes = std::move(notes);
  return result;
}

// A native blob with ids of `id_bytes`; 0: of either width.
absl::StatusOr<Serialized> ReadBlob(absl::Span<const char> bytes, Metric metric,
                                    int dim, size_t id_bytes) {
  std::string reasons;
  absl::StatusCode code = absl::StatusCode::kDataLoss;
  for (const LayoutKind kind : LayoutsForMetric(metric)) {
    if (id_bytes != 0 && HasWideIds(kind) != (id_bytes == 8)) continue;
    ANNOD_ASSIGN_OR_RETURN(const NodeLayout layout,
                           MakeNodeLayout(kind, metric, dim));
    ForestFile file;
    absl::Status status;
    std::vector<std::string> notes;
    absl::StatusOr<ForestData> forest = ReadNativeBlob(bytes, layout);
    status = forest.status();
    if (forest.ok()) {
      file.forest = *std::move(forest);
      const absl::StatusOr<int64_t> items =
          CheckForest(file.forest, Verify::kFull, &notes);
      status = items.status();
      if (items.ok()) {
        file.item_count = *items;
        Serialized result = OfForest(Format::kNativeBlob, std::move(file));
        result.notes = std::move(notes);
        return result;
      }
    }
    if (reasons.empty()) code = status.code();
    absl::StrAppend(&reasons, reasons.empty() ? "" : "; ", "as ",
                    LayoutName(kind), ": ", status.message());
  }
  return absl::Status(code,
                      absl::StrCat("no native blob of ", MetricName(metric),
                                   " vectors of "
                                   "dimension ",
                                   dim, " (", reasons, ")"));
}

absl::StatusOr<Serialized> ReadPortable(absl::Span<const char> bytes,
                                        const SerializedReadOptions& options) {
  ANNOD_ASSIGN_OR_RETURN(const PortableBlob blob, ReadPortableBlob(bytes));
  ANNOD_RETURN_IF_ERROR(
      CheckAsserted(options, "portable blob", blob.metric, blob.dim));
  absl::StatusOr<Serialized> result =
      ReadBlob(blob.payload, blob.metric, blob.dim, blob.id_bytes);
  if (!result.ok()) {
    return absl::Status(
        result.status().code(),
        absl::StrCat("portable blob: ", result.status().message()));
  }
  result->format = Format::kPortable;
  return result;
}

absl::StatusOr<Serialized> ReadCanonical(absl::Span<const char> bytes,
                                         const SerializedReadOptions& options) {
  ANNOD_ASSIGN_OR_RETURN(const CanonicalBlob blob, ReadCanonicalBlob(bytes));
  ANNOD_RETURN_IF_ERROR(CheckAsserted(options, "canonical blob",
                                      blob.header.metric, blob.header.dim));
  Serialized result;
  result.format = Format::kCanonical;
  result.metric = blob.header.metric;
  result.dim = blob.header.dim;
  result.slot_count = result.item_count = blob.header.slot_count;
  result.canonical = blob;
  return result;
}

// Metric and dimension of bytes in a native format.
struct NativeShape {
  Metric metric;
  int dim;
};

absl::StatusOr<NativeShape> ShapeOf(absl::Span<const char> bytes,
                                    const SerializedReadOptions& options) {
  std::optional<Metric> metric = options.metric;
  int dim = options.dim;
  if (HasFileHeader(bytes)) {
    ANNOD_ASSIGN_OR_RETURN(const FileHeader header, ReadFileHeader(bytes));
    if (!metric.has_value()) metric = header.metric;
    // Of hamming vectors it says the words only.
    if (dim == 0 && header.metric != Metric::kHamming &&
        header.dimension <= static_cast<uint32_t>(kMaxDim)) {
      dim = static_cast<int>(header.dimension);
    }
  }
  if (!metric.has_value() || dim == 0) {
    return absl::InvalidArgumentError(
        "metric and dimension are needed: a native file or blob does not say "
        "them");
  }
  return NativeShape{*metric, dim};
}

}  // namespace

absl::StatusOr<Serialized> ReadSerialized(
    absl::Span<const char> bytes, const SerializedReadOptions& options) {
  const auto may_be = [&](Format format) {
    return options.formats.empty() ||
           std::find(options.formats.begin(), options.formats.end(), format) !=
               options.formats.end();
  };
  if (bytes.empty()) return absl::DataLossError("there are no bytes");
  if (may_be(Format::kCanonical) && IsCanonicalBlob(bytes)) {
    return ReadCanonical(bytes, options);
  }
  if (may_be(Format::kPortable) && IsPortableBlob(bytes)) {
    return ReadPortable(bytes, options);
  }
  if (!may_be(Format::kNative) && !may_be(Format::kNativeBlob)) {
    return absl::DataLossError(absl::StrCat("the bytes do not begin like a ",
                                            FormatName(options.formats.front()),
                                            " blob"));
  }
  ANNOD_ASSIGN_OR_RETURN(const NativeShape shape, ShapeOf(bytes, options));
  if (!may_be(Format::kNativeBlob) || HasFileHeader(bytes)) {
    return ReadFile(bytes, shape.metric, shape.dim);
  }
  if (!may_be(Format::kNative)) {
    return ReadBlob(bytes, shape.metric, shape.dim, 0);
  }
  absl::StatusOr<Serialized> file = ReadFile(bytes, shape.metric, shape.dim);
  if (file.ok()) return file;
  absl::StatusOr<Serialized> blob = ReadBlob(bytes, shape.metric, shape.dim, 0);
  if (blob.ok() || absl::IsInvalidArgument(blob.status())) return blob;
  return absl::DataLossError(
      absl::StrCat(file.status().message(), "; ", blob.status().message()));
}

}  // namespace annod
