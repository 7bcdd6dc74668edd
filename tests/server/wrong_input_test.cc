// Wrong input in every field of every call: the code, the reason, and a message
// that names field, value and limit.
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::grpc::StatusCode;
using ::testing::HasSubstr;

// One request in text form and what is wrong with it. `$` in the request stands
// for the directory of attachable files.
struct Row {
  const char* method;
  std::string request;
  StatusCode code;
  const char* reason;
  std::vector<std::string> message_parts;
};

constexpr StatusCode kInvalid = StatusCode::INVALID_ARGUMENT;
constexpr StatusCode kMissing = StatusCode::NOT_FOUND;
constexpr char kField[] = "INVALID_FIELD";
constexpr char kNoIndex[] = "INDEX_NOT_FOUND";
constexpr char kNameLimit[] = "1 to 64 characters";

std::string Repeat(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) absl::StrAppend(&all, text);
  return all;
}

std::vector<Row> GetNnsRows() {
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
       item + "engine: 3",
       kInvalid,
       kField,
       {"engine is 3", "ENGINE_FOREST"}},
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
       {"queries[1].item is 3", "'a'", "2 items"}},
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

std::vector<Row> InfoRows() {
  return {
      {"Info", "", kInvalid, kField, {"index is ''", kNameLimit}},
      {"Info", "index: '.hidden'", kInvalid, kField, {"index is '.hidden'"}},
      {"Info", "index: 'b'", kMissing, kNoIndex, {"'b'"}},
  };
}

std::vector<Row> CreateIndexRows() {
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

std::vector<Row> ItemRows(const char* method) {
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

std::vector<Row> BuildRows() {
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
       "index: 'empty'",
       StatusCode::FAILED_PRECONDITION,
       "INDEX_EMPTY",
       {"'empty'", "0 items"}},
  };
}

std::vector<Row> SerializeRows() {
  const char* method = "Serialize";
  return {
      {method, "", kInvalid, kField, {"index is ''", kNameLimit}},
      {method, "index: 'b'", kMissing, kNoIndex, {"'b'"}},
      {method,
       "index: 'a' format: 4",
       kInvalid,
       kField,
       {"format is 4", "SERIALIZE_FORMAT_NATIVE"}},
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

std::vector<Row> AttachRows() {
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

std::vector<Row> DropIndexRows() {
  return {
      {"DropIndex", "", kInvalid, kField, {"index is ''", kNameLimit}},
      {"DropIndex", "index: '..'", kInvalid, kField, {"index is '..'"}},
      {"DropIndex", "index: 'b'", kMissing, kNoIndex, {"'b'"}},
  };
}

class WrongInputTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/1, [](Config* config) {
      config->limits.max_queries_per_call = 4;
      config->limits.max_items_per_call = 8;
      config->limits.max_indexes = 2;
      config->attach_dirs = {config->data_dir};
    });
    cluster_->StartAll();
    ASSERT_TRUE(CreateIndex(cluster_, "a", 2, v1::METRIC_EUCLIDEAN).ok());
    ASSERT_TRUE(CreateIndex(cluster_, "empty", 2, v1::METRIC_EUCLIDEAN).ok());
    v1::AddItemRequest request;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
        "index: 'a' "
        "items { label: 'zero' vector { values: [0, 0] } } "
        "items { label: 'one' vector { values: [1, 0] } }",
        &request));
    v1::AddItemResponse response;
    ASSERT_TRUE(
        cluster_->admin()->AddItem(Context().get(), request, &response).ok());
    ASSERT_TRUE(Build(cluster_, "a").ok());
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  template <typename Request>
  static Request Parse(std::string text) {
    for (size_t i; (i = text.find('$')) != std::string::npos;) {
      text.replace(i, 1, cluster_->config().data_dir);
    }
    Request request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request))
        << text;
    return request;
  }

  static grpc::Status AddItems(const v1::AddItemsRequest& request) {
    const auto context = Context();
    v1::AddItemsResponse response;
    const auto writer = cluster_->admin()->AddItems(context.get(), &response);
    writer->Write(request);
    writer->WritesDone();
    return writer->Finish();
  }

  static grpc::Status Serialize(const v1::SerializeRequest& request) {
    const auto context = Context();
    const auto reader = cluster_->admin()->Serialize(context.get(), request);
    v1::SerializeResponse response;
    while (reader->Read(&response)) {
    }
    return reader->Finish();
  }

  static grpc::Status Call(const Row& row) {
    const std::string method = row.method;
    v1::AdminService::Stub* admin = cluster_->admin();
    v1::IndexService::Stub* index = cluster_->index();
    if (method == "GetNns") {
      v1::GetNnsResponse response;
      return index->GetNns(Context().get(),
                           Parse<v1::GetNnsRequest>(row.request), &response);
    }
    if (method == "Info") {
      v1::InfoResponse response;
      return index->Info(Context().get(), Parse<v1::InfoRequest>(row.request),
                         &response);
    }
    if (method == "CreateIndex") {
      v1::CreateIndexResponse response;
      return admin->CreateIndex(Context().get(),
                                Parse<v1::CreateIndexRequest>(row.request),
                                &response);
    }
    if (method == "AddItem") {
      v1::AddItemResponse response;
      return admin->AddItem(Context().get(),
                            Parse<v1::AddItemRequest>(row.request), &response);
    }
    if (method == "AddItems") {
      return AddItems(Parse<v1::AddItemsRequest>(row.request));
    }
    if (method == "Build") {
      return Build(cluster_, Parse<v1::BuildRequest>(row.request), nullptr);
    }
    if (method == "Serialize") {
      return Serialize(Parse<v1::SerializeRequest>(row.request));
    }
    if (method == "Attach") {
      v1::AttachResponse response;
      return admin->Attach(Context().get(),
                           Parse<v1::AttachRequest>(row.request), &response);
    }
    v1::DropIndexResponse response;
    return admin->DropIndex(
        Context().get(), Parse<v1::DropIndexRequest>(row.request), &response);
  }

  static void Check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      SCOPED_TRACE(
          absl::StrCat(row.method, " { ", row.request.substr(0, 200), " }"));
      const grpc::Status status = Call(row);
      const google::rpc::ErrorInfo info = ErrorInfoOf(status);
      EXPECT_EQ(status.error_code(), row.code) << Describe(status);
      EXPECT_EQ(info.reason(), row.reason) << Describe(status);
      EXPECT_EQ(info.domain(), "annod");
      for (const std::string& part : row.message_parts) {
        EXPECT_THAT(status.error_message(), HasSubstr(part));
      }
      if (row.reason == kField) {
        EXPECT_TRUE(info.metadata().contains("field")) << info.DebugString();
      }
    }
  }

  static Cluster* cluster_;
};

