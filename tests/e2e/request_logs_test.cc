// What annod says of the calls that it gets: ids, audit lines, slow queries.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "client/error.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/e2e/annod_process.h"
#include "tests/e2e/raw_call.h"
#include "tests/e2e/service.h"

namespace annod::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTrace[] =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

template <typename Condition>
bool Await(const Condition& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

class RequestLogsTest : public ::testing::Test {
 protected:
  void Start(std::vector<std::string> flags, int stderr_fd = -1) {
    directory_ = NewTempDir();
    flags.push_back("--workers=1");
    annod_ = AnnodProcess::Start(directory_ + "/data", flags, stderr_fd);
    channel_ = grpc::CreateChannel(annod_->grpc_address(),
                                   grpc::InsecureChannelCredentials());
  }

  std::string directory_;
  std::unique_ptr<AnnodProcess> annod_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(RequestLogsTest,
       EveryCallIsAnsweredWithItsIdAndEveryControlCallAudited) {
  const std::string path = NewTempDir() + "/audit.log";
  Start({"--audit_log=" + path});
  const auto audit = [&path] { return FileText(path); };
  for (const auto* method : AllMethods()) {
    const std::string id = absl::StrCat("refused-", method->name());
    const Answer answer =
        RawCall(channel_, PathOf(*method), *RequestOf(*method, "no\nsuch"),
                {{"x-request-id", id}, {"traceparent", kTrace}});
    EXPECT_EQ(answer.request_id, id) << PathOf(*method);
    if (method->service()->name() == "IndexService") continue;
    const json line = AwaitLine(audit, {{"request_id", id}});
    ASSERT_TRUE(line.is_object()) << PathOf(*method);
    EXPECT_EQ(line["method"], method->name());
    EXPECT_EQ(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_EQ(line["caller"], "anonymous");
    EXPECT_TRUE(absl::StartsWith(line["peer"].get<std::string>(), "ipv4:127."))
        << line;
    EXPECT_NE(line["code"], "OK") << line;
    EXPECT_NE(line["reason"], "") << line;
    EXPECT_TRUE(line["duration_ms"].is_number()) << line;
  }
}

TEST_F(RequestLogsTest, ABuildThatSomebodyEndedIsNoWarning) {
  Start({});
  const std::unique_ptr<Client> client = MakeClient(annod_->grpc_address());
  ASSERT_TRUE(CreateTestIndex(client.get(), "points").ok());
  ASSERT_TRUE(AddTestItems(client.get(), "points", 0, 1000).ok());
  const auto stub = v1::AdminService::NewStub(channel_);
  std::thread build([&] {
    v1::BuildRequest request;
    request.set_index("points");
    request.set_tree_count(10000);
    grpc::ClientContext context;
    const auto reader = stub->Build(&context, request);
    v1::BuildResponse response;
    while (reader->Read(&response)) {
    }
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  });
  v1::CancelBuildRequest cancel;
  cancel.set_index("points");
  EXPECT_TRUE(Await([&] {
    grpc::ClientContext context;
    v1::CancelBuildResponse response;
    return stub->CancelBuild(&context, cancel, &response).ok();
  }));
  build.join();
  ASSERT_TRUE(annod_->AwaitLog("build cancelled index=points"));
  EXPECT_THAT(annod_->Log(), Not(HasSubstr("build ended")));
  EXPECT_THAT(annod_->Log(), Not(HasSubstr("STORAGE_FAILED")));
}

TEST_F(RequestLogsTest, WhatWasDoneIsAuditedWithoutVectorsAndLabels) {
  const std::string path = NewTempDir() + "/audit.log";
  Start({"--audit_log=" + path});
  const auto audit = [&path] { return FileText(path); };
  v1::CreateIndexRequest create;
  create.set_index("points");
  create.set_dimension(2);
  create.set_metric(v1::METRIC_EUCLIDEAN);
  const auto admin = [&](const std::string& method,
                         const google::protobuf::Message& request) {
    const Answer answer = RawCall(channel_, "/annod.v1.AdminService/" + method,
                                  request, {{"x-request-id", method}});
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    EXPECT_EQ(answer.request_id, method);
    json line = AwaitLine(audit, {{"request_id", method}});
    EXPECT_EQ(line.value("index", ""), "points") << line;
    EXPECT_EQ(line.value("code", ""), "OK") << line;
    return line;
  };
  EXPECT_EQ(admin("CreateIndex", create)["dimension"], 2);
  v1::AddItemRequest add;
  add.set_index("points");
  for (int i = 0; i < 3; ++i) {
    v1::Item* const item = add.add_items();
    item->set_label(absl::StrCat("secret", i));
    item->mutable_vector()->add_values(54321.0625f);
    item->mutable_vector()->add_values(static_cast<float>(i));
  }
  EXPECT_EQ(admin("AddItem", add)["items"], 3);
  v1::AddItemsRequest stream;
  stream.set_index("points");
  *stream.mutable_items() = add.items();
  for (auto& item : *stream.mutable_items()) item.clear_label();
  EXPECT_EQ(admin("AddItems", stream)["items"], 3);
  v1::BuildRequest build;
  build.set_index("points");
  build.set_tree_count(2);
  EXPECT_EQ(admin("Build", build)["tree_count"], 2);
  EXPECT_THAT(audit(), Not(HasSubstr("secret")));
  EXPECT_THAT(audit(), Not(HasSubstr("54321.06")));
  // Reads succeed with an id, too.
  for (const auto* method : AllMethods()) {
    if (method->service()->name() != "IndexService") continue;
    const Answer answer =
        RawCall(channel_, PathOf(*method), *RequestOf(*method, "points"),
                {{"x-request-id", "read"}});
    EXPECT_EQ(answer.request_id, "read") << PathOf(*method);
  }
}

TEST_F(RequestLogsTest, IdsAreMadeWhereThereAreNoneOrBadOnes) {
  Start({});
  std::set<std::string> made;
  for (const char* id : {"", "a b", "a\"b", "a\\b"}) {
    std::map<std::string, std::string> metadata;
    if (id[0] != '\0') metadata = {{"x-request-id", id}};
    metadata["traceparent"] = "nonsense";
    for (const char* path :
         {"/annod.v1.IndexService/GetNns", "/annod.v1.IndexService/Info",
          "/annod.v1.IndexService/GetNnsStream",
          "/annod.v1.AdminService/DropIndex"}) {
      const std::string got =
          RawCall(channel_, path, v1::InfoRequest(), metadata).request_id;
      EXPECT_EQ(got.size(), 13u) << path;
      made.insert(got);
    }
  }
  EXPECT_EQ(made.size(), 16u);
}

TEST_F(RequestLogsTest, LibraryAndAnnodctlTellTheId) {
  Start({});
  const auto client = MakeClient(annod_->grpc_address());
  const absl::Status made = client->Info("none").status();
  EXPECT_EQ(ErrorRequestId(made).size(), 13u) << made;
  ClientOptions options;
  options.target = annod_->grpc_address();
  options.request_id = "mine-1";
  const auto mine = Client::Create(options);
  ASSERT_TRUE(mine.ok());
  EXPECT_EQ(ErrorRequestId((*mine)->Info("none").status()), "mine-1");
  EXPECT_EQ(ErrorRequestId((*mine)->DropIndex("none")), "mine-1");
  EXPECT_EQ(
      ErrorRequestId((*mine)->Build("none", client::BuildOptions()).status()),
      "mine-1");
  options.request_id = "a\nb";
  EXPECT_FALSE(Client::Create(options).ok());
  const RunResult told =
      RunAnnodctl({"info", "none", "--server", annod_->grpc_address(),
                   "--request_id", "mine-2"});
  EXPECT_THAT(told.err, HasSubstr("request id: mine-2\n"));
  const RunResult document =
      RunAnnodctl({"info", "none", "--json", "--server", annod_->grpc_address(),
                   "--request_id", "mine-3"});
  EXPECT_EQ(document.Json()["error"]["request_id"], "mine-3");
}

TEST_F(RequestLogsTest, EveryLineOfAJsonLogIsAnObjectWhateverIsSent) {
  Start({"--log_format=json", "--log_level=debug", "--slow_query_time=1us"});
  const std::string hostile =
      "x\n{\"level\":\"error\",\"message\":\"forged\"}\n"
      "\x1b[31m\" level=\"error\" a=\"";
  for (const auto* method : AllMethods()) {
    RawCall(channel_, PathOf(*method), *RequestOf(*method, hostile), {});
  }
  const auto client = MakeClient(annod_->grpc_address());
  ASSERT_EQ(CreateTestIndex(client.get(), "items"), absl::OkStatus());
  v1::AddItemRequest add;
  add.set_index("items");
  add.add_items()->set_label(hostile);
  RawCall(channel_, "/annod.v1.AdminService/AddItem", add, {});
  v1::CreateIndexRequest create;
  create.set_index("second");
  create.set_metric(v1::METRIC_EUCLIDEAN);
  EXPECT_TRUE(RawCall(channel_, "/annod.v1.AdminService/CreateIndex", create,
                      {{"x-request-id", "for-the-writer"}})
                  .status.ok());
  annod_->Signal(SIGHUP);
  const auto log = [this] { return annod_->Log(); };
  // The writer names the call that it worked for.
  EXPECT_EQ(AwaitLine(log, {{"role", "writer"},
                            {"message", "index created"},
                            {"index", "second"}})["request_id"],
            "for-the-writer");
  EXPECT_TRUE(AwaitLine(log, {{"role", "worker"},
                              {"message", "audit"},
                              {"request_id", "for-the-writer"}})
                  .is_object());
  EXPECT_TRUE(AwaitLine(log, {{"role", "supervisor"},
                              {"message", "configuration reloaded"}})
                  .is_object());
  for (const json& line : LinesOf(log())) {
    EXPECT_TRUE(line["time"].is_string() && line["level"].is_string() &&
                line["pid"].is_number() && line["message"].is_string())
        << line;
    EXPECT_NE(line["message"], "forged");
  }
}

TEST_F(RequestLogsTest, SlowQueriesAreLoggedWithoutTheirVectors) {
  Start({"--log_format=json", "--slow_query_time=1us"});
  const auto client = MakeClient(annod_->grpc_address());
  ASSERT_EQ(CreateTestIndex(client.get(), "items"), absl::OkStatus());
  ASSERT_TRUE(AddTestItems(client.get(), "items", 0, 50).ok());
  ASSERT_TRUE(client->Build("items", client::BuildOptions()).ok());
  v1::GetNnsRequest query;
  query.set_index("items");
  query.set_n(3);
  query.set_exclude_self(true);
  query.add_queries()->set_item(7);
  EXPECT_TRUE(RawCall(channel_, "/annod.v1.IndexService/GetNns", query,
                      {{"x-request-id", "slow-1"}, {"traceparent", kTrace}})
                  .status.ok());
  v1::GetNnsStreamRequest streamed;
  *streamed.mutable_request() = query;
  EXPECT_TRUE(RawCall(channel_, "/annod.v1.IndexService/GetNnsStream", streamed,
                      {{"x-request-id", "slow-2"}})
                  .status.ok());
  const auto log = [this] { return annod_->Log(); };
  const json line =
      AwaitLine(log, {{"message", "slow query"}, {"request_id", "slow-1"}});
  ASSERT_TRUE(line.is_object()) << log();
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(line["method"], "GetNns");
  EXPECT_EQ(line["index"], "items");
  EXPECT_EQ(line["n"], 3);
  EXPECT_EQ(line["queries"], 1);
  EXPECT_EQ(line["filters"], "exclude_self");
  EXPECT_EQ(line["code"], "OK");
  EXPECT_GT(line["distances"], 0) << line;
  EXPECT_TRUE(line["engine"].is_string() && line["queue_ms"].is_number() &&
              line["search_ms"].is_number() && line["deadline_ms"].is_number())
      << line;
  EXPECT_TRUE(
      AwaitLine(log, {{"message", "slow query"}, {"request_id", "slow-2"}})
          .is_object());
  EXPECT_TRUE(
      annod_->AwaitMetric("annod_slow_queries_total{index=\"items\"} 2"));
}

TEST_F(RequestLogsTest, TheAuditLogGoesOnInANewFileAfterItsRotation) {
  const std::string path = NewTempDir() + "/audit.log";
  Start({"--audit_log=" + path});
  const auto audit = [&path] { return FileText(path); };
  const auto call = [this](const std::string& id) {
    RawCall(channel_, "/annod.v1.AdminService/DropIndex",
            v1::DropIndexRequest(), {{"x-request-id", id}});
  };
  call("before");
  ASSERT_TRUE(AwaitLine(audit, {{"request_id", "before"}}).is_object());
  ASSERT_EQ(rename(path.c_str(), (path + ".1").c_str()), 0);
  annod_->Signal(SIGHUP);
  int calls = 0;
  EXPECT_TRUE(Await([&] {
    call(absl::StrCat("after-", calls++));
    return !audit().empty();
  }));
  call("last");
  EXPECT_TRUE(AwaitLine(audit, {{"request_id", "last"}}).is_object());
  // Nothing is missing, in one file or the other.
  EXPECT_EQ(LinesOf(FileText(path + ".1")).size() + LinesOf(audit()).size(),
            static_cast<size_t>(calls) + 2);
}

TEST_F(RequestLogsTest, AStartWhoseAuditLogCannotBeOpenedIsRefused) {
  const std::string annod = Runfile("server/annod");
  const RunResult result =
      RunShell(absl::StrCat(annod, " --data_dir=", NewTempDir(),
                            " --listen=127.0.0.1:0 --http_listen=127.0.0.1:0 "
                            "--audit_log=/no/such/directory/audit.log"));
  EXPECT_NE(result.exit_status, 0);
  EXPECT_THAT(result.err, HasSubstr("/no/such/directory/audit.log"));
}

TEST_F(RequestLogsTest, AStandardErrorThatNobodyReadsStopsNothing) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  fcntl(ends[1], F_SETPIPE_SZ, 4096);
  Start({"--audit_log=log"}, ends[1]);
  close(ends[1]);
  // A line of some 400 bytes for each; the queue takes a MiB.
  const std::string id(128, 'x');
  const auto dropped = [this] {
    double count = 0;
    for (const absl::string_view line :
         absl::StrSplit(annod_->HttpGet("/metrics"), '\n')) {
      if (absl::StartsWith(line, "annod_log_lines_dropped_total ")) {
        (void)absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &count);
      }
    }
    return count;
  };
  const auto stub = v1::AdminService::NewStub(channel_);
  const absl::Time give_up = absl::Now() + absl::Seconds(60);
  v1::DropIndexRequest request;
  request.set_index(std::string(50, 'n'));
  do {
    for (int i = 0; i < 500; ++i) {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(20)));
      context.AddMetadata("x-request-id", id);
      v1::DropIndexResponse response;
      ASSERT_EQ(stub->DropIndex(&context, request, &response).error_code(),
                grpc::StatusCode::NOT_FOUND);
    }
  } while (dropped() == 0 && absl::Now() < give_up);
  EXPECT_GT(dropped(), 0);
  EXPECT_TRUE(annod_->AwaitReady(absl::Minutes(1)));
  // Once somebody reads, the log goes on and says what is missing.
  std::string text;
  std::thread reader([&] {
    char buffer[4096];
    ssize_t got;
    while (!absl::StrContains(text, "log lines dropped") &&
           (got = read(ends[0], buffer, sizeof(buffer))) > 0) {
      text.append(buffer, static_cast<size_t>(got));
    }
  });
  annod_->Signal(SIGHUP);
  reader.join();
  close(ends[0]);
  EXPECT_THAT(text, HasSubstr("log lines dropped, nobody read them in time "
                              "count="));
}

}  // namespace
}  // namespace annod::testing
