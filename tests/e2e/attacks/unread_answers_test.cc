// Callers that ask for large answers and do not read them.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "annod/v1/admin_service.pb.h"
#include "annod/v1/index_service.pb.h"
#include "tests/e2e/attacks/attacked_annod.h"
#include "tests/e2e/attacks/raw_http2.h"

namespace annod::testing {
namespace {

constexpr uint32_t kHugeWindow = 0x7fffffff;
constexpr absl::Duration kAttackTime = absl::Seconds(4);

class UnreadAnswersTest : public AttackedAnnod {
 protected:
  // Its answer has some megabytes.
  static v1::GetNnsRequest LargeRequest(int queries, int n) {
    v1::GetNnsRequest request;
    request.set_index("a");
    for (int i = 0; i < queries; ++i) request.add_queries()->set_item(i);
    request.set_n(n);
    request.set_include_distances(true);
    return request;
  }

  // Calls of `path` on each of `connections`, whose answers may all come.
  void Call(int connections, int calls, uint32_t window,
            const std::string& path, const std::string& message,
            int repeats = 1) {
    std::vector<std::unique_ptr<RawHttp2>> opened;
    for (int c = 0; c < connections; ++c) {
      opened.push_back(
          std::make_unique<RawHttp2>(address(), window, kHugeWindow));
      for (int i = 0; i < calls; ++i) {
        RawHttp2& connection = *opened.back();
        connection.Call(2 * i + 1, path, message, /*ends=*/repeats == 1);
        for (int r = 1; r < repeats; ++r) {
          connection.SendMessage(2 * i + 1, message, /*ends=*/false);
        }
      }
    }
    absl::SleepFor(kAttackTime);
    EXPECT_GE(Metric("annod_unsent_bytes"), 0);
  }
};

TEST_F(UnreadAnswersTest, Streams) {
  v1::GetNnsStreamRequest request;
  *request.mutable_request() = LargeRequest(100, 10000);
  const std::string message = request.SerializeAsString();
  const std::string path = "/annod.v1.IndexService/GetNnsStream";
  Attack("50 streams, 16 requests each",
         [&] { Call(1, 50, kHugeWindow, path, message, 16); });
  Attack("50 streams without a window",
         [&] { Call(1, 50, 0, path, message, 16); });
}

TEST_F(UnreadAnswersTest, Calls) {
  const std::string nns = LargeRequest(100, 10000).SerializeAsString();
  const std::string path = "/annod.v1.IndexService/GetNns";
  Attack("200 GetNns without a window", [&] { Call(2, 100, 0, path, nns); });
  const std::string small = LargeRequest(1, 1000).SerializeAsString();
  Attack("4000 small GetNns without a window",
         [&] { Call(4, 1000, 0, path, small); });
  v1::GetItemsRequest items;
  items.set_index("a");
  for (int i = 0; i < kItems; ++i) items.add_ids(i);
  Attack("600 GetItems without a window", [&] {
    Call(3, 200, 0, "/annod.v1.IndexService/GetItems",
         items.SerializeAsString());
  });
}

TEST_F(UnreadAnswersTest, Serialize) {
  v1::SerializeRequest request;
  request.set_index("a");
  request.set_format(v1::SERIALIZE_FORMAT_NATIVE);
  request.set_chunk_bytes(1 << 20);
  Attack("256 Serialize", [&] {
    Call(1, 256, kHugeWindow, "/annod.v1.AdminService/Serialize",
         request.SerializeAsString());
  });
  Attack("256 Serialize without a window", [&] {
    Call(1, 256, 0, "/annod.v1.AdminService/Serialize",
         request.SerializeAsString());
  });
}

TEST_F(UnreadAnswersTest, Reflection) {
  // server_reflection_request: file_containing_symbol.
  const std::string name = "annod.v1.AdminService";
  const std::string question = absl::StrCat(
      "\x22", std::string(1, static_cast<char>(name.size())), name);
  Attack("3000 questions", [&] {
    Call(3, 1000, 0,
         "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", question);
  });
}

}  // namespace
}  // namespace annod::testing
