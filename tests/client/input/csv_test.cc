// .csv files, as people have them.
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "client/input/vector_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/input/input_files.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;
using ::testing::Pair;

TEST(CsvTest, ReadsCsvWithAndWithoutHeaderAndLabels) {
  struct Case {
    const char* text;
    const char* labels;
    Rows want;
  };
  const std::vector<Case> cases = {
      {"1,2\n3, 4\n", "auto", {{"", {1, 2}}, {"", {3, 4}}}},
      {"x,y\n1,2\n", "auto", {{"", {1, 2}}}},
      {"a,1,2\nb,3,4", "auto", {{"a", {1, 2}}, {"b", {3, 4}}}},
      {"name,x,y\na,1,2\n", "auto", {{"a", {1, 2}}}},
      {"\"a,\"\"1\"\"\",1,2\n", "auto", {{"a,\"1\"", {1, 2}}}},
      {"7,1,2\n8,3,4\n", "first", {{"7", {1, 2}}, {"8", {3, 4}}}},
      {"name,x\n7,1\n", "first", {{"7", {1}}}},
      {"\xEF\xBB\xBF"
       "1,2\r\n\r\n3,4\r\n",
       "none",
       {{"", {1, 2}}, {"", {3, 4}}}},
  };
  for (const Case& c : cases) {
    VectorReaderOptions options;
    options.label_column = c.labels;
    const absl::StatusOr<Rows> rows =
        ReadAll(WriteFile("x.csv", c.text), options);
    ASSERT_TRUE(rows.ok()) << c.text << ": " << rows.status();
    EXPECT_EQ(*rows, c.want) << c.text;
  }
  EXPECT_THAT(*ReadAll(WriteFile("x.csv.gz", Gzip("1,2\n"))),
              ElementsAre(Pair("", ElementsAre(1, 2))));
}

TEST(CsvTest, CsvMayLackComponentsWhereThatIsAskedFor) {
  const std::string path =
      WriteFile("x.csv", "name,x,\"y, z\"\na,1,NA\nb, ,2\n,3,4\n");
  VectorReaderOptions options;
  options.label_column = "first";
  options.missing = true;
  const auto reader = OpenVectorFile(path, options);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_THAT((*reader)->column_names(), ElementsAre("x", "y, z"));
  const absl::StatusOr<Rows> rows = ReadAll(path, options);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(*rows, ElementsAre(Pair("a", ElementsAre(1, IsNan())),
                                 Pair("b", ElementsAre(IsNan(), 2)),
                                 Pair("", ElementsAre(3, 4))));
  EXPECT_THAT(*ReadAll(WriteFile("w.csv", "a,1,null\nb,N/A,2\n"), options),
              ElementsAre(Pair("a", ElementsAre(1, IsNan())),
                          Pair("b", ElementsAre(IsNan(), 2))));
  // NaN is missing as in binary files; infinity is wrong.
  EXPECT_THAT(
      *ReadAll(WriteFile("n.csv", "a,n/a,1\na,nan,2\nb,-nan,NaN\n"), options),
      ElementsAre(Pair("a", ElementsAre(IsNan(), 1)),
                  Pair("a", ElementsAre(IsNan(), 2)),
                  Pair("b", ElementsAre(IsNan(), IsNan()))));
  EXPECT_THAT(
      ReadAll(WriteFile("i.csv", "a,1\nb,inf\n"), options).status().message(),
      HasSubstr("'inf' is not a finite number"));
  options.missing = false;
  EXPECT_THAT(ReadAll(WriteFile("m.csv", "a,1,2\nb,NA,2\n"), options)
                  .status()
                  .message(),
              HasSubstr("line 2: column 2: 'NA'"));
}

struct Taken {
  const char* text;
  Rows rows;
  const char *header = "none", *labels = "none", *ids = "none",
             *delimiter = "comma";
};

