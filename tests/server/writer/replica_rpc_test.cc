// A replica of another annod: what it fetches, serves and refuses.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "annod/v1/replication_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/access/method_roles.h"
#include "tests/server/testing/access.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::grpc::StatusCode;
using ::testing::HasSubstr;

constexpr int kReplicaDim = 8;

class ReplicaRpcTest : public testing::Test {
 protected:
  ReplicaRpcTest() : source_(/*workers=*/1) {
    source_.StartAll();
    ExpectOk(CreateIndex(&source_, "a", kReplicaDim, v1::METRIC_EUCLIDEAN));
    ExpectOk(AddRandomItems(&source_, "a", kReplicaDim, 0, 300));
    ExpectOk(Build(&source_, "a"));
  }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  std::unique_ptr<Cluster> StartReplica() {
    auto replica = std::make_unique<Cluster>(/*workers=*/2, [&](Config* c) {
      c->follow = absl::StrCat("grpc://", source_.address());
      c->follow_interval = absl::Milliseconds(100);
    });
    replica->StartAll();
    return replica;
  }

  // Every worker of the replica answers so.
  void AwaitInfo(Cluster* replica,
                 const std::function<bool(const v1::IndexInfo&)>& as_wanted) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    v1::IndexInfo info;
    int in_a_row = 0;
    while (in_a_row < 4 && absl::Now() < deadline) {
      const auto stub = replica->NewIndexStub();
      v1::InfoRequest request;
      request.set_index("a");
      v1::InfoResponse response;
      const auto context = Context();
      const bool ok = stub->Info(context.get(), request, &response).ok();
      info = response.info();
      in_a_row = ok && as_wanted(info) ? in_a_row + 1 : 0;
      if (in_a_row == 0) absl::SleepFor(absl::Milliseconds(20));
    }
    EXPECT_EQ(in_a_row, 4) << info.DebugString();
  }
  void AwaitVersion(Cluster* replica, int64_t version) {
    AwaitInfo(replica, [version](const v1::IndexInfo& info) {
      return info.version() == version &&
             info.replica().source_version() == version;
    });
  }

  std::vector<v1::FetchVersionResponse> Fetch(
      const v1::FetchVersionRequest& request, grpc::Status* status) {
    const auto context = Context();
    const auto stub = v1::ReplicationService::NewStub(source_.NewChannel());
    const auto reader = stub->FetchVersion(context.get(), request);
    std::vector<v1::FetchVersionResponse> messages;
    v1::FetchVersionResponse message;
    while (reader->Read(&message)) messages.push_back(message);
    *status = reader->Finish();
    return messages;
  }
  std::string FetchBytes(const v1::FetchVersionRequest& request) {
    grpc::Status status;
    std::string bytes;
    const auto messages = Fetch(request, &status);
    ExpectOk(status);
    for (size_t i = 0; i < messages.size(); ++i) {
      EXPECT_EQ(messages[i].settings_json().empty(), i > 0);
      EXPECT_EQ(messages[i].chunk().empty(), i == 0);
      bytes += messages[i].chunk();
    }
    return bytes;
  }

  Cluster source_;
};

TEST_F(ReplicaRpcTest, FetchVersionSendsAnyPart) {
  v1::FetchVersionRequest request;
  request.set_index("a");
  const std::string all = FetchBytes(request);
  EXPECT_GT(all.size(), 10000u);
  request.set_chunk_bytes(1024);
  request.set_offset(3000);
  EXPECT_EQ(FetchBytes(request), all.substr(3000));
  request.set_max_bytes(5000);
  request.set_version(1);
  EXPECT_EQ(FetchBytes(request), all.substr(3000, 5000));
  request.set_offset(static_cast<int64_t>(all.size()));
  EXPECT_EQ(FetchBytes(request), "");
  request.set_max_bytes(-1);
  request.set_offset(0);
  EXPECT_EQ(FetchBytes(request), "");
}

TEST_F(ReplicaRpcTest, FetchVersionSaysWhatIsWrong) {
  const auto ended = [&](const std::string& index, int64_t version,
                         int64_t offset, int32_t chunk_bytes) {
    v1::FetchVersionRequest request;
    request.set_index(index);
    request.set_version(version);
    request.set_offset(offset);
    request.set_chunk_bytes(chunk_bytes);
    grpc::Status status;
    Fetch(request, &status);
    return status;
  };
  EXPECT_EQ(ErrorInfoOf(ended("none", 0, 0, 0)).reason(), "INDEX_NOT_FOUND");
  EXPECT_EQ(ErrorInfoOf(ended("a", 7, 0, 0)).reason(), "VERSION_NOT_FOUND");
  EXPECT_EQ(ended("a", 7, 0, 0).error_code(), StatusCode::NOT_FOUND);
  for (const grpc::Status& status :
       {ended("", 0, 0, 0), ended("a", -1, 0, 0), ended("a", 0, -1, 0),
        ended("a", 0, 0, 5), ended("a", 0, 0, 1 << 21)}) {
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "INVALID_FIELD");
  }
  ExpectOk(CreateIndex(&source_, "b", kReplicaDim, v1::METRIC_EUCLIDEAN));
  EXPECT_EQ(ErrorInfoOf(ended("b", 0, 0, 0)).reason(), "INDEX_NOT_BUILT");
}

