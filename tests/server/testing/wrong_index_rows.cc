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

std::vector<WrongInput> CreateIndexRows() {
  const char* method = "CreateIndex";
  const std::string good = "index: 'new' dimension: 2 metric: METRIC_ANGULAR ";
  return {
      {method,
       "dimension: 2 metric: METRIC_ANGULAR",
       kInvalid,
       kField,
       {"index is ''", kNameLimit}},
      {method,
       "index: '../x' dimension: 2 metric: METRIC_ANGULAR",
       kInvalid,
       kField,
       {"index is '../x'", kNameLimit}},
      {method,
       "index: '" + Repeat("x", 65) + "' dimension: 2 metric: METRIC_ANGULAR",
       kInvalid,
       kField,
       {"index is 'xxx", kNameLimit}},
      {method,
       "index: 'a' dimension: 2 metric: METRIC_ANGULAR",
       StatusCode::ALREADY_EXISTS,
       "INDEX_EXISTS",
       {"'a'"}},
      {method,
       "index: 'new' metric: METRIC_ANGULAR",
       kInvalid,
       kField,
       {"dimension is 0", "[1, 65536]"}},
      {method,
       "index: 'new' dimension: -3 metric: METRIC_ANGULAR",
       kInvalid,
       kField,
       {"dimension is -3", "[1, 65536]"}},
      {method,
       "index: 'new' dimension: 65537 metric: METRIC_ANGULAR",
       kInvalid,
       kField,
       {"dimension is 65537", "[1, 65536]"}},
      {method,
       "index: 'new' dimension: 2",
       kInvalid,
       kField,
       {"metric is METRIC_UNSPECIFIED", "METRIC_HAMMING"}},
      {method,
       "index: 'new' dimension: 2 metric: 99",
       kInvalid,
       kField,
       {"metric is 99", "METRIC_HAMMING"}},
      {method,
       good + "default_n: -1",
       kInvalid,
       kField,
       {"default_n is -1", "[0, 10000]"}},
      {method,
       good + "default_n: 10001",
       kInvalid,
       kField,
       {"default_n is 10001", "[0, 10000]"}},
      {method,
       good + "default_tree_count: -2",
       kInvalid,
       kField,
       {"default_tree_count is -2", "[-1, 10000]"}},
      {method,
       good + "default_tree_count: 10001",
       kInvalid,
       kField,
       {"default_tree_count is 10001", "[-1, 10000]"}},
      {method,
       good + "dot_layout: 9",
       kInvalid,
       kField,
       {"dot_layout is 9", "DOT_LAYOUT_16"}},
      {method,
       good + "dot_layout: DOT_LAYOUT_16",
       kInvalid,
       kField,
       {"dot_layout is DOT_LAYOUT_16", "METRIC_DOT"}},
      {method,
       good,
       StatusCode::RESOURCE_EXHAUSTED,
       "LIMIT_REACHED",
       {"'new'", "at most 2", "max_indexes"}},
  };
}

std::vector<WrongInput> AttachRows() {
  const char* method = "Attach";
  const std::string file = "index: 'new' path: '$/x.ann' ";
  const std::string metric = "metric: METRIC_ANGULAR ";
  return {
      {method,
       "path: '$/x.ann' dimension: 2 " + metric,
       kInvalid,
       kField,
       {"index is ''", kNameLimit}},
      {method,
       "index: 'a' path: '$/a/settings.json' dimension: 2 " + metric,
       StatusCode::ALREADY_EXISTS,
       "INDEX_EXISTS",
       {"'a'"}},
      {method,
       "index: 'new' dimension: 2 " + metric,
       kInvalid,
       kField,
       {"path is ''", "absolute path"}},
      {method,
       "index: 'new' path: 'x.ann' dimension: 2 " + metric,
       kInvalid,
       kField,
       {"path is 'x.ann'", "absolute path"}},
      {method,
       "index: 'new' path: '/" + Repeat("x", 4096) + "' dimension: 2 " + metric,
       kInvalid,
       kField,
       {"path is '/xxx", "4095 bytes"}},
      {method,
       "index: 'new' path: '/etc/passwd' dimension: 2 " + metric,
       StatusCode::PERMISSION_DENIED,
       "FILE_REJECTED",
       {"path is '/etc/passwd'", "attach_dirs"}},
      {method,
       "index: 'new' path: '$/../../x' dimension: 2 " + metric,
       StatusCode::PERMISSION_DENIED,
       "FILE_REJECTED",
       {"attach_dirs"}},
      {method,
       file + "dimension: 2 " + metric,
       kMissing,
       "FILE_NOT_FOUND",
       {"x.ann"}},
      {method,
       file + metric,
       kInvalid,
       kField,
       {"dimension is 0", "[1, 65536]"}},
      {method,
       file + metric + "dimension: 65537",
       kInvalid,
       kField,
       {"dimension is 65537", "[1, 65536]"}},
      {method,
       file + "dimension: 2",
       kInvalid,
       kField,
       {"metric is METRIC_UNSPECIFIED"}},
      {method,
       file + "dimension: 2 metric: 6",
       kInvalid,
       kField,
       {"metric is 6"}},
      {method,
       file + "dimension: 2 default_n: -4 " + metric,
       kInvalid,
       kField,
       {"default_n is -4", "[0, 10000]"}},
      {method,
       file + "dimension: 2 default_n: 10001 " + metric,
       kInvalid,
       kField,
       {"default_n is 10001", "[0, 10000]"}},
  };
}

std::vector<WrongInput> DropIndexRows() {
  return {
      {"DropIndex", "", kInvalid, kField, {"index is ''", kNameLimit}},
      {"DropIndex", "index: '..'", kInvalid, kField, {"index is '..'"}},
      {"DropIndex", "index: 'b'", kMissing, kNoIndex, {"'b'"}},
  };
}

}  // namespace annod
