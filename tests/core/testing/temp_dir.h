#ifndef ANNOD_TESTS_CORE_TESTING_TEMP_DIR_H_
#define ANNOD_TESTS_CORE_TESTING_TEMP_DIR_H_

#include <string>

#include "core/file_system.h"
#include "core/random_name.h"
#include "gtest/gtest.h"

namespace annod {

// A new directory under the test's own, removed again with all it holds.
class TempDir {
 public:
  TempDir() : path_(JoinPath(::testing::TempDir(), "annod-" + RandomName())) {
    EXPECT_TRUE(FileSystem::Posix()->CreateDirectory(path_).ok());
  }
  ~TempDir() {
    EXPECT_TRUE(FileSystem::Posix()->RemoveRecursively(path_).ok());
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string Path(const std::string& name) const {
    return JoinPath(path_, name);
  }

 private:
  const std::string path_;
};

// Creates `path`, in the place of an older file if there is one.
inline void OverwriteFile(const std::string& path,
                          const std::string& contents) {
  FileSystem* const fs = FileSystem::Posix();
  fs->RemoveFile(path).IgnoreError();
  auto file = fs->CreateFile(path);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append(contents).ok());
}

// The whole file, or "" with a test failure.
inline std::string FileContents(const std::string& path) {
  auto contents = FileSystem::Posix()->ReadFile(path, size_t{1} << 30);
  EXPECT_TRUE(contents.ok()) << contents.status();
  return contents.ok() ? *contents : "";
}

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_TESTING_TEMP_DIR_H_
