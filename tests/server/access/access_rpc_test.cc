// What callers may do beyond the table of roles: by index, over time, in
// streams, and when the access file changes.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/file_system.h"
#include "gmock/gmock.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/server/testing/access.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using testing::ElementsAre;

constexpr char kOfA[] = R"("indexes": ["a-*"])";

class AccessRpcTest : public testing::Test {
 protected:
  AccessRpcTest() {
    cluster_ = std::make_unique<Cluster>(1, [this](Config* config) {
      path_ = absl::StrCat(config->data_dir, "/../access.json");
      config->access_file = path_;
      Write({IdentityJson("root", "admin"), IdentityJson("a", "write", kOfA)});
    });
    cluster_->StartAll();
  }

  void Write(const std::vector<std::string>& identities) {
    WriteAccessFile(path_, absl::StrJoin(identities, ","));
  }
  static std::unique_ptr<grpc::ClientContext> As(const std::string& name) {
    return ContextWith(name.empty() ? "" : TokenFor(name));
  }
  void ExpectReason(const grpc::Status& status, const std::string& reason) {
    EXPECT_EQ(ErrorInfoOf(status).reason(), reason) << Describe(status);
  }

  grpc::Status Create(const std::string& name, const std::string& index) {
    v1::CreateIndexRequest request;
    request.set_index(index);
    request.set_dimension(2);
    request.set_metric(v1::METRIC_EUCLIDEAN);
    v1::CreateIndexResponse response;
    return cluster_->admin()->CreateIndex(As(name).get(), request, &response);
  }
  grpc::Status Add(const std::string& name, const std::string& index,
                   int count = 1) {
    v1::AddItemRequest request;
    request.set_index(index);
    for (int i = 0; i < count; ++i) {
      SetVector({1, 2}, request.add_items()->mutable_vector());
    }
    v1::AddItemResponse response;
    return cluster_->admin()->AddItem(As(name).get(), request, &response);
  }
  grpc::Status Info(const std::string& name, const std::string& index) {
    v1::InfoRequest request;
    request.set_index(index);
    v1::InfoResponse response;
    return cluster_->index()->Info(As(name).get(), request, &response);
  }
  std::vector<std::string> List(const std::string& name) {
    v1::ListIndexesResponse response;
    const grpc::Status status = cluster_->index()->ListIndexes(
        As(name).get(), v1::ListIndexesRequest(), &response);
    EXPECT_TRUE(status.ok()) << Describe(status);
    std::vector<std::string> names;
    for (const v1::IndexInfo& info : response.indexes()) {
      names.push_back(info.index());
    }
    return names;
  }
  grpc::Status Health(const std::string& name, const std::string& service) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    return cluster_->health()->Check(As(name).get(), request, &response);
  }

  std::string path_;
  std::unique_ptr<Cluster> cluster_;
};

TEST_F(AccessRpcTest, NobodyLearnsOfIndexesThatAreNotHis) {
  ASSERT_TRUE(Create("root", "b-words").ok());
  ASSERT_TRUE(Create("a", "a-words").ok());
  EXPECT_THAT(List("root"), ElementsAre("a-words", "b-words"));
  EXPECT_THAT(List("a"), ElementsAre("a-words"));
  // Of one that is there the same is said as of one that is not.
  const grpc::Status there = Info("a", "b-words");
  const grpc::Status none = Info("a", "b-other");
  ExpectReason(there, "NOT_ALLOWED");
  ExpectReason(none, "NOT_ALLOWED");
  EXPECT_EQ(there.error_message(), "'a' may not use an index 'b-words'");
  EXPECT_EQ(none.error_message(), "'a' may not use an index 'b-other'");
  ExpectReason(Create("a", "b-words"), "NOT_ALLOWED");
  ExpectReason(Create("a", "b-new"), "NOT_ALLOWED");
  EXPECT_THAT(List("root"), ElementsAre("a-words", "b-words"));
}

