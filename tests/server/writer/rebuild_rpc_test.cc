// An index built from another one's items: with another metric, other trees,
// its labels, and no trace if it does not come to an end.
#include <string>
#include <thread>
#include <vector>

#include "core/file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using ::grpc::StatusCode;

constexpr int kRebuildDim = 8;

class RebuildRpcTest : public testing::Test {
 protected:
  RebuildRpcTest() : cluster_(/*workers=*/2) { cluster_.StartAll(); }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  void MakeSource(v1::Metric metric, int items) {
    ExpectOk(CreateIndex(&cluster_, "source", kRebuildDim, metric));
    ExpectOk(
        AddRandomItems(&cluster_, "source", kRebuildDim, 0, items, metric));
  }

  static v1::RebuildRequest Request(v1::Metric metric) {
    v1::RebuildRequest request;
    request.set_index("source");
    request.set_target_index("target");
    request.set_metric(metric);
    return request;
  }

  grpc::Status Rebuild(const v1::RebuildRequest& request,
                       std::vector<v1::RebuildResponse>* responses = nullptr) {
    const auto context = Context();
    const auto reader = cluster_.admin()->Rebuild(context.get(), request);
    v1::RebuildResponse response;
    while (reader->Read(&response)) {
      if (responses != nullptr) responses->push_back(response);
    }
    return reader->Finish();
  }

  v1::IndexInfo InfoOf(const std::string& index) {
    v1::IndexInfo info;
    ExpectOk(Info(&cluster_, index, &info));
    return info;
  }

  // What lies in the data directory, hidden things included.
  std::vector<std::string> Entries() const {
    return FileSystem::Posix()
        ->ListDirectory(cluster_.config().data_dir)
        .value();
  }

  Cluster cluster_;
};

TEST_F(RebuildRpcTest, AnotherMetricOverTheSameItemsAndLabels) {
  MakeSource(v1::METRIC_EUCLIDEAN, 100);
  ExpectOk(Build(&cluster_, "source"));
  // Some are staged only, one with another vector than in the version.
  ExpectOk(AddRandomItems(&cluster_, "source", kRebuildDim, 95, 25));
  // The workers read the journal before they hear of the rest.
  EXPECT_TRUE(Eventually([&] {
    const v1::IndexInfo info = InfoOf("source");
    return info.staged_item_count() == 25 && info.next_id() == 120 &&
           info.staged_bytes() > 0 && !info.has_build();
  }));
  const v1::IndexInfo before = InfoOf("source");
  v1::RebuildRequest request = Request(v1::METRIC_ANGULAR);
  request.set_seed(7);
  std::vector<v1::RebuildResponse> responses;
  ExpectOk(Rebuild(request, &responses));
  ASSERT_FALSE(responses.empty());
  const v1::BuildResult& result = responses.back().result();
  EXPECT_EQ(result.version(), 1);
  EXPECT_EQ(result.item_count(), 120);
  EXPECT_EQ(result.tree_count(), 10);  // as many as the source has
  EXPECT_EQ(responses.back().progress().phase(), v1::BUILD_PHASE_DONE);
  const v1::IndexInfo target = InfoOf("target");
  EXPECT_EQ(target.metric(), v1::METRIC_ANGULAR);
  EXPECT_EQ(target.item_count(), 120);
  EXPECT_EQ(target.label_count(), 120);
  EXPECT_EQ(target.seed(), 7);
  EXPECT_EQ(target.staged_item_count(), 0);
  EXPECT_EQ(target.forest_bytes(), result.forest_bytes());
  // Every worker serves it, by label too.
  for (int i = 0; i < 6; ++i) {
    v1::GetNnsRequest query;
    query.set_index("target");
    query.add_queries()->set_label("item-110");
    query.set_n(1);
    v1::GetNnsResponse response;
    ExpectOk(
        cluster_.NewIndexStub()->GetNns(Context().get(), query, &response));
    EXPECT_EQ(response.results(0).ids(0), 110);
  }
  // The source is as it was.
  EXPECT_EQ(InfoOf("source").DebugString(), before.DebugString());
  // The target is an index like others.
  ExpectOk(AddRandomItems(&cluster_, "target", kRebuildDim, 120, 1));
  cluster_.RestartWriter();
  ExpectOk(Build(&cluster_, "target"));
  // A build waits for the workers that follow the writer; after its restart one
  // may join later.
  EXPECT_TRUE(
      Eventually([this] { return InfoOf("target").item_count() == 121; }));
  // And its name is taken.
  EXPECT_EQ(Rebuild(request).error_code(), StatusCode::ALREADY_EXISTS);
}

TEST_F(RebuildRpcTest, HammingGoesThroughZeroAndOne) {
  MakeSource(v1::METRIC_HAMMING, 30);
  ExpectOk(Build(&cluster_, "source"));
  ExpectOk(AddRandomItems(&cluster_, "source", kRebuildDim, 30, 10,
                          v1::METRIC_HAMMING));
  ExpectOk(Rebuild(Request(v1::METRIC_EUCLIDEAN)));
  // The distance of two items is the root of the number of bits that differ.
  for (const int item : {3, 35}) {
    v1::GetNnsRequest query = ItemQuery("target", item, 40);
    query.set_include_distances(true);
    v1::GetNnsResponse response;
    ExpectOk(GetNns(&cluster_, query, &response));
    const std::vector<float> own = RandomVector(kRebuildDim, item);
    const v1::NeighborList& list = response.results(0);
    ASSERT_EQ(list.ids_size(), 40);
    for (int i = 0; i < list.ids_size(); ++i) {
      const std::vector<float> other = RandomVector(kRebuildDim, list.ids(i));
      int differ = 0;
      for (int z = 0; z < kRebuildDim; ++z) {
        differ += (own[z] > 0.5f) != (other[z] > 0.5f);
      }
      EXPECT_NEAR(list.distances(i) * list.distances(i), differ, 1e-5);
    }
  }
}

