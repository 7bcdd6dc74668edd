// Temporary indexes: dropped when nobody has renewed their lease, whatever died
// meanwhile.
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::grpc::StatusCode;

class LeaseRpcTest : public testing::Test {
 protected:
  LeaseRpcTest() : cluster_(/*workers=*/2) { cluster_.StartAll(); }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  v1::IndexInfo Create(const std::string& index, int lease_seconds) {
    v1::CreateIndexRequest request;
    request.set_index(index);
    request.set_dimension(4);
    request.set_metric(v1::METRIC_EUCLIDEAN);
    request.set_lease_seconds(lease_seconds);
    v1::CreateIndexResponse response;
    ExpectOk(
        cluster_.admin()->CreateIndex(Context().get(), request, &response));
    return response.info();
  }

  grpc::Status Renew(const std::string& index, int lease_seconds,
                     v1::IndexInfo* info = nullptr) {
    v1::RenewLeaseRequest request;
    request.set_index(index);
    request.set_lease_seconds(lease_seconds);
    v1::RenewLeaseResponse response;
    const grpc::Status status =
        cluster_.admin()->RenewLease(Context().get(), request, &response);
    if (info != nullptr) *info = response.info();
    return status;
  }

  bool IsThere(const std::string& index) {
    v1::IndexInfo info;
    return Info(&cluster_, index, &info).ok();
  }

  static absl::Time ExpiryOf(const v1::IndexInfo& info) {
    absl::Time expiry;
    EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, info.lease_expire_time(),
                                &expiry, nullptr))
        << info.lease_expire_time();
    return expiry;
  }

  Cluster cluster_;
};

TEST_F(LeaseRpcTest, AnIndexLivesAsLongAsItsLeaseIsRenewed) {
  const v1::IndexInfo made = Create("t", 3);
  EXPECT_EQ(made.lease_seconds(), 3);
  Create("stays", 0);
  ExpectOk(AddRandomItems(&cluster_, "t", 4, 0, 10));
  ExpectOk(Build(&cluster_, "t"));
  const absl::Time renewed_until = absl::Now() + absl::Seconds(5);
  while (absl::Now() < renewed_until) {
    ExpectOk(Renew("t", 0));
    ASSERT_TRUE(IsThere("t"));
    absl::SleepFor(absl::Milliseconds(500));
  }
  v1::IndexInfo info;
  ExpectOk(Info(&cluster_, "t", &info));
  EXPECT_GT(ExpiryOf(info), ExpiryOf(made));
  EXPECT_TRUE(Eventually([this] { return !IsThere("t"); }));
  EXPECT_GE(absl::Now(), ExpiryOf(info));
  EXPECT_TRUE(IsThere("stays"));
  // Its name is free again.
  EXPECT_EQ(Create("t", 60).version(), 0);
}

TEST_F(LeaseRpcTest, TheExpiryOutlivesTheWriter) {
  const absl::Time expiry = ExpiryOf(Create("short", 2));
  Create("long", 3600);
  cluster_.KillWriter();
  absl::SleepFor(expiry - absl::Now());
  cluster_.StartWriter();
  EXPECT_TRUE(Eventually([this] { return !IsThere("short"); }));
  EXPECT_TRUE(IsThere("long"));
  v1::IndexInfo info;
  EXPECT_TRUE(Eventually([&] { return Renew("long", 0, &info).ok(); }));
  EXPECT_GT(ExpiryOf(info), absl::Now() + absl::Seconds(3500));
}

TEST_F(LeaseRpcTest, ALeaseCanBeGivenAndTakenAway) {
  Create("t", 2);
  v1::IndexInfo info;
  ExpectOk(Renew("t", -1, &info));
  EXPECT_EQ(info.lease_seconds(), 0);
  EXPECT_EQ(info.lease_expire_time(), "");
  absl::SleepFor(absl::Seconds(3));
  EXPECT_TRUE(IsThere("t"));
  const grpc::Status none = Renew("t", 0);
  EXPECT_EQ(none.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(none).reason(), "NO_LEASE");
  ExpectOk(Renew("t", 1, &info));
  EXPECT_EQ(info.lease_seconds(), 1);
  EXPECT_TRUE(Eventually([this] { return !IsThere("t"); }));
}

TEST_F(LeaseRpcTest, WrongLeasesAreRefused) {
  EXPECT_EQ(Renew("none", 0).error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(Renew("t*", 0).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Renew("t", -2).error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Renew("t", 1 << 30).error_code(), StatusCode::INVALID_ARGUMENT);
  v1::CreateIndexRequest request;
  request.set_index("t");
  request.set_metric(v1::METRIC_DOT);
  request.set_lease_seconds(-1);
  v1::CreateIndexResponse response;
  EXPECT_EQ(cluster_.admin()
                ->CreateIndex(Context().get(), request, &response)
                .error_code(),
            StatusCode::INVALID_ARGUMENT);
}

// A build takes its time, and the index with it would be no help.
TEST_F(LeaseRpcTest, WhatFitMakesHasItsWholeTime) {
  v1::FitResponse response;
  const auto context = Context();
  const auto writer = cluster_.admin()->Fit(context.get(), &response);
  v1::FitRequest request;
  request.set_index("fitted");
  v1::CreateIndexRequest* create = request.mutable_options()->mutable_create();
  create->set_metric(v1::METRIC_EUCLIDEAN);
  create->set_lease_seconds(2);
  SetVector({1, 2}, request.add_rows()->mutable_vector());
  writer->Write(request);
  absl::SleepFor(absl::Seconds(3));
  writer->WritesDone();
  ExpectOk(writer->Finish());
  v1::IndexInfo info;
  ExpectOk(Info(&cluster_, "fitted", &info));
  EXPECT_GT(ExpiryOf(info), absl::Now() - absl::Seconds(1));
  EXPECT_TRUE(Eventually([this] { return !IsThere("fitted"); }));
}

}  // namespace
}  // namespace annod
