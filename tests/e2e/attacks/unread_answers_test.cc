// Callers that ask for large answers and do not read them.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "annod/v1/admin_service.pb.h"
#include "annod/v1/index_service.pb.h"
#include "client/client.h"
#include "tests/e2e/attacks/attacked_annod.h"
#include "tests/e2e/attacks/raw_http2.h"
#include "tests/e2e/service.h"

namespace annod::testing {
namespace {

constexpr uint32_t kHugeWindow = 0x7fffffff;
constexpr absl::Duration kAttackTime = absl::Seconds(4);

class UnreadAnswersTest : public AttackedAnnod {
 protected:
  static constexpr int kWideDim = 1024;
  static constexpr int kWideItems = 900;  // too few for a graph

  UnreadAnswersTest() {
    const auto client = MakeClient(address());
    client::IndexSpec spec;
    spec.index = "wide";
    spec.dimension = kWideDim;
    spec.metric = v1::METRIC_EUCLIDEAN;
    EXPECT_EQ(client->CreateIndex(spec).status(), absl::OkStatus());
    std::vector<client::Item> items;
    for (int id = 0; id < kWideItems; ++id) {
      items.push_back({id, VectorOf(id, kWideDim), ""});
    }
    EXPECT_EQ(client->AddItem("wide", items).status(), absl::OkStatus());
    EXPECT_EQ(client->Build("wide", {}).status(), absl::OkStatus());
  }

  // Each query is answered by 3.7 MB that cost next to nothing to find.
  static v1::GetNnsRequest LargeRequest(int queries) {
    v1::GetNnsRequest request;
    request.set_index("wide");
    for (int i = 0; i < queries; ++i) request.add_queries()->set_item(i);
    request.set_n(kWideItems);
    request.set_engine(v1::ENGINE_EXACT);
    request.set_include_vectors(true);
    return request;
  }

  // Calls of a method that were answered or refused.
  int CallsEnded(absl::string_view method) const {
    const std::string page = annod_->HttpGet("/metrics");
    const std::string label = absl::StrCat("method=\"", method, "\"");
    int calls = 0;
    for (const absl::string_view line : absl::StrSplit(page, '\n')) {
      int count;
      if (absl::StartsWith(line, "annod_rpc_duration_seconds_count") &&
          absl::StrContains(line, label) &&
          absl::SimpleAtoi(line.substr(line.rfind(' ') + 1), &count)) {
        calls += count;
      }
    }
    return calls;
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
  *request.mutable_request() = LargeRequest(8);
  const std::string message = request.SerializeAsString();
  const std::string path = "/annod.v1.IndexService/GetNnsStream";
  Attack("50 streams, 16 requests each",
         [&] { Call(1, 50, kHugeWindow, path, message, 16); });
  Attack("50 streams without a window",
         [&] { Call(1, 50, 0, path, message, 16); });
}

TEST_F(UnreadAnswersTest, Calls) {
  const std::string nns = LargeRequest(8).SerializeAsString();
  const std::string path = "/annod.v1.IndexService/GetNns";
  Attack("200 GetNns without a window", [&] { Call(2, 100, 0, path, nns); });
  v1::GetNnsRequest small;
  small.set_index("a");
  small.add_queries()->set_item(1);
  small.set_n(1000);
  Attack("4000 small GetNns without a window",
         [&] { Call(4, 1000, 0, path, small.SerializeAsString()); });
  v1::GetItemsRequest items;  // 1.2 MB, too much for gRPC's own threads
  items.set_index("wide");
  for (int i = 0; i < 300; ++i) items.add_ids(i);
  const int before = CallsEnded("GetItems");
  // What all calls of a connection send is below gRPC's first window.
  Attack("600 GetItems without a window", [&] {
    Call(6, 100, 0, "/annod.v1.IndexService/GetItems",
         items.SerializeAsString());
  });
  EXPECT_EQ(CallsEnded("GetItems") - before, 600);
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
