// NnsStream against a scripted server: order, the window, streams that break
// and servers that do not keep to the protocol. Request k has k % 5 + 1
// queries, and so has its answer results.
#include "client/nns_stream.h"

#include <memory>
#include <utility>
#include <vector>

#include "client/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

size_t QueriesOf(int k) { return k % 5 + 1; }

class NnsStreamTest : public ::testing::Test {
 protected:
  NnsStreamTest() : client_(NewClient(absl::Seconds(20))) {}

  std::unique_ptr<Client> NewClient(absl::Duration retry_window) {
    ClientOptions options;
    options.target = server_.target();
    options.stream_timeout = absl::Seconds(30);
    options.retry_window = retry_window;
    return std::move(Client::Create(options)).value();
  }

  NnsStream::Sink Keep() {
    return [this](client::QueryResult answer) {
      answers_.push_back(std::move(answer));
      return absl::OkStatus();
    };
  }

  std::unique_ptr<NnsStream> NewStream(int window = 16,
                                       const CallOptions& call = {}) {
    NnsStreamOptions options;
    options.window = window;
    return client_->NewNnsStream("words", query_, Keep(), options, call);
  }

  static absl::Status Ask(NnsStream* stream, int k) {
    return stream->Ask(
        std::vector<client::Query>(QueriesOf(k), client::Query::OfItem(k)));
  }

  // Asks requests 0 to count - 1; stops at the first error.
  static absl::Status AskMany(NnsStream* stream, int count) {
    for (int k = 0; k < count; ++k) {
      const absl::Status status = Ask(stream, k);
      if (!status.ok()) return status;
    }
    return stream->Finish();
  }

  void ExpectAnswersTo(int count) {
    ASSERT_EQ(answers_.size(), count);
    for (int k = 0; k < count; ++k) {
      EXPECT_EQ(answers_[k].results.size(), QueriesOf(k)) << k;
    }
  }

  FakeServer server_;
  std::unique_ptr<Client> client_;
  client::QueryOptions query_;
  std::vector<client::QueryResult> answers_;
};

TEST_F(NnsStreamTest, AnswersInOrderOnOneStream) {
  query_.n = 7;
  const auto stream = NewStream();
  const absl::Status status = AskMany(stream.get(), 100);
  EXPECT_TRUE(status.ok()) << status;
  ExpectAnswersTo(100);
  EXPECT_EQ(stream->answered_count(), 100);
  EXPECT_EQ(server_.calls("GetNnsStream"), 1);
  EXPECT_EQ(server_.last_query().index(), "words");
  EXPECT_EQ(server_.last_query().n(), 7);
  EXPECT_EQ(server_.last_query().queries(0).item(), 99);
  EXPECT_EQ(answers_[0].version, 3);
}

TEST_F(NnsStreamTest, WithoutQueriesNothingIsCalled) {
  const auto stream = NewStream();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(server_.calls("GetNnsStream"), 0);
  EXPECT_EQ(Ask(stream.get(), 0).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(NnsStreamTest, AFullWindowWaitsForAnAnswerUntilTheDeadline) {
  server_.Hang("GetNns");
  CallOptions call;
  call.timeout = absl::Milliseconds(1500);
  const auto stream = NewStream(/*window=*/4, call);
  for (int k = 0; k < 4; ++k) {
    const absl::Status status = Ask(stream.get(), k);
    EXPECT_TRUE(status.ok()) << k << ": " << status;
  }
  EXPECT_EQ(Ask(stream.get(), 4).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(stream->Finish().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(answers_.empty());
}

TEST_F(NnsStreamTest, AWindowOfOneAsksOneAfterTheOther) {
  const auto stream = NewStream(/*window=*/1);
  EXPECT_TRUE(AskMany(stream.get(), 20).ok());
  ExpectAnswersTo(20);
}

TEST_F(NnsStreamTest, RefusesAWindowOutOfRange) {
  for (const int window : {0, -1, 1025}) {
    const absl::Status status = Ask(NewStream(window).get(), 0);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << window;
    EXPECT_THAT(std::string(status.message()), HasSubstr("window is"));
  }
}

TEST_F(NnsStreamTest, SendsAgainWhatABrokenStreamDidNotAnswer) {
  server_.BreakStreamsAfter({3, 1, 1, 0, 0, 12, 1});
  const auto stream = NewStream();
  const absl::Status status = AskMany(stream.get(), 60);
  EXPECT_TRUE(status.ok()) << status;
  ExpectAnswersTo(60);
  EXPECT_EQ(server_.calls("GetNnsStream"), 8);
}

TEST_F(NnsStreamTest, GivesUpWhenTheRetryWindowCloses) {
  client_ = NewClient(absl::Milliseconds(100));
  server_.BreakStreamsAfter(std::deque<int>(1000, 0));
  const absl::Status status = AskMany(NewStream().get(), 3);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("worker died"));
  EXPECT_LT(server_.calls("GetNnsStream"), 100);
}

TEST_F(NnsStreamTest, TheFirstRefusedRequestEndsItAfterTheAnswersBefore) {
  server_.Script("GetNns",
                 {grpc::Status::OK, grpc::Status::OK,
                  FakeServer::Error(grpc::StatusCode::NOT_FOUND, "no item 2",
                                    "ITEM_NOT_FOUND", {})});
  const auto stream = NewStream();
  const absl::Status status = AskMany(stream.get(), 50);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(status), "ITEM_NOT_FOUND");
  EXPECT_EQ(stream->answered_count(), 2);
  ExpectAnswersTo(2);
  EXPECT_EQ(server_.calls("GetNnsStream"), 1);
  EXPECT_EQ(Ask(stream.get(), 0), status);
  EXPECT_EQ(stream->Finish(), status);
}

TEST_F(NnsStreamTest, AnErrorOfTheSinkEndsIt) {
  const absl::Status full = absl::ResourceExhaustedError("disk full");
  int taken = 0;
  const auto stream =
      client_->NewNnsStream("words", query_, [&](const client::QueryResult&) {
        return ++taken == 3 ? full : absl::OkStatus();
      });
  EXPECT_EQ(AskMany(stream.get(), 50), full);
  EXPECT_EQ(stream->Finish(), full);
  EXPECT_EQ(taken, 3);
}

TEST_F(NnsStreamTest, AServerThatBreaksTheProtocolIsAnInternalError) {
  const struct {
    FakeServer::StreamFault fault;
    const char* message;
  } rows[] = {
      {FakeServer::StreamFault::kLacksAResult, "answered 0 of 1 queries"},
      {FakeServer::StreamFault::kEndsEarly, "ended the stream before"},
  };
  for (const auto& row : rows) {
    server_.SetStreamFault(row.fault);
    const absl::Status status = AskMany(NewStream().get(), 20);
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << row.message;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
  }
}

TEST_F(NnsStreamTest, MoreAnswersThanRequestsAreAnInternalError) {
  server_.SetStreamFault(FakeServer::StreamFault::kAnswersTwice);
  // Whether the second answer to a request comes before or after the next one
  // is sent, it is not taken for that one's.
  const absl::Status status = AskMany(NewStream().get(), 3);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
  ExpectAnswersTo(1);
}

TEST_F(NnsStreamTest, CanBeDestroyedAtAnyTime) {
  NewStream();
  Ask(NewStream().get(), 0).IgnoreError();
  server_.Hang("GetNns");
  const auto stream = NewStream();
  EXPECT_TRUE(Ask(stream.get(), 0).ok());
}

}  // namespace
}  // namespace annod
