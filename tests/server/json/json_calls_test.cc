#include "server/json/json_calls.h"

#include <string>
#include <utility>
#include <vector>

#include "annod/v1/index_service.pb.h"
#include "gmock/gmock.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "server/rpc/errors.h"
#include "server/rpc/rpc_status.h"

namespace annod {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

// A server that remembers what it was asked.
class JsonCallsTest : public testing::Test {
 protected:
  HttpResponse Post(const std::string& path, const std::string& body,
                    HttpRequest request = {}) {
    request.path = path;
    request.body = body;
    if (request.content_type.empty()) request.content_type = "application/json";
    return calls_.Answer(request);
  }

  std::string method_;
  std::string request_;
  CallMetadata metadata_;
  std::string response_;
  grpc::Status status_;
  int asked_ = 0;
  const JsonCalls calls_{[this](const std::string& method,
                                const std::string& request,
                                const CallMetadata& metadata, absl::Duration,
                                std::string* response) {
    ++asked_;
    method_ = method;
    request_ = request;
    metadata_ = metadata;
    *response = response_;
    return status_;
  }};
};

TEST_F(JsonCallsTest, RequestAndAnswerAreTheMessagesAsJson) {
  v1::GetNnsResponse answer;
  answer.add_results()->add_ids(7);
  answer.mutable_results(0)->add_distances(0.5);
  answer.set_version(3);
  answer.set_search_k(1000);
  response_ = answer.SerializeAsString();
  const HttpResponse got =
      Post("/v1/GetNns",
           R"({"index": "words", "queries": [{"label": "violin"}], "n": 5,
          "includeDistances": true, "max_distance": 1.5})");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.content_type, "application/json");
  EXPECT_EQ(method_, "/annod.v1.IndexService/GetNns");
  v1::GetNnsRequest asked;
  ASSERT_TRUE(asked.ParseFromString(request_));
  EXPECT_EQ(asked.index(), "words");
  EXPECT_EQ(asked.queries(0).label(), "violin");
  EXPECT_TRUE(asked.include_distances());
  EXPECT_EQ(asked.max_distance(), 1.5f) << "names of the proto are taken, too";
  const json body = json::parse(got.body);
  EXPECT_EQ(body["results"][0]["ids"][0], 7);
  EXPECT_EQ(body["results"][0]["distances"][0], 0.5);
  EXPECT_EQ(body["version"], "3") << "64-bit numbers are text in JSON";
  EXPECT_EQ(body["searchK"], "1000");
}

TEST_F(JsonCallsTest, AnEmptyBodyIsAnEmptyRequest) {
  EXPECT_EQ(Post("/v1/ListIndexes", " \n").status, 200);
  EXPECT_EQ(request_, "");
}

TEST_F(JsonCallsTest, ErrorsAreGoogleRpcStatusAsJson) {
  status_ = ToGrpcStatus(IndexNotFoundError("nowhere"));
  const HttpResponse got = Post("/v1/Info", R"({"index": "nowhere"})");
  EXPECT_EQ(got.status, 404);
  const json body = json::parse(got.body);
  EXPECT_EQ(body["code"], 5);
  EXPECT_THAT(body["message"].get<std::string>(), HasSubstr("nowhere"));
  EXPECT_EQ(body["details"][0]["@type"],
            "type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_EQ(body["details"][0]["reason"], "INDEX_NOT_FOUND");
}

TEST_F(JsonCallsTest, AnErrorWithoutDetailsHasCodeAndMessage) {
  status_ = grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "too late");
  const HttpResponse got = Post("/v1/Info", "{}");
  EXPECT_EQ(got.status, 504);
  EXPECT_EQ(json::parse(got.body),
            json::parse(R"({"code": 4, "message": "too late"})"));
}

TEST_F(JsonCallsTest, EachCodeHasItsStatus) {
  using grpc::StatusCode;
  const std::pair<StatusCode, int> cases[] = {
      {StatusCode::INVALID_ARGUMENT, 400},
      {StatusCode::FAILED_PRECONDITION, 400},
      {StatusCode::OUT_OF_RANGE, 400},
      {StatusCode::UNAUTHENTICATED, 401},
      {StatusCode::PERMISSION_DENIED, 403},
      {StatusCode::NOT_FOUND, 404},
      {StatusCode::ALREADY_EXISTS, 409},
      {StatusCode::ABORTED, 409},
      {StatusCode::RESOURCE_EXHAUSTED, 429},
      {StatusCode::CANCELLED, 499},
      {StatusCode::UNKNOWN, 500},
      {StatusCode::INTERNAL, 500},
      {StatusCode::DATA_LOSS, 500},
      {StatusCode::UNIMPLEMENTED, 501},
      {StatusCode::UNAVAILABLE, 503},
      {StatusCode::DEADLINE_EXCEEDED, 504},
  };
  for (const auto& [code, wanted] : cases) {
    status_ = grpc::Status(code, "why");
    const HttpResponse got = Post("/v1/Info", "{}");
    EXPECT_EQ(got.status, wanted) << code;
    EXPECT_EQ(json::parse(got.body)["code"], code);
    EXPECT_EQ(got.authenticate, wanted == 401 ? "Bearer realm=\"annod\"" : "");
  }
}

