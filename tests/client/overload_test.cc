// A server that refuses with OVERLOADED: when is it asked again?
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "client/client.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"

namespace annod {
namespace {

// That of a server which says when to come again.
grpc::Status Overloaded(absl::Duration delay) {
  google::rpc::Status details;
  details.ParseFromString(
      FakeServer::Error(grpc::StatusCode::RESOURCE_EXHAUSTED, "too much to do",
                        "OVERLOADED", {})
          .error_details());
  google::rpc::RetryInfo retry;
  auto* const told = retry.mutable_retry_delay();
  told->set_seconds(absl::ToInt64Seconds(delay));
  told->set_nanos(
      static_cast<int>(absl::ToInt64Nanoseconds(delay % absl::Seconds(1))));
  details.add_details()->PackFrom(retry);
  return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too much to do",
                      details.SerializeAsString());
}

constexpr absl::Duration kDelay = absl::Milliseconds(120);
const grpc::Status kRefused = Overloaded(kDelay);

class OverloadTest : public ::testing::Test {
 protected:
  OverloadTest() {
    ClientOptions options;
    options.target = server_.target();
    options.timeout = absl::Seconds(30);
    options.retry_window = absl::Seconds(20);
    client_ = std::move(Client::Create(options)).value();
  }

  FakeServer server_;
  std::unique_ptr<Client> client_;
};

TEST_F(OverloadTest, ACallIsRepeatedNotBeforeTheTimeTold) {
  server_.Script("GetNns", {kRefused, kRefused});
  const absl::Time start = absl::Now();
  EXPECT_TRUE(client_->GetNns("x", {client::Query::OfItem(0)}, {}).ok());
  EXPECT_GE(absl::Now() - start, 2 * kDelay);
  EXPECT_EQ(server_.calls("GetNns"), 3);
}

TEST_F(OverloadTest, ACallIsRepeatedIfNoTimeWasTold) {
  server_.Script("Info",
                 {FakeServer::Error(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                    "short of memory", "OVERLOADED", {})});
  EXPECT_TRUE(client_->Info("x").ok());
  EXPECT_EQ(server_.calls("Info"), 2);
}

TEST_F(OverloadTest, ATimeBeyondTheDeadlineOrTheWindowIsNotAwaited) {
  for (const absl::Duration told : {absl::Seconds(25), absl::Hours(1)}) {
    server_.Script("Info", {Overloaded(told)});
    const absl::Status status = client_->Info("x").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(ErrorReason(status), "OVERLOADED");
    EXPECT_EQ(ErrorRetryDelay(status), told);
  }
  EXPECT_EQ(server_.calls("Info"), 2);
}

TEST_F(OverloadTest, OtherLimitsAreNotTriedAgain) {
  server_.Script("Info",
                 {FakeServer::Error(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                    "too many items", "QUOTA_REACHED", {})});
  EXPECT_EQ(ErrorReason(client_->Info("x").status()), "QUOTA_REACHED");
  EXPECT_EQ(server_.calls("Info"), 1);
}

TEST_F(OverloadTest, WhatCannotBeRepeatedIsNot) {
  server_.Script("CreateIndex", {kRefused});
  EXPECT_EQ(ErrorReason(client_->CreateIndex({}).status()), "OVERLOADED");
  EXPECT_EQ(server_.calls("CreateIndex"), 1);
  server_.Script("AddItem", {kRefused});
  const client::Item without_id{std::nullopt, {1, 2}, ""};
  EXPECT_FALSE(client_->AddItem("x", {without_id}).ok());
  EXPECT_EQ(server_.calls("AddItem"), 1);
}

TEST_F(OverloadTest, StreamsBeginAgain) {
  server_.Script("AddItems", {kRefused});
  const auto writer = client_->NewItemWriter("x");
  ASSERT_TRUE(writer->Add(3, {1, 2}, "three").ok());
  const auto stored = writer->Finish();
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->added_count, 1);
  EXPECT_EQ(server_.calls("AddItems"), 2);

  server_.Script("GetNnsStream", {kRefused});
  int answers = 0;
  const auto stream =
      client_->NewNnsStream("x", {}, [&answers](client::QueryResult) {
        ++answers;
        return absl::OkStatus();
      });
  ASSERT_TRUE(stream->Ask({client::Query::OfItem(0)}).ok());
  ASSERT_TRUE(stream->Finish().ok());
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(server_.calls("GetNnsStream"), 2);

  server_.Script("Serialize", {kRefused, kRefused});
  client_
      ->Serialize("x",
                  [](absl::string_view, int64_t) { return absl::OkStatus(); })
      .status()
      .IgnoreError();
  EXPECT_EQ(server_.calls("Serialize"), 3);
}

// The version that came meanwhile is not the refused call's.
TEST_F(OverloadTest, ARefusedBuildIsAskedForAgain) {
  server_.Script("Build", {kRefused});
  server_.SetVersionAfterBuilds(1, 5);
  const absl::StatusOr<client::BuildResult> result = client_->Build("x", {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->version, 9);
  EXPECT_EQ(server_.calls("Build"), 2);
}

}  // namespace
}  // namespace annod
