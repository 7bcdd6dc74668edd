#include "client/query_coalescer.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "client/error.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace annod::client {
namespace {

using ::testing::ElementsAre;

constexpr absl::Duration kNever = absl::Minutes(5);

// Answers each query by item with the item plus 100, once let through.
class Server {
 public:
  QueryCoalescer::Send Sender() {
    return [this](const v1::GetNnsRequest& request, absl::Time,
                  v1::GetNnsResponse* response) {
      absl::MutexLock lock(&mu_);
      sent_.push_back(request.queries_size());
      ++inside_;
      const auto is_open = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
        return open_ > 0;
      };
      mu_.Await(absl::Condition(&is_open));
      --open_;
      --inside_;
      for (const v1::Query& query : request.queries()) {
        if (query.item() == bad_) return error_;
        response->add_results()->add_ids(query.item() + 100);
      }
      if (lacks_one_) response->mutable_results()->RemoveLast();
      response->set_version(7);
      response->set_beam(25);
      return absl::OkStatus();
    };
  }
  // So many messages more are answered.
  void LetThrough(int count) {
    absl::MutexLock lock(&mu_);
    open_ += count;
  }
  void AwaitSent(size_t count) {
    absl::MutexLock lock(&mu_);
    const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return sent_.size() >= count;
    };
    ASSERT_TRUE(
        mu_.AwaitWithTimeout(absl::Condition(&enough), absl::Minutes(1)));
  }
  std::vector<int> sent() {
    absl::MutexLock lock(&mu_);
    return sent_;
  }
  void Refuse(int item, absl::Status error) {
    absl::MutexLock lock(&mu_);
    bad_ = item;
    error_ = std::move(error);
  }
  void LackOne() {
    absl::MutexLock lock(&mu_);
    lacks_one_ = true;
  }

 private:
  absl::Mutex mu_;
  int open_ ABSL_GUARDED_BY(mu_) = 0;
  int inside_ ABSL_GUARDED_BY(mu_) = 0;
  int bad_ ABSL_GUARDED_BY(mu_) = -1;
  absl::Status error_ ABSL_GUARDED_BY(mu_);
  bool lacks_one_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<int> sent_ ABSL_GUARDED_BY(mu_);
};

v1::GetNnsRequest RequestOf(std::vector<int> items, int n = 10) {
  v1::GetNnsRequest request;
  request.set_index("words");
  request.set_n(n);
  for (const int item : items) request.add_queries()->set_item(item);
  return request;
}

// A call on a thread of its own.
class Caller {
 public:
  Caller(QueryCoalescer* coalescer, v1::GetNnsRequest request,
         absl::Duration timeout = absl::Minutes(5))
      : thread_([this, coalescer, request, timeout]() mutable {
          status_ = coalescer->Ask(&request, absl::Now() + timeout, &response_);
          ended_.Notify();
        }) {}
  ~Caller() { thread_.join(); }

  const std::optional<absl::Status>& status() {
    ended_.WaitForNotification();
    return status_;
  }
  std::vector<int> ids() {
    EXPECT_TRUE(status().has_value() && status()->ok());
    std::vector<int> ids;
    for (const auto& result : response_.results()) ids.push_back(result.ids(0));
    return ids;
  }
  const v1::GetNnsResponse& response() {
    ended_.WaitForNotification();
    return response_;
  }

 private:
  std::optional<absl::Status> status_;
  v1::GetNnsResponse response_;
  absl::Notification ended_;
  std::thread thread_;
};

using Callers = std::vector<std::unique_ptr<Caller>>;

class QueryCoalescerTest : public ::testing::Test {
 protected:
  ~QueryCoalescerTest() override { server_.LetThrough(1000); }

  // Two calls that are under way.
  Callers Occupy(QueryCoalescer* coalescer) {
    Callers callers;
    for (int i = 0; i < 2; ++i) {
      callers.push_back(
          std::make_unique<Caller>(coalescer, RequestOf({900 + i})));
      server_.AwaitSent(i + 1);
    }
    return callers;
  }
  void AwaitQueries(QueryCoalescer* coalescer, int count) {
    const absl::Time give_up = absl::Now() + absl::Minutes(1);
    while (coalescer->waiting_queries() != count) {
      ASSERT_LT(absl::Now(), give_up);
      absl::SleepFor(absl::Milliseconds(1));
    }
  }

  Server server_;
};

TEST_F(QueryCoalescerTest, CallsThatWaitAreSentTogether) {
  QueryCoalescer coalescer(64, kNever, server_.Sender());
  Callers first = Occupy(&coalescer);
  Callers callers;
  for (int i = 0; i < 10; ++i) {
    callers.push_back(
        std::make_unique<Caller>(&coalescer, RequestOf({10 * i, 10 * i + 1})));
  }
  AwaitQueries(&coalescer, 20);
  server_.LetThrough(1);
  server_.AwaitSent(3);
  server_.LetThrough(2);
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(callers[i]->ids(), ElementsAre(10 * i + 100, 10 * i + 101));
    EXPECT_EQ(callers[i]->response().version(), 7);
    EXPECT_EQ(callers[i]->response().beam(), 25);
  }
  EXPECT_THAT(server_.sent(), ElementsAre(1, 1, 20));
  EXPECT_THAT(first[0]->ids(), ElementsAre(1000));
}