TEST_F(AccessRpcTest, EveryIndexThatARequestNamesIsAskedAbout) {
  ASSERT_TRUE(Create("root", "b-words").ok());
  ASSERT_TRUE(Create("a", "a-words").ok());
  v1::RebuildRequest rebuild;
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>("a-words", "b-stolen"),
        {"b-words", "a-stolen"}}) {
    rebuild.set_index(from);
    rebuild.set_target_index(to);
    const auto context = As("a");
    const auto stream = cluster_->admin()->Rebuild(context.get(), rebuild);
    v1::RebuildResponse response;
    while (stream->Read(&response)) {
    }
    ExpectReason(stream->Finish(), "NOT_ALLOWED");
  }
  // Messages within messages.
  v1::FitRequest fit;
  fit.set_index("a-words");
  fit.mutable_options()->mutable_create()->set_index("b-new");
  const auto context = As("a");
  v1::FitResponse response;
  const auto writer = cluster_->admin()->Fit(context.get(), &response);
  writer->Write(fit);
  writer->WritesDone();
  ExpectReason(writer->Finish(), "NOT_ALLOWED");
  // Reload of all.
  Write({IdentityJson("a", "admin", kOfA), IdentityJson("root", "admin")});
  cluster_->SignalWorker(0, SIGHUP);
  const auto reload = [this](const std::string& name) {
    v1::ReloadResponse answer;
    return cluster_->admin()->Reload(As(name).get(), v1::ReloadRequest(),
                                     &answer);
  };
  EXPECT_TRUE(Eventually(
      [&] { return ErrorInfoOf(reload("a")).metadata().count("index") > 0; }));
  ExpectReason(reload("a"), "NOT_ALLOWED");
  EXPECT_TRUE(reload("root").ok());
}

TEST_F(AccessRpcTest, EveryMessageOfAStreamIsAskedAbout) {
  ASSERT_TRUE(Create("root", "b-words").ok());
  ASSERT_TRUE(Create("a", "a-words").ok());
  const auto context = As("a");
  v1::AddItemsResponse response;
  const auto writer = cluster_->admin()->AddItems(context.get(), &response);
  v1::AddItemsRequest request;
  request.set_index("a-words");
  SetVector({1, 2}, request.add_items()->mutable_vector());
  EXPECT_TRUE(writer->Write(request));
  request.set_index("b-words");
  writer->Write(request);
  writer->WritesDone();
  ExpectReason(writer->Finish(), "NOT_ALLOWED");

  const auto query_context = As("a");
  const auto queries = cluster_->index()->GetNnsStream(query_context.get());
  v1::GetNnsStreamRequest query;
  query.mutable_request()->set_index("b-words");
  queries->Write(query);
  v1::GetNnsStreamResponse answer;
  EXPECT_FALSE(queries->Read(&answer));
  ExpectReason(queries->Finish(), "NOT_ALLOWED");
}

TEST_F(AccessRpcTest, AChangedFileCountsForStreamsThatAreOpen) {
  ASSERT_TRUE(Create("a", "a-words").ok());
  ASSERT_TRUE(Add("a", "a-words").ok());
  const auto build_context = As("a");
  v1::BuildRequest build;
  build.set_index("a-words");
  const auto building = cluster_->admin()->Build(build_context.get(), build);
  v1::BuildResponse progress;
  while (building->Read(&progress)) {
  }
  ASSERT_TRUE(building->Finish().ok());
  const auto context = As("a");
  const auto queries = cluster_->index()->GetNnsStream(context.get());
  v1::GetNnsStreamRequest query;
  *query.mutable_request() = ItemQuery("a-words", 0, 1);
  v1::GetNnsStreamResponse answer;
  ASSERT_TRUE(queries->Write(query));
  ASSERT_TRUE(queries->Read(&answer));
  // Nothing is signalled: the file is looked at every second.
  Write({IdentityJson("root", "admin")});
  EXPECT_TRUE(Eventually(
      [&] { return !queries->Write(query) || !queries->Read(&answer); }));
  ExpectReason(queries->Finish(), "CREDENTIALS_INVALID");
  ExpectReason(Info("a", "a-words"), "CREDENTIALS_INVALID");
  EXPECT_TRUE(Info("root", "a-words").ok());
}

TEST_F(AccessRpcTest, ABadFileChangesNothingUntilItIsMended) {
  Write({IdentityJson("root", "admin"), R"({"name": "x"})"});
  EXPECT_TRUE(Eventually(
      [&] { return cluster_->Metric("annod_access_file_refused", {}) == 1; }));
  EXPECT_TRUE(Create("a", "a-words").ok());
  ASSERT_TRUE(FileSystem::Posix()->RemoveFile(path_).ok());
  cluster_->SignalWorker(0, SIGHUP);
  EXPECT_TRUE(Info("a", "a-words").ok());
  Write({IdentityJson("root", "admin"), IdentityJson("b", "read")});
  EXPECT_TRUE(Eventually([&] { return Info("b", "a-words").ok(); }));
  ExpectReason(Info("a", "a-words"), "CREDENTIALS_INVALID");
  cluster_->ExpectMetric("annod_access_file_refused", {}, 0);
}