TEST(CsvTest, TellsHeadersLabelsIdsAndDelimiters) {
  const std::vector<Taken> cases = {
      // Headers: no number among the cells, or the components' numbers.
      {"x,y\n1,2\n", {{"", {1, 2}}}, "line 1"},
      {"0,1\n.5,2\n", {{"", {.5, 2}}}, "line 1"},
      {",0,1\n0,.5,2\n1,3,4\n", {{"", {.5, 2}}, {"", {3, 4}}}, "line 1"},
      {",x,y\n5,1,2\n", {{"", {1, 2}}}, "line 1"},
      {",x,y\na,1,2\n", {{"a", {1, 2}}}, "line 1", "column 1 ''"},
      {"Unnamed: 0,x\n0,1\n", {{"", {1}}}, "line 1"},
      {"word,0,1\na,.5,2\n", {{"a", {.5, 2}}}, "line 1", "column 1 'word'"},
      {"id,label,0,1\n7,a,1,2\n",
       {{"a", {1, 2}}},
       "line 1",
       "column 2 'label'",
       "column 1 'id'"},
      {"x,ID\n1,7\n", {{"", {1}}}, "line 1", "none", "column 2 'ID'"},
      {"id,x\na,1\n", {{"a", {1}}}, "line 1", "column 1 'id'"},
      // Labels: text in most rows.
      {"a,1\nb,2\n7,3\n",
       {{"a", {1}}, {"b", {2}}, {"7", {3}}},
       "none",
       "column 1"},
      {"1.0.0,1\n1.0.1,2\n",
       {{"1.0.0", {1}}, {"1.0.1", {2}}},
       "none",
       "column 1"},
      {"\"a\nb\",1\n\"c\",2\n",
       {{"a\nb", {1}}, {"c", {2}}},
       "none",
       "column 1"},
      // Delimiters, decimal commas, ends of lines and rows.
      {"1;2\n3;4\n",
       {{"", {1, 2}}, {"", {3, 4}}},
       "none",
       "none",
       "none",
       "semicolon"},
      {"1,5;2\n3;4,25\n",
       {{"", {1.5, 2}}, {"", {3, 4.25}}},
       "none",
       "none",
       "none",
       "semicolon"},
      {"x;y\n1,5;2,5\n",
       {{"", {1.5, 2.5}}},
       "line 1",
       "none",
       "none",
       "semicolon"},
      {"a\t1\t2\n", {{"a", {1, 2}}}, "none", "column 1", "none", "tab"},
      {"1|2\n", {{"", {1, 2}}}, "none", "none", "none", "pipe"},
      {" 1  2\n3 4 \n",
       {{"", {1, 2}}, {"", {3, 4}}},
       "none",
       "none",
       "none",
       "blank"},
      {"new york,1,2\n", {{"new york", {1, 2}}}, "none", "column 1"},
      {"1,2,\n3,4,\n", {{"", {1, 2}}, {"", {3, 4}}}},
      {"x,y,\n1,2,\n", {{"", {1, 2}}}, "line 1"},
      {"x,y\n1,2,\n", {{"", {1, 2}}}, "line 1"},
      {"1,2\r3,4\r", {{"", {1, 2}}, {"", {3, 4}}}},
      {"1\n2\n", {{"", {1}}, {"", {2}}}},
      // A column 'index' that counts rows, as pandas' reset_index() makes it.
      {"index,x,y\n0,1,2\n1,3,4\n", {{"", {1, 2}}, {"", {3, 4}}}, "line 1"},
      {"index,x\n0,1\n2,3\n", {{"", {0, 1}}, {"", {2, 3}}}, "line 1"},
      // Quotes with blanks around them, and line breaks within.
      {"\"a\", \"1\" ,2\n \"b, c\" , 3,4\n",
       {{"a", {1, 2}}, {"b, c", {3, 4}}},
       "none",
       "column 1"},
      {"a b \"c\",1\n \"d\" e,2\n",
       {{"a b \"c\"", {1}}, {"\"d\" e", {2}}},
       "none",
       "column 1"},
      {"\"a b\nc d\";1\n\"e\nf\";2\n",
       {{"a b\nc d", {1}}, {"e\nf", {2}}},
       "none",
       "column 1",
       "none",
       "semicolon"},
      // Comments, as numpy.savetxt writes them; names among them or not.
      {"# x,y\n1,2\n3,4\n", {{"", {1, 2}}, {"", {3, 4}}}, "line 1"},
      {"# x y\n1e0 2e0\n", {{"", {1, 2}}}, "line 1", "none", "none", "blank"},
      {"# by a program, long ago\n# x\n1,2\n# more\n3,4\n# end",
       {{"", {1, 2}}, {"", {3, 4}}}},
      {"# a table\nx,y\n1,2\n", {{"", {1, 2}}}, "line 2"},
      {"#cats,1,2\n#dogs,3,4\n",
       {{"#cats", {1, 2}}, {"#dogs", {3, 4}}},
       "none",
       "column 1"},
      // Excel's first line.
      {"sep=;\n1,5;2\n", {{"", {1.5, 2}}}, "none", "none", "none", "semicolon"},
      {"\"sep=,\"\r\nx,y\r\n1,2\r\n", {{"", {1, 2}}}, "line 2"},
  };
  for (const Taken& c : cases) {
    const std::string path = WriteFile("x.csv", c.text);
    const absl::StatusOr<Rows> rows = ReadAll(path);
    ASSERT_TRUE(rows.ok()) << c.text << ": " << rows.status();
    EXPECT_EQ(*rows, c.rows) << c.text;
    const InputDescription taken = (*OpenVectorFile(path, {}))->description();
    EXPECT_EQ(taken.header, c.header) << c.text;
    EXPECT_EQ(taken.labels, c.labels) << c.text;
    EXPECT_EQ(taken.ids, c.ids) << c.text;
    EXPECT_EQ(taken.delimiter, c.delimiter) << c.text;
  }
}

