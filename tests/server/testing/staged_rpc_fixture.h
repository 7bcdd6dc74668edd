#ifndef ANNOD_TESTS_SERVER_TESTING_STAGED_RPC_FIXTURE_H_
#define ANNOD_TESTS_SERVER_TESTING_STAGED_RPC_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {

inline std::vector<int> IdsOf(const v1::NeighborList& list) {
  return {list.ids().begin(), list.ids().end()};
}

// Two workers with connections to both, and an index "a" of `kItems` items once
// it is built.
class StagedRpcFixture : public testing::Test {
 protected:
  static constexpr int kDim = 8;
  static constexpr int kItems = 300;
  static constexpr size_t kConnections = 12;
  // Of so many connections both workers have some, if both live.
  static constexpr size_t kMostConnections = 64;

  StagedRpcFixture() : cluster_(/*workers=*/2) {
    cluster_.StartAll();
    Connect();
    ExpectOk(CreateIndex(&cluster_, "a", kDim, v1::METRIC_EUCLIDEAN));
  }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  // Again after a worker was killed: its connections are broken. They are dealt
  // out by chance, so as many as it takes for each worker to have some.
  void Connect() {
    stubs_.clear();
    std::set<int> reached;
    while (stubs_.size() < kConnections ||
           (reached.size() < 2 && stubs_.size() < kMostConnections)) {
      const auto channel = cluster_.NewChannel();
      reached.insert(Cluster::SlotOf(channel));
      stubs_.push_back(v1::IndexService::NewStub(channel));
    }
  }

  void AddAndBuild() {
    ExpectOk(AddRandomItems(&cluster_, "a", kDim, 0, kItems, metric_));
    ExpectOk(Build(&cluster_, "a"));
  }

  grpc::Status Remove(const std::vector<int>& ids,
                      const std::vector<std::string>& labels = {},
                      v1::RemoveItemsResponse* response = nullptr) {
    v1::RemoveItemsRequest request;
    request.set_index("a");
    request.mutable_ids()->Add(ids.begin(), ids.end());
    for (const std::string& label : labels) request.add_labels(label);
    v1::RemoveItemsResponse own;
    return cluster_.admin()->RemoveItems(Context().get(), request,
                                         response == nullptr ? &own : response);
  }

  grpc::Status Add(int id, const std::vector<float>& vector,
                   const std::string& label = "") {
    v1::AddItemRequest request;
    request.set_index("a");
    v1::Item* item = request.add_items();
    item->set_id(id);
    item->set_label(label);
    SetVector(vector, item->mutable_vector());
    v1::AddItemResponse response;
    return cluster_.admin()->AddItem(Context().get(), request, &response);
  }

  // The neighbours of item `seed`'s vector.
  v1::GetNnsRequest NearItem(uint64_t seed, int n, bool include_staged) const {
    v1::GetNnsRequest request;
    request.set_index("a");
    SetVector(RandomVector(kDim, seed, metric_),
              request.add_queries()->mutable_vector());
    request.set_n(n);
    request.set_include_staged(include_staged);
    return request;
  }

  static v1::GetNnsResponse Ask(v1::IndexService::Stub* stub,
                                const v1::GetNnsRequest& request) {
    v1::GetNnsResponse response;
    const auto context = Context();
    context->set_wait_for_ready(true);
    ExpectOk(stub->GetNns(context.get(), request, &response));
    if (response.results().empty()) response.add_results();
    return response;
  }

  static std::string ReasonOf(const grpc::Status& status) {
    return ErrorInfoOf(status).reason();
  }

  // No call to either worker finds the item, whatever it asks.
  void ExpectGone(int id) {
    for (const auto& stub : stubs_) {
      for (const bool include_staged : {false, true}) {
        for (const v1::Engine engine : {v1::ENGINE_FOREST, v1::ENGINE_EXACT}) {
          v1::GetNnsRequest request = NearItem(id, 20, include_staged);
          request.set_engine(engine);
          request.set_search_k(10000);
          const v1::GetNnsResponse response = Ask(stub.get(), request);
          EXPECT_THAT(IdsOf(response.results(0)),
                      testing::Not(testing::Contains(id)));
          EXPECT_EQ(response.results(0).ids_size(), 20);
        }
        v1::GetItemsRequest items;
        items.set_index("a");
        items.add_ids(id);
        items.set_include_staged(include_staged);
        v1::GetItemsResponse got;
        EXPECT_EQ(ReasonOf(stub->GetItems(Context().get(), items, &got)),
                  "ITEM_NOT_FOUND");
        v1::GetNnsRequest by_label = NearItem(id, 3, include_staged);
        by_label.mutable_queries(0)->set_label(absl::StrCat("item-", id));
        v1::GetNnsResponse near;
        EXPECT_EQ(ReasonOf(stub->GetNns(Context().get(), by_label, &near)),
                  "LABEL_NOT_FOUND");
        v1::GetDistanceRequest distance;
        distance.set_index("a");
        distance.set_i(0);
        distance.set_j(id);
        distance.set_include_staged(include_staged);
        v1::GetDistanceResponse far;
        EXPECT_EQ(ReasonOf(stub->GetDistance(Context().get(), distance, &far)),
                  "ITEM_NOT_FOUND");
      }
    }
  }

  v1::IndexInfo InfoFrom(v1::IndexService::Stub* stub) {
    v1::InfoRequest request;
    request.set_index("a");
    v1::InfoResponse response;
    ExpectOk(stub->Info(Context().get(), request, &response));
    return response.info();
  }

  void RestartAll() {
    cluster_.KillWriter();
    cluster_.KillWorker(0);
    cluster_.KillWorker(1);
    cluster_.StartAll();
    Connect();
  }

  v1::Metric metric_ = v1::METRIC_EUCLIDEAN;  // of the index
  Cluster cluster_;
  std::vector<std::unique_ptr<v1::IndexService::Stub>> stubs_;
};

}  // namespace annod

#endif  // ANNOD_TESTS_SERVER_TESTING_STAGED_RPC_FIXTURE_H_
