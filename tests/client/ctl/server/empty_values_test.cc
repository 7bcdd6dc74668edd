// A value that is empty or malformed is wrong usage, which names the option,
// and never item 0, the whole server or no filter at all.
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/client/fake_server.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Line = std::vector<std::string>;

class EmptyValuesTest : public ::testing::Test {
 protected:
  RunResult Run(Line arguments) {
    arguments.insert(arguments.end(), {"--server", server_.target()});
    return RunAnnodctl(arguments);
  }
  // Runs `arguments` whose last option gets each of `values`.
  void ExpectRefused(const Line& arguments, const Line& values) {
    for (const std::string& value : values) {
      Line line = arguments;
      line.push_back(value);
      const RunResult result = Run(line);
      SCOPED_TRACE(absl::StrJoin(line, " "));
      EXPECT_EQ(result.exit_status, 2) << result.out << result.err;
      EXPECT_THAT(result.err, HasSubstr(arguments.back() + ": "));
    }
  }
  FakeServer server_;
};

TEST_F(EmptyValuesTest, ListsAreRefused) {
  const Line wrong = {"", " ", ",", "[]", "1,,2", ",1", "1,", "x"};
  ExpectRefused({"remove", "w", "--ids"}, wrong);
  ExpectRefused({"query", "w", "--item", "1", "--exclude"}, wrong);
  ExpectRefused({"query", "w", "--item", "1", "--allow"}, wrong);
  ExpectRefused({"transform", "w", "--items"}, wrong);
  ExpectRefused({"transform", "w", "--items", "1", "--exclude"}, wrong);
  ExpectRefused({"get", "w", "--item"}, wrong);
  ExpectRefused({"bench", "w", "--rate"}, wrong);
  ExpectRefused({"bench", "w", "--concurrency"}, wrong);
  ExpectRefused({"eval", "w", "--search_k"}, wrong);
  ExpectRefused({"eval", "w", "--beams"}, wrong);
  ExpectRefused({"eval", "w", "--min_recall"}, wrong);
  ExpectRefused({"eval", "w", "--engines"}, wrong);
  ExpectRefused({"remove", "w", "--labels"}, {"", ",", "a,,b", "[]"});
  for (const char* method : {"RemoveItems", "GetNns", "GetItems", "Info"}) {
    EXPECT_EQ(server_.calls(method), 0) << method;
  }
}

TEST_F(EmptyValuesTest, NumbersAreRefused) {
  const Line whole = {"", " ", "x", "0x10", "1.5", "1e3"};
  ExpectRefused({"distance", "w", "--j", "1", "--i"}, whole);
  ExpectRefused({"create", "w", "--metric", "l2", "--dim"}, whole);
  ExpectRefused({"query", "w", "--item"}, whole);
  ExpectRefused({"query", "w", "--item", "1", "--n"}, whole);
  ExpectRefused({"query", "w", "--item", "1", "--search_k"}, whole);
  ExpectRefused({"query", "w", "--item", "1", "--beam"}, whole);
  ExpectRefused({"build", "w", "--trees"}, whole);
  ExpectRefused({"build", "w", "--seed"}, whole);
  ExpectRefused({"settings", "w", "--verbosity"}, whole);
  ExpectRefused({"add", "w", "--vector", "1,2", "--id"}, whole);
  const Line real = {"", " ", "x", "nan", "inf", "1,5"};
  ExpectRefused({"query", "w", "--item", "1", "--max_distance"}, real);
  ExpectRefused({"query", "w", "--item", "1", "--min_recall"}, real);
  ExpectRefused({"query", "w", "--item", "1", "--missing_value"}, real);
  ExpectRefused({"list", "--timeout"}, real);
  ExpectRefused({"eval", "w", "--seconds"}, real);
}

