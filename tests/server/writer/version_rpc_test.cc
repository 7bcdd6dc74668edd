// Which version is served: unbuilding, going back and forth, files replaced or
// mended under a running service, builds that are ended.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::grpc::StatusCode;

constexpr int kVersionDim = 8;

class VersionRpcTest : public testing::Test {
 protected:
  VersionRpcTest()
      : cluster_(/*workers=*/2, [](Config* config) {
          config->keep_versions = 3;
          config->attach_dirs = {config->data_dir};
        }) {
    cluster_.StartAll();
    ExpectOk(CreateIndex(&cluster_, "a", kVersionDim, v1::METRIC_EUCLIDEAN));
    ExpectOk(AddRandomItems(&cluster_, "a", kVersionDim, 0, 50));
  }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  // Version n has 50 + 10 (n - 1) items.
  void BuildVersions(int count) {
    for (int version = 1; version <= count; ++version) {
      if (version > 1) {
        ExpectOk(AddRandomItems(&cluster_, "a", kVersionDim,
                                40 + 10 * (version - 1), 10));
      }
      ExpectOk(Build(&cluster_, "a"));
    }
  }

  v1::IndexInfo InfoOf(const std::string& index) {
    v1::IndexInfo info;
    ExpectOk(Info(&cluster_, index, &info));
    return info;
  }

  grpc::Status Unbuild() {
    v1::UnbuildRequest request;
    request.set_index("a");
    v1::UnbuildResponse response;
    return cluster_.admin()->Unbuild(Context().get(), request, &response);
  }

  grpc::Status Activate(int64_t version, v1::IndexInfo* info = nullptr) {
    v1::ActivateRequest request;
    request.set_index("a");
    request.set_version(version);
    v1::ActivateResponse response;
    grpc::Status status =
        cluster_.admin()->Activate(Context().get(), request, &response);
    if (info != nullptr) *info = response.info();
    return status;
  }

  grpc::Status Reload(const std::string& index, v1::ReloadResponse* response) {
    v1::ReloadRequest request;
    request.set_index(index);
    return cluster_.admin()->Reload(Context().get(), request, response);
  }

  // Every worker answers from `version`.
  void ExpectServed(int64_t version) {
    for (int i = 0; i < 6; ++i) {
      v1::GetNnsResponse response;
      ExpectOk(cluster_.NewIndexStub()->GetNns(
          Context().get(), ItemQuery("a", 1, 1), &response));
      EXPECT_EQ(response.version(), version);
    }
  }

  void ExpectNotBuilt() {
    for (int i = 0; i < 6; ++i) {
      v1::GetNnsResponse response;
      const grpc::Status status = cluster_.NewIndexStub()->GetNns(
          Context().get(), ItemQuery("a", 1, 1), &response);
      EXPECT_EQ(ErrorInfoOf(status).reason(), "INDEX_NOT_BUILT")
          << Describe(status);
    }
  }

  // What every worker says when it is asked for the items.
  StatusCode Readable(const std::vector<int>& ids, bool include_staged) {
    v1::GetItemsRequest request;
    request.set_index("a");
    for (const int id : ids) request.add_ids(id);
    request.set_include_staged(include_staged);
    StatusCode code = StatusCode::OK;
    for (int i = 0; i < 6; ++i) {
      v1::GetItemsResponse response;
      const StatusCode got = cluster_.NewIndexStub()
                                 ->GetItems(Context().get(), request, &response)
                                 .error_code();
      if (i > 0) {
        EXPECT_EQ(got, code);
      }
      code = got;
      EXPECT_EQ(response.items_size(),
                got == StatusCode::OK ? static_cast<int>(ids.size()) : 0);
    }
    return code;
  }

  std::string PathOf(const std::string& name) const {
    return JoinPath(cluster_.config().data_dir, name);
  }

  Cluster cluster_;
};

std::string Contents(const std::string& path) {
  return FileSystem::Posix()->ReadFile(path, 1 << 26).value();
}

void Overwrite(const std::string& path, const std::string& contents) {
  ASSERT_TRUE(WriteFileAtomically(FileSystem::Posix(), path, contents).ok());
}

std::vector<int64_t> Kept(const v1::IndexInfo& info) {
  return {info.kept_versions().begin(), info.kept_versions().end()};
}

