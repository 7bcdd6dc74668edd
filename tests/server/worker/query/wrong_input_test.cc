// Wrong input in every field of every call: the code, the reason, and a message
// that names field, value and limit.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"
#include "tests/server/testing/wrong_input_rows.h"

namespace annod {
namespace {

using ::grpc::StatusCode;
using ::testing::HasSubstr;

constexpr StatusCode kInvalid = StatusCode::INVALID_ARGUMENT;
constexpr char kField[] = "INVALID_FIELD";

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

  static grpc::Status Fit(const v1::FitRequest& request) {
    const auto context = Context();
    v1::FitResponse response;
    const auto writer = cluster_->admin()->Fit(context.get(), &response);
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

  static grpc::Status Call(const WrongInput& row) {
    const std::string method = row.method;
    v1::AdminService::Stub* admin = cluster_->admin();
    v1::IndexService::Stub* index = cluster_->index();
    if (method == "GetNns") {
      v1::GetNnsResponse response;
      return index->GetNns(Context().get(),
                           Parse<v1::GetNnsRequest>(row.request), &response);
    }
    if (method == "GetItems") {
      v1::GetItemsResponse response;
      return index->GetItems(
          Context().get(), Parse<v1::GetItemsRequest>(row.request), &response);
    }
    if (method == "GetDistance") {
      v1::GetDistanceResponse response;
      return index->GetDistance(Context().get(),
                                Parse<v1::GetDistanceRequest>(row.request),
                                &response);
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
    if (method == "RemoveItems") {
      v1::RemoveItemsResponse response;
      return admin->RemoveItems(Context().get(),
                                Parse<v1::RemoveItemsRequest>(row.request),
                                &response);
    }
    if (method == "Build") {
      return Build(cluster_, Parse<v1::BuildRequest>(row.request), nullptr);
    }
    if (method == "Fit") return Fit(Parse<v1::FitRequest>(row.request));
    if (method == "Serialize") {
      return Serialize(Parse<v1::SerializeRequest>(row.request));
    }
    if (method == "Attach") {
      v1::AttachResponse response;
      return admin->Attach(Context().get(),
                           Parse<v1::AttachRequest>(row.request), &response);
    }
    if (method == "UpdateSettings") {
      v1::UpdateSettingsResponse response;
      return admin->UpdateSettings(
          Context().get(), Parse<v1::UpdateSettingsRequest>(row.request),
          &response);
    }
    if (method == "Rebuild") {
      const auto context = Context();
      const auto reader =
          admin->Rebuild(context.get(), Parse<v1::RebuildRequest>(row.request));
      v1::RebuildResponse response;
      while (reader->Read(&response)) {
      }
      return reader->Finish();
    }
    if (method == "Unbuild") {
      v1::UnbuildResponse response;
      return admin->Unbuild(Context().get(),
                            Parse<v1::UnbuildRequest>(row.request), &response);
    }
    if (method == "Activate") {
      v1::ActivateResponse response;
      return admin->Activate(
          Context().get(), Parse<v1::ActivateRequest>(row.request), &response);
    }
    if (method == "Detach") {
      v1::DetachResponse response;
      return admin->Detach(Context().get(),
                           Parse<v1::DetachRequest>(row.request), &response);
    }
    if (method == "Reload") {
      v1::ReloadResponse response;
      return admin->Reload(Context().get(),
                           Parse<v1::ReloadRequest>(row.request), &response);
    }
    if (method == "CancelBuild") {
      v1::CancelBuildResponse response;
      return admin->CancelBuild(Context().get(),
                                Parse<v1::CancelBuildRequest>(row.request),
                                &response);
    }
    v1::DropIndexResponse response;
    return admin->DropIndex(
        Context().get(), Parse<v1::DropIndexRequest>(row.request), &response);
  }

  static void Check(const std::vector<WrongInput>& rows) {
    for (const WrongInput& row : rows) {
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
TEST_F(WrongInputTest, GetNnsOptions) { Check(GetNnsOptionRows()); }
TEST_F(WrongInputTest, GetItems) { Check(GetItemsRows()); }
TEST_F(WrongInputTest, GetDistance) { Check(GetDistanceRows()); }
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
TEST_F(WrongInputTest, RemoveItems) { Check(RemoveItemsRows()); }
TEST_F(WrongInputTest, Build) { Check(BuildRows()); }
TEST_F(WrongInputTest, Fit) { Check(FitRows()); }
TEST_F(WrongInputTest, Serialize) { Check(SerializeRows()); }
TEST_F(WrongInputTest, UpdateSettings) { Check(UpdateSettingsRows()); }
TEST_F(WrongInputTest, Rebuild) { Check(RebuildRows()); }
TEST_F(WrongInputTest, Versions) { Check(VersionRows()); }
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

TEST_F(WrongInputTest, TextMustBeUtf8AndBytesMustParse) {
  // The stubs of every language refuse to send this: by hand, then.
  grpc::GenericStub stub(cluster_->NewChannel());
  const std::string index_field = "\x0a\x01\xff";
  for (const std::string& bytes : {index_field, std::string("\x0a\x7f")}) {
    for (const char* method :
         {"IndexService/GetNns", "IndexService/GetItems",
          "IndexService/GetDistance", "IndexService/Info",
          "AdminService/CreateIndex", "AdminService/AddItem",
          "AdminService/AddItems", "AdminService/Build", "AdminService/Fit",
          "AdminService/Serialize", "AdminService/Attach",
          "AdminService/DropIndex"}) {
      SCOPED_TRACE(method);
      const grpc::Slice slice(bytes);
      const grpc::ByteBuffer request(&slice, 1);
      grpc::ByteBuffer response;
      const auto context = Context();
      grpc::CompletionQueue queue;
      const auto call = stub.PrepareUnaryCall(
          context.get(), absl::StrCat("/annod.v1.", method), request, &queue);
      call->StartCall();
      grpc::Status status;
      call->Finish(&response, &status, nullptr);
      void* tag;
      bool ok;
      ASSERT_TRUE(queue.Next(&tag, &ok));
      EXPECT_EQ(status.error_code(), kInvalid) << Describe(status);
      EXPECT_EQ(ErrorInfoOf(status).reason(), kField);
      EXPECT_THAT(status.error_message(), HasSubstr("UTF-8"));
    }
  }
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
