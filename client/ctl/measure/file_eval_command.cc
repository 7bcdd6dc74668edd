// annodctl file eval: the same of an index file, in this process.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/ctl/common/input_options.h"
#include "client/ctl/common/output_file.h"
#include "client/ctl/file/file_index.h"
#include "client/ctl/measure/commands.h"
#include "client/ctl/measure/eval_arguments.h"
#include "client/ctl/measure/eval_run.h"
#include "core/id_set.h"
#include "core/item_filter.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

class FileTarget final : public EvalTarget {
 public:
  // `ids`: the items that the queries are, or empty.
  FileTarget(FileIndex index, int k, std::vector<std::vector<float>> queries,
             std::vector<int32_t> ids)
      : index_(std::move(index)),
        queries_(std::move(queries)),
        ids_(std::move(ids)),
        scratch_(NewSearchScratch()) {
    options_.n = k;
    if (!ids_.empty()) options_.filter = &filter_;
  }

  size_t query_count() const override { return queries_.size(); }

  absl::Status Ask(size_t query, const EvalSetting& setting,
                   EvalAnswer* answer) override {
    SearchOptions options = options_;
    if (!ids_.empty()) filter_.excluded_id = ids_[query];
    switch (setting.engine) {
      case EvalEngine::kExact:
        options.engine = Engine::kExact;
        break;
      case EvalEngine::kForest:
        options.engine = Engine::kForest;
        options.search_k = setting.value;
        break;
      case EvalEngine::kGraph:
        options.engine = Engine::kGraph;
        options.beam = static_cast<int32_t>(setting.value);
        break;
      case EvalEngine::kAuto:
        TuneForRecall(index_.graph.get(), setting.min_recall, &options);
    }
    SearchStats stats;
    ANNOD_RETURN_IF_ERROR(index_.Search(queries_[query], options,
                                        scratch_.get(), &found_, &stats));
    Fill(answer);
    answer->distance_count = stats.distances;
    answer->engine = options.engine == Engine::kGraph    ? EvalEngine::kGraph
                     : options.engine == Engine::kForest ? EvalEngine::kForest
                                                         : EvalEngine::kExact;
    answer->value = options.engine == Engine::kGraph    ? options.beam
                    : options.engine == Engine::kForest ? options.search_k
                                                        : 0;
    return absl::OkStatus();
  }

  absl::Status AskAmong(size_t query, const std::vector<int32_t>& ids,
                        EvalAnswer* answer) override {
    IdSet allowed;
    allowed.Reset(index_.forest->slot_count());
    for (const int32_t id : ids) allowed.Add(id);
    ItemFilter filter;
    filter.only_allowed = true;
    filter.allowed = allowed.view();
    filter.allowed_ids = allowed.ids();
    SearchOptions options = options_;
    options.engine = Engine::kExact;
    options.filter = &filter;
    ANNOD_RETURN_IF_ERROR(index_.Search(queries_[query], options,
                                        scratch_.get(), &found_, nullptr));
    Fill(answer);
    return absl::OkStatus();
  }

  bool Has(EvalEngine engine) const override {
    return engine != EvalEngine::kGraph || index_.graph != nullptr;
  }
  int64_t MaxValue(EvalEngine engine) const override {
    const int64_t items = index_.forest->slot_count();
    return engine == EvalEngine::kGraph
               ? std::min<int64_t>(items, kMostBeam)
               : items * std::max(index_.forest->tree_count(), 1);
  }
  Metric metric() const override { return index_.forest->metric(); }

 private:
  void Fill(EvalAnswer* answer) const {
    answer->ids.clear();
    answer->distances.clear();
    for (const Neighbor& one : found_) {
      answer->ids.push_back(one.id);
      answer->distances.push_back(one.distance);
    }
  }

  const FileIndex index_;
  const std::vector<std::vector<float>> queries_;
  const std::vector<int32_t> ids_;
  const SearchScratchPtr scratch_;
  ItemFilter filter_;
  SearchOptions options_;
  std::vector<Neighbor> found_;
};

struct FileEvalArguments {
  FileArguments file;
  EvalArguments eval;
};

absl::Status RunFileEval(const FileEvalArguments& arguments, Context* context) {
  EvalArguments run = arguments.eval;
  FileIndex index;
  ANNOD_ASSIGN_OR_RETURN(index.forest, arguments.file.Open());
  ANNOD_ASSIGN_OR_RETURN(index.graph,
                         OpenGraphOf(arguments.file.path, index.forest));
  const int64_t slots = index.forest->slot_count();
  std::vector<std::vector<float>> queries;
  std::vector<int32_t> ids;
  if (!arguments.eval.queries.empty()) {
    ANNOD_ASSIGN_OR_RETURN(
        queries, ReadQueries(&run, arguments.file.metric, arguments.file.dim));
  } else {
    ANNOD_RETURN_IF_ERROR(CheckNoBits(arguments.eval.read, "stored items"));
    for (const int32_t id : DrawIds(arguments.eval, slots)) {
      if (!index.forest->HasItem(id)) continue;
      if (ids.size() == arguments.eval.options.count) break;
      std::vector<float> vector(arguments.file.dim);
      ANNOD_RETURN_IF_ERROR(
          index.forest->GetVector(id, absl::MakeSpan(vector)));
      ids.push_back(id);
      queries.push_back(std::move(vector));
    }
  }
  ANNOD_ASSIGN_OR_RETURN(run.options.truth,
                         ReadTruth(run, queries.size(), slots));
  FileTarget target(std::move(index), run.options.k, std::move(queries),
                    std::move(ids));
  ANNOD_RETURN_IF_ERROR(CheckNotInput(run.svg, {arguments.file.path}));
  return RunEval(arguments.file.path, std::move(run), &target, context);
}

}  // namespace

void AddFileEvalCommand(CLI::App* file, Context* context) {
  CLI::App* command = file->add_subcommand(
      "eval", "how good and how fast a file answers, by setting");
  auto arguments = std::make_shared<FileEvalArguments>();
  AddFileArguments(command, &arguments->file);
  AddEvalOptions(command, &arguments->eval);
  command->callback([context, arguments] {
    context->run = [context, arguments] {
      return RunFileEval(*arguments, context);
    };
  });
}

}  // namespace annod::ctl
