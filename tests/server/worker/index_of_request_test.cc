#include <string>
#include <vector>

#include "annod/v1/admin_service.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/worker/admin_proxy.h"

namespace annod {
namespace {

std::string IndexOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return IndexOfRequest(grpc::ByteBuffer(&slice, 1));
}

template <typename Request>
std::string RoundTrip(const std::string& index) {
  Request request;
  request.set_index(index);
  return IndexOf(request.SerializeAsString());
}

TEST(IndexOfRequestTest, EveryAdminRequestNamesItsIndexFirst) {
  EXPECT_EQ(RoundTrip<v1::CreateIndexRequest>("words"), "words");
  EXPECT_EQ(RoundTrip<v1::AddItemRequest>("words"), "words");
  EXPECT_EQ(RoundTrip<v1::BuildRequest>("words"), "words");
  EXPECT_EQ(RoundTrip<v1::SerializeRequest>("words"), "words");
  EXPECT_EQ(RoundTrip<v1::AttachRequest>("words"), "words");
  EXPECT_EQ(RoundTrip<v1::DropIndexRequest>("words"), "words");
}

TEST(IndexOfRequestTest, WhatIsNotARequestHasNone) {
  EXPECT_EQ(IndexOf(""), "");
  EXPECT_EQ(IndexOf("\x0a"), "");
  EXPECT_EQ(IndexOf("\x0a\x7fwords"), "");
  EXPECT_EQ(IndexOf("\x0a\x05wor"), "");
  EXPECT_EQ(IndexOf("\x12\x05words"), "");
  EXPECT_EQ(IndexOf(std::string("\xff\xff\xff\xff\xff\xff\xff", 7)), "");
  EXPECT_EQ(RoundTrip<v1::AddItemRequest>(std::string(65, 'x')), "");
  EXPECT_EQ(IndexOfRequest(grpc::ByteBuffer()), "");
}

}  // namespace
}  // namespace annod
