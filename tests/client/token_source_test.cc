// Tokens of clients: from where they come, where they go, and where they do
// not.
#include "client/token_source.h"

#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using testing::HasSubstr;
using testing::Not;

// Keeps what each call brought.
class Listening final : public v1::IndexService::Service,
                        public v1::AdminService::Service {
 public:
  Listening() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(static_cast<v1::IndexService::Service*>(this));
    builder.RegisterService(static_cast<v1::AdminService::Service*>(this));
    server_ = builder.BuildAndStart();
  }
  std::string target() const { return absl::StrCat("127.0.0.1:", port_); }
  // The last one; "none" without any.
  std::string last() const {
    const std::lock_guard<std::mutex> lock(mu_);
    return last_;
  }

  grpc::Status ListIndexes(grpc::ServerContext* context,
                           const v1::ListIndexesRequest*,
                           v1::ListIndexesResponse*) override {
    return Keep(*context);
  }
  grpc::Status GetNnsStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::GetNnsStreamResponse,
                               v1::GetNnsStreamRequest>*) override {
    return Keep(*context);
  }
  grpc::Status AddItems(grpc::ServerContext* context,
                        grpc::ServerReader<v1::AddItemsRequest>*,
                        v1::AddItemsResponse*) override {
    return Keep(*context);
  }
  grpc::Status Build(grpc::ServerContext* context, const v1::BuildRequest*,
                     grpc::ServerWriter<v1::BuildResponse>*) override {
    return Keep(*context);
  }

 private:
  grpc::Status Keep(const grpc::ServerContext& context) {
    const std::lock_guard<std::mutex> lock(mu_);
    const auto& metadata = context.client_metadata();
    last_ = metadata.count("authorization") == 1 ? "" : "none";
    const auto found = metadata.find("authorization");
    if (last_.empty()) last_.assign(found->second.data(), found->second.size());
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "");
  }

  int port_ = 0;
  mutable std::mutex mu_;
  std::string last_;
  std::unique_ptr<grpc::Server> server_;
};

TEST(TokenSource, GoesWithCallsOfEveryKind) {
  const Listening server;
  ClientOptions options;
  options.target = server.target();
  options.token = "annod_secret";
  const auto client = Client::Create(options).value();
  client->ListIndexes().status().IgnoreError();
  EXPECT_EQ(server.last(), "Bearer annod_secret");
  client->Build("x", {}).status().IgnoreError();
  EXPECT_EQ(server.last(), "Bearer annod_secret");

  options.token = "other";
  const auto second = Client::Create(options).value();
  const auto writer = second->NewItemWriter("x");
  const std::vector<float> vector = {1, 2};
  writer->Add(0, vector, "").IgnoreError();
  writer->Finish().status().IgnoreError();
  EXPECT_EQ(server.last(), "Bearer other");

  options.token = "";
  const auto without = Client::Create(options).value();
  without->ListIndexes().status().IgnoreError();
  EXPECT_EQ(server.last(), "none");
}

TEST(TokenSource, AFileIsReadAgain) {
  const Listening server;
  const std::string path = absl::StrCat(testing::TempDir(), "/token");
  std::ofstream(path) << " first\n";
  ClientOptions options;
  options.target = server.target();
  options.token_file = path;
  const auto client = Client::Create(options).value();
  const auto sent = [&] {
    client->ListIndexes().status().IgnoreError();
    return server.last();
  };
  EXPECT_EQ(sent(), "Bearer first");
  std::ofstream(path) << "second";
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (sent() != "Bearer second" && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(20));
  }
  EXPECT_EQ(sent(), "Bearer second");
  // What it said last holds when it is gone.
  std::remove(path.c_str());
  const absl::Time later = absl::Now() + absl::Milliseconds(1200);
  while (absl::Now() < later) EXPECT_EQ(sent(), "Bearer second");
  EXPECT_EQ(Client::Create(options).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(TokenSource, WrongOnesAreRefusedAndNotTold) {
  ClientOptions options;
  for (const std::string& token :
       {std::string("a b"), std::string("a\nb"), std::string("\xC3\xA4"),
        std::string(1, '\0')}) {
    options.token = token;
    const absl::Status status = Client::Create(options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr(token)));
  }
  options.token = "annod_secret";
  options.token_file = "/x";
  EXPECT_THAT(std::string(Client::Create(options).status().message()),
              HasSubstr("both"));
}

TEST(TokenSource, StaysOnThisMachineWithoutTls) {
  for (const char* target :
       {"localhost:7077", "LOCALHOST:1", "127.0.0.1:7077", "127.3.2.1:1",
        "[::1]:7077", "unix:/tmp/x", "unix-abstract:x", "dns:///localhost:1",
        "ipv4:127.0.0.1:1", "ipv6:[::1]:1"}) {
    EXPECT_TRUE(client::IsOnThisMachine(target)) << target;
  }
  for (const char* target :
       {"annod:7077", "10.0.0.1:7077", "localhost.example.org:1",
        "127.0.0.1.example.org:1", "127.example.org:1", "[::2]:1", "",
        "ipv4:127.0.0.1:1,10.0.0.1:1", "dns://10.0.0.1/localhost:1"}) {
    EXPECT_FALSE(client::IsOnThisMachine(target)) << target;
    ClientOptions options;
    options.target = target[0] == '\0' ? "x:1" : target;
    options.token = "annod_secret";
    const absl::Status status = Client::Create(options).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr("plain text"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
    options.allow_plaintext_token = true;
    EXPECT_TRUE(Client::Create(options).ok());
  }
}

}  // namespace
}  // namespace annod
