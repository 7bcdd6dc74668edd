// annodctl file build, from every kind of input.
#include <zlib.h>

#include <string>
#include <vector>

#include "core/file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/forest/golden_build.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

std::vector<std::vector<float>> RowsOf(const GoldenBuild& golden) {
  std::vector<std::vector<float>> rows;
  std::vector<float> row(golden.options.dim);
  for (int64_t id = 0; id < golden.vectors.slot_count(); ++id) {
    EXPECT_TRUE(golden.vectors.Get(id, absl::MakeSpan(row)));
    rows.push_back(row);
  }
  return rows;
}

template <typename T>
void AppendRaw(const T& value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// The rows in the format that the ending of `path` names.
void WriteRows(const std::vector<std::vector<float>>& rows,
               const std::string& path) {
  const std::string ending = path.substr(path.rfind('.'));
  const int dim = static_cast<int>(rows[0].size());
  std::string out;
  if (ending == ".npy") {
    const std::string header =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
        std::to_string(rows.size()) + ", " + std::to_string(dim) + "), }\n";
    out = std::string("\x93NUMPY\x01\x00", 8);
    AppendRaw(static_cast<uint16_t>(header.size()), &out);
    out += header;
  } else if (ending == ".vec") {
    out = std::to_string(rows.size()) + " " + std::to_string(dim) + "\n";
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    if (ending == ".fvecs" || ending == ".bvecs") AppendRaw(dim, &out);
    if (ending == ".vec") out += "word" + std::to_string(i);
    for (int c = 0; c < dim; ++c) {
      const std::string text = VectorText({rows[i][c]});
      if (ending == ".csv") {
        out += (c == 0 ? "" : ",") + text;
      } else if (ending == ".vec") {
        out += " " + text;
      } else if (ending == ".bvecs") {
        out += static_cast<char>(rows[i][c]);
      } else {
        AppendRaw(rows[i][c], &out);
      }
    }
    if (ending == ".csv" || ending == ".vec") out += "\n";
  }
  OverwriteFile(path, out);
}

TEST(FileBuildTest, CompatWritesTheBytesOfTheOriginalForEveryMetric) {
  struct Case {
    std::string folder, name, input;
    std::vector<std::string> more;
  };
  const std::vector<Case> cases = {
      {"main", "angular-f7-n500", "in.npy", {}},
      {"main", "euclidean-f7-n500", "in.csv", {}},
      {"main", "manhattan-f7-n500", "in.fvecs", {}},
      {"main", "dot-f7-n500", "in.vec", {}},
      {"dot-16", "dot-f7-n500", "in.npy", {"--dot_layout", "16"}},
      {"main", "hamming-f64-n500", "in.bvecs", {}},
      {"special", "auto-euclidean", "in.npy", {}},
      {"annoy-1.16",
       "hamming-f64-n500",
       "in.npy",
       {"--layout", "hamming-12", "--rules", "1.16"}},
      {"annoy-1.16",
       "dot-f7-n500",
       "in.npy",
       {"--layout", "dot-16", "--rules", "annoy-1.16"}},
      {"scikitplots-main",
       "angular-f7",
       "in.npy",
       {"--layout", "angular-24", "--rules", "scikit-plots-main"}},
  };
  for (const Case& c : cases) {
    const GoldenBuild golden = ReadGolden(c.folder, c.name);
    const TempDir dir;
    WriteRows(RowsOf(golden), dir.Path(c.input));
    std::vector<std::string> arguments = {
        "file",
        "build",
        dir.Path(c.input),
        "--metric",
        std::string(MetricName(golden.options.metric)),
        "--output",
        dir.Path("out.ann"),
        "--trees",
        std::to_string(golden.options.tree_count),
        "--seed",
        std::to_string(golden.options.seed),
        "--compat",
        "--json"};
    arguments.insert(arguments.end(), c.more.begin(), c.more.end());
    const RunResult result = RunAnnodctl(arguments);
    ASSERT_EQ(result.exit_status, 0) << c.name << ": " << result.out;
    if (golden.node_count != 0) {
      EXPECT_EQ(result.Json()["n_nodes"], golden.node_count) << c.name;
    }
    EXPECT_EQ(result.Json()["file_bytes"], golden.bytes.size()) << c.name;
    EXPECT_TRUE(FileContents(dir.Path("out.ann")) == golden.bytes) << c.name;
    // Nothing else is left: no temporary file.
    EXPECT_EQ(FileSystem::Posix()->ListDirectory(dir.path())->size(), 2u);
  }
}

class SmallBuildTest : public ::testing::Test {
 protected:
  SmallBuildTest() {
    for (int i = 0; i < 100; ++i) {
      rows_.push_back({1.0f * i, 0.5f * (i % 7), -1.0f});
    }
  }
  RunResult Build(const std::string& input,
                  const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"file",
                                          "build",
                                          input,
                                          "--metric",
                                          "l2",
                                          "--output",
                                          dir_.Path("out.ann"),
                                          "--trees",
                                          "3",
                                          "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunAnnodctl(arguments);
  }
  const TempDir dir_;
  std::vector<std::vector<float>> rows_;
};

TEST_F(SmallBuildTest, DoesNotReplaceAFileUnlessForced) {
  WriteRows(rows_, dir_.Path("in.npy"));
  OverwriteFile(dir_.Path("out.ann"), "precious");
  const RunResult refused = Build(dir_.Path("in.npy"));
  EXPECT_EQ(refused.exit_status, 1);
  EXPECT_EQ(refused.Json()["error"]["code"], "ALREADY_EXISTS");
  EXPECT_EQ(FileContents(dir_.Path("out.ann")), "precious");
  const RunResult forced = Build(dir_.Path("in.npy"), {"--force"});
  EXPECT_EQ(forced.exit_status, 0) << forced.out;
  const RunResult query = RunAnnodctl(
      {"file", "query", dir_.Path("out.ann"), "--metric", "l2", "--dim", "3",
       "--vector", "41.8,3,-1", "--n", "1", "--json"});
  EXPECT_EQ(query.Json()["ids"], nlohmann::json::array({41})) << query.out;
}

TEST_F(SmallBuildTest, DoesNotReplaceItsInput) {
  const std::string input = dir_.Path("x.csv");
  OverwriteFile(input, "a,1,2\nb,3,4\n");
  const std::string other = dir_.Path("./x.csv");
  for (const std::vector<std::string>& outputs :
       {std::vector<std::string>{"--output", other},
        {"--output", dir_.Path("x.ann"), "--labels", other}}) {
    std::vector<std::string> arguments = {"file",     "build",     input,
                                          "--metric", "euclidean", "--force"};
    arguments.insert(arguments.end(), outputs.begin(), outputs.end());
    const RunResult result = RunAnnodctl(arguments);
    EXPECT_EQ(result.exit_status, 1);
    EXPECT_THAT(result.err, HasSubstr("is the input"));
  }
  EXPECT_EQ(FileContents(input), "a,1,2\nb,3,4\n");
  const std::string both = dir_.Path("x.ann");
  EXPECT_THAT(RunAnnodctl({"file", "build", input, "--metric", "euclidean",
                           "--output", both, "--labels", both})
                  .err,
              HasSubstr("must be different files"));
}

TEST_F(SmallBuildTest, WritesTheLabels) {
  WriteRows(rows_, dir_.Path("in.vec"));
  const RunResult result =
      Build(dir_.Path("in.vec"), {"--labels", dir_.Path("labels.tsv")});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  const std::string labels = FileContents(dir_.Path("labels.tsv"));
  EXPECT_EQ(labels.substr(0, 18), "0\tword0\n1\tword1\n2\t");
  EXPECT_THAT(labels, HasSubstr("\n99\tword99\n"));
  WriteRows(rows_, dir_.Path("in.npy"));
  EXPECT_THAT(Build(dir_.Path("in.npy"),
                    {"--force", "--labels", dir_.Path("other.tsv")})
                  .out,
              HasSubstr("no labels"));
}

TEST_F(SmallBuildTest, ABadRowStopsTheBuildAndLeavesNothingBehind) {
  OverwriteFile(dir_.Path("in.vec"), "3 2\na 1 2\nb 1 x\nc 1 2\n");
  const RunResult result = Build(dir_.Path("in.vec"));
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, HasSubstr("line 3: component 1: 'x'"));
  EXPECT_EQ(FileSystem::Posix()->ListDirectory(dir_.path())->size(), 1u);
}