TEST_F(RebuildRpcTest, ToHammingNumbersAreRefused) {
  MakeSource(v1::METRIC_EUCLIDEAN, 20);
  const std::vector<std::string> before = Entries();
  for (const bool built : {false, true}) {
    if (built) ExpectOk(Build(&cluster_, "source"));
    const grpc::Status status = Rebuild(Request(v1::METRIC_HAMMING));
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "INVALID_FIELD");
    EXPECT_THAT(status.error_message(),
                testing::StartsWith("item 0: component 0 is "));
    EXPECT_THAT(status.error_message(),
                testing::HasSubstr("it must be 0 or 1 for hamming; a rebuild "
                                   "makes no bits of other numbers"));
  }
  EXPECT_EQ(Entries(), before);
}

TEST_F(RebuildRpcTest, ToHammingAndFromWhatWasNeverBuilt) {
  ExpectOk(CreateIndex(&cluster_, "source", kRebuildDim, v1::METRIC_EUCLIDEAN));
  ExpectOk(AddRandomItems(&cluster_, "source", kRebuildDim, 0, 20,
                          v1::METRIC_HAMMING));
  v1::RebuildRequest request = Request(v1::METRIC_HAMMING);
  request.set_hamming_layout(v1::HAMMING_LAYOUT_12);
  request.set_tree_count(4);
  ExpectOk(Rebuild(request));
  EXPECT_EQ(InfoOf("target").layout(), "hamming-12");
  EXPECT_EQ(InfoOf("target").tree_count(), 4);
  EXPECT_EQ(InfoOf("target").item_count(), 20);
  EXPECT_EQ(InfoOf("source").version(), 0);
}

TEST_F(RebuildRpcTest, NothingToBuildFromLeavesNoTarget) {
  ExpectOk(CreateIndex(&cluster_, "source", 0, v1::METRIC_EUCLIDEAN));
  const std::vector<std::string> before = Entries();
  const grpc::Status status = Rebuild(Request(v1::METRIC_ANGULAR));
  EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "INDEX_EMPTY") << Describe(status);
  EXPECT_EQ(Entries(), before);
  ExpectOk(CreateIndex(&cluster_, "target", kRebuildDim, v1::METRIC_EUCLIDEAN));
}

TEST_F(RebuildRpcTest, ASourceWhoseItemsAreAllRemovedIsEmptyNotBroken) {
  MakeSource(v1::METRIC_EUCLIDEAN, 3);
  ExpectOk(Build(&cluster_, "source"));
  v1::RemoveItemsRequest remove;
  remove.set_index("source");
  for (int id = 0; id < 3; ++id) remove.add_ids(id);
  v1::RemoveItemsResponse removed;
  ExpectOk(cluster_.admin()->RemoveItems(Context().get(), remove, &removed));
  const grpc::Status status = Rebuild(Request(v1::METRIC_ANGULAR));
  EXPECT_EQ(status.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "INDEX_EMPTY") << Describe(status);
}

TEST_F(RebuildRpcTest, CancelledOrKilledItLeavesNoTarget) {
  MakeSource(v1::METRIC_EUCLIDEAN, 2000);
  const std::vector<std::string> before = Entries();
  v1::RebuildRequest request = Request(v1::METRIC_ANGULAR);
  request.set_tree_count(10000);
  request.set_thread_count(1);
  // While it runs the name is taken, and a call with other parameters is told.
  grpc::Status status;
  std::thread rebuild([&] { status = Rebuild(request); });
  EXPECT_TRUE(Eventually([&] { return Entries().size() > before.size(); }));
  EXPECT_EQ(CreateIndex(&cluster_, "target", kRebuildDim, v1::METRIC_DOT)
                .error_code(),
            StatusCode::ALREADY_EXISTS);
  v1::CancelBuildRequest cancel;
  cancel.set_index("target");
  v1::CancelBuildResponse cancelled;
  ExpectOk(cluster_.admin()->CancelBuild(Context().get(), cancel, &cancelled));
  EXPECT_EQ(Entries(), before);
  rebuild.join();
  EXPECT_EQ(status.error_code(), StatusCode::CANCELLED) << Describe(status);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "") << Describe(status);
  cluster_.ExpectMetric("annod_builds_total",
                        {{"index", "target"}, {"result", "cancelled"}}, 1);

  std::thread killed([&] { status = Rebuild(request); });
  EXPECT_TRUE(Eventually([&] { return Entries().size() > before.size(); }));
  cluster_.KillWriter();
  killed.join();
  EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE) << Describe(status);
  cluster_.StartWriter();
  cluster_.AwaitWriter();
  request.set_tree_count(2);
  ExpectOk(Rebuild(request));
  EXPECT_EQ(InfoOf("target").item_count(), 2000);
  EXPECT_EQ(Entries().size(), before.size() + 1);
}

}  // namespace
}  // namespace annod
