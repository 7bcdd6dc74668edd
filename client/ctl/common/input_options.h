#ifndef ANNOD_CLIENT_CTL_COMMON_INPUT_OPTIONS_H_
#define ANNOD_CLIENT_CTL_COMMON_INPUT_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/ctl/common/output.h"
#include "client/input/vector_reader.h"
#include "core/metric.h"

namespace annod::ctl {

// What every command that reads rows from a file says of it.

// For --help.
inline constexpr char kInputFormats[] =
    ".npy .npz[:array] .fvecs .bvecs .hdf5[:dataset] .csv .tsv .vec .txt "
    ".jsonl (the text ones also .gz), or - for standard input";

// "--input_format", "--header", "--delimiter", "--label_column", "--id_column",
// "--threshold" and "--packed_bits", which set the fields of these names.
void AddInputOptions(CLI::App* command, VectorReaderOptions* options);
// "--threshold", which makes bits of components.
CLI::Option* AddThresholdOption(CLI::App* command,
                                std::optional<float>* threshold,
                                const std::string& help);
// "--labels" and "--ids": files that go with one whose rows have none.
void AddCompanionOptions(CLI::App* command, VectorReaderOptions* options);

// What was taken for what: for a summary, and as one JSON object.
void AppendInputFields(
    const InputDescription& input,
    std::vector<std::pair<std::string, std::string>>* fields);
Json InputJson(const InputDescription& input);

// Prints warnings to stderr.
void PrintWarnings(const InputDescription& input);

// InvalidArgument unless rows of `reader`, which reads `path`, have `dim`
// components, those of `index`.
absl::Status CheckInputDim(const std::string& path, const VectorReader& reader,
                           const std::string& index, int dim);
// InvalidArgument if the header of a .csv file names features of an index, or
// some of them, at other places than `names`: its rows go by position.
absl::Status CheckColumns(const std::string& path, const VectorReader& reader,
                          const std::vector<std::string>& names);

// InvalidArgument naming the place if `metric` does not take `row`, which
// `reader` of `path` read last.
absl::Status CheckTaken(const std::string& path, const VectorReader& reader,
                        Metric metric, absl::Span<const float> row);

// Whether `options` make bits.
inline bool MakesBits(const VectorReaderOptions& options) {
  return options.threshold.has_value() || options.packed_bits;
}
// InvalidArgument if they do where there is no file of vectors: `instead` is
// what there is, "--item".
absl::Status CheckNoBits(const VectorReaderOptions& options,
                         absl::string_view instead);

// "line 3" or "row 2": where row `row` (from 0) of a file stands, which is read
// again for that; empty if it cannot be.
std::string PlaceOfRow(const std::string& path,
                       const VectorReaderOptions& options, int64_t row);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_COMMON_INPUT_OPTIONS_H_
