#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/ctl/charts/svg_chart.h"
#include "client/ctl/common/arguments.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/common/interruption.h"
#include "client/ctl/common/output_file.h"
#include "client/ctl/common/values.h"
#include "client/ctl/measure/bench_input.h"
#include "client/ctl/measure/bench_report.h"
#include "client/ctl/measure/commands.h"
#include "client/ctl/server/server_output.h"
#include "client/load/load_generator.h"
#include "core/cpu_count.h"
#include "core/file_system.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

constexpr double kMaxRate = 1e7;
constexpr int kMaxConcurrency = 100000;

// An entry of --rate.
struct RateArgument {
  double value = 0;
  bool percent = false;  // of what a closed loop gets answered
};

struct BenchArguments {
  std::string index;
  std::string queries;
  VectorReaderOptions read;  // of the queries
  int64_t count = 10000;
  uint64_t seed = 1;
  std::string truth;
  int64_t truth_count = 500;

  std::string engine = "auto";
  client::QueryOptions options;
  int batch = 1;
  bool floats = false;
  bool stream = false;

  std::vector<std::string> rate_texts;
  std::vector<int> concurrency = {1, 4, 16, 64};
  load::ArrivalKind arrivals = load::ArrivalKind::kPoisson;
  double warm_up_s = 1;
  double duration_s = 10;
  int connections = 8;
  int threads = 0;
  int max_in_flight = 10000;

  std::string svg;
  bool force = false;
};

// What the loads need, once the server has told what it can.
struct Prepared {
  BenchReport report;
  std::unique_ptr<load::LoadGenerator> generator;
};

absl::StatusOr<std::vector<client::Query>> Queries(
    Client* client, const BenchArguments& arguments,
    const client::IndexInfo& info, std::optional<InputDescription>* taken) {
  if (arguments.queries.empty()) {
    ANNOD_RETURN_IF_ERROR(CheckNoBits(arguments.read, "random items"));
    return RandomItemQueries(client, info, arguments.count, arguments.seed);
  }
  VectorReaderOptions read = arguments.read;
  if (info.dimension != 0) read.metric = static_cast<Metric>(info.metric);
  read.dim = info.dimension;
  read.feature_names = info.feature_names;
  return ReadBenchQueries(arguments.queries, read, arguments.index,
                          arguments.count, taken);
}

absl::StatusOr<std::vector<load::Truth>> TruthOf(
    Client* client, const BenchArguments& arguments,
    const client::IndexInfo& info, const std::vector<client::Query>& queries,
    const client::QueryOptions& options, bool quiet) {
  if (arguments.truth.empty()) return std::vector<load::Truth>();
  if (arguments.truth == "exact") {
    return ExactTruth(client, arguments.index, queries, arguments.truth_count,
                      options, quiet);
  }
  return FileTruth(client, info, arguments.truth, queries, options, quiet);
}

absl::StatusOr<Prepared> Prepare(const BenchArguments& arguments,
                                 const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  client::QueryOptions options = arguments.options;
  options.engine = EngineOf(arguments.engine);
  // What is right is told by the distance.
  options.include_distances = !arguments.truth.empty();
  const absl::StatusOr<client::IndexInfo> known = client->Info(arguments.index);
  if (arguments.queries.empty() || options.n == 0 || !arguments.truth.empty() ||
      MakesBits(arguments.read)) {
    ANNOD_RETURN_IF_ERROR(known.status());
  }
  // Else it only serves to check queries before they are sent.
  const client::IndexInfo info = known.value_or(client::IndexInfo());
  if (options.n == 0) options.n = info.default_n;
  Prepared prepared;
  BenchReport& report = prepared.report;
  ANNOD_ASSIGN_OR_RETURN(const std::vector<client::Query> queries,
                         Queries(client.get(), arguments, info, &report.input));
  // What is wrong with a request is said before the load begins.
  std::vector<client::Query> first;
  first.reserve(arguments.batch);
  for (int i = 0; i < arguments.batch; ++i) {
    first.push_back(queries[i % queries.size()]);
  }
  ANNOD_ASSIGN_OR_RETURN(const client::QueryResult answer,
                         client->GetNns(arguments.index, first, options));
  ANNOD_ASSIGN_OR_RETURN(
      const std::vector<load::Truth> truth,
      TruthOf(client.get(), arguments, info, queries, options, context.json));

  load::LoadOptions load;
  load.target = context.server;
  load.tls = context.tls;
  const ClientOptions connection = ConnectionOptions(context);
  load.token = connection.token;
  load.token_file = connection.token_file;
  load.connections = arguments.connections;
  load.threads = arguments.threads;
  if (load.threads == 0) {
    load.threads = std::clamp<int>(UsableCpus().count / 2, 1, 4);
  }
  load.timeout = absl::Seconds(context.timeout_s);
  load.connect_timeout = load.timeout;
  load.n = options.n;
  load.stream = arguments.stream;
  ANNOD_ASSIGN_OR_RETURN(
      prepared.generator,
      load::LoadGenerator::Connect(
          load, load::MakeRequests({arguments.index, options, arguments.batch,
                                    arguments.floats, arguments.stream,
                                    static_cast<Metric>(info.metric)},
                                   queries, truth)));
  report.index = arguments.index;
  report.server = context.server;
  report.connections = load.connections;
  report.threads = std::min(load.threads, load.connections);
  report.batch = arguments.batch;
  report.stream = arguments.stream;
  report.n = options.n;
  report.version = answer.version;
  report.engine = Name(answer.engine);
  report.search_k = answer.search_k;
  report.beam = answer.beam;
  return prepared;
}

