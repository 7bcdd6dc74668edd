#include "client/load/requests.h"

#include <string>
#include <vector>

#include "annod/v1/index_service.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/support/slice.h"
#include "gtest/gtest.h"

namespace annod::load {
namespace {

using ::testing::ElementsAre;

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

v1::GetNnsRequest Parsed(const Request& request) {
  v1::GetNnsRequest message;
  EXPECT_TRUE(message.ParseFromString(BytesOf(request.message)));
  return message;
}

grpc::ByteBuffer Answer(const std::vector<std::vector<int32_t>>& lists) {
  v1::GetNnsResponse response;
  for (const std::vector<int32_t>& ids : lists) {
    *response.add_results()->mutable_ids() = {ids.begin(), ids.end()};
  }
  const grpc::Slice slice(response.SerializeAsString());
  return {&slice, 1};
}

std::vector<client::Query> Items(int count) {
  std::vector<client::Query> queries;
  for (int i = 0; i < count; ++i) queries.push_back(client::Query::OfItem(i));
  return queries;
}

TEST(RequestsTest, QueriesAreGroupedAndTheLastGroupFilledFromTheFront) {
  RequestOptions options;
  options.index = "words";
  options.batch = 3;
  options.query.n = 7;
  options.query.beam = 40;
  const std::vector<Truth> truth = {{0}, {1}, {2}, {3}, {4}};
  const std::vector<Request> requests = MakeRequests(options, Items(5), truth);
  ASSERT_EQ(requests.size(), 2u);
  const v1::GetNnsRequest second = Parsed(requests[1]);
  EXPECT_EQ(second.index(), "words");
  EXPECT_EQ(second.n(), 7);
  EXPECT_EQ(second.beam(), 40);
  ASSERT_EQ(second.queries_size(), 3);
  EXPECT_EQ(second.queries(0).item(), 3);
  EXPECT_EQ(second.queries(1).item(), 4);
  EXPECT_EQ(second.queries(2).item(), 0);
  EXPECT_THAT(requests[1].truth, ElementsAre(Truth{3}, Truth{4}, Truth{0}));
}

TEST(RequestsTest, VectorsTravelAsBytesOrAsFloats) {
  RequestOptions options;
  const std::vector<client::Query> queries = {
      client::Query::OfVector({1.5f, -2})};
  EXPECT_EQ(Parsed(MakeRequests(options, queries, {})[0])
                .queries(0)
                .vector_bytes()
                .size(),
            8u);
  options.floats = true;
  EXPECT_THAT(Parsed(MakeRequests(options, queries, {})[0])
                  .queries(0)
                  .vector()
                  .values(),
              ElementsAre(1.5f, -2));
}

TEST(RequestsTest, RequestsOfWhichNothingIsKnownHaveNoTruth) {
  const std::vector<Request> requests =
      MakeRequests({}, Items(2), {Truth{}, Truth{3}});
  EXPECT_TRUE(requests[0].truth.empty());
  EXPECT_EQ(requests[1].truth.size(), 1u);
}

TEST(RequestsTest, MatchesAreCountedQueryByQuery) {
  // Three are as near as the second: any two of them are right.
  Request request;
  request.truth = {{1, 5, 9}, {}, {2, 3}};
  const auto matches =
      CountMatches(Answer({{1, 5, 9}, {1, 2}, {3, 4}}), request, /*n=*/2);
  ASSERT_TRUE(matches.ok()) << matches.status();
  EXPECT_EQ(matches->expected, 4);
  EXPECT_EQ(matches->found, 3);
}

TEST(RequestsTest, AnswersThatCannotBeReadAreErrors) {
  const grpc::Slice slice("\xff\xff\xff");
  Request request;
  request.truth = {{1}};
  EXPECT_FALSE(CountMatches(grpc::ByteBuffer(&slice, 1), request, 1).ok());
  EXPECT_FALSE(CountMatches(Answer({}), request, 1).ok());
  EXPECT_TRUE(CountMatches(Answer({{1}}), request, 1).ok());
  request.streamed = true;
  EXPECT_FALSE(CountMatches(Answer({{1}}), request, 1).ok());
}

}  // namespace
}  // namespace annod::load
