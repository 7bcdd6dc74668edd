// Damage to files under a running service or while it is down: what callers are
// told, and that the other indexes do not notice.
#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/staged_rpc_fixture.h"

namespace annod {
namespace {

using ::grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DamageRpcTest : public StagedRpcFixture {
 protected:
  // Index "a" is built and has staged and removed items; "b" is whole.
  DamageRpcTest() {
    ExpectOk(CreateIndex(&cluster_, "b", kDim, v1::METRIC_EUCLIDEAN));
    ExpectOk(AddRandomItems(&cluster_, "b", kDim, 0, 20));
    ExpectOk(Build(&cluster_, "b"));
    AddAndBuild();
    ExpectOk(AddRandomItems(&cluster_, "a", kDim, kItems, kItems));
    ExpectOk(Remove({7}));
  }

  std::string PathOf(const std::string& name) const {
    return JoinPath(cluster_.config().data_dir, name);
  }
  static std::string Contents(const std::string& path) {
    return FileSystem::Posix()->ReadFile(path, 1 << 26).value();
  }

  // The segment that is written to.
  std::string Segment() const {
    const std::vector<std::string> names =
        FileSystem::Posix()->ListDirectory(PathOf("a/staging")).value();
    std::string newest;
    for (const std::string& name : names) {
      if (absl::EndsWith(name, ".journal")) newest = name;
    }
    return PathOf(absl::StrCat("a/staging/", newest));
  }

  void KillAll() {
    cluster_.KillWriter();
    cluster_.KillWorker(0);
    cluster_.KillWorker(1);
  }
  void StartAgain() {
    cluster_.StartAll();
    Connect();
  }
  bool WorkersLive() const {
    return waitpid(cluster_.WorkerPid(0), nullptr, WNOHANG) == 0 &&
           waitpid(cluster_.WorkerPid(1), nullptr, WNOHANG) == 0;
  }

  int HealthOf(const std::string& index) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(absl::StrCat("annod.v1.IndexService/", index));
    grpc::health::v1::HealthCheckResponse response;
    ExpectOk(cluster_.health()->Check(Context().get(), request, &response));
    return response.status();
  }

  grpc::Status AskStaged(v1::IndexService::Stub* stub) {
    v1::GetNnsResponse response;
    return stub->GetNns(Context().get(),
                        NearItem(kItems + 5, 3, /*include_staged=*/true),
                        &response);
  }

  grpc::Status Reload(const std::string& index) {
    v1::ReloadRequest request;
    request.set_index(index);
    v1::ReloadResponse response;
    return cluster_.admin()->Reload(Context().get(), request, &response);
  }

  // "a" answers from its version, and says everywhere that its journal is not
  // there; "b" notices nothing.
  void ExpectJournalIsToldOf(const std::string& what) {
    EXPECT_TRUE(Eventually([this] {
      return cluster_.Metric("annod_index_read_only", {{"index", "a"}}) == 1;
    }));
    EXPECT_EQ(cluster_.Metric("annod_index_read_only", {{"index", "b"}}), 0);
    for (const auto& stub : stubs_) {
      EXPECT_TRUE(Eventually(
          [&] { return !InfoFrom(stub.get()).state_reason().empty(); }));
      const v1::IndexInfo info = InfoFrom(stub.get());
      EXPECT_EQ(info.state(), v1::INDEX_STATE_SERVING);
      EXPECT_THAT(info.state_reason(), HasSubstr(what));
      const grpc::Status status = AskStaged(stub.get());
      EXPECT_EQ(status.error_code(), StatusCode::DATA_LOSS) << Describe(status);
      EXPECT_EQ(ReasonOf(status), "INDEX_FAILED");
      Ask(stub.get(), NearItem(3, 3, /*include_staged=*/false));
    }
    EXPECT_EQ(HealthOf("a"),
              grpc::health::v1::HealthCheckResponse::NOT_SERVING);
    const grpc::Status added = Add(5000, RandomVector(kDim, 1));
    EXPECT_EQ(ReasonOf(added), "INDEX_FAILED") << Describe(added);
    ExpectOthersServe();
    EXPECT_TRUE(WorkersLive());
  }