TEST(CsvTest, NeverGuessesWhereTwoThingsMayBe) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"1,nan,3\n4,5,6\n", "line 1: column 2: 'nan'"},
      {"nan,nan\n4,5\n", "line 1: column 1: 'nan'"},
      {"1,,3\n4,5,6\n", "line 1: column 2: ''"},
      {"1e39,2,3\n4,5,6\n", "line 1: column 1: '1e39'"},
      {"1.0.0,2,3\n4,5,6\n", "line 1: column 1: '1.0.0'"},
      {"1.0.0,2,3\n", "line 1: column 1: '1.0.0'"},
      {"a,2,3\n4,5,6\n", "line 1: column 1: 'a'"},
      {"1,2,\n4,5,6\n", "line 1: column 3: ''"},
      {"0,1,2\n3,4,5\n", "line 1: '0', '1', ... may be a header"},
      {"0\n.5\n", "line 1: '0' may be a header"},
      {"name,2019,2020\na,1,2\n", "line 1: 'name', ... may be a header"},
      {"x,y\na,1,2\n", "line 2: 3 columns; the header in line 1 has 2"},
      {"1,2,a\n3,4,b\n", "--label_column last"},
      {"1.5;2\n2,5;3\n", "line 2 has a decimal comma"},
      {"\"1,5\",2\n3,4\n", "decimal commas are read"},
      // Numbers that are damaged or grouped are no header and no labels.
      {"1.0.0\n2\n", "line 1: '1.0.0' may be a header"},
      {"\"1,234\",\"2,345\"\n\"3,456\",4\n",
       "line 1: column 1: '1,234' is not a finite number (numbers are read "
       "without separators of thousands"},
      {"\"1,234\",2\n\"3,456.5\",4\n", "separators of thousands"},
      {"1;2\n1.234,5;2\n", "line 2: column 1: '1.234,5'"},
      // What stands before component 0 is none.
      {"number,0,1\n7,.5,2\n",
       "line 1: column 1 'number' stands before component 0: say --id_column "
       "1"},
      {"x\n\"[.1, .2]\"\n", "a list in one cell"},
      {"x,y\n\"[.1 .2\n .3]\",1\n1,2\n2,3\n3,4\n", "a list in one cell"},
      {"x\n1\nTrue\n",
       "line 3: column 1: 'True' is not a finite number (write "},
      {"x,y\n1,null\n", "--missing_value"},
      {"x,y\n1,nan\n", "--missing_value"},
      // Nor are numbers as programs write them that are not read here.
      {"1_000,2_000\n3,4\n", "line 1: '1_000', ... may be a header"},
      {"0x1f,0x2\n3,4\n", "line 1: '0x1f', ... may be a header"},
      {"\xE2\x88\x92"
       "1,\xE2\x88\x92"
       "2\n3,4\n",
       "may be a header"},
      {"True,False\n1,0\n", "line 1: 'True', ... may be a header"},
      {"1 000;2 000\n3;4\n", "line 1: '1 000', ... may be a header"},
      // Columns that two characters separate.
      {"a\t1,2,3\nb\t2,3,4\n", "line 1: column 1: 'a\\t1' ends with a number"},
      {"a,1 2\nb,3 4\n", "'a,1' ends with a number"},
      {"a,1;2\nb,3;4\n", "'a,1' ends with a number"},
      // Names of what is no component.
      {"item_id,x\n5,.5\n6,.5\n",
       "line 1: column 1 'item_id' has the name of ids, and holds numbers: say "
       "--id_column 1"},
      {"x,docID\n.5,6\n", "column 2 'docID' has the name of ids"},
      {"x,y,class\n.5,1,0\n", "--label_column none if it is a component"},
      {"word,x\nNA,1\nnull,2\n", "column 1 'word' has the name of labels"},
      // What is written as other programs do.
      {"1,1e39\n", "'1e39' is not a finite number (too large for a 32-bit"},
      {"1 1:.7 2:1\n", "as libsvm writes"},
      {"[1,2]\n[3,4]\n", "line 1: a row of JSON: --input_format jsonl"},
      {"{\"vector\":[1,2]}\n{\"vector\":[1,2]}\n", "line 1: a row of JSON"},
      {"(1,2)\n(3,4)\n", "line 1: rows are written without parentheses"},
      {"text,v\na,1 2\nb,3 4\n", "a list in one cell"},
      {"text;v\na;1,2,3\nb;3,4,5\n", "a list in one cell"},
  };
  for (const auto& [text, message] : cases) {
    const absl::Status status = ReadAll(WriteFile("x.csv", text)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message)) << text;
  }
}

