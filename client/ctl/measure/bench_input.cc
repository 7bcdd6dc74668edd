#include "client/ctl/measure/bench_input.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/common/progress.h"
#include "client/input/vector_reader.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// float32 holds larger ids only rounded.
constexpr double kLargestExactId = (1 << 24) - 1;

// Neighbours asked for beyond the n-th, to find those as near as it.
constexpr int kMoreForTies = 16;
constexpr int kMaxN = 10000;

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

// Those that count as right for one query.
load::Truth Nearest(const client::NeighborList& list, int n) {
  load::Truth truth;
  for (size_t i = 0; i < list.ids.size(); ++i) {
    if (i >= static_cast<size_t>(n) &&
        list.distances[i] != list.distances[n - 1]) {
      break;
    }
    truth.push_back(list.ids[i]);
  }
  std::sort(truth.begin(), truth.end());
  return truth;
}

}  // namespace

absl::StatusOr<std::vector<client::Query>> ReadBenchQueries(
    const std::string& path, const VectorReaderOptions& options, int64_t count,
    std::optional<InputDescription>* taken) {
  ANNOD_ASSIGN_OR_RETURN(const auto reader, OpenVectorFile(path, options));
  PrintWarnings(reader->description());
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

absl::StatusOr<std::vector<load::Truth>> ReadTruth(const std::string& path,
                                                   int64_t count, int n) {
  VectorReaderOptions options;
  options.ids_wanted = true;
  ANNOD_ASSIGN_OR_RETURN(const auto reader, OpenVectorFile(path, options));
  if (reader->dim() < n) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", path, "' holds ", reader->dim(),
                     " neighbours a row, fewer than the ", n, " asked for"));
  }
  std::vector<load::Truth> truth;
  std::vector<float> row(reader->dim());
  std::string label;
  while (static_cast<int64_t>(truth.size()) < count) {
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           reader->Next(absl::MakeSpan(row), &label));
    if (!more) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", path, "' has ", truth.size(), " rows for ", count,
                       " queries: ask for fewer with --count"));
    }
    load::Truth& ids = truth.emplace_back();
    for (int i = 0; i < n; ++i) {
      const auto id = static_cast<double>(row[i]);
      if (id < 0 || id > kLargestExactId ||
          id != static_cast<double>(static_cast<int32_t>(id))) {
        return absl::InvalidArgumentError(absl::StrCat(
            "'", path, "' row ", truth.size() - 1, ": ", id,
            " is no id from 0 to ", static_cast<int64_t>(kLargestExactId)));
      }
      ids.push_back(static_cast<int32_t>(id));
    }
    std::sort(ids.begin(), ids.end());
  }
  return truth;
}

absl::StatusOr<std::vector<load::Truth>> ExactTruth(
    Client* client, const std::string& index,
    const std::vector<client::Query>& queries, int64_t exact_count, int n,
    const client::QueryOptions& options, bool quiet) {
  client::QueryOptions exact = options;
  exact.engine = v1::ENGINE_EXACT;
  exact.n = std::min(n + kMoreForTies, kMaxN);
  exact.search_k = -1;
  exact.beam = 0;
  exact.min_recall = 0;
  exact.include_distances = true;
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
    if (!IsWhole(result, batch.size())) {
      return absl::InternalError(absl::StrCat(
          "the server's exact answer lacks results or distances of ",
          batch.size(), " queries"));
    }
    for (size_t i = 0; i < places.size(); ++i) {
      truth[places[i]] = Nearest(result.results[i], n);
    }
    done += static_cast<int64_t>(places.size());
    progress.Update(static_cast<double>(done) / static_cast<double>(total),
                    done);
  }
  return truth;
}

}  // namespace annod::ctl
