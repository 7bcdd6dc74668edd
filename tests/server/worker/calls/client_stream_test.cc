// The client library's NnsStream over real processes.
#include <memory>
#include <utility>
#include <vector>

#include "client/client.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr int kClientDim = 8;
constexpr int kClientItems = 3000;

class ClientStreamTest : public testing::Test {
 protected:
  ClientStreamTest()
      : cluster_(/*workers=*/1, [](Config* config) {
          config->threads = 2;
          config->stream_window = 2;
        }) {
    cluster_.StartAll();
    EXPECT_TRUE(
        CreateIndex(&cluster_, "items", kClientDim, v1::METRIC_ANGULAR).ok());
    EXPECT_TRUE(
        AddRandomItems(&cluster_, "items", kClientDim, 0, kClientItems).ok());
    EXPECT_TRUE(Build(&cluster_, "items").ok());
    ClientOptions options;
    options.target = cluster_.address();
    options.stream_timeout = absl::Seconds(60);
    options.retry_window = absl::Seconds(30);
    client_ = std::move(Client::Create(options)).value();
    query_.n = 10;
  }

  // Request k: some of them take much longer than others.
  static std::vector<client::Query> QueriesOf(int k) {
    std::vector<client::Query> queries;
    for (int i = 0; i <= k % 7 * 10; ++i) {
      queries.push_back(
          client::Query::OfVector(RandomVector(kClientDim, k + i)));
    }
    return queries;
  }

  Cluster cluster_;
  std::unique_ptr<Client> client_;
  client::QueryOptions query_;
};

TEST_F(ClientStreamTest, AnswersAsGetNnsDoesWhileAWorkerDies) {
  constexpr int kRequests = 400;
  std::vector<client::QueryResult> answers;
  const auto stream =
      client_->NewNnsStream("items", query_, [&](client::QueryResult answer) {
        answers.push_back(std::move(answer));
        if (answers.size() == kRequests / 2) {
          cluster_.KillWorker(0);
          cluster_.StartWorker(0);
        }
        return absl::OkStatus();
      });
  for (int k = 0; k < kRequests; ++k) {
    const absl::Status status = stream->Ask(QueriesOf(k));
    ASSERT_TRUE(status.ok()) << k << ": " << status;
  }
  const absl::Status status = stream->Finish();
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(answers.size(), kRequests);
  for (int k = 0; k < kRequests; ++k) {
    const auto alone = client_->GetNns("items", QueriesOf(k), query_);
    ASSERT_TRUE(alone.ok()) << alone.status();
    ASSERT_EQ(answers[k].results.size(), alone->results.size());
    for (size_t i = 0; i < alone->results.size(); ++i) {
      EXPECT_EQ(answers[k].results[i].ids, alone->results[i].ids)
          << "request " << k << ", query " << i;
    }
  }
}

// More than the connection holds, in both directions, of a server that takes
// few requests ahead: who wrote without reading would wait forever.
TEST_F(ClientStreamTest, MuchInBothDirectionsBlocksNeitherSide) {
  query_.n = 20;
  query_.include_vectors = true;
  NnsStreamOptions options;
  options.window = 1024;
  const std::vector<client::Query> queries(
      512, client::Query::OfVector(RandomVector(kClientDim, 1)));
  int answered = 0;
  const auto stream = client_->NewNnsStream(
      "items", query_,
      [&](const client::QueryResult& answer) {
        EXPECT_EQ(answer.results.size(), queries.size());
        ++answered;
        return absl::OkStatus();
      },
      options);
  constexpr int kRequests = 60;
  for (int k = 0; k < kRequests; ++k) {
    ASSERT_TRUE(stream->Ask(queries).ok()) << k;
  }
  const absl::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(answered, kRequests);
}

TEST_F(ClientStreamTest, ARefusedRequestIsTold) {
  const auto stream = client_->NewNnsStream(
      "items", query_,
      [](const client::QueryResult&) { return absl::OkStatus(); });
  EXPECT_TRUE(stream->Ask({client::Query::OfItem(0)}).ok());
  absl::Status status = stream->Ask({client::Query::OfItem(kClientItems)});
  if (status.ok()) status = stream->Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_EQ(ErrorReason(status), "ITEM_NOT_FOUND");
  EXPECT_EQ(stream->answered_count(), 1);
}

}  // namespace
}  // namespace annod