TEST(CsvTest, WarnsOfAComponentThatCountsRows) {
  const auto warnings = [](const char* text) {
    const auto reader = OpenVectorFile(WriteFile("x.csv", text), {});
    EXPECT_TRUE(reader.ok()) << reader.status();
    return (*reader)->description().warnings;
  };
  EXPECT_THAT(warnings("0,.5\n1,.5\n2,.7\n"),
              ElementsAre(HasSubstr("column 1 counts rows")));
  EXPECT_THAT(warnings("x,y\n1,2.5\n2,3\n3,4\n"),
              ElementsAre(HasSubstr("column 1 'x' counts rows")));
  for (const char* text : {"0,.5\n1,.5\n", "0,5\n1,6\n2,7\n", "0\n1\n2\n",
                           "a,0,.5\nb,1,.5\nc,2,.5\n", "1,.5\n3,.5\n4,.5\n"}) {
    EXPECT_THAT(warnings(text), ElementsAre()) << text;
  }
}

TEST(CsvTest, WarnsOfWholeNumbersThatAreRounded) {
  const auto warnings = [](const char* text) {
    return (*OpenVectorFile(WriteFile("x.csv", text), {}))
        ->description()
        .warnings;
  };
  EXPECT_THAT(
      warnings("1,16777216\n2,20260101\n"),
      ElementsAre(HasSubstr("line 2: column 2: '20260101' is rounded")));
  EXPECT_THAT(warnings("x,y\n5,16777216\n6,20260101.5\n8,1e20\n"),
              ElementsAre());
}

