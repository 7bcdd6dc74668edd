// What the ids of a call cost it: CPU time of the thread, so that it can be
// measured beside other work.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "grpcpp/test/server_context_test_spouse.h"
#include "server/audit/request_ids.h"

namespace annod {
namespace {

constexpr int kRounds = 9;
constexpr size_t kCalls = 20000;

using Headers = std::vector<std::pair<std::string, std::string>>;

double CpuNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 +
         static_cast<double>(now.tv_nsec);
}

size_t taken_bytes = 0;  // so that nothing is left out

// Nanoseconds that `take` needs for a call that brings `headers`: the median of
// all rounds. Making the calls does not count.
template <typename Take>
double Measure(const Headers& headers, const Take& take) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::unique_ptr<grpc::ServerContext>> calls;
    for (size_t i = 0; i < kCalls; ++i) {
      calls.push_back(std::make_unique<grpc::ServerContext>());
      grpc::testing::ServerContextTestSpouse spouse(calls.back().get());
      for (const auto& [key, value] : headers) {
        spouse.AddClientMetadata(key, value);
      }
    }
    const double start = CpuNanoseconds();
    for (const auto& call : calls) taken_bytes += take(call.get());
    rounds.push_back((CpuNanoseconds() - start) / kCalls);
  }
  std::sort(rounds.begin(), rounds.end());
  return rounds[kRounds / 2];
}

void Run() {
  // What a client of C++ sends besides.
  const Headers usual = {
      {"user-agent", "grpc-c++/1.51.1 grpc-c/29.0.0 (linux; chttp2)"},
      {"grpc-accept-encoding", "identity, deflate, gzip"},
      {"accept-encoding", "identity"}};
  Headers with_ids = usual;
  with_ids.emplace_back("x-request-id", "7f9c24e8-3b12-4d0f-9a51-0c2f7b6a1d3e");
  with_ids.emplace_back(
      "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  const auto take = [](grpc::ServerContext* call) {
    return TakeRequestIds(call).request_id.size();
  };
  const double made = Measure(usual, take);
  const double given = Measure(with_ids, take);
  const double id =
      Measure({}, [](grpc::ServerContext*) { return NewRequestId().size(); });
  const double trailer = Measure({}, [](grpc::ServerContext* call) {
    call->AddTrailingMetadata(kRequestIdKey, "0v0y42rckcaj9");
    return size_t{1};
  });
  std::printf("CPU ns a call\n");
  std::printf("an id is made              %6.0f\n", made);
  std::printf("  of these the id          %6.0f\n", id);
  std::printf("  of these the trailer     %6.0f\n", trailer);
  std::printf("id and traceparent came    %6.0f\n", given);
}

}  // namespace
}  // namespace annod

int main() {
  annod::Run();
  return annod::taken_bytes == 0 ? 1 : 0;
}
