#ifndef ANNOD_CLIENT_CTL_MEASURE_EVAL_ARGUMENTS_H_
#define ANNOD_CLIENT_CTL_MEASURE_EVAL_ARGUMENTS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/ctl/common/context.h"
#include "client/ctl/measure/eval_run.h"
#include "client/input/vector_reader.h"
#include "core/metric.h"

namespace annod::ctl {

// What both eval commands take.
struct EvalArguments {
  EvalOptions options;
  std::string queries, truth;
  VectorReaderOptions read;               // of the queries
  std::optional<InputDescription> taken;  // how they were read
  std::vector<std::string> engines;       // by name; empty: all there are
  uint64_t seed = 1;
  std::string svg;
  bool force = false;
  bool check = false;
};
void AddEvalOptions(CLI::App* command, EvalArguments* arguments);

// The vectors of `arguments->queries`, as many as count; of `dim` components
// and such as an index of `metric` takes. Sets `taken`.
absl::StatusOr<std::vector<std::vector<float>>> ReadQueries(
    EvalArguments* arguments, Metric metric, int dim);

// The true neighbours in `arguments.truth` (truth_file.h), at most k a query.
// Nothing if no file is given.
absl::StatusOr<std::vector<std::vector<int32_t>>> ReadTruth(
    const EvalArguments& arguments, size_t queries, int64_t slots);

// Different ids in [0, slots), drawn by the seed: some more than count, for
// some may be of no item.
std::vector<int32_t> DrawIds(const EvalArguments& arguments, int64_t slots);

// Evaluates and prints: `name` is what is asked. With --check the exit code
// says whether every min_recall was kept.
absl::Status RunEval(const std::string& name, EvalArguments arguments,
                     EvalTarget* target, Context* context);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MEASURE_EVAL_ARGUMENTS_H_
