// annodctl eval: how good and how fast an index of a server answers.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/measure/commands.h"
#include "client/ctl/measure/eval_arguments.h"
#include "client/ctl/measure/eval_run.h"
#include "client/ctl/server/server_output.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// What the server takes at most.
constexpr int64_t kMostSearchK = 1 << 30;

v1::Engine ToProto(EvalEngine engine) {
  switch (engine) {
    case EvalEngine::kExact:
      return v1::ENGINE_EXACT;
    case EvalEngine::kForest:
      return v1::ENGINE_FOREST;
    case EvalEngine::kGraph:
      return v1::ENGINE_GRAPH;
    case EvalEngine::kAuto:
      break;
  }
  return v1::ENGINE_AUTO;
}

EvalEngine FromProto(client::Engine engine) {
  switch (engine) {
    case v1::ENGINE_FOREST:
      return EvalEngine::kForest;
    case v1::ENGINE_GRAPH:
      return EvalEngine::kGraph;
    default:
      return EvalEngine::kExact;
  }
}

// Calls of one query each, over the wire.
class ServerTarget final : public EvalTarget {
 public:
  ServerTarget(Client* client, client::IndexInfo info, int k,
               std::vector<client::Query> queries, bool items)
      : client_(*client), info_(std::move(info)), queries_(std::move(queries)) {
    options_.n = k;
    options_.include_cost = true;
    options_.exclude_self = items;
    // A version that is replaced meanwhile would mix two curves into one.
    options_.version = info_.version;
  }

  size_t query_count() const override { return queries_.size(); }

  absl::Status Ask(size_t query, const EvalSetting& setting,
                   EvalAnswer* answer) override {
    client::QueryOptions options = options_;
    options.engine = ToProto(setting.engine);
    options.min_recall = setting.min_recall;
    if (setting.engine == EvalEngine::kForest) options.search_k = setting.value;
    if (setting.engine == EvalEngine::kGraph) {
      options.beam = static_cast<int>(setting.value);
    }
    ANNOD_ASSIGN_OR_RETURN(
        client::QueryResult result,
        client_.GetNns(info_.index, {&queries_[query], 1}, options));
    answer->ids = std::move(result.results[0].ids);
    answer->distances = std::move(result.results[0].distances);
    answer->engine = FromProto(result.engine);
    answer->value =
        answer->engine == EvalEngine::kGraph ? result.beam : result.search_k;
    answer->distance_count =
        result.cost.has_value() ? result.cost->distance_count : 0;
    return absl::OkStatus();
  }

  absl::Status AskAmong(size_t query, const std::vector<int32_t>& ids,
                        EvalAnswer* answer) override {
    client::QueryOptions options = options_;
    options.engine = v1::ENGINE_EXACT;
    options.allow_items = ids;
    ANNOD_ASSIGN_OR_RETURN(
        client::QueryResult result,
        client_.GetNns(info_.index, {&queries_[query], 1}, options));
    answer->ids = std::move(result.results[0].ids);
    answer->distances = std::move(result.results[0].distances);
    return absl::OkStatus();
  }

  bool Has(EvalEngine engine) const override {
    return engine != EvalEngine::kGraph || info_.graph_bytes > 0;
  }
  int64_t MaxValue(EvalEngine engine) const override {
    const int64_t items = info_.item_slot_count;
    return engine == EvalEngine::kGraph
               ? std::min<int64_t>(items, kMostBeam)
               : std::min(items * std::max(info_.tree_count, 1), kMostSearchK);
  }
  Metric metric() const override { return static_cast<Metric>(info_.metric); }

 private:
  Client& client_;
  const client::IndexInfo info_;
  const std::vector<client::Query> queries_;
  client::QueryOptions options_;
};

struct ServerEvalArguments : EvalArguments {
  std::string index;
};

absl::Status RunServerEval(const ServerEvalArguments& arguments,
                           Context* context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(*context));
  ANNOD_ASSIGN_OR_RETURN(client::IndexInfo info, client->Info(arguments.index));
  if (info.version == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("index '", arguments.index, "' has no version to ask"));
  }
  EvalArguments run = arguments;
  std::vector<client::Query> queries;
  const bool items = arguments.queries.empty();
  if (items) {
    ANNOD_RETURN_IF_ERROR(CheckNoBits(arguments.read, "stored items"));
    for (const int32_t id : DrawIds(arguments, info.item_slot_count)) {
      queries.push_back(client::Query::OfItem(id));
    }
  } else {
    run.read.feature_names = info.feature_names;
    ANNOD_ASSIGN_OR_RETURN(
        auto rows,
        ReadQueries(&run, static_cast<Metric>(info.metric), info.dimension));
    for (std::vector<float>& row : rows) {
      queries.push_back(client::Query::OfVector(std::move(row)));
    }
  }
  ANNOD_ASSIGN_OR_RETURN(run.options.truth, ReadTruth(arguments, queries.size(),
                                                      info.item_slot_count));
  ServerTarget target(client.get(), std::move(info), arguments.options.k,
                      std::move(queries), items);
  return RunEval(arguments.index, std::move(run), &target, context);
}

}  // namespace

void AddServerEvalCommand(CLI::App* app, Context* context) {
  CLI::App* command = app->add_subcommand(
      "eval", "how good and how fast an index answers, by setting");
  auto arguments = std::make_shared<ServerEvalArguments>();
  command->add_option("NAME", arguments->index, "the index")->required();
  AddEvalOptions(command, arguments.get());
  command->callback([context, arguments] {
    context->run = [context, arguments] {
      return RunServerEval(*arguments, context);
    };
  });
}

}  // namespace annod::ctl
