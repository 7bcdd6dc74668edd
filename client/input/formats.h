#ifndef ANNOD_CLIENT_INPUT_FORMATS_H_
#define ANNOD_CLIENT_INPUT_FORMATS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/input/binary_file.h"
#include "client/input/components.h"
#include "client/input/line_reader.h"
#include "client/input/vector_reader.h"

namespace annod::input {

// One opener for each format; OpenVectorFile() chooses among them. `missing`:
// VectorReaderOptions::missing.

absl::StatusOr<std::unique_ptr<VectorReader>> OpenNpy(
    std::unique_ptr<BinaryFile> file, bool missing);

// `array`: its name; empty: the only one there is.
absl::StatusOr<std::unique_ptr<VectorReader>> OpenNpz(
    std::unique_ptr<BinaryFile> file, const std::string& array, bool missing);

// `type`: kF32 for .fvecs, kU8 for .bvecs, kI32 for .ivecs.
absl::StatusOr<std::unique_ptr<VectorReader>> OpenVecs(
    std::unique_ptr<BinaryFile> file, ComponentType type, bool missing);

// `file`: for its name, and open as long as the reader needs it.
absl::StatusOr<std::unique_ptr<VectorReader>> OpenHdf5(
    std::unique_ptr<BinaryFile> file, const std::string& dataset, bool missing);

absl::StatusOr<std::unique_ptr<VectorReader>> OpenCsv(
    std::unique_ptr<LineReader> lines, const VectorReaderOptions& options);

absl::StatusOr<std::unique_ptr<VectorReader>> OpenVec(
    std::unique_ptr<LineReader> lines, const VectorReaderOptions& options);

absl::StatusOr<std::unique_ptr<VectorReader>> OpenJsonLines(
    std::unique_ptr<LineReader> lines, const VectorReaderOptions& options);

// `rows`, read from `path`, made bits if `options` say so.
absl::StatusOr<std::unique_ptr<VectorReader>> WithBits(
    std::unique_ptr<VectorReader> rows, const std::string& path,
    const VectorReaderOptions& options);

// `rows` with the labels and ids of the files that `options` names.
absl::StatusOr<std::unique_ptr<VectorReader>> WithCompanions(
    std::unique_ptr<VectorReader> rows, const VectorReaderOptions& options);

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_FORMATS_H_
