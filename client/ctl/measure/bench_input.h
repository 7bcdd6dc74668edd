#ifndef ANNOD_CLIENT_CTL_MEASURE_BENCH_INPUT_H_
#define ANNOD_CLIENT_CTL_MEASURE_BENCH_INPUT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/client.h"
#include "client/input/vector_reader.h"
#include "client/load/requests.h"

namespace annod::ctl {

// What `annodctl bench` asks, and what it should be answered. All of it is held
// in memory: at most kMaxBenchQueryBytes.

inline constexpr int64_t kMaxBenchQueryBytes = int64_t{4} << 30;

// The first `count` vectors of a file that OpenVectorFile() reads; fewer if it
// holds fewer. InvalidArgument if it holds none, they take more memory than
// allowed, or are not such as `index` takes, as far as `options` tell metric
// and dimension. `*taken`: how the file was understood.
absl::StatusOr<std::vector<client::Query>> ReadBenchQueries(
    const std::string& path, const VectorReaderOptions& options,
    const std::string& index, int64_t count,
    std::optional<InputDescription>* taken);

// Queries by `count` random items of the index, the same for the same seed.
// Where ids may be without an item the server is asked which are.
absl::StatusOr<std::vector<client::Query>> RandomItemQueries(
    Client* client, const client::IndexInfo& info, int64_t count,
    uint64_t seed);

// How far the true neighbours of each query are, by their ids: of the first n
// that a row of the file names (truth_file.h) and the index holds.
absl::StatusOr<std::vector<load::Truth>> FileTruth(
    Client* client, const client::IndexInfo& info, const std::string& path,
    const std::vector<client::Query>& queries,
    const client::QueryOptions& options, bool quiet);

// How far the true neighbours of `exact_count` of the queries, spread evenly
// over them, are, by the server's exact search; nothing of the others.
absl::StatusOr<std::vector<load::Truth>> ExactTruth(
    Client* client, const std::string& index,
    const std::vector<client::Query>& queries, int64_t exact_count,
    const client::QueryOptions& options, bool quiet);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MEASURE_BENCH_INPUT_H_