TEST_F(VersionRpcTest, UnbuildStopsServingAndKeepsTheItems) {
  BuildVersions(2);
  ExpectOk(Unbuild());
  ExpectNotBuilt();
  v1::IndexInfo info = InfoOf("a");
  EXPECT_EQ(info.state(), v1::INDEX_STATE_EMPTY);
  EXPECT_EQ(info.version(), 0);
  EXPECT_EQ(info.newest_version(), 2);
  EXPECT_EQ(info.next_id(), 60);
  ExpectOk(Unbuild());  // again: nothing to do
  // It stays so for new processes.
  cluster_.KillWriter();
  cluster_.KillWorker(0);
  cluster_.KillWorker(1);
  cluster_.StartAll();
  ExpectNotBuilt();
  ExpectOk(AddRandomItems(&cluster_, "a", kVersionDim, 60, 1));
  ExpectOk(Build(&cluster_, "a"));
  ExpectServed(3);
  EXPECT_EQ(InfoOf("a").item_count(), 61);
}

TEST_F(VersionRpcTest, ActivateGoesBackAndForthOnEveryWorker) {
  BuildVersions(3);
  v1::IndexInfo info;
  ExpectOk(Activate(1, &info));
  EXPECT_EQ(info.version(), 1);
  EXPECT_EQ(info.newest_version(), 3);
  ExpectServed(1);
  EXPECT_EQ(InfoOf("a").item_count(), 50);
  EXPECT_EQ(Kept(InfoOf("a")), (std::vector<int64_t>{1, 2, 3}));
  ExpectOk(Activate(2));
  ExpectServed(2);
  ExpectOk(Activate(3));
  ExpectServed(3);
}

TEST_F(VersionRpcTest, ABuildAfterGoingBackLosesNothing) {
  BuildVersions(3);
  ExpectOk(Activate(1));
  ExpectOk(AddRandomItems(&cluster_, "a", kVersionDim, 70, 5));
  // Also when everything starts anew in between.
  cluster_.KillWriter();
  cluster_.KillWorker(0);
  cluster_.KillWorker(1);
  cluster_.StartAll();
  ExpectServed(1);
  EXPECT_EQ(InfoOf("a").newest_version(), 3);
  EXPECT_TRUE(Eventually([&] { return InfoOf("a").staged_item_count() == 5; }));
  EXPECT_TRUE(Eventually([&] { return InfoOf("a").next_id() == 75; }));
  ExpectOk(Build(&cluster_, "a"));
  ExpectServed(4);
  EXPECT_EQ(InfoOf("a").item_count(), 75);
  EXPECT_EQ(InfoOf("a").newest_version(), 4);
  EXPECT_EQ(Kept(InfoOf("a")), (std::vector<int64_t>{2, 3, 4}));
}

TEST_F(VersionRpcTest, ItemsCanBeReadAfterUnbuild) {
  BuildVersions(2);
  ExpectOk(Activate(1));
  ExpectOk(Unbuild());
  // Of the newest version, with what is stored and removed since.
  EXPECT_EQ(Readable({0, 59}, /*include_staged=*/true), StatusCode::OK);
  EXPECT_EQ(Readable({0}, /*include_staged=*/false),
            StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Readable({60}, true), StatusCode::NOT_FOUND);
  ExpectOk(AddRandomItems(&cluster_, "a", kVersionDim, 60, 1));
  v1::RemoveItemsRequest remove;
  remove.set_index("a");
  remove.add_ids(3);
  v1::RemoveItemsResponse removed;
  ExpectOk(cluster_.admin()->RemoveItems(Context().get(), remove, &removed));
  EXPECT_EQ(Readable({0, 59, 60}, true), StatusCode::OK);
  EXPECT_EQ(Readable({3}, true), StatusCode::NOT_FOUND);
  ExpectNotBuilt();
  // New processes know them too.
  cluster_.KillWriter();
  cluster_.KillWorker(0);
  cluster_.KillWorker(1);
  cluster_.StartAll();
  EXPECT_EQ(Readable({0, 59, 60}, true), StatusCode::OK);
  EXPECT_EQ(Readable({3}, true), StatusCode::NOT_FOUND);
  ExpectOk(Build(&cluster_, "a"));
  ExpectServed(3);
  EXPECT_EQ(Readable({0, 59, 60}, false), StatusCode::OK);
  EXPECT_EQ(Readable({3}, true), StatusCode::NOT_FOUND);
}

