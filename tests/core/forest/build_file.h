#ifndef ANNOD_TESTS_CORE_FOREST_BUILD_FILE_H_
#define ANNOD_TESTS_CORE_FOREST_BUILD_FILE_H_

#include <string>

#include "core/file_system.h"
#include "core/forest/forest_builder.h"
#include "gtest/gtest.h"

namespace annod {

// A path in the test's own directory where nothing is.
inline std::string FreshPath(const std::string& name) {
  const std::string path = testing::TempDir() + "/" + name;
  EXPECT_TRUE(FileSystem::Posix()->RemoveRecursively(path).ok());
  return path;
}

// Builds into a fresh file of that name; its path, or "" after a failure.
inline std::string BuildFile(const VectorSource& source,
                             const ForestBuildOptions& options,
                             const std::string& name) {
  const std::string path = FreshPath(name);
  const auto built = BuildForest(source, options, FileSystem::Posix(), path);
  EXPECT_TRUE(built.ok()) << built.status();
  return built.ok() ? path : "";
}

inline std::string FileBytes(const std::string& path) {
  auto bytes = FileSystem::Posix()->ReadFile(path, size_t{1} << 30);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *bytes : "";
}

inline std::string BuildBytes(const VectorSource& source,
                              const ForestBuildOptions& options,
                              const std::string& name) {
  const std::string path = BuildFile(source, options, name);
  return path.empty() ? "" : FileBytes(path);
}

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_FOREST_BUILD_FILE_H_
