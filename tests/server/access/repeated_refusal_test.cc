// Refusals as stubs see them whose service config has gRPC repeat
// RESOURCE_EXHAUSTED: what is in vain to repeat is not, an overload is.
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/access.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

// Who does not heed what the server says waits for longer than the deadline.
constexpr char kRetries[] = R"({"methodConfig": [{"name": [{}], "retryPolicy": {
    "maxAttempts": 5, "initialBackoff": "600s", "maxBackoff": "600s",
    "backoffMultiplier": 1,
    "retryableStatusCodes": ["RESOURCE_EXHAUSTED"]}}]})";
constexpr absl::Duration kDeadline = absl::Seconds(30);
constexpr absl::Duration kPause = absl::Milliseconds(20);

class RepeatedRefusalTest : public testing::Test {
 protected:
  RepeatedRefusalTest() {
    cluster_ = std::make_unique<Cluster>(1, [](Config* config) {
      config->access_file = absl::StrCat(config->data_dir, "/../access.json");
      config->limits.max_indexes = 1;
      config->admission.max_admin_calls = 2;  // of which one may be a stream
      WriteAccessFile(
          config->access_file,
          absl::StrCat(
              IdentityJson("root", "admin"), ",",
              IdentityJson("small", "write", R"("quotas": {"items": 1})"), ",",
              IdentityJson("slow", "read",
                           R"("quotas": {"calls_in_flight": 1})")));
    });
    cluster_->StartAll();
    grpc::ChannelArguments args;
    args.SetServiceConfigJSON(kRetries);
    channel_ = grpc::CreateCustomChannel(
        cluster_->address(), grpc::InsecureChannelCredentials(), args);
    index_ = v1::IndexService::NewStub(channel_);
    admin_ = v1::AdminService::NewStub(channel_);
    EXPECT_TRUE(Create("words").ok());
  }

  static std::unique_ptr<grpc::ClientContext> As(const std::string& name) {
    auto context = ContextWith(TokenFor(name));
    context->set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
    return context;
  }
  // Opens calls by `open` until one stays. A call may be refused itself, if it
  // comes while `is_open` has what is asked to find out, and an earlier one of
  // that be counted when its caller has its answer: hence the pauses.
  template <typename Open>
  void KeepOpen(const std::string& who, const Open& open,
                const std::function<bool()>& is_open,
                std::unique_ptr<grpc::ClientContext>* context,
                decltype(open(nullptr))* stream) {
    ASSERT_TRUE(Eventually([&] {
      if (*stream != nullptr) {
        (*context)->TryCancel();
        (*stream)->Finish();
      }
      *context = As(who);
      *stream = open(context->get());
      int in_a_row = 0;
      for (int asked = 0; asked < 20 && in_a_row < 2; ++asked) {
        absl::SleepFor(kPause);
        in_a_row = is_open() ? in_a_row + 1 : 0;
      }
      return in_a_row == 2;
    }));
  }

  static void ExpectNotRepeated(const grpc::Status& status,
                                const std::string& reason) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED)
        << Describe(status);
    EXPECT_EQ(ErrorInfoOf(status).reason(), reason);
  }

  grpc::Status Create(const std::string& index) {
    v1::CreateIndexRequest request;
    request.set_index(index);
    request.set_dimension(2);
    request.set_metric(v1::METRIC_EUCLIDEAN);
    v1::CreateIndexResponse response;
    return admin_->CreateIndex(As("root").get(), request, &response);
  }
  // A stream that adds nothing.
  grpc::Status AddNothing(v1::AdminService::Stub* admin) {
    const auto context = As("root");
    v1::AddItemsResponse response;
    const auto stream = admin->AddItems(context.get(), &response);
    stream->WritesDone();
    return stream->Finish();
  }

  std::unique_ptr<Cluster> cluster_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::IndexService::Stub> index_;
  std::unique_ptr<v1::AdminService::Stub> admin_;
};

TEST_F(RepeatedRefusalTest, WhatTheWriterRefuses) {
  ExpectNotRepeated(Create("more"), "LIMIT_REACHED");
  v1::AddItemRequest request;
  request.set_index("words");
  for (int i = 0; i < 2; ++i) {
    SetVector({1, 2}, request.add_items()->mutable_vector());
  }
  v1::AddItemResponse response;
  ExpectNotRepeated(admin_->AddItem(As("small").get(), request, &response),
                    "QUOTA_REACHED");
}

TEST_F(RepeatedRefusalTest, WhatAWorkerRefuses) {
  const auto stub = v1::IndexService::NewStub(cluster_->NewChannel());
  const auto open_one = [&](grpc::ClientContext* context) {
    return stub->GetNnsStream(context);
  };
  const auto is_open = [&] {
    v1::InfoRequest request;
    request.set_index("words");
    v1::InfoResponse response;
    return ErrorInfoOf(
               cluster_->index()->Info(As("slow").get(), request, &response))
               .reason() == "QUOTA_REACHED";
  };
  std::unique_ptr<grpc::ClientContext> context;
  decltype(open_one(nullptr)) open;
  KeepOpen("slow", open_one, is_open, &context, &open);
  v1::GetNnsResponse nearest;
  ExpectNotRepeated(
      index_->GetNns(As("slow").get(), ItemQuery("words", 0, 1), &nearest),
      "QUOTA_REACHED");
  v1::ListIndexesResponse indexes;
  ExpectNotRepeated(index_->ListIndexes(As("slow").get(), {}, &indexes),
                    "QUOTA_REACHED");
  const auto second = As("slow");
  ExpectNotRepeated(index_->GetNnsStream(second.get())->Finish(),
                    "QUOTA_REACHED");
  grpc::health::v1::HealthCheckRequest request;
  request.set_service("annod.v1.IndexService/words");
  grpc::health::v1::HealthCheckResponse health;
  ExpectNotRepeated(grpc::health::v1::Health::NewStub(channel_)->Check(
                        As("slow").get(), request, &health),
                    "QUOTA_REACHED");
  context->TryCancel();
  open->Finish();
}

TEST_F(RepeatedRefusalTest, AnOverloadIsRepeatedWhenItWasTold) {
  v1::AddItemsResponse response;
  const auto open_one = [&](grpc::ClientContext* context) {
    return cluster_->admin()->AddItems(context, &response);
  };
  const auto is_open = [&] {
    return ErrorInfoOf(AddNothing(cluster_->admin())).reason() == "OVERLOADED";
  };
  std::unique_ptr<grpc::ClientContext> context;
  decltype(open_one(nullptr)) open;
  KeepOpen("root", open_one, is_open, &context, &open);
  const auto refused = [&] {
    return cluster_->Metric("annod_rejected_calls_total",
                            {{"reason", "max_item_streams"}});
  };
  const double before = refused();
  grpc::Status repeated;
  std::thread caller([&] { repeated = AddNothing(admin_.get()); });
  EXPECT_TRUE(Eventually([&] { return refused() > before; }));
  open->WritesDone();
  open->Finish();
  caller.join();
  EXPECT_NE(repeated.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_NE(ErrorInfoOf(repeated).reason(), "OVERLOADED") << Describe(repeated);
}

}  // namespace
}  // namespace annod
