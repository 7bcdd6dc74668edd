#ifndef ANNOD_CLIENT_INPUT_FORMATS_H_
#define ANNOD_CLIENT_INPUT_FORMATS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/input/components.h"
#include "client/input/vector_reader.h"

namespace annod::input {

// One opener for each format; OpenVectorFile() chooses among them.

absl::StatusOr<std::unique_ptr<VectorReader>> OpenNpy(const std::string& path);

// `type`: kF32 for .fvecs, kU8 for .bvecs, kI32 for .ivecs.
absl::StatusOr<std::unique_ptr<VectorReader>> OpenVecs(const std::string& path,
                                                       ComponentType type);

absl::StatusOr<std::unique_ptr<VectorReader>> OpenHdf5(
    const std::string& path, const std::string& dataset);

absl::StatusOr<std::unique_ptr<VectorReader>> OpenCsv(
    const std::string& path, const VectorReaderOptions& options);

absl::StatusOr<std::unique_ptr<VectorReader>> OpenVec(const std::string& path);

}  // namespace annod::input

#endif  // ANNOD_CLIENT_INPUT_FORMATS_H_
