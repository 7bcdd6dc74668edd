#include "client/ctl/measure/eval_arguments.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/common/output_file.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/common/values.h"
#include "client/ctl/measure/eval_output.h"
#include "client/ctl/measure/truth_file.h"
#include "client/input/vector_reader.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// Ids drawn for each query that counts, should some be of no item.
constexpr size_t kSpareDraws = 4;

}  // namespace

void AddEvalOptions(CLI::App* command, EvalArguments* arguments) {
  EvalOptions* const options = &arguments->options;
  command->add_option("--k", options->k, "neighbours asked for, default 10")
      ->check(Between(1, 10000));
  CLI::Option* const queries = command->add_option(
      "--queries", arguments->queries,
      "a file of vectors to ask for, best such as the index has never seen; "
      "without it stored items are drawn, each left out of its own answer");
  command
      ->add_option("--truth", arguments->truth,
                   "a file with the ids of the true neighbours, a row a query, "
                   "nearest first, -1 behind the last if there are fewer; what "
                   "is as near as the last of them counts; without it all "
                   "items are compared")
      ->needs(queries);
  AddInputOptions(command, &arguments->read);
  command
      ->add_option("--count", options->count, "queries, at most; default 500")
      ->check(Positive());
  command->add_option("--seed", arguments->seed, "of the drawing of items");
  AddListOption(command, "--engines", &arguments->engines,
                "some of exact, forest, graph; default: all there are",
                "ENGINE,ENGINE,...",
                CLI::IsMember({"exact", "forest", "graph"}));
  AddListOption(
      command, "--search_k", &options->search_k,
      "settings of the forest; default: doubled until enough is found",
      "K,K,...", Positive());
  AddListOption(command, "--beams", &options->beams,
                "settings of the graph; default: growing in the same way",
                "B,B,...", Positive());
  AddListOption(command, "--min_recall", &options->min_recalls,
                "recalls to ask for, default 0.9,0.95,0.99", "R,R,...",
                Between(0, 1));
  command
      ->add_option("--seconds", options->seconds,
                   "for each setting, at most; default 10")
      ->check(Positive());
  command->add_option("--svg", arguments->svg,
                      "also draw recall against queries per second");
  command->add_flag("--force", arguments->force, "replace an existing picture");
  command->add_flag("--check", arguments->check,
                    "exit with 1 if a min_recall was not kept");
}

absl::StatusOr<std::vector<std::vector<float>>> ReadQueries(
    EvalArguments* arguments, Metric metric, int dim) {
  VectorReaderOptions read = arguments->read;
  read.metric = metric;
  read.dim = dim;
  ANNOD_ASSIGN_OR_RETURN(const auto reader,
                         OpenVectorFile(arguments->queries, read));
  PrintWarnings(reader->description());
  if (reader->dim() != dim) {
    return absl::InvalidArgumentError(
        absl::StrCat(arguments->queries, ": its vectors have ", reader->dim(),
                     " components; those of the index ", dim));
  }
  ANNOD_RETURN_IF_ERROR(
      CheckColumns(arguments->queries, *reader, read.feature_names));
  std::vector<std::vector<float>> rows;
  std::vector<float> row(dim);
  std::string label;
  while (rows.size() < arguments->options.count) {
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           reader->Next(absl::MakeSpan(row), &label));
    if (!more) break;
    ANNOD_RETURN_IF_ERROR(CheckTaken(arguments->queries, *reader, metric, row));
    rows.push_back(row);
  }
  arguments->taken = reader->description();
  if (!rows.empty()) return rows;
  return absl::InvalidArgumentError(
      absl::StrCat("'", arguments->queries, "' holds no vectors to ask for"));
}

absl::StatusOr<std::vector<std::vector<int32_t>>> ReadTruth(
    const EvalArguments& arguments, size_t queries, int64_t slots) {
  if (arguments.truth.empty()) return std::vector<std::vector<int32_t>>();
  return ReadTruthFile(arguments.truth, queries, arguments.options.k, slots);
}

std::vector<int32_t> DrawIds(const EvalArguments& arguments, int64_t slots) {
  const size_t wanted = std::min(static_cast<size_t>(slots),
                                 arguments.options.count * kSpareDraws);
  std::mt19937_64 random(arguments.seed);
  std::vector<int32_t> ids;
  if (static_cast<size_t>(slots) <= 2 * wanted) {
    ids.resize(slots);
    std::iota(ids.begin(), ids.end(), 0);
    std::shuffle(ids.begin(), ids.end(), random);
  } else {
    std::vector<bool> drawn(slots);
    while (ids.size() < wanted) {
      const auto id = static_cast<int32_t>(random() % slots);
      if (drawn[id]) continue;
      drawn[id] = true;
      ids.push_back(id);
    }
  }
  return ids;
}

absl::Status RunEval(const std::string& name, EvalArguments arguments,
                     EvalTarget* target, Context* context) {
  for (const std::string& engine : arguments.engines) {
    arguments.options.engines.push_back(engine == "graph" ? EvalEngine::kGraph
                                        : engine == "forest"
                                            ? EvalEngine::kForest
                                            : EvalEngine::kExact);
  }
  std::unique_ptr<EvalPicture> picture;
  if (!arguments.svg.empty()) {
    ANNOD_RETURN_IF_ERROR(
        CheckNotInput(arguments.svg, {arguments.queries, arguments.truth}));
    ANNOD_ASSIGN_OR_RETURN(
        picture, EvalPicture::Prepare(arguments.svg, arguments.force));
  }
  Progress progress("eval", "", context->json);
  arguments.options.progress = [&](const std::string& what, double done) {
    // How many settings there will be shows only on the way.
    progress.Update(std::nullopt, 0, std::nullopt,
                    absl::StrFormat("%s, %.0f %%", what, 100 * done));
  };
  ANNOD_ASSIGN_OR_RETURN(const EvalResult result,
                         Evaluate(arguments.options, target));
  progress.Done(0);
  if (picture != nullptr) {
    ANNOD_RETURN_IF_ERROR(picture->Draw(name, arguments.options.k, result));
  }
  PrintEval(name, arguments, result, context->json);
  if (arguments.check) {
    for (const EvalRow& row : result.promises) {
      if (KeptText(row) == "no") context->exit_code = kExitFailed;
    }
  }
  return absl::OkStatus();
}

}  // namespace annod::ctl