TEST_F(SmallBuildTest, ReadsACsvWithHeaderAndLabelsOfUnknownLength) {
  OverwriteFile(dir_.Path("in.csv"), "name,x,y,z\na,1,2,3\nb,4,5,6\nc,7,8,9\n");
  const RunResult result =
      Build(dir_.Path("in.csv"), {"--labels", dir_.Path("labels.tsv")});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  EXPECT_EQ(result.Json()["n_items"], 3);
  EXPECT_EQ(FileContents(dir_.Path("labels.tsv")), "0\ta\n1\tb\n2\tc\n");
}

TEST_F(SmallBuildTest, SaysWhatItTook) {
  OverwriteFile(dir_.Path("in.csv"), "id;label;x\n0;a;1,5\n3;b;2\n");
  const RunResult result =
      Build(dir_.Path("in.csv"), {"--labels", dir_.Path("labels.tsv")});
  ASSERT_EQ(result.exit_status, 0) << result.out;
  const nlohmann::json taken = result.Json()["input"];
  EXPECT_EQ(taken["header"], "line 1");
  EXPECT_EQ(taken["labels"], "column 2 'label'");
  EXPECT_EQ(taken["ids"], "column 1 'id'");
  EXPECT_EQ(taken["delimiter"], "semicolon");
  EXPECT_EQ(taken["notes"], nlohmann::json::array({"decimal commas"}));
  // Ids leave holes.
  EXPECT_EQ(result.Json()["n_items"], 4);
  EXPECT_EQ(FileContents(dir_.Path("labels.tsv")), "0\ta\n3\tb\n");
  OverwriteFile(dir_.Path("down.csv"), "id,x\n3,1\n2,2\n");
  EXPECT_THAT(Build(dir_.Path("down.csv"), {"--force"}).out,
              HasSubstr("line 3: id 2 follows 3"));
  OverwriteFile(dir_.Path("wide.csv"), "id,x\n3,1\n2000000,2\n");
  EXPECT_THAT(Build(dir_.Path("wide.csv"), {"--force"}).out,
              HasSubstr("id 2000000 is too large"));
}

