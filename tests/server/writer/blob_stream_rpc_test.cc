// What a stream of Deserialize may not say, over real processes.
#include <string>

#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::grpc::StatusCode;

constexpr int kStreamDim = 8;
constexpr int kStreamItems = 50;

class BlobStreamRpcTest : public testing::Test {
 protected:
  using Request = v1::DeserializeRequest;

  // An index "a", and its bytes.
  BlobStreamRpcTest() : cluster_(/*workers=*/1) {
    cluster_.StartAll();
    ExpectOk(CreateIndex(&cluster_, "a", kStreamDim, v1::METRIC_EUCLIDEAN));
    ExpectOk(AddRandomItems(&cluster_, "a", kStreamDim, 0, kStreamItems));
    ExpectOk(Build(&cluster_, "a"));
    v1::SerializeRequest request;
    request.set_index("a");
    request.set_format(v1::SERIALIZE_FORMAT_PORTABLE);
    const auto context = Context();
    const auto reader = cluster_.admin()->Serialize(context.get(), request);
    v1::SerializeResponse response;
    while (reader->Read(&response)) bytes_ += response.chunk();
    ExpectOk(reader->Finish());
    EXPECT_GT(bytes_.size(), 100);
  }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  grpc::Status Send(Request first, Request second) {
    first.set_chunk(bytes_.substr(0, 100));
    second.set_chunk(bytes_.substr(100));
    v1::DeserializeResponse response;
    const auto context = Context();
    const auto writer = cluster_.admin()->Deserialize(context.get(), &response);
    if (writer->Write(first)) writer->Write(second);
    writer->WritesDone();
    return writer->Finish();
  }

  Cluster cluster_;
  std::string bytes_;
};

TEST_F(BlobStreamRpcTest, EveryMessageIsChecked) {
  const struct {
    const char* field;
    void (*spoil)(Request* first, Request* second);
  } cases[] = {
      {"format",
       [](Request* first, Request*) {
         first->set_format(static_cast<v1::SerializeFormat>(99));
       }},
      {"metric",
       [](Request* first, Request*) {
         first->set_metric(static_cast<v1::Metric>(99));
       }},
      {"dimension", [](Request* first, Request*) { first->set_dimension(-1); }},
      {"xxh3_64", [](Request* first, Request*) { first->set_xxh3_64(7); }},
      {"index", [](Request*, Request* second) { second->set_index("b"); }},
      {"format",
       [](Request*, Request* second) {
         second->set_format(v1::SERIALIZE_FORMAT_PORTABLE);
       }},
      {"format",
       [](Request*, Request* second) {
         second->set_metric(v1::METRIC_EUCLIDEAN);
       }},
      {"format",
       [](Request*, Request* second) { second->set_dimension(kStreamDim); }},
  };
  for (const auto& wrong : cases) {
    Request first;
    first.set_index("a");
    Request second;
    wrong.spoil(&first, &second);
    const grpc::Status status = Send(first, second);
    const google::rpc::ErrorInfo info = ErrorInfoOf(status);
    EXPECT_EQ(info.reason(), "INVALID_FIELD") << Describe(status);
    EXPECT_EQ(info.metadata().at("field"), wrong.field);
  }
  v1::IndexInfo info;
  ExpectOk(Info(&cluster_, "a", &info));
  EXPECT_EQ(info.version(), 1);
  Request right;
  right.set_index("a");
  ExpectOk(Send(right, {}));
  ExpectOk(Info(&cluster_, "a", &info));
  EXPECT_EQ(info.version(), 2);
}

TEST_F(BlobStreamRpcTest, NotMoreItemsThanAnIndexMayHold) {
  Config config = cluster_.config();
  config.limits.max_items = kStreamItems - 1;
  cluster_.SetConfig(config);
  cluster_.RestartWriter();
  Request first;
  first.set_index("fresh");
  const grpc::Status status = Send(first, {});
  EXPECT_EQ(status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "LIMIT_REACHED") << Describe(status);
  v1::IndexInfo info;
  EXPECT_EQ(Info(&cluster_, "fresh", &info).error_code(),
            StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace annod
