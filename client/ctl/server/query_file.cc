#include "client/ctl/server/query_file.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/client.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/common/output.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/server/server_output.h"
#include "client/input/vector_reader.h"
#include "core/metric.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

double Percentile(const std::vector<double>& ascending, double fraction) {
  const size_t last = ascending.size() - 1;
  return ascending[static_cast<size_t>(fraction * static_cast<double>(last))];
}

// How long answers took, in the order of the questions.
class Stopwatch {
 public:
  Stopwatch(int64_t count, bool json)
      : count_(count), progress_("query", "queries", json) {}

  void Asked() { asked_.push_back(absl::Now()); }
  void Answered(const client::QueryResult& result) {
    ms_.push_back(absl::ToDoubleMilliseconds(absl::Now() - asked_.front()));
    asked_.pop_front();
    truncated_ += result.results[0].truncated ? 1 : 0;
    progress_.Update(
        static_cast<double>(ms_.size()) / static_cast<double>(count_),
        static_cast<int64_t>(ms_.size()));
  }

  const std::vector<double>& ms() const { return ms_; }
  int64_t truncated() const { return truncated_; }

 private:
  const int64_t count_;
  Progress progress_;
  std::deque<absl::Time> asked_;
  std::vector<double> ms_;
  int64_t truncated_ = 0;
};

// What is asked of whom.
struct Questions {
  const std::string& index;
  const QueryFile& file;
  const client::QueryOptions& options;
  Metric metric;
  int64_t count;  // from the front of the file
};

using Ask = std::function<absl::Status(const client::Query& query)>;

// Calls `ask` for each vector.
absl::Status AskForAll(const Questions& questions, const Ask& ask,
                       VectorReader* reader) {
  std::vector<float> row(reader->dim());
  std::string label;
  for (int64_t asked = 0; asked < questions.count; ++asked) {
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           reader->Next(absl::MakeSpan(row), &label));
    if (!more) break;
    ANNOD_RETURN_IF_ERROR(
        CheckTaken(questions.file.path, *reader, questions.metric, row));
    ANNOD_RETURN_IF_ERROR(ask(client::Query::OfVector(row)));
  }
  return absl::OkStatus();
}

absl::Status AskOneByOne(const Questions& questions, Client* client,
                         VectorReader* reader, Stopwatch* stopwatch) {
  return AskForAll(
      questions,
      [&](const client::Query& query) -> absl::Status {
        stopwatch->Asked();
        ANNOD_ASSIGN_OR_RETURN(
            const client::QueryResult result,
            client->GetNns(questions.index, {query}, questions.options));
        stopwatch->Answered(result);
        return absl::OkStatus();
      },
      reader);
}

absl::Status AskOnStream(const Questions& questions, Client* client,
                         VectorReader* reader, Stopwatch* stopwatch) {
  const auto stream =
      client->NewNnsStream(questions.index, questions.options,
                           [stopwatch](const client::QueryResult& result) {
                             stopwatch->Answered(result);
                             return absl::OkStatus();
                           });
  ANNOD_RETURN_IF_ERROR(AskForAll(
      questions,
      [&](const client::Query& query) {
        stopwatch->Asked();
        return stream->Ask({query});
      },
      reader));
  return stream->Finish();
}

}  // namespace

absl::Status RunQueryFile(const std::string& index, const QueryFile& file,
                          const client::QueryOptions& options,
                          const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info, client->Info(index));
  VectorReaderOptions read = file.read;
  read.metric = static_cast<Metric>(info.metric);
  read.dim = info.dimension;
  read.feature_names = info.feature_names;
  ANNOD_ASSIGN_OR_RETURN(const auto reader, OpenVectorFile(file.path, read));
  PrintWarnings(reader->description());
  if (info.dimension != 0) {
    ANNOD_RETURN_IF_ERROR(
        CheckInputDim(file.path, *reader, index, info.dimension));
  }
  ANNOD_RETURN_IF_ERROR(CheckColumns(file.path, *reader, info.feature_names));
  const int64_t count =
      std::min(file.count, reader->row_count().value_or(file.count));
  Stopwatch stopwatch(count, context.json);
  const absl::Time start = absl::Now();
  ANNOD_RETURN_IF_ERROR((file.stream ? AskOnStream : AskOneByOne)(
      Questions{index, file, options, static_cast<Metric>(info.metric), count},
      client.get(), reader.get(), &stopwatch));
  std::vector<double> ms = stopwatch.ms();
  if (ms.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", file.path, "' holds no vectors to ask for"));
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  const double rate = static_cast<double>(ms.size()) / seconds;
  std::sort(ms.begin(), ms.end());
  if (context.json) {
    PrintJson(Json{{"queries", ms.size()},
                   {"truncated", stopwatch.truncated()},
                   {"seconds", seconds},
                   {"queries_per_second", rate},
                   {"p50_ms", Percentile(ms, 0.5)},
                   {"p90_ms", Percentile(ms, 0.9)},
                   {"p99_ms", Percentile(ms, 0.99)},
                   {"max_ms", ms.back()},
                   {"input", InputJson(reader->description())}});
    return absl::OkStatus();
  }
  std::vector<std::pair<std::string, std::string>> fields = {
      {"queries", WithCommas(static_cast<int64_t>(ms.size()))},
      {"truncated", WithCommas(stopwatch.truncated())},
      {"rate",
       absl::StrFormat("%.0f/s, %s", rate,
                       file.stream ? "on one stream" : "one after the other")},
      {"latency",
       absl::StrFormat("p50 %.3f ms, p90 %.3f ms, p99 %.3f ms, max %.3f ms",
                       Percentile(ms, 0.5), Percentile(ms, 0.9),
                       Percentile(ms, 0.99), ms.back())}};
  AppendInputFields(reader->description(), &fields);
  PrintFields(fields);
  return absl::OkStatus();
}

}  // namespace annod::ctl
