// Blobs and files in any format: native, native blob, portable, canonical;
// read, and written in every other.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/formats/convert.h"
#include "core/formats/serialized.h"
#include "tests/core/testing/memory_file_system.h"
#include "tests/fuzz/core/small_forest.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

constexpr Format kFormats[] = {Format::kNative, Format::kNativeBlob,
                               Format::kPortable, Format::kCanonical};
constexpr int64_t kMostComponents = 4096;  // of what is built anew

SerializedReadOptions Asserted(Input* input) {
  SerializedReadOptions options;
  const size_t format = input->Choice(5);
  if (format > 0) options.formats = {kFormats[format - 1]};
  const size_t metric = input->Choice(6);
  if (metric > 0) options.metric = kMetrics[metric - 1];
  const size_t dim = input->Choice(9);
  if (dim > 0) options.dim = kDims[dim - 1];
  return options;
}

void Run(absl::string_view bytes) {
  Input input(bytes);
  const SerializedReadOptions options = Asserted(&input);
  const bool rebuild = input.Bool();
  const HeapCopy copy(input.Rest());
  const auto read = ReadSerialized(copy.span(), options);
  if (!read.ok()) return;
  Require(read->item_count <= read->slot_count, "items have slots");
  if (read->slot_count * read->dim > kMostComponents) return;
  for (const Format to : kFormats) {
    MemoryFileSystem fs;
    ConvertOptions convert;
    convert.to = to;
    convert.fill_holes = true;
    convert.rebuild = rebuild;
    convert.tree_count = 2;
    convert.threads = 1;
    const auto written = ConvertSerialized(*read, convert, &fs, "/out");
    if (!written.ok()) continue;
    const std::string out = *fs.ReadFile("/out", size_t{1} << 28);
    Require(written->bytes == out.size(), "as many bytes as it says");
    SerializedReadOptions again;
    again.formats = {to};
    again.metric = read->metric;
    again.dim = read->dim;
    const HeapCopy out_copy(out);
    const auto reread = ReadSerialized(out_copy.span(), again);
    Require(reread.ok(), "what was written can be read");
    Require(reread->slot_count == written->slot_count, "the same slots");
  }
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  MemoryFileSystem fs;
  for (const Metric metric : {Metric::kEuclidean, Metric::kHamming}) {
    const int dim = metric == Metric::kHamming ? 65 : 3;
    const std::string forest =
        SmallForest(metric, LayoutsForMetric(metric).front(), dim, 9, &fs);
    const HeapCopy copy(forest);
    SerializedReadOptions options;
    options.metric = metric;
    options.dim = dim;
    const auto read = ReadSerialized(copy.span(), options);
    Require(read.ok(), "a good file");
    for (const Format to : kFormats) {
      ConvertOptions convert;
      convert.to = to;
      convert.fill_holes = true;
      Require(ConvertSerialized(*read, convert, &fs, "/seed").ok(), "seed");
      const char asserted = static_cast<char>(1 + MetricNumber(metric));
      const char dim_number = static_cast<char>(1 + DimNumber(dim));
      seeds.push_back(std::string{'\0', asserted, dim_number, '\0'} +
                      *fs.ReadFile("/seed", size_t{1} << 20));
      Require(fs.RemoveFile("/seed").ok(), "removing");
    }
  }
  return seeds;
}

const Registration kSerialized({"serialized", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