TEST_F(AccessRpcTest, ASwappedLinkIsNoticed) {
  // As Kubernetes changes a secret: access.json -> ..data/access.json.
  const std::string directory = cluster_->directory();
  for (const char* version : {"/v1", "/v2"}) {
    ASSERT_EQ(mkdir((directory + version).c_str(), 0755), 0);
  }
  WriteAccessFile(directory + "/v1/access.json", IdentityJson("one", "read"));
  WriteAccessFile(directory + "/v2/access.json", IdentityJson("two", "read"));
  ASSERT_EQ(symlink("v1", (directory + "/..data").c_str()), 0);
  ASSERT_EQ(unlink(path_.c_str()), 0);
  ASSERT_EQ(symlink("..data/access.json", path_.c_str()), 0);
  const auto lists = [this](const std::string& name) {
    v1::ListIndexesResponse response;
    return cluster_->index()
        ->ListIndexes(As(name).get(), v1::ListIndexesRequest(), &response)
        .ok();
  };
  EXPECT_TRUE(Eventually([&] { return lists("one"); }));
  ASSERT_EQ(symlink("v2", (directory + "/..tmp").c_str()), 0);
  ASSERT_EQ(
      rename((directory + "/..tmp").c_str(), (directory + "/..data").c_str()),
      0);
  EXPECT_TRUE(Eventually([&] { return lists("two"); }));
  EXPECT_FALSE(lists("one"));
}

TEST_F(AccessRpcTest, AnonymousCallersHaveTheirRole) {
  ASSERT_TRUE(Create("root", "b-words").ok());
  ExpectReason(Info("", "b-words"), "CREDENTIALS_MISSING");
  Config config = cluster_->config();
  config.anonymous_role = "read";
  cluster_->SetConfig(config);
  cluster_->SignalWorker(0, SIGHUP);
  EXPECT_TRUE(Eventually([&] { return Info("", "b-words").ok(); }));
  EXPECT_THAT(List(""), ElementsAre("b-words"));
  // Where more is needed, a token would help; a wrong one is never anonymous.
  ExpectReason(Add("", "b-words"), "CREDENTIALS_MISSING");
  ExpectReason(Info("stranger", "b-words"), "CREDENTIALS_INVALID");
}

TEST_F(AccessRpcTest, HealthIsForAllButNotThatOfIndexes) {
  ASSERT_TRUE(Create("root", "b-words").ok());
  for (const char* name : {"", "a", "root", "stranger"}) {
    EXPECT_TRUE(Health(name, "").ok());
    EXPECT_TRUE(Health(name, "annod.v1.IndexService").ok());
    EXPECT_TRUE(Health(name, "annod.v1.AdminService").ok());
  }
  for (const char* index : {"b-words", "b-none"}) {
    const std::string service = absl::StrCat("annod.v1.IndexService/", index);
    ExpectReason(Health("", service), "CREDENTIALS_MISSING");
    ExpectReason(Health("stranger", service), "CREDENTIALS_INVALID");
    ExpectReason(Health("a", service), "NOT_ALLOWED");
    const auto context = As("");
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    const auto watch = cluster_->health()->Watch(context.get(), request);
    EXPECT_FALSE(watch->Read(&response));
    ExpectReason(watch->Finish(), "CREDENTIALS_MISSING");
  }
  EXPECT_TRUE(Health("root", "annod.v1.IndexService/b-words").ok());
}

template <typename Service, typename Request, typename Response>
grpc::Status Reflect(Cluster* cluster,
                     std::unique_ptr<grpc::ClientContext> context) {
  const auto stub = Service::NewStub(cluster->NewChannel());
  const auto stream = stub->ServerReflectionInfo(context.get());
  Request request;
  request.set_list_services("*");
  stream->Write(request);
  stream->WritesDone();
  Response response;
  while (stream->Read(&response)) {
  }
  return stream->Finish();
}