TEST_F(SmallBuildTest, TheFormatsAreReadAsByEveryCommand) {
  OverwriteFile(dir_.Path("more.vec"), "1 1\na 1\nb 2\n");
  const RunResult more = Build(dir_.Path("more.vec"));
  EXPECT_EQ(more.Json()["error"]["code"], "INVALID_ARGUMENT");
  EXPECT_THAT(more.out, HasSubstr("line 3: more words than the 1"));
  EXPECT_EQ(FileSystem::Posix()->ListDirectory(dir_.path())->size(), 1u);
  OverwriteFile(dir_.Path("ids.ivecs"), std::string("\1\0\0\0\5\0\0\0", 8));
  EXPECT_THAT(Build(dir_.Path("ids.ivecs")).out, HasSubstr("not vectors"));
  OverwriteFile(dir_.Path("ids.fvecs"), std::string("\1\0\0\0\5\0\0\0", 8));
  const RunResult suspected = Build(dir_.Path("ids.fvecs"));
  EXPECT_EQ(suspected.exit_status, 1);
  EXPECT_THAT(suspected.out, HasSubstr("renamed .ivecs"));
  OverwriteFile(dir_.Path("in.jsonl"), "[1,2]\n");
  EXPECT_EQ(Build(dir_.Path("in.jsonl"), {"--force"}).exit_status, 0);
  EXPECT_EQ(Build(dir_.Path("in.jsonl"), {"--delimiter", ""}).exit_status, 2);
  EXPECT_EQ(Build(dir_.Path("in.jsonl"), {"--id_column", ""}).exit_status, 2);
  EXPECT_EQ(Build(dir_.Path("in.jsonl"), {"--header", "si"}).exit_status, 2);
}

TEST_F(SmallBuildTest, TheFileDoesNotDependOnTheThreads) {
  WriteRows(rows_, dir_.Path("in.npy"));
  ASSERT_EQ(Build(dir_.Path("in.npy"), {"--threads", "1"}).exit_status, 0);
  const std::string one = FileContents(dir_.Path("out.ann"));
  ASSERT_EQ(
      Build(dir_.Path("in.npy"), {"--threads", "3", "--force"}).exit_status, 0);
  EXPECT_TRUE(FileContents(dir_.Path("out.ann")) == one);
}

}  // namespace
}  // namespace annod
