#include "tests/fuzz/client/vectors_run.h"

#include <cmath>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "tests/fuzz/scratch_directory.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

constexpr int64_t kMostComponents = 1 << 20;

void WriteFile(const std::string& path, absl::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  Require(file.good(), "a file");
}

}  // namespace

VectorReaderOptions AnyOptions(Input* input) {
  VectorReaderOptions options;
  const uint8_t flags = input->Byte();
  options.missing = (flags & 1) != 0;
  options.ids_wanted = (flags & 2) != 0;
  options.packed_bits = (flags & 4) != 0;
  if ((flags & 8) != 0) options.threshold = 0.5f;
  if ((flags & 12) != 0) options.metric = Metric::kHamming;
  const char* const headers[] = {"auto", "yes", "no"};
  options.header = input->Pick(headers);
  const char* const columns[] = {"auto", "first", "last", "none",
                                 "2",    "label", "99"};
  options.label_column = input->Pick(columns);
  options.id_column = input->Pick(columns);
  const uint8_t more = input->Byte();
  options.dim = more & 15;
  const char delimiters[] = {'\0', ',', '\t', ';'};
  options.delimiter = delimiters[more >> 4 & 3];
  if ((more & 64) != 0) options.feature_names = {"a", "b", "0"};
  return options;
}

void ReadVectors(absl::string_view bytes, absl::string_view ending,
                 VectorReaderOptions options, absl::string_view companion) {
  static const auto* const directory = new ScratchDirectory();
  const std::string path = absl::StrCat(directory->path(), "/vectors.", ending);
  WriteFile(path, bytes);
  if (!companion.empty()) {
    const std::string beside = absl::StrCat(directory->path(), "/companion");
    WriteFile(beside, companion.substr(1));
    ((companion[0] & 1) != 0 ? options.labels_path : options.ids_path) = beside;
  }
  const auto reader = OpenVectorFile(path, options);
  if (!reader.ok()) {
    Require(!reader.status().message().empty(), "a reason");
    return;
  }
  Require((*reader)->dim() >= 1 && (*reader)->dim() <= kMaxInputDim,
          "a dimension");
  (*reader)->description();
  (*reader)->column_names();
  std::vector<float> row(static_cast<size_t>((*reader)->dim()));
  std::string label;
  int64_t rows = 0;
  while (true) {
    const auto more = (*reader)->Next(absl::MakeSpan(row), &label);
    (*reader)->place();
    if (!more.ok()) {
      Require(!(*reader)->Next(absl::MakeSpan(row), &label).ok(),
              "after an error every call fails");
      return;
    }
    if (!*more) break;
    // A few bytes can say that there are many rows: of one value (HDF5), or
    // none (gzip).
    if (++rows * (*reader)->dim() > kMostComponents) return;
    for (const float component : row) {
      Require(std::isfinite(component) ||
                  (options.missing && std::isnan(component)),
              "components are finite, or missing");
    }
    Require(label.size() <= kMaxInputLabelBytes, "a short label");
    if ((*reader)->has_ids()) Require((*reader)->id() >= 0, "an id");
  }
  const auto promised = (*reader)->row_count();
  Require(!promised.has_value() || *promised == rows, "as many as it said");
}

}  // namespace annod::fuzz
