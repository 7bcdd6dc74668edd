#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/server/testing/wrong_input_rows.h"

namespace annod {
using ::grpc::StatusCode;

std::string Repeat(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) absl::StrAppend(&all, text);
  return all;
}

std::vector<WrongInput> GetNnsRows() {
  const char* method = "GetNns";
  const std::string item = "index: 'a' queries { item: 0 } ";
  return {
      {method, "queries { item: 0 }", kInvalid, kField, {"index", kNameLimit}},
      {method,
       "index: 'a/b' queries { item: 0 }",
       kInvalid,
       kField,
       {"index is 'a/b'", kNameLimit}},
      {method, "index: 'b' queries { item: 0 }", kMissing, kNoIndex, {"'b'"}},
      {method,
       "index: 'a'",
       kInvalid,
       kField,
       {"queries has 0 elements", "1 to 4"}},
      {method,
       "index: 'a'" + Repeat(" queries { item: 0 }", 5),
       kInvalid,
       kField,
       {"queries has 5 elements", "1 to 4"}},
      {method, item + "n: -1", kInvalid, kField, {"n is -1", "[0, 10000]"}},
      {method,
       item + "n: 20000",
       kInvalid,
       kField,
       {"n is 20000", "[0, 10000]"}},
      {method,
       item + "search_k: -2",
       kInvalid,
       kField,
       {"search_k is -2", "[-1, 2147483647]"}},
      {method,
       item + "engine: 9",
       kInvalid,
       kField,
       {"engine is 9", "ENGINE_GRAPH"}},
      {method, item + "engine: 77", kInvalid, kField, {"engine is 77"}},
      {method,
       item + "queries {}",
       kInvalid,
       kField,
       {"queries[1].target", "not set", "vector, item, label"}},
      {method,
       item + "queries { item: -5 }",
       kInvalid,
       kField,
       {"queries[1].item is -5", "[0, 2147483646]"}},
      {method,
       item + "queries { item: 2147483647 }",
       kInvalid,
       kField,
       {"queries[1].item is 2147483647", "[0, 2147483646]"}},
      {method,
       item + "queries { item: 3 }",
       kMissing,
       "ITEM_NOT_FOUND",
       {"queries[1].item is 3", "'a'", "ids are below 2"}},
      {method,
       item + "queries { label: '' }",
       kInvalid,
       kField,
       {"queries[1].label", "1 to 1024 bytes"}},
      {method,
       item + "queries { label: '" + Repeat("x", 1025) + "' }",
       kInvalid,
       kField,
       {"queries[1].label", "1 to 1024 bytes"}},
      {method,
       item + "queries { label: 'none' }",
       kMissing,
       "LABEL_NOT_FOUND",
       {"queries[1].label is 'none'", "2 labels"}},
      {method,
       item + "queries { vector { values: [1] } }",
       kInvalid,
       kField,
       {"queries[1].vector has 1 values", "'a' has dimension 2"}},
      {method,
       item + "queries { vector { } }",
       kInvalid,
       kField,
       {"queries[1].vector has 0 values"}},
      {method,
       item + "queries { vector { values: [1, nan] } }",
       kInvalid,
       kField,
       {"queries[1].vector.values[1] is nan", "finite"}},
      {method,
       item + "queries { vector { values: [-inf, 1] } }",
       kInvalid,
       kField,
       {"queries[1].vector.values[0] is -inf", "finite"}},
      {method,
       item + "queries { vector_bytes: '1234567' }",
       kInvalid,
       kField,
       {"queries[1].vector_bytes has 7 bytes", "multiple of 4", "8 bytes"}},
      {method,
       item + "queries { vector_bytes: '123456789012' }",
       kInvalid,
       kField,
       {"queries[1].vector_bytes has 12 bytes", "3 values", "dimension 2"}},
      {method,
       item + "queries { vector_bytes: "
              "'\\000\\000\\000\\000\\000\\000\\300\\177' }",
       kInvalid,
       kField,
       {"queries[1].vector_bytes", "value 1", "is nan", "finite"}},
      {method,
       "index: 'empty' queries { item: 0 }",
       StatusCode::FAILED_PRECONDITION,
       "INDEX_NOT_BUILT",
       {"'empty'"}},
  };
}

std::vector<WrongInput> InfoRows() {
  return {
      {"Info", "", kInvalid, kField, {"index is ''", kNameLimit}},
      {"Info", "index: '.hidden'", kInvalid, kField, {"index is '.hidden'"}},
      {"Info", "index: 'b'", kMissing, kNoIndex, {"'b'"}},
  };
}

}  // namespace annod
