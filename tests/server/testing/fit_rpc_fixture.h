#ifndef ANNOD_TESTS_SERVER_TESTING_FIT_RPC_FIXTURE_H_
#define ANNOD_TESTS_SERVER_TESTING_FIT_RPC_FIXTURE_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"
#include "tests/server/testing/fit_stream.h"

namespace annod {

// A cluster for all tests of a file, and an index with the name of the test:
// two components, euclidean.
class FitRpcFixture : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    cluster_ = new Cluster(/*workers=*/2);
    cluster_->StartAll();
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  FitRpcFixture()
      : name_(testing::UnitTest::GetInstance()->current_test_info()->name()) {
    ExpectOk(CreateIndex(cluster_, name_, 2, v1::METRIC_EUCLIDEAN));
  }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }
  static void ExpectField(const grpc::Status& status,
                          const std::vector<std::string>& parts) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT)
        << Describe(status);
    EXPECT_EQ(ErrorInfoOf(status).reason(), "INVALID_FIELD");
    for (const std::string& part : parts) {
      EXPECT_THAT(status.error_message(), testing::HasSubstr(part));
    }
  }

  grpc::Status FitRows(const std::vector<v1::FitRow>& rows,
                       const v1::FitOptions& options = {}) {
    response_.Clear();
    return Fit(cluster_, name_, rows, options, &response_);
  }
  v1::IndexInfo InfoNow() {
    v1::IndexInfo info;
    ExpectOk(Info(cluster_, name_, &info));
    return info;
  }
  grpc::Status AddOne(int id, const std::vector<float>& vector,
                      const std::string& label = "") {
    v1::AddItemRequest request;
    request.set_index(name_);
    v1::Item* item = request.add_items();
    if (id >= 0) item->set_id(id);
    SetVector(vector, item->mutable_vector());
    item->set_label(label);
    v1::AddItemResponse response;
    return cluster_->admin()->AddItem(Context().get(), request, &response);
  }
  // "id:label" of all items by distance from `vector`.
  std::vector<std::string> Near(const std::vector<float>& vector) {
    v1::GetNnsRequest request;
    request.set_index(name_);
    request.set_n(100);
    request.set_engine(v1::ENGINE_EXACT);
    request.set_include_labels(true);
    SetVector(vector, request.add_queries()->mutable_vector());
    v1::GetNnsResponse response;
    ExpectOk(GetNns(cluster_, request, &response));
    std::vector<std::string> found;
    if (response.results().empty()) return found;
    for (int i = 0; i < response.results(0).ids_size(); ++i) {
      found.push_back(absl::StrCat(response.results(0).ids(i), ":",
                                   response.results(0).labels(i)));
    }
    return found;
  }

  static inline Cluster* cluster_ = nullptr;
  const std::string name_;
  v1::FitResponse response_;
};

}  // namespace annod

#endif  // ANNOD_TESTS_SERVER_TESTING_FIT_RPC_FIXTURE_H_