TEST_F(JsonCallsTest, DetailsThatNobodyKnowsAreLeftOut) {
  google::rpc::Status error;
  error.set_code(9);
  error.set_message("why");
  error.add_details()->set_type_url("type.googleapis.com/annod.v9.Unheard");
  error.mutable_details(0)->set_value("x");
  status_ = grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "why",
                         error.SerializeAsString());
  const HttpResponse got = Post("/v1/Info", "{}");
  EXPECT_EQ(got.status, 400);
  EXPECT_EQ(json::parse(got.body),
            json::parse(R"({"code": 9, "message": "why"})"));
}

TEST_F(JsonCallsTest, WhatIsNoSuchMessageIsRefusedBeforeAnybodyIsAsked) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "{\"queries\":[";
  for (const std::string& body : std::vector<std::string>{
           "{", "[]", "7", "\"text\"", "{\"nope\": 1}", "{\"n\": \"many\"}",
           "{\"n\": 99999999999}", "{\"index\": 7}", "{} {}",
           std::string("{\"index\": \"\xff\xfe\"}"), deep}) {
    const HttpResponse got = Post("/v1/GetNns", body);
    EXPECT_EQ(got.status, 400) << body.substr(0, 50) << got.body;
    EXPECT_EQ(json::parse(got.body)["code"], 3);
    EXPECT_LT(got.body.size(), 4000);
  }
  EXPECT_EQ(asked_, 0);
}

// protobuf's parser takes all of these, for something else.
TEST_F(JsonCallsTest, NothingIsLeftOutOfARequest) {
  const struct {
    std::string body, said;
  } cases[] = {
      {R"({"queries":[{"vector":{"values":[null,1,2]}}]})",
       "an element of 'values' is null"},
      {R"({"queries":[{"vector":{"values":[[1,2]]}}]})",
       "an element of 'values' is an array"},
      {R"({"queries":[null]})", "an element of 'queries' is null"},
      {R"({"index":"a","index":"b"})", "'index' is given twice"},
      {R"({"searchK":1,"search_k":2})", "'search_k' is given twice"},
      {R"({"queries":[{"item":1}],"queries":[{"item":2}]})",
       "'queries' is given twice"},
      {R"({"n":1,})", "unexpected '}'"},
      {R"({n:1})", "invalid literal"},
      {R"({"maxDistance":1e400})", "number overflow parsing '1e400'"},
  };
  for (const auto& one : cases) {
    const HttpResponse got = Post("/v1/GetNns", one.body);
    EXPECT_EQ(got.status, 400) << one.body;
    EXPECT_THAT(json::parse(got.body)["message"].get<std::string>(),
                HasSubstr(one.said));
  }
  EXPECT_EQ(asked_, 0);
  Post("/v1/GetNns", R"({"index":null,"queries":[{"item":1},{"item":2}]})");
  EXPECT_EQ(asked_, 1);
}

TEST_F(JsonCallsTest, OnlyThreeMethodsAreThere) {
  for (const char* path : {"/v1/", "/v1/DropIndex", "/v1/GetNns/", "/v1/getnns",
                           "/v1/../AdminService/DropIndex"}) {
    EXPECT_EQ(Post(path, "{}").status, 404) << path;
  }
  EXPECT_EQ(asked_, 0);
}

TEST_F(JsonCallsTest, AFormOfAWebPageIsNoCall) {
  for (const char* type :
       {"text/plain", "application/x-www-form-urlencoded", "json"}) {
    HttpRequest request;
    request.content_type = type;
    EXPECT_EQ(Post("/v1/ListIndexes", "{}", request).status, 415);
  }
  HttpRequest request;
  request.content_type = "Application/JSON; charset=utf-8";
  EXPECT_EQ(Post("/v1/ListIndexes", "{}", request).status, 200);
  EXPECT_EQ(asked_, 1);
}

TEST_F(JsonCallsTest, WhoCallsIsPassedOnAndNothingElse) {
  HttpRequest request;
  request.peer = "ipv4:192.0.2.7:4711";
  request.authorization = "Bearer annod_token";
  request.request_id = "my-id";
  request.trace_parent =
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const HttpResponse got = Post("/v1/ListIndexes", "{}", request);
  EXPECT_EQ(metadata_, (CallMetadata{{"x-request-id", "my-id"},
                                     {"annod-peer", request.peer},
                                     {"authorization", request.authorization},
                                     {"traceparent", request.trace_parent}}));
  EXPECT_THAT(got.headers, Contains(Pair("x-request-id", "my-id")));
  request.request_id = "with space";
  request.trace_parent = "zz";
  request.authorization = "";
  Post("/v1/ListIndexes", "{}", request);
  EXPECT_THAT(metadata_, Contains(Key("x-request-id")));
  EXPECT_THAT(metadata_, Not(Contains(Pair("x-request-id", "with space"))));
  EXPECT_THAT(metadata_, Not(Contains(Key("traceparent"))));
}

TEST_F(JsonCallsTest, WhatMetadataCannotHoldIsRefused) {
  HttpRequest request;
  request.authorization = "Bearer \xc3\xa4";
  EXPECT_EQ(Post("/v1/ListIndexes", "{}", request).status, 400);
  EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace annod
