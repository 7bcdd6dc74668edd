#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/server/testing/wrong_input_rows.h"

namespace annod {
namespace {

using ::grpc::StatusCode;

constexpr StatusCode kPrecondition = StatusCode::FAILED_PRECONDITION;

WrongInput Nns(const std::string& request,
               const std::vector<std::string>& message_parts) {
  return {"GetNns", "index: 'a' " + request, kInvalid, kField, message_parts};
}

WrongInput Sparse(const std::string& sparse,
                  const std::vector<std::string>& message_parts) {
  return Nns("missing_value: 0 queries { item: 0 } queries { sparse { " +
                 sparse + " } }",
             message_parts);
}

}  // namespace

std::vector<WrongInput> GetNnsOptionRows() {
  const std::string item = "queries { item: 0 } ";
  const std::string vector = "queries { vector { values: [1, 2] } } ";
  const std::string many = "[1" + Repeat(",1", 1000000) + "]";
  return {
      Nns(item + vector + "exclude_self: true",
          {"exclude_self is true", "queries[1] is a vector"}),
      Nns("queries { sparse { } } missing_value: 1 exclude_self: true",
          {"exclude_self is true", "queries[0] is a vector"}),
      Nns(item + "exclude_items: [3, -1]",
          {"exclude_items[1] is -1", "[0, 2147483646]"}),
      Nns(item + "exclude_items: 2147483647",
          {"exclude_items[0] is 2147483647"}),
      Nns(item + "exclude_items: " + many,
          {"exclude_items has 1000001 elements", "at most 1000000"}),
      Nns(item + "allow_items: [0, 1, -7]", {"allow_items[2] is -7"}),
      Nns(item + "allow_items: " + many,
          {"allow_items has 1000001 elements", "at most 1000000"}),
      Nns(item + "max_distance: nan", {"max_distance is nan", "finite"}),
      Nns(item + "max_distance: inf", {"max_distance is inf", "finite"}),
      Nns(item + "missing_value: -inf", {"missing_value is -inf", "finite"}),
      Nns(item + "min_recall: -0.1", {"min_recall is -0.1", "[0, 1]"}),
      Nns(item + "min_recall: 1.5", {"min_recall is 1.5", "[0, 1]"}),
      Nns(item + "min_recall: nan", {"min_recall is nan", "[0, 1]"}),
      Nns(item + "min_recall: 0.5 search_k: 10",
          {"search_k is 10", "min_recall"}),
      Nns(item + "min_recall: 0.5 beam: 10", {"beam is 10", "min_recall"}),
      Nns(item + "beam: -1", {"beam is -1", "[0, 1000000]"}),
      Nns(item + "beam: 1000001", {"beam is 1000001", "[0, 1000000]"}),
      Nns(item + "beam: 10 search_k: 5", {"search_k is 5", "the graph"}),
      Nns(item + "engine: ENGINE_GRAPH search_k: 5",
          {"search_k is 5", "the graph"}),
      Nns(item + "engine: ENGINE_FOREST beam: 5", {"beam is 5", "the graph"}),
      Nns(item + "engine: ENGINE_EXACT beam: 5", {"beam is 5", "the graph"}),
      Nns(item + "version: -1", {"version is -1"}),
      Nns(item + "label_fill: '" + Repeat("x", 1025) + "'",
          {"label_fill", "1025 bytes", "at most 1024"}),
      Nns(item + "label_fill: 'a\\000b'", {"label_fill", "without NUL"}),
      Nns("queries { sparse { positions: 0 values: 1 } }",
          {"queries[0] is sparse", "missing_value must be given"}),
      Sparse("positions: [0, 1] values: 1",
             {"queries[1].sparse.values has 1", "positions has 2"}),
      Sparse("positions: [0, 1, 0] values: [1, 1, 1]",
             {"queries[1].sparse.positions has 3", "dimension 2"}),
      Sparse("positions: 2 values: 1",
             {"queries[1].sparse.positions[0] is 2", "[0, 1]"}),
      Sparse("positions: [0, -1] values: [1, 1]",
             {"queries[1].sparse.positions[1] is -1"}),
      Sparse("positions: [1, 1] values: [1, 1]",
             {"queries[1].sparse.positions[1] is 1", "different"}),
      Sparse("positions: [1, 0] values: [1, nan]",
             {"queries[1].sparse.values[1] is nan", "finite"}),
      {"GetNns",
       "index: 'a' version: 700 " + item,
       kPrecondition,
       "VERSION_NOT_SERVED",
       {"version is 700", "'a' serves version 1"}},
      {"GetNns",
       "index: 'a' engine: ENGINE_GRAPH " + item,
       kPrecondition,
       "NO_GRAPH",
       {"ENGINE_GRAPH", "'a' version 1", "has no graph"}},
      {"GetNns",
       "index: 'a' min_recall: 0.9 engine: ENGINE_FOREST " + item,
       kPrecondition,
       "RECALL_UNREACHABLE",
       {"min_recall is 0.9", "'a'", "not measured"}},
      {"GetNns",
       "index: 'a' n: 2 strict: true exclude_self: true " + item +
           "queries { label: 'one' }",
       kPrecondition,
       "ANSWER_SHORT",
       {"2 of 2 queries", "n = 2", "queries[0] found 1", "queries[1] found 1"}},
  };
}

std::vector<WrongInput> GetItemsRows() {
  return {
      {"GetItems", "ids: 0", kInvalid, kField, {"index is ''"}},
      {"GetItems", "index: 'b' ids: 0", kMissing, "INDEX_NOT_FOUND", {"'b'"}},
      {"GetItems",
       "index: 'a'",
       kInvalid,
       kField,
       {"ids and labels have 0", "1 to 65536"}},
      {"GetItems",
       "index: 'a' labels: 'x' ids: [0" + Repeat(",0", 65535) + "]",
       kInvalid,
       kField,
       {"65537"}},
      {"GetItems",
       "index: 'a' ids: [0, -2]",
       kInvalid,
       kField,
       {"ids[1] is -2"}},
      {"GetItems",
       "index: 'a' labels: ['one', '']",
       kInvalid,
       kField,
       {"labels[1]", "1 to 1024 bytes"}},
      {"GetItems",
       "index: 'a' ids: [0, 3]",
       kMissing,
       "ITEM_NOT_FOUND",
       {"ids[1] is 3"}},
      {"GetItems",
       "index: 'a' labels: 'none'",
       kMissing,
       "LABEL_NOT_FOUND",
       {"labels[0] is 'none'"}},
      {"GetItems",
       "index: 'empty' ids: 0",
       kPrecondition,
       "INDEX_NOT_BUILT",
       {"'empty'"}},
  };
}

std::vector<WrongInput> GetDistanceRows() {
  return {
      {"GetDistance", "", kInvalid, kField, {"index is ''"}},
      {"GetDistance", "index: 'b'", kMissing, "INDEX_NOT_FOUND", {"'b'"}},
      {"GetDistance", "index: 'a' i: -1", kInvalid, kField, {"i is -1"}},
      {"GetDistance",
       "index: 'a' j: 2147483647",
       kInvalid,
       kField,
       {"j is 2147483647"}},
      {"GetDistance",
       "index: 'a' i: 3",
       kMissing,
       "ITEM_NOT_FOUND",
       {"i is 3", "ids are below 2"}},
      {"GetDistance",
       "index: 'a' j: 4",
       kMissing,
       "ITEM_NOT_FOUND",
       {"j is 4"}},
      {"GetDistance",
       "index: 'empty'",
       kPrecondition,
       "INDEX_NOT_BUILT",
       {"'empty'"}},
  };
}

}  // namespace annod
