#ifndef ANNOD_TESTS_CLIENT_INPUT_INPUT_FILES_H_
#define ANNOD_TESTS_CLIENT_INPUT_INPUT_FILES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "client/input/vector_reader.h"

namespace annod {

// Labels and vectors.
using Rows = std::vector<std::pair<std::string, std::vector<float>>>;

// A path of the running test's own.
std::string TestPath(const std::string& name);
// Writes a file there.
std::string WriteFile(const std::string& name, const std::string& bytes);
std::string Gzip(const std::string& text);

template <typename T>
std::string Bytes(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()),
                     values.size() * sizeof(T));
}

template <typename T>
std::string VecsRow(int32_t dim, const std::vector<T>& values) {
  return Bytes<int32_t>({dim}) + Bytes(values);
}

std::string Npy(int version, const std::string& header,
                const std::string& data);
std::string NpyHeader(const std::string& descr, const std::string& shape,
                      const std::string& order = "False");

// A ZIP archive of (name, contents).
std::string Zip(const std::vector<std::pair<std::string, std::string>>& files,
                bool deflated);

// All rows of a file, and their ids if they have some.
absl::StatusOr<Rows> ReadAll(const std::string& path,
                             const VectorReaderOptions& options = {},
                             std::vector<int32_t>* ids = nullptr);

}  // namespace annod

#endif  // ANNOD_TESTS_CLIENT_INPUT_INPUT_FILES_H_