TEST_F(VersionRpcTest, ActivateServesAgainAfterUnbuild) {
  BuildVersions(2);
  ExpectOk(Unbuild());
  ExpectOk(Activate(1));
  ExpectServed(1);
  ExpectOk(Unbuild());
  ExpectNotBuilt();
  ExpectOk(Activate(2));
  ExpectServed(2);
}

TEST_F(VersionRpcTest, ADamagedVersionIsNotActivated) {
  BuildVersions(2);
  const std::string forest = PathOf("a/versions/000001/forest.ann");
  std::string bytes = Contents(forest);
  bytes[100] ^= 1;
  Overwrite(forest, bytes);
  const grpc::Status status = Activate(1);
  EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "VERSION_REJECTED")
      << Describe(status);
  ExpectServed(2);
}

TEST_F(VersionRpcTest, ReloadTakesOverAVersionThatWasCopiedIn) {
  BuildVersions(2);
  // Built elsewhere: here, in another index of the same kind.
  ExpectOk(CreateIndex(&cluster_, "b", kVersionDim, v1::METRIC_EUCLIDEAN));
  ExpectOk(AddRandomItems(&cluster_, "b", kVersionDim, 0, 200));
  for (int i = 0; i < 3; ++i) ExpectOk(Build(&cluster_, "b"));
  FileSystem* fs = FileSystem::Posix();
  const std::string from = PathOf("b/versions/000003");
  const std::string to = PathOf("a/versions/000003");
  ASSERT_TRUE(fs->CreateDirectory(to).ok());
  ExpectOk(AddRandomItems(&cluster_, "a", kVersionDim, 300, 1));
  // A copy that is not complete yet is told of and not used.
  Overwrite(JoinPath(to, "forest.ann"), Contents(from + "/forest.ann"));
  v1::ReloadResponse response;
  ExpectOk(Reload("a", &response));
  ASSERT_EQ(response.indexes_size(), 1);
  ASSERT_EQ(response.indexes(0).quarantined_size(), 1);
  EXPECT_EQ(response.indexes(0).quarantined(0).version(), 3);
  ExpectServed(2);
  for (const char* name : {"labels.bin", "MANIFEST.json"}) {
    Overwrite(JoinPath(to, name), Contents(JoinPath(from, name)));
  }
  ExpectOk(Reload("a", &response));
  EXPECT_EQ(response.indexes(0).version(), 3);
  EXPECT_EQ(response.indexes(0).quarantined_size(), 0);
  ExpectServed(3);
  EXPECT_EQ(InfoOf("a").item_count(), 200);
  // What was staged lies over it, and additions go on.
  ExpectOk(AddRandomItems(&cluster_, "a", kVersionDim, 301, 1));
  ExpectOk(Build(&cluster_, "a"));
  EXPECT_EQ(InfoOf("a").item_count(), 202);
  ExpectServed(4);
}

TEST_F(VersionRpcTest, ReloadServesWhatWasMended) {
  BuildVersions(2);
  const std::string forest = PathOf("a/versions/000002/forest.ann");
  const std::string good = Contents(forest);
  std::string bad = good;
  bad[100] ^= 1;
  cluster_.KillWriter();
  cluster_.KillWorker(0);
  cluster_.KillWorker(1);
  Overwrite(forest, bad);
  cluster_.StartAll();
  ExpectServed(1);
  EXPECT_GE(InfoOf("a").quarantined_size(), 1);
  // A build on version 1 would lose what only version 2 has.
  grpc::Status status = Build(&cluster_, "a");
  EXPECT_EQ(status.error_code(), StatusCode::DATA_LOSS) << Describe(status);
  Overwrite(forest, good);
  v1::ReloadResponse response;
  ExpectOk(Reload("", &response));
  ExpectServed(2);
  EXPECT_EQ(InfoOf("a").quarantined_size(), 0);
  ExpectOk(Build(&cluster_, "a"));
  EXPECT_EQ(InfoOf("a").item_count(), 60);
}

