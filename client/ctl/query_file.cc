#include "client/ctl/query_file.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/ctl/output.h"
#include "client/ctl/progress.h"
#include "client/ctl/server_output.h"
#include "client/input/vector_reader.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

double Percentile(const std::vector<double>& ascending, double fraction) {
  const size_t last = ascending.size() - 1;
  return ascending[static_cast<size_t>(fraction * static_cast<double>(last))];
}

}  // namespace

absl::Status RunQueryFile(const std::string& index, const std::string& path,
                          int64_t count, const client::QueryOptions& options,
                          const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto reader, OpenVectorFile(path, {}));
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  count = std::min(count, reader->row_count().value_or(count));
  Progress progress("query", "queries", context.json);
  std::vector<float> row(reader->dim());
  std::string label;
  std::vector<double> ms;
  int64_t truncated = 0;
  const absl::Time start = absl::Now();
  while (static_cast<int64_t>(ms.size()) < count) {
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           reader->Next(absl::MakeSpan(row), &label));
    if (!more) break;
    const absl::Time sent = absl::Now();
    ANNOD_ASSIGN_OR_RETURN(
        const client::QueryResult result,
        client->GetNns(index, {client::Query::OfVector(row)}, options));
    ms.push_back(absl::ToDoubleMilliseconds(absl::Now() - sent));
    truncated += result.results[0].truncated ? 1 : 0;
    progress.Update(static_cast<double>(ms.size()) / static_cast<double>(count),
                    static_cast<int64_t>(ms.size()));
  }
  if (ms.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", path, "' holds no vectors to ask for"));
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  const double rate = static_cast<double>(ms.size()) / seconds;
  std::sort(ms.begin(), ms.end());
  if (context.json) {
    PrintJson(Json{{"queries", ms.size()},
                   {"truncated", truncated},
                   {"seconds", seconds},
                   {"queries_per_second", rate},
                   {"p50_ms", Percentile(ms, 0.5)},
                   {"p90_ms", Percentile(ms, 0.9)},
                   {"p99_ms", Percentile(ms, 0.99)},
                   {"max_ms", ms.back()}});
    return absl::OkStatus();
  }
  PrintFields(
      {{"queries", WithCommas(static_cast<int64_t>(ms.size()))},
       {"truncated", WithCommas(truncated)},
       {"rate", absl::StrFormat("%.0f/s, one after the other", rate)},
       {"latency",
        absl::StrFormat("p50 %.3f ms, p90 %.3f ms, p99 %.3f ms, max %.3f ms",
                        Percentile(ms, 0.5), Percentile(ms, 0.9),
                        Percentile(ms, 0.99), ms.back())}});
  return absl::OkStatus();
}

}  // namespace annod::ctl