TEST_F(AccessRpcTest, ReflectionIsForWhoMayRead) {
  namespace now = grpc::reflection::v1;
  namespace old = grpc::reflection::v1alpha;
  const auto both = [this](const std::string& name) {
    return std::vector<std::string>{
        ErrorInfoOf(
            Reflect<now::ServerReflection, now::ServerReflectionRequest,
                    now::ServerReflectionResponse>(cluster_.get(), As(name)))
            .reason(),
        ErrorInfoOf(
            Reflect<old::ServerReflection, old::ServerReflectionRequest,
                    old::ServerReflectionResponse>(cluster_.get(), As(name)))
            .reason()};
  };
  EXPECT_THAT(both(""), ElementsAre("CREDENTIALS_MISSING",  //
                                    "CREDENTIALS_MISSING"));
  EXPECT_THAT(both("stranger"), ElementsAre("CREDENTIALS_INVALID",  //
                                            "CREDENTIALS_INVALID"));
  EXPECT_THAT(both("a"), ElementsAre("", ""));
}

TEST_F(AccessRpcTest, CallsInFlightAreBounded) {
  Write({IdentityJson("root", "admin"),
         IdentityJson("few", "write", R"("quotas": {"calls_in_flight": 2})")});
  EXPECT_TRUE(Eventually([&] {
    return Info("few", "x").error_code() == grpc::StatusCode::NOT_FOUND;
  }));
  const auto first_context = As("few");
  const auto first = cluster_->index()->GetNnsStream(first_context.get());
  const auto second_context = As("few");
  auto second = cluster_->index()->GetNnsStream(second_context.get());
  grpc::Status third;
  EXPECT_TRUE(Eventually([&] {
    third = Info("few", "x");
    return ErrorInfoOf(third).reason() == "QUOTA_REACHED";
  }));
  EXPECT_EQ(third.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ErrorInfoOf(third).metadata().at("quota"), "calls_in_flight");
  // More if a call that was refused before is not quite over.
  const std::string value = ErrorInfoOf(third).metadata().at("value");
  EXPECT_GE(std::stoi(value), 3);
  EXPECT_EQ(ErrorInfoOf(third).metadata().at("limit"), "2");
  EXPECT_EQ(third.error_message(),
            absl::StrCat("identity 'few' would have ", value,
                         " calls under way in this worker; its "
                         "quotas.calls_in_flight is 2"));
  // Of GetNns, which comes another way, too.
  v1::GetNnsResponse response;
  ExpectReason(cluster_->index()->GetNns(As("few").get(), ItemQuery("x", 0, 1),
                                         &response),
               "QUOTA_REACHED");
  // Nobody else is kept out, and what ends makes room, refused calls too.
  EXPECT_EQ(Info("root", "x").error_code(), grpc::StatusCode::NOT_FOUND);
  second_context->TryCancel();
  second->Finish();
  EXPECT_TRUE(Eventually([&] {
    return Info("few", "x").error_code() == grpc::StatusCode::NOT_FOUND;
  }));
  first_context->TryCancel();
  first->Finish();
}

TEST_F(AccessRpcTest, ItemStreamsAreBounded) {
  ASSERT_TRUE(Create("root", "words").ok());
  Write({IdentityJson("root", "admin"),
         IdentityJson("few", "write", R"("quotas": {"item_streams": 1})")});
  EXPECT_TRUE(Eventually([&] { return Info("few", "words").ok(); }));
  const auto first_context = As("few");
  v1::AddItemsResponse response;
  const auto first =
      cluster_->admin()->AddItems(first_context.get(), &response);
  grpc::Status second;
  EXPECT_TRUE(Eventually([&] {
    const auto context = As("few");
    v1::AddItemsResponse other;
    const auto stream = cluster_->admin()->AddItems(context.get(), &other);
    stream->WritesDone();
    second = stream->Finish();
    return ErrorInfoOf(second).reason() == "QUOTA_REACHED";
  }));
  EXPECT_EQ(ErrorInfoOf(second).metadata().at("quota"), "item_streams");
  EXPECT_TRUE(Info("few", "words").ok());
  first_context->TryCancel();
  first->Finish();
}

TEST_F(AccessRpcTest, RefusalsAreCounted) {
  const auto expect_one = [this](const std::string& reason) {
    cluster_->ExpectMetric("annod_access_refusals_total", {{"reason", reason}},
                           1);
  };
  Info("", "a-x");
  Info("stranger", "a-x");
  Info("a", "b-x");
  expect_one("credentials_missing");
  expect_one("credentials_invalid");
  expect_one("not_allowed");
  cluster_->ExpectMetric("annod_rpc_duration_seconds",
                         {{"code", "UNAUTHENTICATED"}}, 2);
}

}  // namespace
}  // namespace annod
