// A writer and a replica of it, as they are run: by TLS and a token, through
// restarts of either.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/annod_process.h"
#include "tests/e2e/service.h"
#include "tests/server/testing/access.h"
#include "tests/server/testing/certificates.h"

namespace annod::testing {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(60);

class ReplicaTest : public ::testing::Test {
 protected:
  ReplicaTest() {
    secret_.Mount(ca_.Issue(), ca_.pem());
    WriteTestFile(token_file_, TokenFor("replica"));
    WriteAccessFile(
        access_file_,
        absl::StrCat(
            IdentityJson("operator", "admin", R"("indexes": ["*"])"), ",",
            IdentityJson("replica", "read", R"("indexes": ["public-*"])")));
    StartWriter();
  }

  void StartWriter() {
    writer_ = AnnodProcess::Start(
        directory_ + "/writer",
        {"--workers=1", "--tls_certificate=" + secret_.path("tls.crt"),
         "--tls_key=" + secret_.path("tls.key"),
         "--access_file=" + access_file_});
    ClientOptions options;
    options.target = writer_->grpc_address();
    options.tls = TlsOptions();
    options.tls->ca = secret_.path("ca.crt");
    options.token = TokenFor("operator");
    auto client = Client::Create(options);
    ASSERT_TRUE(client.ok()) << client.status();
    operator_ = *std::move(client);
  }

  void StartReplica() {
    replica_ = AnnodProcess::Start(
        directory_ + "/replica",
        {"--workers=2",
         absl::StrCat("--follow=grpcs://", writer_->grpc_address()),
         "--follow_interval=200ms", "--follow_token_file=" + token_file_,
         "--follow_tls_roots=" + secret_.path("ca.crt"),
         "--writer_address=writer.example.com:7077"});
    reader_ = MakeClient(replica_->grpc_address());
  }

  void Fill(const std::string& index, int32_t count) {
    ASSERT_EQ(CreateTestIndex(operator_.get(), index), absl::OkStatus());
    ASSERT_EQ(AddTestItems(operator_.get(), index, 0, count), absl::OkStatus());
    ASSERT_EQ(operator_->Build(index, {}).status(), absl::OkStatus());
  }

  // The replica serves that many items.
  bool AwaitItems(const std::string& index, int64_t count) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (absl::Now() < deadline) {
      const auto info = reader_->Info(index);
      if (info.ok() && info->item_count == count) return true;
      absl::SleepFor(absl::Milliseconds(20));
    }
    return false;
  }

  const std::string directory_ = NewTempDir();
  const std::string access_file_ = directory_ + "/access.json";
  const std::string token_file_ = directory_ + "/token";
  const TestCa ca_;
  TestSecret secret_{NewTempDir()};
  std::unique_ptr<AnnodProcess> writer_;
  std::unique_ptr<AnnodProcess> replica_;
  std::unique_ptr<Client> operator_;
  std::unique_ptr<Client> reader_;
};

TEST_F(ReplicaTest, ServesWhatItMayReadWhateverBecomesOfTheWriter) {
  Fill("public-a", 500);
  Fill("secret-b", 10);
  StartReplica();
  // It was ready only when it had all there was.
  const auto listed = reader_->ListIndexes();
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->front().index, "public-a");
  EXPECT_EQ(listed->front().item_count, 500);
  const auto missing = MissingItems(reader_.get(), "public-a", {0, 17, 499});
  ASSERT_TRUE(missing.ok()) << missing.status();
  EXPECT_TRUE(missing->empty());

  const absl::Status dropped = reader_->DropIndex("public-a");
  EXPECT_EQ(dropped.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(dropped.message()),
              HasSubstr("writer.example.com:7077"));

  ASSERT_EQ(AddTestItems(operator_.get(), "public-a", 500, 100),
            absl::OkStatus());
  ASSERT_EQ(operator_->Build("public-a", {}).status(), absl::OkStatus());
  EXPECT_TRUE(AwaitItems("public-a", 600));

  // Without the writer it serves on, and starts again.
  writer_->KillTree();
  replica_->KillTree();
  StartReplica();
  EXPECT_TRUE(AwaitItems("public-a", 600));
  EXPECT_TRUE(MissingItems(reader_.get(), "public-a", {599})->empty());
}

}  // namespace
}  // namespace annod::testing
