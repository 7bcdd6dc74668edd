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
using ::testing::Field;

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

// Neighbours so far, of each query.
grpc::ByteBuffer Answer(const std::vector<std::vector<float>>& lists) {
  v1::GetNnsResponse response;
  for (const std::vector<float>& distances : lists) {
    v1::NeighborList* list = response.add_results();
    *list->mutable_distances() = {distances.begin(), distances.end()};
    for (int i = 0; i < list->distances_size(); ++i) list->add_ids(i);
  }
  const grpc::Slice slice(response.SerializeAsString());
  return {&slice, 1};
}

auto WantedIs(int32_t wanted) { return Field(&Truth::wanted, wanted); }

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
  EXPECT_THAT(requests[1].truth,
              ElementsAre(WantedIs(3), WantedIs(4), WantedIs(0)));
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
      MakeRequests({}, Items(2), {Truth{}, Truth{3, 1}});
  EXPECT_TRUE(requests[0].truth.empty());
  EXPECT_EQ(requests[1].truth.size(), 1u);
}

TEST(RequestsTest, MatchesAreCountedQueryByQuery) {
  // Three are as near as the second: any two of them are right.
  Request request;
  request.truth = {{2, 0.5f}, {}, {2, 3}};
  const auto matches =
      CountMatches(Answer({{0.5f, 0.5f, 0.5f}, {1, 2}, {3, 4}}), request,
                   /*n=*/2);
  ASSERT_TRUE(matches.ok()) << matches.status();
  EXPECT_EQ(matches->expected, 4);
  EXPECT_EQ(matches->found, 3);
}

TEST(RequestsTest, AnswersThatCannotBeReadAreErrors) {
  const grpc::Slice slice("\xff\xff\xff");
  Request request;
  request.truth = {{1, 1}};
  EXPECT_FALSE(CountMatches(grpc::ByteBuffer(&slice, 1), request, 1).ok());
  EXPECT_FALSE(CountMatches(Answer({}), request, 1).ok());
  EXPECT_TRUE(CountMatches(Answer({{1}}), request, 1).ok());
  request.streamed = true;
  EXPECT_FALSE(CountMatches(Answer({{1}}), request, 1).ok());
}

}  // namespace
}  // namespace annod::load
