// Calls of annod's C++ client for some time: `load TARGET SECONDS THREADS`.
// Prints a JSON object: what each call took in seconds, and how those that
// failed ended.
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/client.h"

namespace annod {
namespace {

constexpr absl::Duration kPause = absl::Milliseconds(20);

struct Outcome {
  std::vector<double> seconds;
  std::vector<std::string> failures;
};

Outcome CallUntil(const std::string& target, absl::Time end) {
  ClientOptions options;
  options.target = target;
  options.timeout = absl::Seconds(10);
  options.attempt_timeout = absl::Seconds(1);
  Outcome outcome;
  auto client = Client::Create(options);
  if (!client.ok()) {
    outcome.failures.push_back(client.status().ToString());
    return outcome;
  }
  while (absl::Now() < end) {
    const absl::Time start = absl::Now();
    const auto answer =
        (*client)->GetNns("words", {client::Query::OfItem(7)}, {});
    outcome.seconds.push_back(absl::ToDoubleSeconds(absl::Now() - start));
    if (!answer.ok()) outcome.failures.push_back(answer.status().ToString());
    absl::SleepFor(kPause);
  }
  return outcome;
}

int Main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: load TARGET SECONDS THREADS\n", stderr);
    return 2;
  }
  const absl::Time end = absl::Now() + absl::Seconds(std::atof(argv[2]));
  std::vector<Outcome> outcomes(std::atoi(argv[3]));
  std::vector<std::thread> threads;
  for (Outcome& outcome : outcomes) {
    threads.emplace_back(
        [&outcome, &argv, end] { outcome = CallUntil(argv[1], end); });
  }
  for (std::thread& thread : threads) thread.join();
  nlohmann::json result = {{"seconds", nlohmann::json::array()},
                           {"failures", nlohmann::json::array()}};
  for (const Outcome& outcome : outcomes) {
    for (const double one : outcome.seconds) result["seconds"].push_back(one);
    for (const std::string& one : outcome.failures) {
      result["failures"].push_back(one);
    }
  }
  std::puts(result.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace annod

int main(int argc, char** argv) { return annod::Main(argc, argv); }
