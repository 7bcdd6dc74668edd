#include "client/client.h"

#include <xxhash.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const grpc::Status kUnavailable(grpc::StatusCode::UNAVAILABLE, "worker died");

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() : client_(NewClient()) {}

  std::unique_ptr<Client> NewClient(
      absl::Duration retry_window = absl::Seconds(20)) {
    ClientOptions options;
    options.target = server_.target();
    options.timeout = absl::Seconds(30);
    options.retry_window = retry_window;
    return std::move(Client::Create(options)).value();
  }

  FakeServer server_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, CreateRefusesOptionsOutOfRange) {
  ClientOptions options;
  options.target = "";
  EXPECT_EQ(Client::Create(options).status().code(),
            absl::StatusCode::kInvalidArgument);
  options = ClientOptions();
  options.timeout = absl::ZeroDuration();
  EXPECT_EQ(Client::Create(options).status().code(),
            absl::StatusCode::kInvalidArgument);
  options = ClientOptions();
  options.max_message_bytes = 0;
  EXPECT_EQ(Client::Create(options).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ClientTest, GetNnsSendsEveryOptionAndReadsEveryField) {
  client::QueryOptions options;
  options.n = 5;
  options.search_k = 77;
  options.engine = v1::ENGINE_EXACT;
  options.include_labels = true;
  options.include_cost = true;
  const absl::StatusOr<client::QueryResult> result =
      client_->GetNns("words",
                      {client::Query::OfItem(4), client::Query::OfLabel("king"),
                       client::Query::OfVector({1, -2})},
                      options);
  ASSERT_TRUE(result.ok()) << result.status();
  const v1::GetNnsRequest sent = server_.last_query();
  EXPECT_EQ(sent.index(), "words");
  ASSERT_EQ(sent.queries_size(), 3);
  EXPECT_EQ(sent.queries(0).item(), 4);
  EXPECT_EQ(sent.queries(1).label(), "king");
  const float vector[] = {1, -2};
  EXPECT_EQ(sent.queries(2).vector_bytes(),
            std::string(reinterpret_cast<const char*>(vector), 8));
  EXPECT_EQ(sent.n(), 5);
  EXPECT_EQ(sent.search_k(), 77);
  EXPECT_EQ(sent.engine(), v1::ENGINE_EXACT);
  EXPECT_TRUE(sent.include_distances());
  EXPECT_TRUE(sent.include_labels());
  EXPECT_TRUE(sent.include_cost());

  ASSERT_EQ(result->results.size(), 3);
  EXPECT_THAT(result->results[1].ids, ElementsAre(1));
  EXPECT_THAT(result->results[1].distances, ElementsAre(1.5f));
  EXPECT_THAT(result->results[1].labels, ElementsAre("label1"));
  EXPECT_TRUE(result->results[1].truncated);
  EXPECT_EQ(result->version, 3);
  EXPECT_EQ(result->engine, v1::ENGINE_FOREST);
  EXPECT_EQ(result->cost->node_count, 7);
}

TEST_F(ClientTest, RetriesReadsOnUnavailable) {
  server_.Script("GetNns", {kUnavailable, kUnavailable});
  EXPECT_TRUE(client_->GetNns("x", {client::Query::OfItem(0)}, {}).ok());
  EXPECT_EQ(server_.calls("GetNns"), 3);
  server_.Script("Info", {kUnavailable, kUnavailable});
  EXPECT_EQ(client_->Info("x")->item_count, 42);
  EXPECT_EQ(server_.calls("Info"), 3);
  server_.Script("ListIndexes", {kUnavailable});
  EXPECT_EQ(client_->ListIndexes()->size(), 2);
}

TEST_F(ClientTest, CoalescedQueriesAreRepeatedToo) {
  ClientOptions options;
  options.target = server_.target();
  options.timeout = absl::Seconds(60);
  options.coalesce = 16;
  const auto client = std::move(Client::Create(options)).value();
  server_.Script("GetNns", std::vector<grpc::Status>(20, kUnavailable));
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&client] {
      for (int i = 0; i < 50; ++i) {
        const auto answer = client->GetNns(
            "x", {client::Query::OfItem(0), client::Query::OfItem(1)}, {});
        ASSERT_TRUE(answer.ok()) << answer.status();
        ASSERT_EQ(answer->results.size(), 2);
        EXPECT_EQ(answer->version, 3);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  options.coalesce = 1025;
  EXPECT_FALSE(Client::Create(options).ok());
}

TEST_F(ClientTest, RetriesBeyondTheFiveAttemptsOfGrpc) {
  server_.Script("Info", std::vector<grpc::Status>(8, kUnavailable));
  EXPECT_TRUE(client_->Info("x").ok());
  EXPECT_EQ(server_.calls("Info"), 9);
}

TEST_F(ClientTest, GivesUpWhenTheRetryWindowCloses) {
  const auto client = NewClient(absl::Milliseconds(100));
  server_.Script("Info", std::vector<grpc::Status>(1000, kUnavailable));
  const absl::Status status = client->Info("x").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("worker died"));
  EXPECT_LT(server_.calls("Info"), 100);
}

TEST_F(ClientTest, RetriesAddItemOnlyIfEveryItemHasAnId) {
  const client::Item with_id{7, {1, 2}, "seven"};
  const client::Item without_id{std::nullopt, {1, 2}, ""};
  server_.Script("AddItem", {kUnavailable, kUnavailable});
  EXPECT_THAT(*client_->AddItem("x", {with_id}), ElementsAre(7));
  EXPECT_EQ(server_.calls("AddItem"), 3);
  EXPECT_EQ(server_.items().at(7).label(), "seven");

  server_.Script("AddItem", {kUnavailable});
  EXPECT_EQ(client_->AddItem("x", {with_id, without_id}).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(server_.calls("AddItem"), 4);
}

TEST_F(ClientTest, NeverRetriesWhatCannotBeRepeated) {
  server_.Script("CreateIndex", {kUnavailable});
  EXPECT_FALSE(client_->CreateIndex({}).ok());
  EXPECT_EQ(server_.calls("CreateIndex"), 1);
  server_.Script("DropIndex", {kUnavailable});
  EXPECT_FALSE(client_->DropIndex("x").ok());
  EXPECT_EQ(server_.calls("DropIndex"), 1);
}

TEST_F(ClientTest, NeverRetriesOtherErrorsAndTellsTheirReason) {
  server_.Script("Info",
                 {FakeServer::Error(grpc::StatusCode::NOT_FOUND, "no index 'x'",
                                    "INDEX_NOT_FOUND", {{"index", "x"}})});
  const absl::Status status = client_->Info("x").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no index 'x'");
  EXPECT_EQ(ErrorReason(status), "INDEX_NOT_FOUND");
  EXPECT_THAT(ErrorMetadata(status), UnorderedElementsAre(Pair("index", "x")));
  EXPECT_EQ(server_.calls("Info"), 1);
  EXPECT_EQ(ErrorReason(absl::InternalError("no details")), "");
}

TEST_F(ClientTest, ACallEndsAtItsDeadline) {
  server_.Hang("Info");
  CallOptions call;
  call.timeout = absl::Milliseconds(50);
  const absl::Time start = absl::Now();
  EXPECT_EQ(client_->Info("x", call).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
}

TEST_F(ClientTest, WaitsForAConnectionAndTellsWhyThereIsNone) {
  EXPECT_TRUE(client_->WaitForConnected(absl::Seconds(20)).ok());
  ClientOptions options;
  options.target = "127.0.0.1:1";
  const absl::Time start = absl::Now();
  const absl::Status status =
      (*Client::Create(options))->WaitForConnected(absl::Seconds(1));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("refused"));
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
}

TEST_F(ClientTest, AnUnreachableServerIsUnavailable) {
  ClientOptions options;
  options.target = "127.0.0.1:1";
  options.retry_window = absl::Milliseconds(50);
  const auto client = std::move(Client::Create(options)).value();
  EXPECT_EQ(client->Info("x").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ClientTest, BuildReportsProgressAndJoinsAfterABrokenStream) {
  server_.Script("Build", {kUnavailable, kUnavailable});
  std::vector<double> fractions;
  client::BuildOptions options;
  options.tree_count = 12;
  const absl::StatusOr<client::BuildResult> result =
      client_->Build("x", options, [&](const client::BuildProgress& progress) {
        EXPECT_EQ(progress.phase, v1::BUILD_PHASE_TREES);
        fractions.push_back(progress.fraction_done);
      });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->version, 9);
  EXPECT_EQ(result->tree_count, 12);
  EXPECT_THAT(fractions, ElementsAre(0.25, 0.5, 0.75, 1));
}

TEST_F(ClientTest, BuildIsNotRepeatedIfItEndedWhileTheStreamWasBroken) {
  server_.Script("Build", {kUnavailable});
  server_.SetVersionAfterBuilds(1, 5);
  const absl::StatusOr<client::BuildResult> result = client_->Build("x", {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->version, 5);
  EXPECT_EQ(result->item_count, 42);
  EXPECT_EQ(server_.calls("Build"), 1);
}

TEST_F(ClientTest, RebuildReportsProgressAndJoinsAfterABrokenStream) {
  server_.Script("Rebuild", {kUnavailable, kUnavailable});
  std::vector<double> fractions;
  client::RebuildOptions options;
  options.build.tree_count = 12;
  const absl::StatusOr<client::BuildResult> result = client_->Rebuild(
      "x", "y", options, [&](const client::BuildProgress& progress) {
        fractions.push_back(progress.fraction_done);
      });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->version, 9);
  EXPECT_EQ(result->tree_count, 12);
  EXPECT_THAT(fractions, ElementsAre(0.25, 0.5, 0.75, 1));
}

TEST_F(ClientTest, ATargetMayOnlyExistAfterTheRebuildsStreamBroke) {
  const grpc::Status exists(grpc::StatusCode::ALREADY_EXISTS, "there is a y");
  server_.Script("Rebuild", {exists, kUnavailable, exists});
  EXPECT_EQ(client_->Rebuild("x", "y", {}).status().code(),
            absl::StatusCode::kAlreadyExists);
  const auto ended = client_->Rebuild("x", "y", {});
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(ended->item_count, 42);
  EXPECT_EQ(server_.calls("Rebuild"), 3);
}

v1::SerializeResponse Piece(const std::string& chunk, int64_t total,
                            uint64_t hash) {
  v1::SerializeResponse message;
  message.set_version(4);
  message.set_total_bytes(total);
  message.set_chunk(chunk);
  message.set_xxh3_64(hash);
  return message;
}

class SerializeTest : public ClientTest {
 protected:
  absl::StatusOr<client::SerializeResult> Serialize(std::string* bytes) {
    bytes->clear();
    return client_->Serialize("x", [&](absl::string_view chunk, int64_t) {
      bytes->append(chunk.data(), chunk.size());
      return absl::OkStatus();
    });
  }
  const uint64_t hash_ = XXH3_64bits("abcdef", 6);
  std::string bytes_;
};

TEST_F(SerializeTest, HandsOutTheBytesAndChecksThem) {
  server_.Script("Serialize", {kUnavailable});
  server_.SetSerialize({Piece("abc", 6, 0), Piece("def", 6, hash_)},
                       grpc::Status::OK);
  const auto result = Serialize(&bytes_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(bytes_, "abcdef");
  EXPECT_EQ(result->version, 4);
  EXPECT_EQ(result->total_bytes, 6);
  EXPECT_EQ(result->xxh3_64, hash_);
  EXPECT_EQ(server_.calls("Serialize"), 2);
}

TEST_F(SerializeTest, RefusesAStreamThatContradictsItself) {
  const std::vector<std::vector<v1::SerializeResponse>> streams = {
      {},
      {Piece("abc", 6, hash_)},
      {Piece("abc", 6, 0), Piece("deg", 6, hash_)},
      {Piece("abc", 6, 0), Piece("defg", 6, hash_)},
      {Piece("abc", 6, 0), Piece("def", 7, hash_)},
      {Piece("abc", -1, 0)},
  };
  for (size_t i = 0; i < streams.size(); ++i) {
    server_.SetSerialize(streams[i], grpc::Status::OK);
    EXPECT_EQ(Serialize(&bytes_).status().code(), absl::StatusCode::kDataLoss)
        << "stream " << i;
  }
}

TEST_F(SerializeTest, DoesNotStartAgainOnceBytesWereHandedOut) {
  server_.SetSerialize({Piece("abc", 6, 0)}, kUnavailable);
  EXPECT_EQ(Serialize(&bytes_).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server_.calls("Serialize"), 1);
}

TEST_F(SerializeTest, StopsWithTheErrorOfTheSink) {
  server_.SetSerialize({Piece("abc", 6, 0), Piece("def", 6, hash_)},
                       grpc::Status::OK);
  const auto result = client_->Serialize("x", [](absl::string_view, int64_t) {
    return absl::ResourceExhaustedError("disk full");
  });
  EXPECT_EQ(result.status(), absl::ResourceExhaustedError("disk full"));
}

}  // namespace
}  // namespace annod
