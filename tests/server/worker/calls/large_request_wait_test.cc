// While a large request has its turn, others wait no longer than their callers
// do: at each of the places where requests take turns.
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

constexpr int kWaitDim = 512;
constexpr int kWaitItems = 3000;
constexpr int kPart = 500;  // fit a message
constexpr int64_t kMegabytes = 1 << 20;
constexpr char kEnded[] = "annod_rpc_duration_seconds";

// Field 1000, which no message has.
void Enlarge(google::protobuf::Message* message, int bytes) {
  message->GetReflection()->MutableUnknownFields(message)->AddLengthDelimited(
      1000, std::string(bytes, 'x'));
}

class LargeRequestWaitTest : public testing::Test {
 protected:
  // Of two requests of three megabytes only one has room.
  explicit LargeRequestWaitTest(int64_t max_message_bytes = 4 * kMegabytes)
      : cluster_(/*workers=*/1, [&](Config* config) {
          config->threads = 2;
          config->limits.max_message_bytes = max_message_bytes;
          config->limits.max_queries_per_call = 65536;
          config->admission.max_request_memory = 1000 * kMegabytes;
        }) {
    cluster_.StartAll();
    EXPECT_TRUE(
        CreateIndex(&cluster_, "words", kWaitDim, v1::METRIC_EUCLIDEAN).ok());
    for (int id = 0; id < kWaitItems; id += kPart) {
      EXPECT_TRUE(AddRandomItems(&cluster_, "words", kWaitDim, id, kPart).ok());
    }
    EXPECT_TRUE(Build(&cluster_, "words").ok());
  }

  double Ended(const std::string& method, const std::string& code) const {
    return cluster_.Metric(kEnded, {{"method", method}, {"code", code}});
  }

  // Three megabytes, and as many queries as make a call long.
  static v1::GetNnsRequest Many(int queries) {
    v1::GetNnsRequest request;
    request.set_index("words");
    request.set_engine(v1::ENGINE_EXACT);
    for (int i = 0; i < queries; ++i) {
      request.add_queries()->set_item(i % kWaitItems);
    }
    Enlarge(&request, 3 * kMegabytes);
    return request;
  }

  // A call that ends as soon as its caller says so or leaves.
  using Probe = std::function<void(grpc::ClientContext*)>;

  // While a GetNns that takes a minute has the turn, both ways of ending
  // `probe` are told by the worker as they happened, and the GetNns goes on.
  void ExpectEndsInTime(const std::string& method, const Probe& probe) {
    grpc::ClientContext holding;
    std::atomic<bool> held = true;
    std::thread holder([&] {
      v1::GetNnsResponse response;
      EXPECT_EQ(cluster_.index()
                    ->GetNns(&holding, Many(65536), &response)
                    .error_code(),
                grpc::StatusCode::CANCELLED);
      held = false;
    });
    cluster_.ExpectMetric("annod_in_flight_calls", {{"lane", "batch"}}, 1);
    const struct {
      const char* code;
      bool cancels;
    } ways[] = {{"DEADLINE_EXCEEDED", false}, {"CANCELLED", true}};
    for (const auto& way : ways) {
      // Until one is there before its caller gives up.
      for (absl::Duration patience = absl::Milliseconds(100);
           Ended(method, way.code) == 0 && patience < absl::Seconds(10);
           patience *= 2) {
        grpc::ClientContext context;
        std::thread canceller;
        if (way.cancels) {
          canceller = std::thread([&] {
            absl::SleepFor(patience);
            context.TryCancel();
          });
        } else {
          context.set_deadline(absl::ToChronoTime(absl::Now() + patience));
        }
        probe(&context);
        if (canceller.joinable()) canceller.join();
        const absl::Time end = absl::Now() + patience;
        while (Ended(method, way.code) == 0 && absl::Now() < end) {
          absl::SleepFor(absl::Milliseconds(5));
        }
      }
      EXPECT_GT(Ended(method, way.code), 0) << way.code;
      EXPECT_TRUE(held);
    }
    holding.TryCancel();
    holder.join();
    // The turn goes to the next.
    v1::GetNnsResponse response;
    const grpc::Status status = GetNns(&cluster_, Many(1), &response);
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  Cluster cluster_;
};

TEST_F(LargeRequestWaitTest, ACallOfManyQueries) {
  const v1::GetNnsRequest request = Many(64);
  ExpectEndsInTime("GetNns", [&](grpc::ClientContext* context) {
    v1::GetNnsResponse response;
    EXPECT_FALSE(cluster_.index()->GetNns(context, request, &response).ok());
  });
}

TEST_F(LargeRequestWaitTest, ACallForItems) {
  v1::GetItemsRequest request;
  request.set_index("words");
  request.add_ids(1);
  Enlarge(&request, 3 * kMegabytes);
  ExpectEndsInTime("GetItems", [&](grpc::ClientContext* context) {
    v1::GetItemsResponse response;
    EXPECT_FALSE(cluster_.index()->GetItems(context, request, &response).ok());
  });
}

TEST_F(LargeRequestWaitTest, ARequestOfAStream) {
  v1::GetNnsStreamRequest request;
  *request.mutable_request() = Many(1);
  ExpectEndsInTime("GetNnsStream", [&](grpc::ClientContext* context) {
    const auto stream = cluster_.index()->GetNnsStream(context);
    stream->Write(request);
    v1::GetNnsStreamResponse response;
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_FALSE(stream->Finish().ok());
  });
}

// What goes to the writer takes turns only while a worker looks at it.
class ForwardedWaitTest : public LargeRequestWaitTest {
 protected:
  static constexpr int64_t kHolderBytes = 200 * kMegabytes;

