#include <string>
#include <vector>

#include "tests/server/testing/wrong_input_rows.h"

namespace annod {
namespace {

using ::grpc::StatusCode;

constexpr StatusCode kInvalid = StatusCode::INVALID_ARGUMENT;
constexpr StatusCode kMissing = StatusCode::NOT_FOUND;
constexpr char kField[] = "INVALID_FIELD";
constexpr char kNoIndex[] = "INDEX_NOT_FOUND";
constexpr char kNameLimit[] = "1 to 64 characters";

}  // namespace

std::vector<WrongInput> ItemRows(const char* method) {
  const std::string vector = "vector { values: [1, 2] } ";
  const auto items = [](const std::string& item) {
    return "index: 'a' items { " + item + "}";
  };
  return {
      {method,
       "items { " + vector + "}",
       kInvalid,
       kField,
       {"index is ''", kNameLimit}},
      {method,
       "index: 'a b' items { " + vector + "}",
       kInvalid,
       kField,
       {"index is 'a b'", kNameLimit}},
      {method,
       "index: 'b' items { " + vector + "}",
       kMissing,
       kNoIndex,
       {"'b'"}},
      {method,
       "index: 'a'" + Repeat(" items { " + vector + "}", 9),
       kInvalid,
       kField,
       {"items has 9 elements", "to 8"}},
      {method,
       items("id: -1 " + vector),
       kInvalid,
       kField,
       {"items[0].id is -1", "[0, 2147483646]"}},
      {method,
       items("id: 2147483647 " + vector),
       kInvalid,
       kField,
       {"items[0].id is 2147483647", "[0, 2147483646]"}},
      {method,
       items("id: 2147483646 " + vector),
       kInvalid,
       kField,
       {"2147483646"}},
      {method,
       items(""),
       kInvalid,
       kField,
       {"items[0].data", "not set", "vector and vector_bytes"}},
      {method,
       items("vector { values: [1, 2, 3] }"),
       kInvalid,
       kField,
       {"items[0].vector has 3 values", "'a' has dimension 2"}},
      {method,
       items("vector { values: [inf, 2] }"),
       kInvalid,
       kField,
       {"items[0].vector.values[0] is inf", "finite"}},
      {method,
       items("vector_bytes: '123'"),
       kInvalid,
       kField,
       {"items[0].vector_bytes has 3 bytes", "multiple of 4", "8 bytes"}},
      {method,
       items("vector_bytes: '1234'"),
       kInvalid,
       kField,
       {"items[0].vector_bytes has 4 bytes", "dimension 2", "8 bytes"}},
      {method,
       items(vector + "label: '" + Repeat("x", 1025) + "'"),
       kInvalid,
       kField,
       {"items[0].label", "1025 bytes", "at most 1024"}},
      {method,
       items(vector + "label: 'x\\000y'"),
       kInvalid,
       kField,
       {"items[0].label", "without NUL"}},
      {method,
       items(vector + "id: 9 label: 'one'"),
       StatusCode::ALREADY_EXISTS,
       "LABEL_TAKEN",
       {"one"}},
  };
}

std::vector<WrongInput> BuildRows() {
  const char* method = "Build";
  return {
      {method, "", kInvalid, kField, {"index is ''", kNameLimit}},
      {method, "index: 'a*'", kInvalid, kField, {"index is 'a*'"}},
      {method, "index: 'b'", kMissing, kNoIndex, {"'b'"}},
      {method,
       "index: 'a' tree_count: -2",
       kInvalid,
       kField,
       {"tree_count is -2", "[-1, 10000]"}},
      {method,
       "index: 'a' tree_count: 10001",
       kInvalid,
       kField,
       {"tree_count is 10001", "[-1, 10000]"}},
      {method,
       "index: 'a' thread_count: -1",
       kInvalid,
       kField,
       {"thread_count is -1", "[0, 1024]"}},
      {method,
       "index: 'a' thread_count: 1025",
       kInvalid,
       kField,
       {"thread_count is 1025", "[0, 1024]"}},
      {method,
       "index: 'a' dot_layout: 5",
       kInvalid,
       kField,
       {"dot_layout is 5"}},
      {method,
       "index: 'a' dot_layout: DOT_LAYOUT_24",
       kInvalid,
       kField,
       {"dot_layout is DOT_LAYOUT_24", "METRIC_DOT"}},
      {method,
       "index: 'a' hamming_layout: 5",
       kInvalid,
       kField,
       {"hamming_layout is 5"}},
      {method,
       "index: 'a' hamming_layout: HAMMING_LAYOUT_12",
       kInvalid,
       kField,
       {"hamming_layout is HAMMING_LAYOUT_12", "METRIC_HAMMING"}},
      {method, "index: 'a' rules: 17", kInvalid, kField, {"rules is 17"}},
      {method,
       "index: 'empty'",
       StatusCode::FAILED_PRECONDITION,
       "INDEX_EMPTY",
       {"'empty'", "0 items"}},
  };
}

std::vector<WrongInput> SerializeRows() {
  const char* method = "Serialize";
  return {
      {method, "", kInvalid, kField, {"index is ''", kNameLimit}},
      {method, "index: 'b'", kMissing, kNoIndex, {"'b'"}},
      {method,
       "index: 'a' format: 9",
       kInvalid,
       kField,
       {"format is 9", "SERIALIZE_FORMAT_NATIVE"}},
      {method,
       "index: 'a' chunk_bytes: 1023",
       kInvalid,
       kField,
       {"chunk_bytes is 1023", "[1024, 1048576]"}},
      {method,
       "index: 'a' chunk_bytes: -1",
       kInvalid,
       kField,
       {"chunk_bytes is -1", "[1024, 1048576]"}},
      {method,
       "index: 'a' chunk_bytes: 1048577",
       kInvalid,
       kField,
       {"chunk_bytes is 1048577", "[1024, 1048576]"}},
      {method,
       "index: 'empty'",
       StatusCode::FAILED_PRECONDITION,
       "INDEX_NOT_BUILT",
       {"'empty'"}},
  };
}

std::vector<WrongInput> RemoveItemsRows() {
  const char* const method = "RemoveItems";
  return {
      {method, "ids: 0", kInvalid, kField, {"index is ''", kNameLimit}},
      {method, "index: 'b' ids: 0", kMissing, kNoIndex, {"'b'"}},
      {method,
       "index: 'a'",
       kInvalid,
       kField,
       {"ids and labels have 0 elements", "1 to 8"}},
      {method,
       "index: 'a' labels: 'x'" + Repeat(" ids: 5", 8),
       kInvalid,
       kField,
       {"ids and labels have 9 elements", "1 to 8"}},
      {method,
       "index: 'a' ids: [5, -1]",
       kInvalid,
       kField,
       {"ids[1] is -1", "[0, 2147483646]"}},
      {method,
       "index: 'a' ids: 2147483647",
       kInvalid,
       kField,
       {"ids[0] is 2147483647", "[0, 2147483646]"}},
      {method,
       "index: 'a' labels: ['x', '']",
       kInvalid,
       kField,
       {"labels[1] is ''", "1 to"}},
      {method,
       "index: 'a' labels: 'x\\000y'",
       kInvalid,
       kField,
       {"labels[0]", "NUL"}},
  };
}

}  // namespace annod
