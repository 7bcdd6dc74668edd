// What an identity may store in all, held to it by the writer.
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/server/testing/access.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

class QuotaRpcTest : public testing::Test {
 protected:
  QuotaRpcTest() {
    cluster_ = std::make_unique<Cluster>(2, [](Config* config) {
      config->access_file = absl::StrCat(config->data_dir, "/../access.json");
      WriteAccessFile(config->access_file,
                      absl::StrCat(IdentityJson("root", "admin"), ",",
                                   IdentityJson("a", "write",
                                                R"("indexes": ["a-*", "both"],
                                       "quotas": {"indexes": 3, "items": 10})")));
    });
    cluster_->StartAll();
  }

  static std::unique_ptr<grpc::ClientContext> As(const std::string& name) {
    return ContextWith(TokenFor(name));
  }
  void ExpectQuota(const grpc::Status& status, const std::string& quota,
                   const std::string& message = "") {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED)
        << Describe(status);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "QUOTA_REACHED");
    EXPECT_EQ(ErrorInfoOf(status).metadata().at("quota"), quota);
    if (!message.empty()) {
      EXPECT_EQ(status.error_message(), message);
    }
  }
  void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  grpc::Status Create(const std::string& name, const std::string& index) {
    v1::CreateIndexRequest request;
    request.set_index(index);
    request.set_dimension(2);
    request.set_metric(v1::METRIC_EUCLIDEAN);
    v1::CreateIndexResponse response;
    return cluster_->admin()->CreateIndex(As(name).get(), request, &response);
  }
  grpc::Status Drop(const std::string& name, const std::string& index) {
    v1::DropIndexRequest request;
    request.set_index(index);
    v1::DropIndexResponse response;
    return cluster_->admin()->DropIndex(As(name).get(), request, &response);
  }
  grpc::Status Add(const std::string& name, const std::string& index,
                   int count) {
    v1::AddItemRequest request;
    request.set_index(index);
    for (int i = 0; i < count; ++i) {
      SetVector({1, 2}, request.add_items()->mutable_vector());
    }
    v1::AddItemResponse response;
    return cluster_->admin()->AddItem(As(name).get(), request, &response);
  }
  grpc::Status Fit(const std::string& name, const std::string& index, int count,
                   bool append, bool create = false) {
    v1::FitRequest request;
    request.set_index(index);
    request.mutable_options()->set_append(append);
    if (create) {
      request.mutable_options()->mutable_create()->set_metric(
          v1::METRIC_EUCLIDEAN);
    }
    for (int i = 0; i < count; ++i) {
      SetVector({1, static_cast<float>(i)},
                request.add_rows()->mutable_vector());
    }
    const auto context = As(name);
    v1::FitResponse response;
    const auto writer = cluster_->admin()->Fit(context.get(), &response);
    writer->Write(request);
    writer->WritesDone();
    return writer->Finish();
  }
  grpc::Status Rebuild(const std::string& name, const std::string& index,
                       const std::string& target) {
    v1::RebuildRequest request;
    request.set_index(index);
    request.set_target_index(target);
    const auto context = As(name);
    const auto stream = cluster_->admin()->Rebuild(context.get(), request);
    v1::RebuildResponse response;
    while (stream->Read(&response)) {
    }
    return stream->Finish();
  }
  // The served version of an index as a caller without quotas has it.
  std::vector<v1::SerializeResponse> Serialize(const std::string& index) {
    v1::SerializeRequest request;
    request.set_index(index);
    const auto context = As("root");
    const auto stream = cluster_->admin()->Serialize(context.get(), request);
    std::vector<v1::SerializeResponse> parts;
    v1::SerializeResponse part;
    while (stream->Read(&part)) parts.push_back(part);
    ExpectOk(stream->Finish());
    return parts;
  }
  grpc::Status Deserialize(const std::string& name, const std::string& index,
                           const std::vector<v1::SerializeResponse>& parts) {
    const auto context = As(name);
    v1::DeserializeResponse response;
    const auto writer =
        cluster_->admin()->Deserialize(context.get(), &response);
    v1::DeserializeRequest request;
    request.set_index(index);
    request.set_metric(v1::METRIC_EUCLIDEAN);
    request.set_dimension(2);
    for (const v1::SerializeResponse& part : parts) {
      request.set_chunk(part.chunk());
      writer->Write(request);
      request.Clear();
    }
    writer->WritesDone();
    return writer->Finish();
  }