TEST_F(VersionRpcTest, ReloadFindsAnIndexThatWasCopiedIn) {
  BuildVersions(1);
  FileSystem* fs = FileSystem::Posix();
  for (const char* directory : {"c", "c/versions", "c/versions/000001"}) {
    ASSERT_TRUE(fs->CreateDirectory(PathOf(directory)).ok());
  }
  // Nobody can read settings that say they are of "a".
  Overwrite(PathOf("c/settings.json"), Contents(PathOf("a/settings.json")));
  v1::ReloadResponse response;
  ExpectOk(Reload("", &response));
  ASSERT_EQ(response.indexes_size(), 2);
  EXPECT_EQ(response.indexes(1).index(), "c");
  EXPECT_EQ(response.indexes(1).state(), v1::INDEX_STATE_FAILED);
  ExpectServed(1);
}

TEST_F(VersionRpcTest, AnAttachedFileIsReplacedAndDetached) {
  BuildVersions(2);
  const std::string file = PathOf("served.ann");
  Overwrite(file, Contents(PathOf("a/versions/000001/forest.ann")));
  v1::AttachRequest attach;
  attach.set_index("file");
  attach.set_path(file);
  attach.set_dimension(kVersionDim);
  attach.set_metric(v1::METRIC_EUCLIDEAN);
  attach.set_prefault(v1::PREFAULT_NONE);
  v1::AttachResponse attached;
  ExpectOk(cluster_.admin()->Attach(Context().get(), attach, &attached));
  EXPECT_EQ(attached.info().item_count(), 50);
  EXPECT_EQ(attached.info().prefault(), v1::PREFAULT_NONE);
  Overwrite(file, Contents(PathOf("a/versions/000002/forest.ann")));
  v1::ReloadResponse response;
  ExpectOk(Reload("file", &response));
  EXPECT_EQ(response.indexes(0).item_count(), 60);
  EXPECT_EQ(InfoOf("file").item_count(), 60);
  // A file that is no index leaves the old one serving.
  Overwrite(file, "junk");
  ExpectOk(Reload("file", &response));
  EXPECT_EQ(response.indexes(0).quarantined_size(), 1);
  EXPECT_EQ(InfoOf("file").item_count(), 60);
  EXPECT_EQ(InfoOf("file").quarantined_size(), 1);
  v1::GetNnsResponse neighbours;
  ExpectOk(GetNns(&cluster_, ItemQuery("file", 59, 1), &neighbours));
  // What has no journal cannot be unbuilt.
  v1::UnbuildRequest unbuild;
  unbuild.set_index("file");
  v1::UnbuildResponse unbuilt;
  EXPECT_EQ(
      ErrorInfoOf(cluster_.admin()->Unbuild(Context().get(), unbuild, &unbuilt))
          .reason(),
      "INDEX_ATTACHED");
  v1::DetachRequest detach;
  detach.set_index("file");
  v1::DetachResponse detached;
  ExpectOk(cluster_.admin()->Detach(Context().get(), detach, &detached));
  EXPECT_EQ(Contents(file), "junk");
  v1::IndexInfo info;
  EXPECT_EQ(Info(&cluster_, "file", &info).error_code(), StatusCode::NOT_FOUND);
}

TEST_F(VersionRpcTest, CancelBuildEndsItAndKeepsTheItems) {
  v1::BuildRequest request;
  request.set_index("a");
  request.set_tree_count(10000);
  request.set_thread_count(1);
  ExpectOk(AddRandomItems(&cluster_, "a", kVersionDim, 50, 2000));
  grpc::Status status;
  std::thread build([&] { status = Build(&cluster_, request, nullptr); });
  EXPECT_TRUE(Eventually(
      [&] { return InfoOf("a").build().phase() == v1::BUILD_PHASE_TREES; }));
  v1::CancelBuildRequest cancel;
  cancel.set_index("a");
  v1::CancelBuildResponse cancelled;
  ExpectOk(cluster_.admin()->CancelBuild(Context().get(), cancel, &cancelled));
  build.join();
  EXPECT_EQ(status.error_code(), StatusCode::CANCELLED) << Describe(status);
  EXPECT_TRUE(
      FileSystem::Posix()->ListDirectory(PathOf("a/versions")).value().empty());
  EXPECT_EQ(InfoOf("a").version(), 0);
  ExpectOk(Build(&cluster_, "a"));
  EXPECT_EQ(InfoOf("a").item_count(), 2050);
}

}  // namespace
}  // namespace annod
