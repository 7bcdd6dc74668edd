// Callers that open a stream and send nothing: what they can hold up.
#include "server/worker/item_streams.h"

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/core/testing/set_clock.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"
#include "tests/server/testing/fit_stream.h"

namespace annod {
namespace {

constexpr int kStreamsDim = 4;

// A call of AddItems.
class AddStream {
 public:
  explicit AddStream(v1::AdminService::Stub* admin)
      : context_(Context()), writer_(admin->AddItems(context_.get(), &got_)) {}

  bool Send(const std::string& index) {
    v1::AddItemsRequest request;
    request.set_index(index);
    SetVector(RandomVector(kStreamsDim, ++sent_),
              request.add_items()->mutable_vector());
    return writer_->Write(request);
  }
  grpc::Status Finish() {
    writer_->WritesDone();
    return writer_->Finish();
  }
  // Waits for the server to end it.
  grpc::Status AwaitEnd() { return writer_->Finish(); }
  void Cancel() { context_->TryCancel(); }

 private:
  const std::unique_ptr<grpc::ClientContext> context_;
  v1::AddItemsResponse got_;
  int sent_ = 0;
  const std::unique_ptr<grpc::ClientWriter<v1::AddItemsRequest>> writer_;
};

class ItemStreamsTest : public testing::Test {
 protected:
  void Start(const std::function<void(Config*)>& edit) {
    cluster_ = std::make_unique<Cluster>(1, edit);
    cluster_->StartAll();
    ASSERT_TRUE(
        CreateIndex(cluster_.get(), "a", kStreamsDim, v1::METRIC_EUCLIDEAN)
            .ok());
    ASSERT_TRUE(
        CreateIndex(cluster_.get(), "probed", kStreamsDim, v1::METRIC_EUCLIDEAN)
            .ok());
  }

  grpc::Status UpdateSettings() {
    v1::UpdateSettingsRequest request;
    request.set_index("a");
    request.set_default_tree_count(3);
    v1::UpdateSettingsResponse response;
    return cluster_->admin()->UpdateSettings(Context().get(), request,
                                             &response);
  }

  // Whether the server takes one more stream of this connection.
  bool Admits(v1::AdminService::Stub* admin) {
    AddStream stream(admin);
    stream.Send("probed");
    const grpc::Status status = stream.Finish();
    if (!status.ok()) {
      EXPECT_EQ(ErrorInfoOf(status).reason(), "OVERLOADED") << Describe(status);
    }
    return status.ok();
  }

  std::unique_ptr<Cluster> cluster_;
};

TEST_F(ItemStreamsTest, IdleOnesLeaveRoomForOtherCallsAndAreEnded) {
  Start([](Config* config) {
    config->admission.max_admin_calls = 4;
    config->stream_idle_timeout = absl::Seconds(2);
  });
  std::string index;
  grpc::Status status;
  int attempts = 0;
  // Who asks whether there is room may come before one of the two, which is
  // refused then: so again.
  EXPECT_TRUE(Eventually(
      [&] {
        index = absl::StrCat("i", attempts++);
        EXPECT_TRUE(CreateIndex(cluster_.get(), index, kStreamsDim,
                                v1::METRIC_EUCLIDEAN)
                        .ok());
        AddStream silent(cluster_->admin());
        AddStream stopped(cluster_->admin());
        stopped.Send(index);
        stopped.Send(index);
        const bool full = Eventually([&] { return !Admits(cluster_->admin()); },
                                     /*timeout=*/absl::Seconds(1));
        const bool others_pass = UpdateSettings().ok();
        status = stopped.AwaitEnd();
        EXPECT_FALSE(silent.AwaitEnd().ok());
        return full && others_pass &&
               ErrorInfoOf(status).reason() != "OVERLOADED";
      },
      /*timeout=*/absl::Minutes(1)));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "STREAM_IDLE") << Describe(status);
  // What it had sent is stored, and told.
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("added_count"), "2");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("last_id"), "1");
  v1::IndexInfo info;
  EXPECT_TRUE(Eventually([&] {
    return Info(cluster_.get(), index, &info).ok() &&
           info.staged_item_count() == 2;
  }));
  EXPECT_TRUE(Admits(cluster_->admin()));
}

TEST(IdleStreamsTest, AClockThatIsSetBackKeepsNoneOpen) {
  ItemStreams streams;
  ItemStreams::Refusal refusal;
  const auto stream = streams.Admit("peer", 1, 1, &refusal);
  ASSERT_NE(stream, nullptr);
  bool ended = false;
  stream->SetOnIdle([&](const absl::Status&) { ended = true; });
  stream->Await();
  SetClock clock;
  clock.Set(-absl::Hours(1));
  streams.EndIdle(absl::Minutes(1), absl::CancelledError("idle"));
  EXPECT_FALSE(ended);
  streams.EndIdle(absl::ZeroDuration(), absl::CancelledError("idle"));
  EXPECT_TRUE(ended);
}

TEST_F(ItemStreamsTest, OneConnectionHasAFewOfThem) {
  Start([](Config* config) {
    config->admission.max_item_streams_per_connection = 1;
  });
  AddStream idle(cluster_->admin());
  EXPECT_TRUE(Eventually([&] { return !Admits(cluster_->admin()); }));
  const auto other = v1::AdminService::NewStub(cluster_->NewChannel());
  EXPECT_TRUE(Admits(other.get()));
  idle.Cancel();
  EXPECT_TRUE(Eventually([&] { return Admits(cluster_->admin()); }));
}

TEST_F(ItemStreamsTest, AnIdleFitHoldsUpNoBuildForLong) {
  Start([](Config* config) { config->stream_idle_timeout = absl::Seconds(2); });
  ASSERT_TRUE(AddRandomItems(cluster_.get(), "a", kStreamsDim, 0, 10).ok());
  const auto build = [&] { return Build(cluster_.get(), "a"); };
  // A build that came before its first row would refuse it.
  std::unique_ptr<FitStream> fit;
  EXPECT_TRUE(Eventually([&] {
    fit = std::make_unique<FitStream>(cluster_.get(), "a");
    fit->Send(RandomVector(kStreamsDim, 1));
    absl::SleepFor(absl::Milliseconds(50));
    if (ErrorInfoOf(build()).reason() == "BUILD_RUNNING") return true;
    fit->Cancel();
    fit->Finish();
    return false;
  }));
  EXPECT_TRUE(Eventually([&] { return build().ok(); }));
  const grpc::Status status = fit->Finish();
  EXPECT_EQ(ErrorInfoOf(status).reason(), "STREAM_IDLE") << Describe(status);
  v1::IndexInfo info;
  ASSERT_TRUE(Info(cluster_.get(), "a", &info).ok());
  EXPECT_EQ(info.item_count(), 10);
}

TEST_F(ItemStreamsTest, OneThatSendsNowAndThenGoesOn) {
  Start([](Config* config) {
    config->stream_idle_timeout = absl::Milliseconds(1500);
  });
  AddStream stream(cluster_->admin());
  const absl::Time end = absl::Now() + absl::Milliseconds(3200);
  while (absl::Now() < end) {
    ASSERT_TRUE(stream.Send("a"));
    absl::SleepFor(absl::Milliseconds(100));
  }
  const grpc::Status status = stream.Finish();
  EXPECT_TRUE(status.ok()) << Describe(status);
}

}  // namespace
}  // namespace annod