TEST_F(QueryCoalescerTest, OthersOptionsAreOtherMessages) {
  QueryCoalescer coalescer(4, kNever, server_.Sender());
  Callers first = Occupy(&coalescer);
  Callers callers;
  for (int i = 0; i < 6; ++i) {
    callers.push_back(std::make_unique<Caller>(
        &coalescer, RequestOf({i}, /*n=*/i == 5 ? 11 : 10)));
    AwaitQueries(&coalescer, i + 1);
  }
  server_.LetThrough(5);
  for (int i = 0; i < 6; ++i)
    EXPECT_THAT(callers[i]->ids(), ElementsAre(100 + i));
  EXPECT_THAT(server_.sent(), ::testing::UnorderedElementsAre(1, 1, 4, 1, 1));
}

TEST_F(QueryCoalescerTest, NobodyWaitsLongerThanTheWindow) {
  QueryCoalescer coalescer(64, absl::Milliseconds(1), server_.Sender());
  Callers first = Occupy(&coalescer);
  Caller caller(&coalescer, RequestOf({1}));
  server_.AwaitSent(3);  // though two are under way
  server_.LetThrough(3);
  EXPECT_THAT(caller.ids(), ElementsAre(101));
}

TEST_F(QueryCoalescerTest, ACallKeepsItsDeadline) {
  QueryCoalescer coalescer(64, kNever, server_.Sender());
  Callers first = Occupy(&coalescer);
  {
    Caller hasty(&coalescer, RequestOf({1}), absl::Milliseconds(20));
    EXPECT_EQ(hasty.status()->code(), absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_EQ(coalescer.waiting_queries(), 0);
  // Its place is free for others.
  Caller patient(&coalescer, RequestOf({2}));
  AwaitQueries(&coalescer, 1);
  server_.LetThrough(3);
  EXPECT_THAT(patient.ids(), ElementsAre(102));
}

TEST_F(QueryCoalescerTest, AnErrorOfOthersIsNobodysAnswer) {
  server_.Refuse(5, absl::NotFoundError("no item 5"));
  QueryCoalescer coalescer(64, kNever, server_.Sender());
  Callers first = Occupy(&coalescer);
  Caller good(&coalescer, RequestOf({4}));
  Caller bad(&coalescer, RequestOf({5}));
  AwaitQueries(&coalescer, 2);
  server_.LetThrough(3);
  EXPECT_FALSE(good.status().has_value());
  EXPECT_FALSE(bad.status().has_value());
  // Alone, it is an answer.
  server_.LetThrough(1);
  Caller alone(&coalescer, RequestOf({5}));
  EXPECT_EQ(alone.status()->code(), absl::StatusCode::kNotFound);
}

TEST_F(QueryCoalescerTest, OverloadIsEverybodysAnswer) {
  absl::Status overloaded = absl::ResourceExhaustedError("too much");
  google::rpc::ErrorInfo info;
  info.set_reason("OVERLOADED");
  overloaded.SetPayload("type.googleapis.com/google.rpc.ErrorInfo",
                        absl::Cord(info.SerializeAsString()));
  server_.Refuse(5, overloaded);
  QueryCoalescer coalescer(64, kNever, server_.Sender());
  Callers first = Occupy(&coalescer);
  Caller one(&coalescer, RequestOf({4}));
  Caller other(&coalescer, RequestOf({5}));
  AwaitQueries(&coalescer, 2);
  server_.LetThrough(3);
  EXPECT_EQ(ErrorReason(*one.status()), "OVERLOADED");
  EXPECT_EQ(ErrorReason(*other.status()), "OVERLOADED");
}

TEST_F(QueryCoalescerTest, AnAnswerThatIsTooShortIsAnError) {
  server_.LackOne();
  QueryCoalescer coalescer(64, kNever, server_.Sender());
  Callers first = Occupy(&coalescer);
  Caller one(&coalescer, RequestOf({4, 5}));
  AwaitQueries(&coalescer, 2);
  server_.LetThrough(3);
  EXPECT_EQ(one.status()->code(), absl::StatusCode::kInternal);
}

TEST_F(QueryCoalescerTest, WhatCannotBeSharedGoesAlone) {
  QueryCoalescer coalescer(2, kNever, server_.Sender());
  v1::GetNnsResponse response;
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  v1::GetNnsRequest many = RequestOf({1, 2, 3});
  v1::GetNnsRequest none = RequestOf({});
  v1::GetNnsRequest strict = RequestOf({1});
  strict.set_strict(true);
  v1::GetNnsRequest cost = RequestOf({1});
  cost.set_include_cost(true);
  v1::GetNnsRequest allowed = RequestOf({1});
  allowed.add_allow_items(3);
  v1::GetNnsRequest wide = RequestOf({1}, 1001);
  for (auto* request : {&many, &none, &strict, &cost, &allowed, &wide}) {
    EXPECT_FALSE(coalescer.Ask(request, deadline, &response).has_value());
  }
  EXPECT_TRUE(server_.sent().empty());
}

TEST_F(QueryCoalescerTest, ManyThreadsGetTheirOwnAnswers) {
  server_.LetThrough(1000000);
  QueryCoalescer coalescer(8, absl::Milliseconds(1), server_.Sender());
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        const int item = t * 10000 + i;
        v1::GetNnsRequest request = RequestOf({item});
        v1::GetNnsResponse response;
        const auto status =
            coalescer.Ask(&request, absl::Now() + absl::Minutes(1), &response);
        ASSERT_TRUE(status.has_value() && status->ok());
        ASSERT_EQ(response.results_size(), 1);
        ASSERT_EQ(response.results(0).ids(0), item + 100);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace annod::client
