#include <string>
#include <vector>

#include "tests/server/testing/wrong_input_rows.h"

namespace annod {
namespace {

using ::grpc::StatusCode;

constexpr StatusCode kInvalid = StatusCode::INVALID_ARGUMENT;
constexpr char kField[] = "INVALID_FIELD";
constexpr char kGoodRow[] = " rows { vector { values: [1, 2] } } ";

}  // namespace

std::vector<WrongInput> FitRows() {
  const char* method = "Fit";
  const auto options = [&](const std::string& text) {
    return "index: 'a' options { " + text + " }" + kGoodRow;
  };
  const auto row = [](const std::string& text) {
    return "index: 'a' rows { " + text + " }";
  };
  return {
      {method, kGoodRow, kInvalid, kField, {"index is ''", "1 to 64"}},
      {method,
       std::string("index: 'a b'") + kGoodRow,
       kInvalid,
       kField,
       {"index is 'a b'"}},
      {method,
       std::string("index: 'b'") + kGoodRow,
       StatusCode::NOT_FOUND,
       "INDEX_NOT_FOUND",
       {"'b'"}},
      {method,
       options("start_index: -1"),
       kInvalid,
       kField,
       {"options.start_index is -1", "[0, 2147483646]"}},
      {method,
       options("missing_value: inf"),
       kInvalid,
       kField,
       {"options.missing_value is inf", "finite"}},
      {method,
       options("feature_names: ['x', 'y', 'z']"),
       kInvalid,
       kField,
       {"options.feature_names", "3 names", "2"}},
      {method,
       options("feature_names: ['x', '']"),
       kInvalid,
       kField,
       {"options.feature_names"}},
      {method,
       options("append: true feature_names: ['x', 'y']"),
       kInvalid,
       kField,
       {"options.feature_names must be those of the index", "has 0"}},
      {method,
       options("build { tree_count: 10001 }"),
       kInvalid,
       kField,
       {"tree_count is 10001", "[-1, 10000]"}},
      {method,
       options("build { thread_count: -1 }"),
       kInvalid,
       kField,
       {"thread_count is -1", "[0, 1024]"}},
      {method,
       options("build { dot_layout: DOT_LAYOUT_24 }"),
       kInvalid,
       kField,
       {"dot_layout is DOT_LAYOUT_24", "METRIC_DOT"}},
      {method,
       std::string("index: 'new' options { create { metric: 77 } }") + kGoodRow,
       kInvalid,
       kField,
       {"metric is 77"}},
      {method,
       std::string("index: 'new' options { create { dimension: 3 metric: "
                   "METRIC_DOT } }") +
           kGoodRow,
       kInvalid,
       kField,
       {"rows[0].vector has 2 values", "3"}},
      {method,
       std::string("index: 'new' options { create { metric: METRIC_DOT } }") +
           kGoodRow,
       StatusCode::RESOURCE_EXHAUSTED,
       "LIMIT_REACHED",
       {"2"}},
      {method, "index: 'a'", kInvalid, kField, {"there is no row"}},
      {method,
       "index: 'a'" + Repeat(kGoodRow, 9),
       kInvalid,
       kField,
       {"9 rows", "0 to 8"}},
      {method,
       "index: 'a' row_count: 3" + std::string(kGoodRow),
       kInvalid,
       kField,
       {"row_count is 3", "1 rows"}},
      {method,
       "index: 'a' row_count: -1" + std::string(kGoodRow),
       kInvalid,
       kField,
       {"row_count is -1"}},
      {method, row(""), kInvalid, kField, {"rows[0].data is not set"}},
      {method,
       row("vector { values: [1] }"),
       kInvalid,
       kField,
       {"rows[0].vector has 1 values", "2"}},
      {method,
       row("vector { values: [1, nan] }"),
       kInvalid,
       kField,
       {"rows[0].vector.values[1] is nan"}},
      {method,
       "index: 'new' options { create { metric: METRIC_ANGULAR } } "
       "rows { vector { values: [3e38, 3e38] } }",
       kInvalid,
       kField,
       {"rows[0].vector", "of length 4.24264e+38", "9e+18"}},
      {method,
       row("vector_bytes: '123456789'"),
       kInvalid,
       kField,
       {"rows[0].vector_bytes has 9 bytes"}},
      {method,
       row("sparse { positions: 0 values: [1, 2] }"),
       kInvalid,
       kField,
       {"rows[0].sparse has 1 positions and 2 values"}},
      {method,
       row("sparse { positions: [0, 2] values: [1, 2] }"),
       kInvalid,
       kField,
       {"rows[0].sparse.positions[1] is 2", "[0, 1]"}},
      {method,
       row("sparse { positions: [1, 1] values: [1, 2] }"),
       kInvalid,
       kField,
       {"rows[0].sparse.positions[1] is 1", "different"}},
      {method,
       row("sparse { positions: 1 values: 1 }"),
       kInvalid,
       kField,
       {"rows[0].sparse has no component 0 of 2", "missing_value"}},
      {method,
       row("vector { values: [1, 2] } label: '" + Repeat("x", 1025) + "'"),
       kInvalid,
       kField,
       {"rows[0].label", "1025 bytes"}},
      {method,
       "index: 'a'" +
           Repeat(" rows { vector { values: [1, 2] } label: 'l' }", 2),
       StatusCode::ALREADY_EXISTS,
       "LABEL_TAKEN",
       {"rows[1].label", "'l'", "rows[0]"}},
  };
}

}  // namespace annod