  ForwardedWaitTest() : LargeRequestWaitTest(2 * kHolderBytes) {}

  // The head of a field that holds so many bytes.
  static std::string Delimited(int field, size_t bytes) {
    std::string head(1, static_cast<char>(field << 3 | 2));
    for (; bytes > 127; bytes >>= 7) head += static_cast<char>(bytes | 128);
    return head + static_cast<char>(bytes);
  }

  grpc::Status AddItem(const grpc::ByteBuffer& request) {
    grpc::ChannelArguments args;
    args.SetMaxSendMessageSize(-1);
    grpc::GenericStub stub(grpc::CreateCustomChannel(
        cluster_.address(), grpc::InsecureChannelCredentials(), args));
    const auto context = Context();
    grpc::ByteBuffer answer;
    grpc::Status ended;
    absl::Notification done;
    stub.UnaryCall(context.get(), "/annod.v1.AdminService/AddItem", {},
                   &request, &answer, [&](const grpc::Status& status) {
                     ended = status;
                     done.Notify();
                   });
    done.WaitForNotification();
    return ended;
  }
};

TEST_F(ForwardedWaitTest, ARequestForTheWriter) {
  // Numbers one by one, the last of them cut: refused once all of it has been
  // looked at.
  std::string numbers;
  while (numbers.size() < kHolderBytes) {
    numbers += std::string("\x0d\0\0\x80\x3f", 5);
  }
  const std::string vector = Delimited(2, numbers.size()) + numbers;
  const std::string bytes =
      Delimited(2, vector.size()) + vector.substr(0, vector.size() - 1);
  const grpc::Slice slice(bytes.data(), bytes.size(),
                          grpc::Slice::STATIC_SLICE);
  const grpc::ByteBuffer request(&slice, 1);
  v1::RemoveItemsRequest small;
  small.set_index("words");
  Enlarge(&small, 3 * kMegabytes);
  bool deadline_told = false;
  bool cancel_told = false;
  // Who waits can be early only while the other one is looked at, which takes
  // less than a second: once more if it was too short.
  for (int i = 0; i < 20 && !(deadline_told && cancel_told); ++i) {
    const double refused = Ended("AddItem", "INVALID_ARGUMENT");
    const double late = Ended("RemoveItems", "DEADLINE_EXCEEDED");
    const double cancelled = Ended("RemoveItems", "CANCELLED");
    std::atomic<bool> held = true;
    std::thread holder([&] {
      EXPECT_EQ(AddItem(request).error_code(),
                grpc::StatusCode::INVALID_ARGUMENT);
      held = false;
    });
    for (int call = 0; held; ++call) {
      grpc::ClientContext context;
      if (call % 2 == 0) {
        context.set_deadline(
            absl::ToChronoTime(absl::Now() + absl::Milliseconds(50)));
      }
      std::thread canceller([&] {
        if (call % 2 == 0) return;
        absl::SleepFor(absl::Milliseconds(50));
        context.TryCancel();
      });
      v1::RemoveItemsResponse response;
      cluster_.admin()->RemoveItems(&context, small, &response).ok();
      canceller.join();
      const absl::Time end = absl::Now() + absl::Milliseconds(50);
      while (absl::Now() < end) {
        const bool is_late = Ended("RemoveItems", "DEADLINE_EXCEEDED") > late;
        const bool is_cancelled = Ended("RemoveItems", "CANCELLED") > cancelled;
        if (Ended("AddItem", "INVALID_ARGUMENT") > refused) break;
        deadline_told = deadline_told || is_late;
        cancel_told = cancel_told || is_cancelled;
        absl::SleepFor(absl::Milliseconds(2));
      }
    }
    holder.join();
  }
  EXPECT_TRUE(deadline_told);
  EXPECT_TRUE(cancel_told);
}

}  // namespace
}  // namespace annod
