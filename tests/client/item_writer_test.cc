#include "client/item_writer.h"

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/client.h"
#include "client/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"

namespace annod {
namespace {

class ItemWriterTest : public ::testing::Test {
 protected:
  ItemWriterTest() {
    ClientOptions options;
    options.target = server_.target();
    options.timeout = absl::Seconds(30);
    options.retry_window = absl::Seconds(20);
    client_ = std::move(Client::Create(options)).value();
  }

  // Small messages and checkpoints: each item of 4 floats fills a message, two
  // messages a checkpoint.
  std::unique_ptr<ItemWriter> NewWriter() {
    ItemWriterOptions options;
    options.message_bytes = 32;
    options.checkpoint_bytes = 64;
    return client_->NewItemWriter("x", options);
  }

  static std::vector<float> VectorOf(int id) {
    return {id + 0.5f, -1.0f * id, 3, 4};
  }

  void ExpectStored(int count) {
    const auto items = server_.items();
    ASSERT_EQ(items.size(), count);
    for (int id = 0; id < count; ++id) {
      ASSERT_EQ(items.count(id), 1) << id;
      float got[4];
      ASSERT_EQ(items.at(id).vector_bytes().size(), sizeof(got));
      std::memcpy(got, items.at(id).vector_bytes().data(), sizeof(got));
      EXPECT_THAT(got, ::testing::ElementsAreArray(VectorOf(id)));
      EXPECT_EQ(items.at(id).label(), absl::StrCat("w", id));
    }
  }

  FakeServer server_;
  std::unique_ptr<Client> client_;
};

TEST_F(ItemWriterTest, StoresEverythingAndSumsUp) {
  const auto writer = NewWriter();
  for (int id = 0; id < 25; ++id) {
    ASSERT_TRUE(writer->Add(id, VectorOf(id), absl::StrCat("w", id)).ok());
  }
  const auto result = writer->Finish();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->added_count, 25);
  EXPECT_EQ(result->first_id, 0);
  EXPECT_EQ(result->last_id, 24);
  ExpectStored(25);
  EXPECT_GT(server_.calls("AddItems"), 5);
}

TEST_F(ItemWriterTest, AnEmptyWriterStoresNothing) {
  const auto result = NewWriter()->Finish();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->added_count, 0);
  EXPECT_EQ(result->first_id, -1);
  EXPECT_EQ(server_.calls("AddItems"), 0);
}

TEST_F(ItemWriterTest, SendsAgainWhatABrokenStreamLost) {
  server_.BreakAddItemsAfter({0, 1, -1, 1, 0, -1, 1});
  const auto writer = NewWriter();
  for (int id = 0; id < 25; ++id) {
    ASSERT_TRUE(writer->Add(id, VectorOf(id), absl::StrCat("w", id)).ok());
  }
  const auto result = writer->Finish();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->added_count, 25);
  ExpectStored(25);
}

TEST_F(ItemWriterTest, DoesNotSendAgainItemsWithoutAnId) {
  server_.BreakAddItemsAfter({0});
  const auto writer = NewWriter();
  absl::Status status = writer->Add(std::nullopt, VectorOf(0), "");
  if (status.ok()) status = writer->Finish().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server_.calls("AddItems"), 1);
  // The error is final.
  EXPECT_EQ(writer->Add(1, VectorOf(1), "").code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ItemWriterTest, ReportsARefusalWithItsReason) {
  server_.Script("AddItems",
                 {FakeServer::Error(grpc::StatusCode::INVALID_ARGUMENT,
                                    "4 components", "INVALID_FIELD", {})});
  const auto writer = NewWriter();
  absl::Status status;
  for (int id = 0; id < 8 && status.ok(); ++id) {
    status = writer->Add(id, VectorOf(id), "");
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorReason(status), "INVALID_FIELD");
  EXPECT_EQ(writer->confirmed().added_count, 0);
}

}  // namespace
}  // namespace annod
