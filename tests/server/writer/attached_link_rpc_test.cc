// An attached path that leads through symbolic links: what is served when they
// are exchanged, as Kubernetes does with `..data` and git-sync with its link.
#include <stdio.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "gtest/gtest.h"
#include "tests/core/testing/temp_dir.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr int kLinkDim = 4;

class AttachedLinkTest : public testing::Test {
 protected:
  AttachedLinkTest()
      : cluster_(/*workers=*/1, [this](Config* config) {
          config->attach_dirs = {volume_.path()};
        }) {
    FileSystem* const fs = FileSystem::Posix();
    cluster_.StartAll();
    for (const int items : {10, 20}) {
      const std::string name = absl::StrCat("made", items);
      EXPECT_TRUE(
          CreateIndex(&cluster_, name, kLinkDim, v1::METRIC_EUCLIDEAN).ok());
      EXPECT_TRUE(AddRandomItems(&cluster_, name, kLinkDim, 0, items).ok());
      EXPECT_TRUE(Build(&cluster_, name).ok());
      const std::string file =
          FileContents(absl::StrCat(cluster_.config().data_dir, "/", name,
                                    "/versions/000001/forest.ann"));
      for (const std::string& directory :
           {volume_.Path(absl::StrCat(items)),
            outside_.Path(absl::StrCat(items))}) {
        EXPECT_TRUE(fs->CreateDirectory(directory).ok());
        OverwriteFile(directory + "/served.ann", file);
      }
    }
    EXPECT_TRUE(fs->CreateDirectory(volume_.Path("bad")).ok());
    OverwriteFile(volume_.Path("bad/served.ann"), "no index");
  }

  // Exchanges the link as it is done so that it always leads somewhere.
  void PointTo(const std::string& target) {
    ASSERT_EQ(symlink(target.c_str(), volume_.Path("..new").c_str()), 0);
    ASSERT_EQ(
        rename(volume_.Path("..new").c_str(), volume_.Path("..data").c_str()),
        0);
  }

  void Attach() {
    v1::AttachRequest request;
    request.set_index("linked");
    request.set_path(volume_.Path("..data/served.ann"));
    request.set_dimension(kLinkDim);
    request.set_metric(v1::METRIC_EUCLIDEAN);
    v1::AttachResponse response;
    const grpc::Status status =
        cluster_.admin()->Attach(Context().get(), request, &response);
    ASSERT_TRUE(status.ok()) << Describe(status);
    EXPECT_EQ(response.info().attached_path(), request.path());
  }

  // Items of the version that is served, -1 if none is.
  int64_t Served() {
    v1::IndexInfo info;
    if (!Info(&cluster_, "linked", &info).ok()) return -1;
    return info.state() == v1::INDEX_STATE_SERVING ? info.item_count() : -1;
  }

  v1::IndexInfo Reload() {
    v1::ReloadRequest request;
    request.set_index("linked");
    v1::ReloadResponse response;
    const grpc::Status status =
        cluster_.admin()->Reload(Context().get(), request, &response);
    EXPECT_TRUE(status.ok()) << Describe(status);
    return response.indexes_size() > 0 ? response.indexes(0) : v1::IndexInfo();
  }

  TempDir volume_;
  TempDir outside_;
  Cluster cluster_;
};

TEST_F(AttachedLinkTest, IsLookedUpAnewAtReloadByItselfAndAfterARestart) {
  PointTo("10");
  Attach();
  EXPECT_EQ(Served(), 10);
  PointTo("20");
  Reload();
  EXPECT_EQ(Served(), 20);
  // Nobody says so.
  PointTo("10");
  EXPECT_TRUE(Eventually([&] { return Served() == 10; }));

  cluster_.KillWriter();
  cluster_.KillWorker(0);
  PointTo("20");
  ASSERT_TRUE(FileSystem::Posix()->RemoveRecursively(volume_.Path("10")).ok());
  cluster_.StartWriter();
  cluster_.StartWorker(0);
  cluster_.AwaitServing();
  EXPECT_TRUE(Eventually([&] { return Served() == 20; }));
}

TEST_F(AttachedLinkTest, AFileThatFailsItsChecksLeavesTheOldOneServed) {
  PointTo("10");
  Attach();
  PointTo("bad");
  EXPECT_EQ(Reload().quarantined_size(), 1);
  EXPECT_EQ(Served(), 10);
  PointTo("20");
  EXPECT_TRUE(Eventually([&] { return Served() == 20; }));
}

TEST_F(AttachedLinkTest, LeadsNowhereThatMayNotBeAttached) {
  PointTo("10");
  Attach();
  PointTo(outside_.Path("20"));
  const v1::IndexInfo info = Reload();
  ASSERT_EQ(info.quarantined_size(), 1);
  EXPECT_NE(info.quarantined(0).reason().find("attach_dirs"), std::string::npos)
      << info.quarantined(0).reason();
  EXPECT_EQ(Served(), 10);
}

}  // namespace
}  // namespace annod