  void ExpectOthersServe() {
    EXPECT_EQ(HealthOf("b"), grpc::health::v1::HealthCheckResponse::SERVING);
    for (const auto& stub : stubs_) {
      v1::GetNnsRequest request = ItemQuery("b", 1, 3);
      request.set_include_staged(true);
      EXPECT_EQ(Ask(stub.get(), request).results(0).ids_size(), 3);
    }
    ExpectOk(AddRandomItems(&cluster_, "b", kDim, 100, 1));
  }
};

TEST_F(DamageRpcTest, AJournalThatIsCutUnderItsWriterAcknowledgesNothing) {
  // Every worker knows of the removal of 7.
  const auto hides = [&](v1::IndexService::Stub* stub) {
    const std::vector<int> ids =
        IdsOf(Ask(stub, NearItem(7, 20, false)).results(0));
    return std::count(ids.begin(), ids.end(), 7) == 0;
  };
  for (const auto& stub : stubs_) {
    ASSERT_TRUE(Eventually([&] { return hides(stub.get()); }));
  }
  ASSERT_EQ(truncate(Segment().c_str(), 4096), 0);
  const grpc::Status added = Add(5000, RandomVector(kDim, 1));
  EXPECT_TRUE(added.error_code() == StatusCode::DATA_LOSS ||
              ReasonOf(added) == "INDEX_FAILED")
      << Describe(added);
  EXPECT_THAT(added.error_message(), HasSubstr("was cut to"));
  ExpectJournalIsToldOf("was cut to");
  // And goes on hiding it.
  for (const auto& stub : stubs_) EXPECT_TRUE(hides(stub.get()));
}

TEST_F(DamageRpcTest, SettingsThatCannotBeReadAreToldOfWhileItServes) {
  const std::string path = PathOf("a/settings.json");
  const std::string whole = Contents(path);
  ASSERT_EQ(truncate(path.c_str(), 8 << 20), 0);
  ExpectOk(Build(&cluster_, "a"));
  for (const auto& stub : stubs_) {
    EXPECT_TRUE(Eventually([&] {
      return absl::StrContains(InfoFrom(stub.get()).state_reason(),
                               "settings.json' has more than");
    }));
    const v1::IndexInfo info = InfoFrom(stub.get());
    EXPECT_EQ(info.state(), v1::INDEX_STATE_SERVING);
    EXPECT_EQ(info.version(), 1);
    Ask(stub.get(), NearItem(3, 3, /*include_staged=*/false));
  }
  cluster_.ExpectMetric("annod_index_load_failures_total", {{"index", "a"}},
                        2);  // once for each worker
  std::ofstream(path, std::ios::binary | std::ios::trunc) << whole;
  ExpectOk(Reload("a"));
  for (const auto& stub : stubs_) {
    EXPECT_TRUE(
        Eventually([&] { return InfoFrom(stub.get()).version() == 2; }));
    EXPECT_EQ(InfoFrom(stub.get()).state_reason(), "");
  }
}

TEST_F(DamageRpcTest, ACurrentThatCannotBeReadIsToldOfWhileItServes) {
  const std::string path = PathOf("a/CURRENT");
  std::filesystem::rename(path, path + ".kept");
  std::filesystem::create_directory(path);
  ExpectOk(Reload(""));  // of all: one that fails keeps none from it
  for (const auto& stub : stubs_) {
    EXPECT_TRUE(Eventually([&] {
      return absl::StrContains(InfoFrom(stub.get()).state_reason(),
                               "what changes is not served: ");
    }));
    EXPECT_EQ(InfoFrom(stub.get()).state(), v1::INDEX_STATE_SERVING);
    EXPECT_EQ(InfoFrom(stub.get()).version(), 1);
    Ask(stub.get(), NearItem(3, 3, /*include_staged=*/false));
  }
  std::filesystem::remove(path);
  std::filesystem::rename(path + ".kept", path);
  ExpectOk(Reload("a"));
  for (const auto& stub : stubs_) {
    EXPECT_TRUE(Eventually(
        [&] { return InfoFrom(stub.get()).state_reason().empty(); }));
  }
}

TEST_F(DamageRpcTest, AJournalThatIsRemovedUnderItsWriterIsNoticedUnasked) {
  ASSERT_EQ(unlink(Segment().c_str()), 0);
  ExpectJournalIsToldOf("was removed");
}

TEST_F(DamageRpcTest, AJournalThatLostItsEndWhileDownIsDataLossUntilMended) {
  const std::string segment = Segment();
  const std::string whole = Contents(segment);
  KillAll();
  // The end of a page: one byte more would end who reads it.
  ASSERT_GT(whole.size(), 8192u);
  ASSERT_EQ(truncate(segment.c_str(), 4096), 0);
  StartAgain();
  ExpectJournalIsToldOf("were acknowledged");
  EXPECT_EQ(Contents(segment).size(), 4096u);  // nothing is cut off
  ASSERT_TRUE(WriteFileAtomically(FileSystem::Posix(), segment, whole).ok());
  ExpectOk(Reload("a"));
  for (const auto& stub : stubs_) {
    EXPECT_TRUE(Eventually([&] { return AskStaged(stub.get()).ok(); }));
    EXPECT_EQ(InfoFrom(stub.get()).staged_item_count(), kItems);
  }
  ExpectGone(7);
  EXPECT_EQ(HealthOf("a"), grpc::health::v1::HealthCheckResponse::SERVING);
  EXPECT_TRUE(Eventually([this] {
    return cluster_.Metric("annod_index_read_only", {{"index", "a"}}) == 0;
  }));
  ExpectOk(Add(5000, RandomVector(kDim, 1)));
}

TEST_F(DamageRpcTest, AJournalThatWasRemovedWhileDownIsDataLoss) {
  KillAll();
  ASSERT_EQ(unlink(Segment().c_str()), 0);
  StartAgain();
  ExpectJournalIsToldOf("is missing");
}

TEST_F(DamageRpcTest, APublishedPageThatWasRemovedIsMadeAnew) {
  ASSERT_EQ(unlink(PathOf("a/staging/PUBLISHED").c_str()), 0);
  EXPECT_TRUE(Eventually([this] {
    return FileSystem::Posix()->Stat(PathOf("a/staging/PUBLISHED")).ok();
  }));
  ExpectOk(Add(5000, RandomVector(kDim, 5000)));
  for (const auto& stub : stubs_) {
    EXPECT_TRUE(Eventually([&] {
      v1::GetNnsResponse response;
      return stub->GetNns(Context().get(), NearItem(5000, 1, true), &response)
                 .ok() &&
             response.results(0).ids(0) == 5000;
    }));
  }
  ExpectGone(7);
}

TEST_F(DamageRpcTest, WhatIsNoFileOrNoDirectoryHoldsUpNoOther) {
  const std::vector<std::string> victims = {"CURRENT",
                                            "settings.json",
                                            "staging/PUBLISHED",
                                            "versions/.verified-000001",
                                            "versions/000001/forest.ann",
                                            "versions/000001/MANIFEST.json"};
  for (size_t i = 0; i < victims.size(); ++i) {
    const std::string name = absl::StrCat("f", i);
    ExpectOk(CreateIndex(&cluster_, name, kDim, v1::METRIC_EUCLIDEAN));
    ExpectOk(AddRandomItems(&cluster_, name, kDim, 0, 20));
    ExpectOk(Build(&cluster_, name));
  }
  const std::string segment = Segment();
  KillAll();
  for (size_t i = 0; i < victims.size(); ++i) {
    const std::string path = PathOf(absl::StrCat("f", i, "/", victims[i]));
    ASSERT_EQ(unlink(path.c_str()), 0) << path;
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  }
  ASSERT_EQ(unlink(segment.c_str()), 0);
  ASSERT_EQ(mkfifo(segment.c_str(), 0600), 0);
  // Nobody gets into these, root included.
  ASSERT_EQ(symlink("loop", PathOf("loop").c_str()), 0);
  ASSERT_EQ(symlink(".create-x", PathOf(".create-x").c_str()), 0);
  StartAgain();
  ExpectOthersServe();
  v1::IndexInfo info;
  ExpectOk(Info(&cluster_, "loop", &info));
  EXPECT_EQ(info.state(), v1::INDEX_STATE_FAILED);
  EXPECT_THAT(info.state_reason(), HasSubstr("loop"));
  ExpectOk(Info(&cluster_, "f1", &info));
  EXPECT_EQ(info.state(), v1::INDEX_STATE_FAILED);
  EXPECT_THAT(info.state_reason(), HasSubstr("a FIFO"));
  for (const char* name : {"a", "f0"}) {
    EXPECT_TRUE(Eventually([&] {
      return Info(&cluster_, name, &info).ok() &&
             absl::StrContains(info.state_reason(), "a FIFO");
    })) << name
        << " " << info.ShortDebugString();
  }
  ExpectOk(Info(&cluster_, "f3", &info));
  EXPECT_EQ(info.state(), v1::INDEX_STATE_SERVING);  // only a help
  ExpectOthersServe();
}

TEST_F(DamageRpcTest, AServedVersionThatWasRemovedIsTold) {
  const std::string version = PathOf("a/versions/000001");
  ASSERT_EQ(rename(version.c_str(), PathOf("away").c_str()), 0);
  for (const auto& stub : stubs_) {
    EXPECT_TRUE(Eventually(
        [&] { return InfoFrom(stub.get()).quarantined_size() == 1; }));
    const v1::IndexInfo info = InfoFrom(stub.get());
    EXPECT_EQ(info.quarantined(0).version(), 1);
    EXPECT_THAT(info.quarantined(0).reason(), HasSubstr("was removed"));
    EXPECT_EQ(info.kept_versions_size(), 0);
    Ask(stub.get(), NearItem(3, 3, false));
  }
  ASSERT_EQ(rename(PathOf("away").c_str(), version.c_str()), 0);
  EXPECT_TRUE(Eventually(
      [&] { return InfoFrom(stubs_[0].get()).quarantined_size() == 0; }));
  EXPECT_THAT(InfoFrom(stubs_[0].get()).kept_versions(), ElementsAre(1));
}

TEST_F(DamageRpcTest, ADamagedVersionTakesNoOthersPlace) {
  ExpectOk(Build(&cluster_, "a"));  // 2
  ASSERT_EQ(mkdir(PathOf("a/versions/000003").c_str(), 0755), 0);
  for (const char* name : {"forest.ann", "labels.bin", "MANIFEST.json"}) {
    ASSERT_TRUE(WriteFileAtomically(
                    FileSystem::Posix(),
                    PathOf(absl::StrCat("a/versions/000003/", name)),
                    Contents(PathOf(absl::StrCat("a/versions/000002/", name))))
                    .ok());
  }
  ExpectOk(Add(5000, RandomVector(kDim, 1)));
  ExpectOk(Build(&cluster_, "a"));  // 4; the manifest of 3 says 2
  const v1::IndexInfo info = InfoFrom(stubs_[0].get());
  EXPECT_EQ(info.version(), 4);
  EXPECT_THAT(info.kept_versions(), ElementsAre(2, 4));
}

TEST_F(DamageRpcTest, AFileThatIsCutCostsItsOwnIndexOnly) {
  v1::AttachRequest attach;
  attach.set_index("file");
  attach.set_path(PathOf("served.ann"));
  attach.set_dimension(kDim);
  attach.set_metric(v1::METRIC_EUCLIDEAN);
  const std::string forest = Contents(PathOf("a/versions/000001/forest.ann"));
  ASSERT_TRUE(
      WriteFileAtomically(FileSystem::Posix(), attach.path(), forest).ok());
  v1::AttachResponse attached;
  ExpectOk(cluster_.admin()->Attach(Context().get(), attach, &attached));
  const auto ask = [](v1::IndexService::Stub* stub) {
    v1::GetNnsResponse response;
    const auto context = Context();
    context->set_wait_for_ready(true);
    return stub->GetNns(context.get(), ItemQuery("file", 1, 3), &response);
  };
  for (const auto& stub : stubs_) ExpectOk(ask(stub.get()));
  // Told: it is not served any more, and nobody steps into it.
  ASSERT_EQ(truncate(attach.path().c_str(), 0), 0);
  ExpectOk(Reload("file"));
  for (const auto& stub : stubs_) {
    const grpc::Status status = ask(stub.get());
    EXPECT_EQ(status.error_code(), StatusCode::DATA_LOSS) << Describe(status);
  }
  EXPECT_TRUE(WorkersLive());
  ExpectOthersServe();
  ASSERT_TRUE(
      WriteFileAtomically(FileSystem::Posix(), attach.path(), forest).ok());
  ExpectOk(Reload("file"));
  for (const auto& stub : stubs_) ExpectOk(ask(stub.get()));
  // Not told: every worker steps into it once.
  ASSERT_EQ(truncate(attach.path().c_str(), 0), 0);
  for (const auto& stub : stubs_) {
    // A call whose worker died may have been sent once more, to the other one.
    v1::GetNnsResponse response;
    EXPECT_FALSE(
        stub->GetNns(Context().get(), ItemQuery("file", 1, 3), &response).ok());
  }
  for (int slot = 0; slot < 2; ++slot) {
    EXPECT_EQ(cluster_.AwaitWorkerExit(slot), 128 + SIGBUS);
    cluster_.StartWorker(slot);
  }
  Connect();
  for (const auto& stub : stubs_) {
    EXPECT_TRUE(Eventually(
        [&] { return ask(stub.get()).error_code() == StatusCode::DATA_LOSS; }));
  }
  ExpectOthersServe();
  EXPECT_TRUE(WorkersLive());
}

TEST_F(DamageRpcTest, NothingInTheDataDirectoryIsReadableByStrangers) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           cluster_.config().data_dir)) {
    struct stat info;
    ASSERT_EQ(lstat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07, 0u) << entry.path();
    EXPECT_EQ(info.st_mode & 0600, 0600u) << entry.path();
  }
}

}  // namespace
}  // namespace annod
