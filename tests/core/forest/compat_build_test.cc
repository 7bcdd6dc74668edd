// Builds by another program's rules write, byte for byte, what it wrote.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/forest/forest_builder.h"
#include "gtest/gtest.h"
#include "tests/core/forest/golden_build.h"

namespace annod {
namespace {

// Golden files that cannot be rebuilt, with the reason.
const std::map<std::string, std::string>& NotRebuilt() {
  static const auto* const kNotRebuilt = new std::map<std::string, std::string>{
      {"special/nonfinite-euclidean",
       "holds a NaN and an infinity, which the builder refuses"},
      {"scikitplots-0.4.0/angular-f7-seed42", "blobs only"},
      {"scikitplots-0.4.0/sparse-euclidean-f7", "blobs only"},
      {"scikitplots-main/angular-f7-seed42", "blobs only"},
      {"scikitplots-main/sparse-euclidean-f7", "blobs only"},
  };
  return *kNotRebuilt;
}
// Whole folders left out: simd was built with other rounding; raw-scratch keeps
// garbage in bytes without meaning.
const char* const kRebuiltFolders[] = {"main",
                                       "dot-16",
                                       "annoy-1.16",
                                       "special",
                                       "scikitplots-0.4.0",
                                       "scikitplots-main"};

std::vector<std::string> Rebuilt() {
  std::vector<std::string> paths;
  for (const std::string folder : kRebuiltFolders) {
    for (const std::string& name : GoldenNames(folder)) {
      const std::string path = folder + "/" + name;
      if (NotRebuilt().count(path) == 0) paths.push_back(path);
    }
  }
  return paths;
}

GoldenBuild ReadGoldenPath(const std::string& path) {
  const size_t slash = path.find('/');
  return ReadGolden(path.substr(0, slash), path.substr(slash + 1));
}

class CompatBuildTest : public testing::TestWithParam<std::string> {};

TEST_P(CompatBuildTest, RebuildsGoldenFileByteForByte) {
  GoldenBuild golden = ReadGoldenPath(GetParam());
  ASSERT_TRUE(golden.scalar && golden.threads == 1)
      << "cannot be compared byte for byte";

  FileSystem* fs = FileSystem::Posix();
  std::string name = GetParam();
  for (char& c : name) c = c == '/' ? '_' : c;
  const std::string path = testing::TempDir() + "/" + name + ".ann";
  ASSERT_TRUE(fs->RemoveRecursively(path).ok());
  const absl::StatusOr<ForestBuildResult> built =
      BuildForest(golden.vectors, golden.options, fs, path);
  ASSERT_TRUE(built.ok()) << built.status();

  const absl::StatusOr<std::string> bytes = fs->ReadFile(path, 1 << 26);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(built->bytes, golden.bytes.size());
  if (!golden.scratch_zeroed) ZeroUnusedBytes(built->layout, &golden.bytes);
  ASSERT_EQ(bytes->size(), golden.bytes.size());
  EXPECT_EQ(built->node_count * built->layout.node_bytes, bytes->size());
  const size_t s = built->layout.node_bytes;
  for (size_t i = 0; i < bytes->size(); ++i) {
    ASSERT_EQ((*bytes)[i], golden.bytes[i])
        << "first difference in byte " << i % s << " of node " << i / s;
  }
}

std::string TestName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Golden, CompatBuildTest, testing::ValuesIn(Rebuilt()),
                         TestName);

TEST(CompatBuildTest, AllFilesAreRebuiltOrListed) {
  std::set<std::string> all;
  for (const std::string folder : kRebuiltFolders) {
    for (const std::string& name : GoldenNames(folder)) {
      all.insert(folder + "/" + name);
    }
  }
  EXPECT_EQ(Rebuilt().size() + NotRebuilt().size(), all.size());
  for (const auto& [path, reason] : NotRebuilt()) {
    EXPECT_EQ(all.count(path), 1u) << path << ": " << reason;
  }
  EXPECT_GE(Rebuilt().size(), 69u);
}

}  // namespace
}  // namespace annod