TEST_F(ReplicaRpcTest, ServesWhatTheSourceServes) {
  const std::unique_ptr<Cluster> replica = StartReplica();
  AwaitVersion(replica.get(), 1);
  v1::GetNnsResponse ours;
  v1::GetNnsResponse theirs;
  ExpectOk(GetNns(replica.get(), ItemQuery("a", 17, 10), &ours));
  ExpectOk(GetNns(&source_, ItemQuery("a", 17, 10), &theirs));
  ASSERT_EQ(ours.results_size(), 1);
  EXPECT_EQ(ours.results(0).DebugString(), theirs.results(0).DebugString());

  ExpectOk(AddRandomItems(&source_, "a", kReplicaDim, 300, 100));
  ExpectOk(Build(&source_, "a"));
  AwaitVersion(replica.get(), 2);
  // The writer brings its gauges up to date once a second.
  const absl::Time patience = absl::Now() + absl::Seconds(60);
  const auto source_version = [&] {
    return replica->Metric("annod_replica_source_version", {{"index", "a"}});
  };
  while (source_version() != 2 && absl::Now() < patience) {
    absl::SleepFor(absl::Milliseconds(20));
  }
  EXPECT_EQ(source_version(), 2);
  EXPECT_EQ(replica->Metric("annod_replica_source_up", {}), 1);
  EXPECT_GT(replica->Metric("annod_replica_fetched_bytes_total", {}), 10000);

  // Without the source it serves on, and says so.
  source_.KillWriter();
  source_.KillWorker(0);
  AwaitInfo(replica.get(), [](const v1::IndexInfo& info) {
    return info.version() == 2 && !info.replica().reason().empty() &&
           info.replica().behind_seconds() > 0.2;
  });
  ExpectOk(GetNns(replica.get(), ItemQuery("a", 317, 10), &ours));
  // Also after a restart of its own.
  replica->KillWriter();
  replica->StartWriter();
  replica->KillWorker(0);
  replica->StartWorker(0);
  AwaitInfo(replica.get(), [](const v1::IndexInfo& info) {
    return info.version() == 2 && !info.replica().reason().empty();
  });
}

TEST_F(ReplicaRpcTest, ANewReplicaIsReadyWhenItHasWhatTheSourceServes) {
  source_.KillWriter();
  source_.KillWorker(0);
  Cluster replica(/*workers=*/1, [&](Config* c) {
    c->follow = source_.address();
    c->follow_interval = absl::Milliseconds(100);
  });
  replica.StartWriter();
  replica.StartWorker(0);
  const auto health = [&] {
    grpc::health::v1::HealthCheckResponse response;
    const auto context = Context();
    context->set_wait_for_ready(true);
    const grpc::Status status = replica.health()->Check(
        context.get(), grpc::health::v1::HealthCheckRequest(), &response);
    EXPECT_TRUE(status.ok()) << Describe(status);
    return response.status();
  };
  EXPECT_EQ(health(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
  source_.StartAll();
  replica.AwaitServing();
  v1::GetNnsResponse response;
  ExpectOk(GetNns(&replica, ItemQuery("a", 17, 10), &response));
}

TEST_F(ReplicaRpcTest, RefusesEveryChangeAndNamesTheWriter) {
  const std::unique_ptr<Cluster> replica = StartReplica();
  AwaitVersion(replica.get(), 1);
  const auto channel = replica->NewChannel();
  const auto* const service =
      v1::CreateIndexRequest::descriptor()->file()->FindServiceByName(
          "AdminService");
  int refused = 0;
  for (int i = 0; i < service->method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *service->method(i);
    const std::string path =
        absl::StrCat("/", service->full_name(), "/", method.name());
    if (!ChangesIndexes(path)) continue;
    SCOPED_TRACE(path);
    ++refused;
    const std::unique_ptr<google::protobuf::Message> request(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(method.input_type())
            ->New());
    const grpc::Status status = CallOnce(channel, method, *request, "");
    EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION);
    const google::rpc::ErrorInfo info = ErrorInfoOf(status);
    EXPECT_EQ(info.reason(), "READ_ONLY_REPLICA");
    EXPECT_EQ(info.metadata().at("writer_address"), source_.address());
    EXPECT_THAT(status.error_message(), HasSubstr(source_.address()));
  }
  EXPECT_EQ(refused, 16);
  v1::IndexInfo info;
  ExpectOk(Info(replica.get(), "a", &info));
  EXPECT_EQ(info.staged_item_count(), 0);
}

}  // namespace
}  // namespace annod