TEST_F(EmptyValuesTest, VectorsAreRefused) {
  ExpectRefused({"query", "w", "--vector"},
                {"", " ", ",", "1,,2", "1,2,", "x"});
  ExpectRefused({"add", "w", "--vector"}, {"", " ", "1,,2"});
  ExpectRefused({"query", "w", "--sparse"},
                {"", " ", "0:1,,2:3", "0", ":1", "0:"});
}

TEST_F(EmptyValuesTest, NamesAndPathsAreRefused) {
  for (const Line& line : std::vector<Line>{{"health"}, {"reload"}, {"info"}}) {
    Line with_empty = line;
    with_empty.push_back("");
    const RunResult result = Run(with_empty);
    EXPECT_EQ(result.exit_status, 2) << line[0];
    EXPECT_THAT(result.err, HasSubstr("NAME: is empty"));
  }
  ExpectRefused({"query", "w", "--queries"}, {""});
  ExpectRefused({"query", "w", "--label"}, {"", "\xff"});
  ExpectRefused({"remove", "w", "--file"}, {""});
  ExpectRefused({"transform", "w", "--items", "1", "--output"}, {""});
  ExpectRefused({"file", "build", "x.csv", "--metric", "l2", "--output"}, {""});
}

TEST_F(EmptyValuesTest, TextsThatMayBeEmptyAre) {
  const RunResult result =
      Run({"query", "w", "--item", "1", "--label_fill", ""});
  EXPECT_EQ(result.exit_status, 0) << result.err;
}

TEST_F(EmptyValuesTest, NumbersAreDecimal) {
  EXPECT_EQ(Run({"query", "w", "--item", "010"}).exit_status, 0);
  EXPECT_EQ(server_.last_query().queries(0).item(), 10);
  EXPECT_EQ(
      Run({"query", "w", "--item", "1", "--exclude", "010,[2]"}).exit_status,
      2);
  EXPECT_EQ(Run({"query", "w", "--item", "1", "--exclude", "[010, 2]",
                 "--exclude", "7"})
                .exit_status,
            0);
  EXPECT_THAT(server_.last_query().exclude_items(), ElementsAre(10, 2, 7));
}

TEST_F(EmptyValuesTest, HexadecimalNumbersAndTooLargeOnesAreRefused) {
  for (const std::vector<std::string>& option :
       std::vector<std::vector<std::string>>{{"--max_distance", "0x10"},
                                             {"--min_recall", "0x1p-1"},
                                             {"--timeout", "0x10"}}) {
    const RunResult result =
        Run({"query", "w", "--item", "1", option[0], option[1]});
    EXPECT_EQ(result.exit_status, 2) << option[0];
    EXPECT_THAT(result.err, HasSubstr(option[0]));
  }
  EXPECT_THAT(Run({"query", "w", "--vector", "1,0x10"}).err,
              HasSubstr("component 1: '0x10' is not a number"));
  EXPECT_EQ(Run({"query", "w", "--sparse", "0:0x10"}).exit_status, 2);
  for (const char* large : {"99999999999", "99999999999999999999999"}) {
    const RunResult result = Run({"build", "w", "--trees", large});
    EXPECT_EQ(result.exit_status, 2);
    EXPECT_THAT(result.err, HasSubstr("--trees: '"));
    EXPECT_THAT(result.err, HasSubstr("is too large"));
  }
}

TEST_F(EmptyValuesTest, NoneAllowedCanBeSaid) {
  EXPECT_EQ(Run({"query", "w", "--item", "1", "--allow_none"}).exit_status, 0);
  EXPECT_TRUE(server_.last_query().only_allow_items());
  EXPECT_EQ(server_.last_query().allow_items_size(), 0);
  EXPECT_EQ(Run({"query", "w", "--item", "1"}).exit_status, 0);
  EXPECT_FALSE(server_.last_query().only_allow_items());
  EXPECT_EQ(Run({"query", "w", "--item", "1", "--allow_none", "--allow", "1"})
                .exit_status,
            2);
}

}  // namespace
}  // namespace annod