TEST(CsvTest, BlanksAndTabsTogetherSeparate) {
  const auto want =
      ElementsAre(Pair("a", ElementsAre(1, 2)), Pair("b", ElementsAre(3, 4)));
  for (const char* text : {"a\t1 2\nb\t3 4\n", "\"a\"\t1 2\nb 3 \t 4 \n"}) {
    EXPECT_THAT(*ReadAll(WriteFile("x.csv", text)), want) << text;
  }
}

TEST(CsvTest, OptionsSayWhatIsNotGuessed) {
  const auto read = [](const char* text, const char* header, const char* label,
                       const char* id, char delimiter = '\0') {
    VectorReaderOptions options;
    options.header = header;
    options.label_column = label;
    options.id_column = id;
    options.delimiter = delimiter;
    return ReadAll(WriteFile("x.csv", text), options);
  };
  const char* const counts = "0,1,2\n3,4,5\n";
  EXPECT_THAT(*read(counts, "yes", "auto", "auto"),
              ElementsAre(Pair("", ElementsAre(3, 4, 5))));
  EXPECT_THAT(*read(counts, "no", "none", "none"),
              ElementsAre(Pair("", ElementsAre(0, 1, 2)),
                          Pair("", ElementsAre(3, 4, 5))));
  EXPECT_THAT(*read("1,2,7\n", "auto", "last", "none"),
              ElementsAre(Pair("7", ElementsAre(1, 2))));
  EXPECT_THAT(*read("x,name,y\n1,7,2\n", "auto", "name", "none"),
              ElementsAre(Pair("7", ElementsAre(1, 2))));
  EXPECT_THAT(*read("1,7,2\n", "auto", "2", "3"),
              ElementsAre(Pair("7", ElementsAre(1))));
  EXPECT_THAT(*read("1:2\n", "auto", "auto", "auto", ':'),
              ElementsAre(Pair("", ElementsAre(1, 2))));
  EXPECT_THAT(*read("index,x\n0,7\n", "auto", "auto", "none"),
              ElementsAre(Pair("", ElementsAre(0, 7))));
  EXPECT_THAT(*read("number,0,1\n7,.5,2\n", "auto", "auto", "none"),
              ElementsAre(Pair("", ElementsAre(7, .5, 2))));
  // Columns that are called so say what the others are.
  EXPECT_THAT(
      *read("id,label,doc_id,class\n1,a,7,.5\n", "auto", "auto", "auto"),
      ElementsAre(Pair("a", ElementsAre(7, .5))));
  EXPECT_THAT(*read("item_id,x\n7,.5\n", "auto", "auto", "none"),
              ElementsAre(Pair("", ElementsAre(7, .5))));
  EXPECT_THAT(*read("x,class\n7,.5\n", "auto", "none", "auto"),
              ElementsAre(Pair("", ElementsAre(7, .5))));
  EXPECT_THAT(*read("\"Boeing, 747\";1\n", "auto", "first", "auto"),
              ElementsAre(Pair("Boeing, 747", ElementsAre(1))));
  EXPECT_THAT(*read("# x,y\n1,2\n", "no", "auto", "auto"),
              ElementsAre(Pair("", ElementsAre(1, 2))));
  EXPECT_THAT(
      read("# mine\n1,2\n3,4\n", "yes", "auto", "auto").status().message(),
      HasSubstr("line 2: --header yes, but this line holds numbers"));
  EXPECT_THAT(read("x,y\n1,2\n", "auto", "z", "auto").status().message(),
              HasSubstr("no column 'z'"));
  EXPECT_THAT(read("1,2\n", "auto", "3", "auto").status().message(),
              HasSubstr("1 to 2"));
  EXPECT_THAT(read("1,2\n", "auto", "1", "1").status().message(),
              HasSubstr("both labels and ids"));
  EXPECT_THAT(read("1,a\n", "auto", "none", "2").status().message(),
              HasSubstr("line 1: 'a' is not the id"));
}

}  // namespace
}  // namespace annod
