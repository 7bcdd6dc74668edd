#include "server/rpc/parse_cost.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "annod/v1/admin_service.pb.h"
#include "annod/v1/index_service.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/rpc/parse_request.h"

namespace annod {
namespace {

constexpr int64_t kRoom = 100000;
constexpr int kMany = 100000;

grpc::ByteBuffer BytesOf(const std::string& bytes) {
  // In two slices: a message need not come in one piece.
  const grpc::Slice slices[] = {grpc::Slice(bytes.substr(0, bytes.size() / 2)),
                                grpc::Slice(bytes.substr(bytes.size() / 2))};
  return grpc::ByteBuffer(slices, 2);
}

absl::Status Check(const std::string& bytes,
                   const google::protobuf::Descriptor* type,
                   int64_t room = kRoom) {
  return CheckParseCost(BytesOf(bytes), *type, room);
}

std::string Repeat(const std::string& part, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += part;
  return bytes;
}

TEST(ParseCostTest, SmallFieldsAreTooDear) {
  using std::string_literals::operator""s;
  const auto* const nns = v1::GetNnsRequest::descriptor();
  const auto* const fit = v1::FitRequest::descriptor();
  const struct {
    const char* what;
    const google::protobuf::Descriptor* type;
    std::string part;
  } kParts[] = {
      {"queries", nns, "\x12\0"s},
      {"rows", fit, "\x1a\0"s},
      {"labels", v1::GetItemsRequest::descriptor(), "\x1a\0"s},
      {"names of features in options", fit, "\x12\x02\x22\0"s},
      {"an unknown number", nns, "\x78\0"s.insert(0, "\xf8\x01\0"s)},
      {"an unknown string", nns, "\xfa\x01\0"s},
      {"unknown groups", nns, "\xfb\x01\xfc\x01"s},
  };
  for (const auto& part : kParts) {
    EXPECT_EQ(Check(Repeat(part.part, kMany), part.type).code(),
              absl::StatusCode::kInvalidArgument)
        << part.what;
    // Few of them are nobody's trouble.
    EXPECT_TRUE(Check(Repeat(part.part, 10), part.type).ok()) << part.what;
  }
}

TEST(ParseCostTest, PackedNumbersOfOneByteAreTooDear) {
  v1::GetItemsRequest items;
  for (int i = 0; i < kMany; ++i) items.add_ids(1);
  EXPECT_FALSE(
      Check(items.SerializeAsString(), v1::GetItemsRequest::descriptor()).ok());
  for (int i = 0; i < kMany; ++i) items.set_ids(i, 100000000 + i);
  EXPECT_TRUE(
      Check(items.SerializeAsString(), v1::GetItemsRequest::descriptor()).ok());
}

TEST(ParseCostTest, WhatTheLimitsAllowIsTaken) {
  const Limits limits;
  v1::AddItemRequest add;
  for (int i = 0; i < limits.max_items_per_call; ++i) {
    v1::Item* const item = add.add_items();
    item->mutable_vector()->add_values(1);
    item->set_label(absl::StrCat(i));
    item->set_id(i);
  }
  EXPECT_TRUE(Check(add.SerializeAsString(), v1::AddItemRequest::descriptor(),
                    ParseRoom(limits))
                  .ok());
  v1::GetNnsRequest ask;
  for (int i = 0; i < limits.max_queries_per_call; ++i) {
    auto* const values = ask.add_queries()->mutable_vector();
    for (int k = 0; k < 2000; ++k) values->add_values(static_cast<float>(k));
  }
  for (int i = 0; i < 5000000; ++i) ask.add_allow_items(20000 + i);
  EXPECT_TRUE(Check(ask.SerializeAsString(), v1::GetNnsRequest::descriptor(),
                    ParseRoom(limits))
                  .ok());
  Limits raised;
  raised.max_items_per_call *= 4;
  EXPECT_EQ(ParseRoom(raised), 4 * ParseRoom(limits));
}

TEST(ParseCostTest, WhatDoesNotParseIsTheParsersToTell) {
  const auto* const nns = v1::GetNnsRequest::descriptor();
  EXPECT_TRUE(Check(std::string(kMany, '\xff'), nns).ok());
  EXPECT_TRUE(Check(Repeat("\x12\x7f", 1000), nns, 100).ok());
  // Groups without end, deeper than the parser goes.
  EXPECT_TRUE(Check(Repeat("\xfb\x01", kMany), nns, 1000000).ok());
  v1::GetNnsRequest request;
  EXPECT_FALSE(ParseRequest(BytesOf(Repeat("\xfb\x01", kMany)), &request).ok());
}

TEST(ParseCostTest, ASmallRequestIsSmall) {
  v1::InfoRequest request;
  request.set_index(std::string(100, 'a'));
  v1::InfoRequest parsed;
  EXPECT_TRUE(
      ParseSmallRequest(BytesOf(request.SerializeAsString()), &parsed).ok());
  EXPECT_EQ(parsed.index(), request.index());
  request.set_index(std::string(70000, 'a'));
  EXPECT_EQ(
      ParseSmallRequest(BytesOf(request.SerializeAsString()), &parsed).code(),
      absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace annod
