// What it costs a GetNns to find out who calls and whether he may: CPU time of
// the thread, so that it can be measured beside other work.
//
//   access_cost [IDENTITIES]    default: 1000
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/access/token.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/test/server_context_test_spouse.h"
#include "server/access/access_control.h"

namespace annod {
namespace {

constexpr int kRounds = 9;
constexpr int kCalls = 100000;
constexpr char kMethod[] = "/annod.v1.IndexService/GetNns";

double CpuNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 +
         static_cast<double>(now.tv_nsec);
}

// Nanoseconds that `call` takes: the median of all rounds.
template <typename Call>
double Measure(const Call& call) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const double start = CpuNanoseconds();
    for (int i = 0; i < kCalls; ++i) call();
    rounds.push_back((CpuNanoseconds() - start) / kCalls);
  }
  std::sort(rounds.begin(), rounds.end());
  return rounds[kRounds / 2];
}

void Run(int identities) {
  const std::string path = absl::StrCat("/tmp/access_cost.", getpid(), ".json");
  std::string token;
  std::vector<std::string> entries;
  for (int i = 0; i < identities; ++i) {
    token = NewToken().value();
    entries.push_back(absl::StrCat(
        R"({"name": "x)", i, R"(", "role": "read", "indexes": ["team-)", i,
        R"(-*"], "expires": "2100-01-01T00:00:00Z", "token_sha256": [")",
        HashText(HashToken(token)), "\"]}"));
  }
  std::ofstream(path) << R"({"identities": [)" << absl::StrJoin(entries, ",")
                      << "]}";
  const auto live = LiveAccess::Open(path);
  const auto off = LiveAccess::Open("");
  std::remove(path.c_str());
  if (!live.ok() || !off.ok()) {
    std::fprintf(stderr, "%s\n", live.status().ToString().c_str());
    std::exit(1);
  }
  const LiveConfig config{Config()};
  const AccessControl access(live->get(), &config, nullptr);
  const AccessControl open(off->get(), &config, nullptr);
  // As gRPC gives it: what a client of C++ sends besides.
  const std::string authorization = "Bearer " + token;
  const std::vector<std::pair<std::string, std::string>> headers = {
      {"authorization", authorization},
      {"user-agent", "grpc-c++/1.51.1 grpc-c/29.0.0 (linux; chttp2)"},
      {"grpc-accept-encoding", "identity, deflate, gzip"},
      {"accept-encoding", "identity"}};
  grpc::ServerContext context;
  grpc::testing::ServerContextTestSpouse spouse(&context);
  for (const auto& [key, value] : headers) spouse.AddClientMetadata(key, value);
  const std::string index = absl::StrCat("team-", identities - 1, "-words");
  size_t admitted = 0;
  const auto admit = [&](const AccessControl& control) {
    const auto caller = control.Admit(context, kMethod);
    admitted += caller.ok() && control.CheckIndex(**caller, index).ok();
  };
  const double without = Measure([&] { admit(open); });
  const double with = Measure([&] { admit(access); });
  const double hash = Measure([&] { admitted += HashToken(token)[0] != 0; });
  // gRPC makes this map of a call's headers when it is first asked for.
  const double map = Measure([&] {
    std::multimap<grpc::string_ref, grpc::string_ref> all;
    for (const auto& [key, value] : headers) all.emplace(key, value);
    admitted += all.size();
  });
  std::printf("%d identities, CPU ns a call\n", identities);
  std::printf("without access file        %6.0f\n", without);
  std::printf("token and index checked    %6.0f\n", with);
  std::printf("  of these SHA-256         %6.0f\n", hash);
  std::printf("map of headers, by gRPC    %6.0f\n", map);
  if (admitted == 0) std::exit(1);
}

}  // namespace
}  // namespace annod

int main(int argc, char** argv) {
  annod::Run(argc > 1 ? std::max(1, std::atoi(argv[1])) : 1000);
  return 0;
}