// An element of "--rate": "1000", or "80%" of what a closed loop gets answered.
// Returns what is wrong.
std::string ParseRate(const std::string& text, RateArgument* rate) {
  absl::string_view number = text;
  rate->percent = absl::ConsumeSuffix(&number, "%");
  if (absl::SimpleAtod(number, &rate->value) && rate->value > 0 &&
      rate->value <= (rate->percent ? 10000 : kMaxRate)) {
    return "";
  }
  return absl::StrCat("'", text.substr(0, 40),
                      "' is neither a number of calls a second, up to ",
                      static_cast<int64_t>(kMaxRate),
                      ", nor a percentage up to 10000%");
}

class Runner {
 public:
  Runner(const BenchArguments& arguments, bool quiet, Prepared* prepared)
      : arguments_(arguments), prepared_(prepared), quiet_(quiet) {}

  void RunAll() {
    if (arguments_.rate_texts.empty()) {
      for (const int concurrency : arguments_.concurrency) {
        if (InterruptedStatus() == 0) Closed(concurrency);
      }
      return;
    }
    double capacity = 0;
    for (const std::string& text : arguments_.rate_texts) {
      if (InterruptedStatus() != 0) return;
      RateArgument rate;
      (void)ParseRate(text, &rate);  // checked with the command line
      if (rate.percent && capacity == 0) {
        // Its row in the report says what the percentages are of.
        capacity = Closed(arguments_.concurrency.back());
        if (capacity == 0) return;  // nothing was answered
      }
      Open(rate.percent ? capacity * rate.value / 100 : rate.value);
    }
  }

 private:
  // Returns the calls answered a second.
  double Closed(int concurrency) {
    load::Load load;
    load.concurrency = concurrency;
    return Run(load);
  }

  void Open(double rate) {
    load::Load load;
    load.rate = rate;
    load.arrivals = arguments_.arrivals;
    load.seed = arguments_.seed;
    load.max_in_flight = arguments_.max_in_flight;
    Run(load);
  }

  double Run(load::Load load) {
    load.warm_up = absl::Seconds(arguments_.warm_up_s);
    load.duration = absl::Seconds(arguments_.duration_s);
    if (!quiet_) std::cerr << "bench " << LoadName(load) << std::endl;
    load::LoadResult result = prepared_->generator->Run(load);
    const double rate = result.calls_per_second();
    // One that was stopped while it warmed up has measured nothing.
    if (InterruptedStatus() == 0 || result.ok.count() > 0) {
      prepared_->report.runs.push_back({load, std::move(result)});
    }
    return rate;
  }

  const BenchArguments& arguments_;
  Prepared* const prepared_;
  const bool quiet_;
};

absl::Status RunBench(const BenchArguments& arguments, const Context& context) {
  FileSystem* const fs = FileSystem::Posix();
  std::unique_ptr<OutputFile> picture;
  if (!arguments.svg.empty()) {
    ANNOD_RETURN_IF_ERROR(
        CheckNotInput(arguments.svg, {arguments.queries, arguments.truth}));
    ANNOD_ASSIGN_OR_RETURN(
        picture, OutputFile::Prepare(fs, arguments.svg, arguments.force));
  }
  ANNOD_ASSIGN_OR_RETURN(Prepared prepared, Prepare(arguments, context));
  {
    const Interruption interruption(
        [&prepared] {
          prepared.generator->Stop();
          return std::string(
              "here is what was measured; the index is as it was");
        },
        Interruption::Then::kGoOn);
    Runner(arguments, context.json, &prepared).RunAll();
  }
  if (picture != nullptr) {
    ANNOD_ASSIGN_OR_RETURN(const auto file,
                           fs->CreateFile(picture->temporary_path()));
    ANNOD_RETURN_IF_ERROR(file->Append(SvgOf(LatencyChart(prepared.report))));
    ANNOD_RETURN_IF_ERROR(file->Sync());
    ANNOD_RETURN_IF_ERROR(file->Close());
    ANNOD_RETURN_IF_ERROR(picture->Commit());
  }
  if (context.json) {
    PrintJson(ToJson(prepared.report));
  } else {
    Print(prepared.report);
  }
  return absl::OkStatus();
}

