#include "client/ctl/measure/bench_input.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/measure/truth_file.h"
#include "client/input/vector_reader.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// Exact searches in one call.
constexpr int64_t kExactBatch = 16;

absl::StatusOr<bool> HasItem(Client* client, const std::string& index,
                             int32_t id) {
  const absl::Status status = client->GetItems(index, {id}).status();
  if (absl::IsNotFound(status)) return false;
  ANNOD_RETURN_IF_ERROR(status);
  return true;
}

// An answer with a list for each query and a distance for each neighbour.
bool IsWhole(const client::QueryResult& result, size_t queries) {
  return result.results.size() == queries &&
         std::all_of(result.results.begin(), result.results.end(),
                     [](const client::NeighborList& list) {
                       return list.distances.size() == list.ids.size();
                     });
}

load::Truth TruthOf(const client::NeighborList& list) {
  load::Truth truth;
  truth.wanted = static_cast<int32_t>(list.distances.size());
  if (truth.wanted > 0) truth.bound = list.distances.back();
  return truth;
}

// The same questions for all items, or for some.
client::QueryOptions ExactOptions(const client::QueryOptions& options) {
  client::QueryOptions exact = options;
  exact.engine = v1::ENGINE_EXACT;
  exact.search_k = -1;
  exact.beam = 0;
  exact.min_recall = 0;
  exact.include_distances = true;
  return exact;
}

absl::Status NotWholeError(size_t queries) {
  return absl::InternalError(
      absl::StrCat("the server's exact answer lacks results or distances of ",
                   queries, " queries"));
}

}  // namespace

absl::StatusOr<std::vector<client::Query>> ReadBenchQueries(
    const std::string& path, const VectorReaderOptions& options,
    const std::string& index, int64_t count,
    std::optional<InputDescription>* taken) {
  ANNOD_ASSIGN_OR_RETURN(const auto reader, OpenVectorFile(path, options));
  PrintWarnings(reader->description());
  if (options.dim != 0) {
    ANNOD_RETURN_IF_ERROR(CheckInputDim(path, *reader, index, options.dim));
  }
  ANNOD_RETURN_IF_ERROR(CheckColumns(path, *reader, options.feature_names));
  count = std::min(count, reader->row_count().value_or(count));
  const int64_t row_bytes = int64_t{4} * reader->dim();
  if (count > kMaxBenchQueryBytes / row_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        count, " queries of ", row_bytes, " bytes are more than ",
        kMaxBenchQueryBytes, " bytes: ask for fewer with --count"));
  }
  std::vector<client::Query> queries;
  std::vector<float> row(reader->dim());
  std::string label;
  while (static_cast<int64_t>(queries.size()) < count) {
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           reader->Next(absl::MakeSpan(row), &label));
    if (!more) break;
    if (options.metric.has_value()) {
      ANNOD_RETURN_IF_ERROR(CheckTaken(path, *reader, *options.metric, row));
    }
    queries.push_back(client::Query::OfVector(row));
  }
  *taken = reader->description();
  if (queries.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", path, "' holds no vectors to ask for"));
  }
  return queries;
}

absl::StatusOr<std::vector<client::Query>> RandomItemQueries(
    Client* client, const client::IndexInfo& info, int64_t count,
    uint64_t seed) {
  if (info.item_count <= 0 || info.item_slot_count <= 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "index '", info.index, "' has no built items to query by"));
  }
  const bool every_id =
      info.item_count == info.item_slot_count && info.removed_item_count == 0;
  // Ids are tried at random: with few items among many ids that takes long.
  int64_t tries_left = 64 * count;
  std::mt19937_64 random(seed);
  std::vector<client::Query> queries;
  while (static_cast<int64_t>(queries.size()) < count) {
    if (tries_left-- == 0) {
      return absl::FailedPreconditionError(
          absl::StrCat("index '", info.index, "' has ", info.item_count,
                       " items among ", info.item_slot_count,
                       " ids: too few to find some at random; use --queries"));
    }
    const auto id = static_cast<int32_t>(
        random() % static_cast<uint64_t>(info.item_slot_count));
    if (!every_id) {
      ANNOD_ASSIGN_OR_RETURN(const bool there, HasItem(client, info.index, id));
      if (!there) continue;
    }
    queries.push_back(client::Query::OfItem(id));
  }
  return queries;
}

absl::StatusOr<std::vector<load::Truth>> FileTruth(
    Client* client, const client::IndexInfo& info, const std::string& path,
    const std::vector<client::Query>& queries,
    const client::QueryOptions& options, bool quiet) {
  ANNOD_ASSIGN_OR_RETURN(
      const std::vector<std::vector<int32_t>> named,
      ReadTruthFile(path, queries.size(), options.n, info.item_slot_count));
  client::QueryOptions exact = ExactOptions(options);
  std::vector<load::Truth> truth(queries.size());
  Progress progress("truth", "queries", quiet);
  for (size_t q = 0; q < queries.size(); ++q) {
    if (named[q].empty()) continue;
    exact.allow_items = named[q];
    ANNOD_ASSIGN_OR_RETURN(const client::QueryResult result,
                           client->GetNns(info.index, {&queries[q], 1}, exact));
    if (!IsWhole(result, 1)) return NotWholeError(1);
    truth[q] = TruthOf(result.results[0]);
    truth[q].ids = result.results[0].ids;
    std::sort(truth[q].ids.begin(), truth[q].ids.end());
    progress.Update(
        static_cast<double>(q) / static_cast<double>(queries.size()),
        static_cast<int64_t>(q));
  }
  return truth;
}

absl::StatusOr<std::vector<load::Truth>> ExactTruth(
    Client* client, const std::string& index,
    const std::vector<client::Query>& queries, int64_t exact_count,
    const client::QueryOptions& options, bool quiet) {
  const client::QueryOptions exact = ExactOptions(options);
  const auto size = static_cast<int64_t>(queries.size());
  const int64_t total = std::min(exact_count, size);
  std::vector<load::Truth> truth(queries.size());
  Progress progress("exact search", "queries", quiet);
  for (int64_t done = 0; done < total;) {
    std::vector<client::Query> batch;
    std::vector<int64_t> places;
    for (int64_t i = done; i < std::min(done + kExactBatch, total); ++i) {
      // Spread over all of them: a short run asks only some.
      places.push_back(i * size / total);
      batch.push_back(queries[places.back()]);
    }
    ANNOD_ASSIGN_OR_RETURN(const client::QueryResult result,
                           client->GetNns(index, batch, exact));
    if (!IsWhole(result, batch.size())) return NotWholeError(batch.size());
    for (size_t i = 0; i < places.size(); ++i) {
      truth[places[i]] = TruthOf(result.results[i]);
    }
    done += static_cast<int64_t>(places.size());
    progress.Update(static_cast<double>(done) / static_cast<double>(total),
                    done);
  }
  return truth;
}

}  // namespace annod::ctl
