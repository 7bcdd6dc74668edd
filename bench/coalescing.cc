// Measures what gathering calls in the client brings (docs/performance.md):
// threads that ask one query after the other, with ClientOptions::coalesce and
// without, by turns.
//
//   bench/coalescing --server HOST:PORT --index NAME [--in_flight N ...]
//
// One line of JSON for each number of threads.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "nlohmann/json.hpp"

namespace annod {
namespace {

struct Measured {
  double calls_per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double cpu_us_per_call = 0;  // of the caller's process
};

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return time.tv_sec + time.tv_usec * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double Percentile(std::vector<double>* values, double share) {
  const auto at =
      values->begin() + static_cast<ptrdiff_t>(share * (values->size() - 1));
  std::nth_element(values->begin(), at, values->end());
  return *at;
}

Measured Measure(Client* client, const std::string& index, int item_count,
                 int threads, absl::Duration duration) {
  std::vector<std::vector<double>> latencies(threads);
  std::atomic<bool> stop{false};
  std::vector<std::thread> callers;
  const absl::Time start = absl::Now();
  const double cpu_start = CpuSeconds();
  for (int t = 0; t < threads; ++t) {
    callers.emplace_back([&, t] {
      std::minstd_rand random(t + 1);
      client::QueryOptions options;
      options.n = 10;
      while (!stop.load(std::memory_order_relaxed)) {
        const int item = static_cast<int>(random() % item_count);
        const absl::Time sent = absl::Now();
        const auto answer =
            client->GetNns(index, {client::Query::OfItem(item)}, options);
        if (!answer.ok()) {
          std::cerr << answer.status() << "\n";
          std::exit(1);
        }
        latencies[t].push_back(absl::ToDoubleMilliseconds(absl::Now() - sent));
      }
    });
  }
  absl::SleepFor(duration);
  stop = true;
  for (std::thread& caller : callers) caller.join();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  const double cpu = CpuSeconds() - cpu_start;
  std::vector<double> all;
  for (const auto& some : latencies) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return {all.size() / seconds, Percentile(&all, .5), Percentile(&all, .99),
          cpu * 1e6 / all.size()};
}

double Median(std::vector<double> values) { return Percentile(&values, .5); }

nlohmann::json Medians(const std::vector<Measured>& rounds) {
  std::vector<double> rate;
  std::vector<double> p50;
  std::vector<double> p99;
  std::vector<double> cpu;
  for (const Measured& one : rounds) {
    rate.push_back(one.calls_per_second);
    p50.push_back(one.p50_ms);
    p99.push_back(one.p99_ms);
    cpu.push_back(one.cpu_us_per_call);
  }
  return {{"calls_per_second", Median(rate)},
          {"p50_ms", Median(p50)},
          {"p99_ms", Median(p99)},
          {"cpu_us_per_call", Median(cpu)}};
}

int Main(int argc, char** argv) {
  std::string server = "localhost:7077";
  std::string index;
  std::vector<int> in_flight = {1, 2, 8, 32};
  int coalesce = 64;
  int rounds = 5;
  double seconds = 1;
  CLI::App app("Measures ClientOptions::coalesce.");
  app.add_option("--server", server, "host and port of an annod");
  app.add_option("--index", index, "an index that is built")->required();
  app.add_option("--in_flight", in_flight, "threads that ask");
  app.add_option("--coalesce", coalesce, "queries in a message");
  app.add_option("--rounds", rounds);
  app.add_option("--seconds", seconds, "of a round");
  CLI11_PARSE(app, argc, argv);
  std::unique_ptr<Client> clients[2];
  for (int i = 0; i < 2; ++i) {
    ClientOptions options;
    options.target = server;
    options.coalesce = i * coalesce;
    auto client = Client::Create(options);
    if (!client.ok()) {
      std::cerr << client.status() << "\n";
      return 1;
    }
    clients[i] = *std::move(client);
  }
  const auto info = clients[0]->Info(index);
  if (!info.ok()) {
    std::cerr << info.status() << "\n";
    return 1;
  }
  for (const int threads : in_flight) {
    std::vector<Measured> measured[2];
    for (int round = 0; round < rounds; ++round) {
      for (int i = 0; i < 2; ++i) {
        measured[i].push_back(Measure(clients[i].get(), index,
                                      static_cast<int>(info->item_count),
                                      threads, absl::Seconds(seconds)));
      }
    }
    std::cout << nlohmann::json{{"in_flight", threads},
                                {"alone", Medians(measured[0])},
                                {"coalesced", Medians(measured[1])}}
              << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace annod

int main(int argc, char** argv) { return annod::Main(argc, argv); }