void AddAskingOptions(CLI::App* command, BenchArguments* arguments) {
  CLI::Option* queries = command->add_option(
      "--queries", arguments->queries,
      "a file of vectors to ask for; every format that add takes");
  AddInputOptions(command, &arguments->read);
  command
      ->add_flag("--random_items",
                 "ask for items of the index, at random: the default")
      ->excludes(queries);
  command
      ->add_option("--count", arguments->count,
                   "how many different queries: the first of the file, or "
                   "random ones; default 10000")
      ->check(Between(1, 10000000));
  command->add_option("--seed", arguments->seed,
                      "of random items and random times; default 1");
  command
      ->add_option("-n,--n", arguments->options.n,
                   "neighbours wanted; without it, the index's default")
      ->check(Between(1, 10000));
  AddTuningOptions(command, &arguments->options);
  AddEngineOption(command, &arguments->engine);
  command->add_flag("--exclude_self", arguments->options.exclude_self,
                    "leave the queried item itself out");
  command
      ->add_option("--batch", arguments->batch,
                   "queries in one call; default 1")
      ->check(Between(1, 1024));
  command->add_flag("--floats", arguments->floats,
                    "send vectors as repeated float, not as bytes");
  command
      ->add_option("--truth", arguments->truth,
                   "measure recall: a file with the ids of the true "
                   "neighbours, a row a query, or 'exact' to ask the server")
      ->type_name("FILE|exact");
  command
      ->add_option("--truth_count", arguments->truth_count,
                   "with --truth exact: of so many queries; default 500")
      ->check(Between(1, 1000000));
}

void AddRateOption(CLI::App* command, BenchArguments* arguments) {
  CLI::Option* rate = AddListOption(
      command, "--rate", &arguments->rate_texts,
      "open loop: calls a second, sent when they are due whether earlier ones "
      "are answered or not; N% of what the last --concurrency gets answered",
      "R,R,...",
      CLI::Validator(
          [](std::string& text) {
            RateArgument rate;
            return ParseRate(text, &rate);
          },
          ""));
  command
      ->add_flag("--stream", arguments->stream,
                 "closed loop: requests travel on one GetNnsStream a "
                 "connection")
      ->excludes(rate);
}

void AddLoadOptions(CLI::App* command, BenchArguments* arguments) {
  AddRateOption(command, arguments);
  AddListOption(command, "--concurrency", &arguments->concurrency,
                "closed loop: calls in flight, each followed by the next; "
                "default 1,4,16,64",
                "C,C,...", Between(1, kMaxConcurrency));
  command
      ->add_option_function<std::string>(
          "--arrivals",
          [arguments](const std::string& name) {
            arguments->arrivals = name == "even" ? load::ArrivalKind::kEven
                                                 : load::ArrivalKind::kPoisson;
          },
          "open loop: poisson (default), as from many callers, or even")
      ->check(CLI::IsMember({"poisson", "even"}));
  command
      ->add_option("--duration", arguments->duration_s,
                   "seconds measured of each load; default 10")
      ->check(Between(0.01, 86400.0));
  command
      ->add_option("--warm_up", arguments->warm_up_s,
                   "seconds of each load before that; default 1")
      ->check(Between(0.0, 3600.0));
  command
      ->add_option("--connections", arguments->connections,
                   "TCP connections; default 8")
      ->check(Between(1, 10000));
  command
      ->add_option("--threads", arguments->threads,
                   "threads that make the load; default half the cores, at "
                   "most 4")
      ->check(Between(1, 256));
  command
      ->add_option("--max_in_flight", arguments->max_in_flight,
                   "open loop: calls without an answer at one time, the next "
                   "ones wait; default 10000")
      ->check(Between(1, 1000000));
}

}  // namespace

void AddServerBenchCommand(CLI::App* app, Context* context) {
  CLI::App* command = app->add_subcommand(
      "bench", "put load on a server and measure how it answers");
  auto arguments = std::make_shared<BenchArguments>();
  command->add_option("NAME", arguments->index, "the index")->required();
  AddAskingOptions(command, arguments.get());
  AddLoadOptions(command, arguments.get());
  command->add_option("--svg", arguments->svg,
                      "also draw latency by load into this file");
  command->add_flag("--force", arguments->force,
                    "replace that file if it exists");
  command->callback([context, arguments] {
    context->run = [context, arguments] {
      return RunBench(*arguments, *context);
    };
  });
}

}  // namespace annod::ctl
