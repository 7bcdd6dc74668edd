// A server told to build by another program's rules serves, byte for byte, the
// file which that program wrote.
#include <cctype>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "gtest/gtest.h"
#include "tests/core/forest/golden_build.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

struct Folder {
  const char* name;
  v1::BuildRules rules;
  int count;  // files, at least
};
const Folder kFolders[] = {
    {"main", v1::BUILD_RULES_ANNOY_1_17, 14},
    {"dot-16", v1::BUILD_RULES_ANNOY_1_17, 2},
    {"special", v1::BUILD_RULES_ANNOY_1_17, 35},
    {"annoy-1.16", v1::BUILD_RULES_ANNOY_1_16, 4},
    {"scikitplots-0.4.0", v1::BUILD_RULES_SCIKIT_PLOTS_0_4, 4},
};

class GoldenBuildRpcTest : public testing::TestWithParam<Folder> {
 protected:
  GoldenBuildRpcTest() : cluster_(/*workers=*/1) { cluster_.StartAll(); }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  static bool Exists(const std::string& path) {
    return FileSystem::Posix()->Stat(path).ok();
  }

  void Add(const std::string& index, const MemoryVectors& vectors) {
    v1::AddItemRequest request;
    request.set_index(index);
    for (int64_t id = 0; id < vectors.slot_count(); ++id) {
      if (!vectors.Has(id)) continue;
      v1::Item* const item = request.add_items();
      item->set_id(static_cast<int32_t>(id));
      SetVector(vectors.Row(id), item->mutable_vector());
    }
    v1::AddItemResponse response;
    ExpectOk(cluster_.admin()->AddItem(Context().get(), request, &response));
  }

  std::string NativeFile(const std::string& index) {
    v1::SerializeRequest request;
    request.set_index(index);
    const auto context = Context();
    const auto reader = cluster_.admin()->Serialize(context.get(), request);
    std::string bytes;
    v1::SerializeResponse response;
    while (reader->Read(&response)) bytes += response.chunk();
    ExpectOk(reader->Finish());
    return bytes;
  }

  Cluster cluster_;
};

TEST_P(GoldenBuildRpcTest, ServesTheBytesOfTheOriginal) {
  int rebuilt = 0;
  for (const std::string& name : GoldenNames(GetParam().name)) {
    SCOPED_TRACE(name);
    const std::string stem =
        std::string("tests/testdata/golden/") + GetParam().name + "/" + name;
    if (!Exists(stem + ".ann") && !Exists(stem + ".saved.ann")) continue;
    if (name.rfind("nonfinite", 0) == 0) continue;  // no server takes them
    GoldenBuild golden = ReadGolden(GetParam().name, name);
    if (golden.vectors.slot_count() == 0) continue;  // no build of nothing
    const ForestBuildOptions& options = golden.options;
    const std::string index = name;
    ExpectOk(CreateIndex(&cluster_, index, options.dim,
                         static_cast<v1::Metric>(options.metric)));
    Add(index, golden.vectors);
    v1::BuildRequest build;
    build.set_index(index);
    build.set_tree_count(options.tree_count);
    build.set_seed(options.seed);
    build.set_rules(GetParam().rules);
    if (options.layout == LayoutKind::kDot16) {
      build.set_dot_layout(v1::DOT_LAYOUT_16);
    }
    if (options.layout == LayoutKind::kHamming12) {
      build.set_hamming_layout(v1::HAMMING_LAYOUT_12);
    }
    ExpectOk(Build(&cluster_, build, nullptr));
    if (!golden.scratch_zeroed) {
      const NodeLayout layout = *MakeNodeLayout(
          options.layout.value_or(LayoutsForMetric(options.metric)[0]),
          options.metric, options.dim);
      ZeroUnusedBytes(layout, &golden.bytes);
    }
    EXPECT_TRUE(NativeFile(index) == golden.bytes);
    ++rebuilt;
  }
  EXPECT_GE(rebuilt, GetParam().count);
}

INSTANTIATE_TEST_SUITE_P(EveryFolder, GoldenBuildRpcTest,
                         testing::ValuesIn(kFolders),
                         [](const testing::TestParamInfo<Folder>& info) {
                           std::string name = info.param.name;
                           for (char& c : name) {
                             if (std::isalnum(static_cast<unsigned char>(c)) ==
                                 0) {
                               c = '_';
                             }
                           }
                           return name;
                         });

}  // namespace
}  // namespace annod