Cluster* WrongInputTest::cluster_ = nullptr;

TEST_F(WrongInputTest, GetNns) { Check(GetNnsRows()); }
TEST_F(WrongInputTest, Info) { Check(InfoRows()); }
TEST_F(WrongInputTest, CreateIndex) { Check(CreateIndexRows()); }
TEST_F(WrongInputTest, AddItem) {
  Check(ItemRows("AddItem"));
  Check({{"AddItem",
          "index: 'a'",
          kInvalid,
          kField,
          {"items has 0 elements", "1 to 8"}}});
}
TEST_F(WrongInputTest, AddItems) { Check(ItemRows("AddItems")); }
TEST_F(WrongInputTest, Build) { Check(BuildRows()); }
TEST_F(WrongInputTest, Serialize) { Check(SerializeRows()); }
TEST_F(WrongInputTest, Attach) { Check(AttachRows()); }
TEST_F(WrongInputTest, DropIndex) { Check(DropIndexRows()); }

TEST_F(WrongInputTest, AStreamBelongsToOneIndex) {
  const auto context = Context();
  v1::AddItemsResponse response;
  const auto writer = cluster_->admin()->AddItems(context.get(), &response);
  v1::AddItemsRequest request;
  request.set_index("a");
  writer->Write(request);
  request.set_index("empty");
  writer->Write(request);
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  EXPECT_EQ(status.error_code(), kInvalid);
  EXPECT_THAT(status.error_message(), HasSubstr("index is empty"));
  EXPECT_THAT(status.error_message(), HasSubstr("'a'"));
}

TEST_F(WrongInputTest, AStreamWithoutAMessageHasNoIndex) {
  const auto context = Context();
  v1::AddItemsResponse response;
  const auto writer = cluster_->admin()->AddItems(context.get(), &response);
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  EXPECT_EQ(status.error_code(), kInvalid) << Describe(status);
}

TEST_F(WrongInputTest, NothingOfARefusedMessageIsStored) {
  v1::IndexInfo before;
  ASSERT_TRUE(Info(cluster_, "a", &before).ok());
  const auto request = Parse<v1::AddItemRequest>(
      "index: 'a' items { vector { values: [1, 1] } } "
      "items { vector { values: [1, nan] } }");
  v1::AddItemResponse response;
  EXPECT_FALSE(
      cluster_->admin()->AddItem(Context().get(), request, &response).ok());
  ASSERT_TRUE(Build(cluster_, "a").ok());
  v1::IndexInfo after;
  ASSERT_TRUE(Info(cluster_, "a", &after).ok());
  EXPECT_EQ(after.item_count(), before.item_count());
}

TEST_F(WrongInputTest, AFileOfJunkIsRejected) {
  // The manifest of another index: below attach_dirs, but no Annoy file.
  v1::DropIndexRequest drop;
  drop.set_index("empty");
  v1::DropIndexResponse dropped;
  ASSERT_TRUE(
      cluster_->admin()->DropIndex(Context().get(), drop, &dropped).ok());
  Check({{"Attach",
          "index: 'new' path: '$/a/settings.json' dimension: 2 "
          "metric: METRIC_ANGULAR",
          StatusCode::FAILED_PRECONDITION,
          "FILE_REJECTED",
          {"settings.json"}},
         {"Attach",
          "index: 'new' path: '$/a' dimension: 2 metric: METRIC_ANGULAR",
          StatusCode::FAILED_PRECONDITION,
          "FILE_REJECTED",
          {"regular file"}}});
  ASSERT_TRUE(CreateIndex(cluster_, "empty", 2, v1::METRIC_EUCLIDEAN).ok());
}

}  // namespace
}  // namespace annod