  std::unique_ptr<Cluster> cluster_;
};

TEST_F(QuotaRpcTest, IndexesAreBounded) {
  ExpectOk(Create("a", "a-1"));
  // Whoever made it, it is one of those.
  ExpectOk(Create("root", "both"));
  ExpectOk(Create("root", "other"));
  ExpectOk(Create("a", "a-2"));
  ExpectQuota(Create("a", "a-3"), "indexes",
              "with the index 'a-3' identity 'a' would have 4 indexes; its "
              "quotas.indexes is 3");
  ExpectQuota(Fit("a", "a-3", 1, false, /*create=*/true), "indexes");
  ExpectOk(Add("a", "a-1", 1));
  ExpectQuota(Rebuild("a", "a-1", "a-3"), "indexes");
  ExpectOk(Fit("root", "other", 2, false));
  ExpectQuota(Deserialize("a", "a-3", Serialize("other")), "indexes");
  // One that is there is not made.
  EXPECT_EQ(ErrorInfoOf(Create("a", "a-1")).reason(), "INDEX_EXISTS");
  // Another identity is not held to it.
  ExpectOk(Create("root", "a-4"));
  ExpectOk(Drop("root", "a-4"));
  ExpectOk(Drop("a", "a-2"));
  ExpectOk(Create("a", "a-3"));
}

TEST_F(QuotaRpcTest, CallsAtTheSameTimeCannotExceedIt) {
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&, i] {
      if (Create("a", absl::StrCat("a-", i)).ok()) ++made;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(made.load(), 3);
  EXPECT_GE(made.load(), 1);

  ExpectOk(Create("root", "both"));
  std::atomic<int> added{0};
  threads.clear();
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      if (Add("a", "both", 3).ok()) added += 3;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(added.load(), 10);
  EXPECT_GE(added.load(), 3);
}

TEST_F(QuotaRpcTest, ItemsAreBounded) {
  ExpectOk(Create("a", "a-1"));
  ExpectOk(Create("a", "a-2"));
  ExpectOk(Add("a", "a-1", 4));
  ExpectOk(Add("a", "a-2", 6));
  ExpectQuota(Add("a", "a-2", 2), "items",
              "with 2 more items in the indexes it may use identity 'a' would "
              "have 12 items; its quotas.items is 10");

  const auto context = As("a");
  v1::AddItemsResponse response;
  const auto writer = cluster_->admin()->AddItems(context.get(), &response);
  v1::AddItemsRequest request;
  request.set_index("a-1");
  SetVector({1, 2}, request.add_items()->mutable_vector());
  writer->Write(request);
  writer->WritesDone();
  ExpectQuota(writer->Finish(), "items");

  // In the place of what is there.
  ExpectOk(Fit("a", "a-2", 6, false));
  ExpectQuota(Fit("a", "a-2", 7, false), "items");
  ExpectQuota(Fit("a", "a-2", 1, true), "items");
  ExpectQuota(Rebuild("a", "a-2", "a-3"), "items");
  ExpectOk(Create("root", "other"));
  ExpectOk(Fit("root", "other", 7, false));
  ExpectQuota(Deserialize("a", "a-2", Serialize("other")), "items");
  ExpectOk(Fit("root", "other", 5, false));
  ExpectOk(Deserialize("a", "a-2", Serialize("other")));
  ExpectOk(Add("a", "a-1", 1));
  ExpectQuota(Add("a", "a-1", 1), "items");
  // What others store there counts, but they are not held to it.
  ExpectOk(Add("root", "a-1", 5));
  ExpectQuota(Add("a", "a-1", 1), "items");
  ExpectOk(Drop("a", "a-1"));
  ExpectOk(Add("a", "a-2", 5));
}

}  // namespace
}  // namespace annod
