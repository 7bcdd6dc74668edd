#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/ctl/common/arguments.h"
#include "client/ctl/common/output.h"
#include "client/ctl/file/commands.h"
#include "client/ctl/file/file_index.h"
#include "client/ctl/file/graph_output.h"
#include "core/annoy/forest_file.h"
#include "core/annoy/look_alikes.h"
#include "core/annoy/vector_check.h"
#include "core/search/forest_index.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// What is looked for when nobody says.
constexpr double kDefaultRecall = 0.95;

struct QueryArguments : FileArguments {
  std::optional<int64_t> item;
  std::vector<float> vector;
  int n = 10;
  int64_t search_k = -1;
  int32_t beam = 0;
  double min_recall = 0;
  std::string engine;  // empty: not given
};

struct PairArguments : FileArguments {
  int64_t i = 0, j = 0;
};

std::string Components(const std::vector<float>& vector) {
  std::string text;
  for (const float value : vector) {
    absl::StrAppend(&text, text.empty() ? "" : ",", FormatFloat(value));
  }
  return text;
}

absl::Status RunInfo(const FileArguments& arguments, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto index, arguments.Open());
  const NodeLayout& layout = index->layout();
  Json info;
  info["layout"] = std::string(LayoutName(layout.kind));
  info["n_items"] = index->slot_count();
  info["n_trees"] = index->tree_count();
  info["n_nodes"] = index->node_count();
  info["metric"] = std::string(MetricName(index->metric()));
  info["dim"] = index->dim();
  info["item_count"] = index->item_count();
  info["annoy_n_trees"] = index->annoy_tree_count();
  info["node_bytes"] = layout.node_bytes;
  info["bucket_capacity"] = layout.bucket_capacity;
  info["file_bytes"] = index->bytes().size();
  const auto graph = OpenGraphOf(arguments.path, index);
  info["graph"] = GraphToJson(arguments.path, graph);
  if (context.json) {
    PrintJson(info);
    return absl::OkStatus();
  }
  const int64_t holes = index->slot_count() - index->item_count();
  const int annoy_trees = index->annoy_tree_count();
  PrintFields(
      {{"file", arguments.path},
       {"layout", info["layout"]},
       {"metric", info["metric"]},
       {"dimension", absl::StrCat(index->dim())},
       {"items",
        absl::StrCat(WithCommas(index->item_count()),
                     holes == 0
                         ? ""
                         : absl::StrCat(" and ", WithCommas(holes), " holes"))},
       {"trees",
        absl::StrCat(index->tree_count(),
                     annoy_trees == index->tree_count()
                         ? ""
                         : absl::StrCat(" (Annoy counts ", annoy_trees, ")"))},
       {"nodes", absl::StrCat(WithCommas(index->node_count()), " of ",
                              layout.node_bytes, " bytes")},
       {"size", HumanBytes(index->bytes().size())},
       {"graph", GraphLine(arguments.path, graph)}});
  return absl::OkStatus();
}

// Which engine answers, and how it is tuned. `*tuned` tells whether the command
// line left any of it open.
absl::StatusOr<SearchOptions> OptionsOf(const QueryArguments& arguments,
                                        FileIndex* index, bool* tuned) {
  SearchOptions options;
  // Annoy answers n = 0 with nothing, after the same checks.
  options.n = arguments.n == 0 ? 1 : arguments.n;
  options.search_k = arguments.search_k;
  options.beam = arguments.beam;
  const bool by_recall = arguments.min_recall > 0;
  std::string engine = arguments.engine;
  if (engine.empty()) {
    engine = by_recall ? "auto" : arguments.beam > 0 ? "graph" : "forest";
  }
  *tuned = engine == "auto" || engine == "graph";
  if (engine == "exact") options.engine = Engine::kExact;
  if (engine == "forest") {
    if (by_recall) {
      return absl::InvalidArgumentError(
          "--min_recall chooses by what was measured of the graph; nothing "
          "was of the forest of a file");
    }
    options.engine = Engine::kForest;
    options.annoy_distances =
        !arguments.engine.empty() || arguments.search_k >= 0;
  }
  if (!*tuned) return options;
  if (engine == "graph" || arguments.beam > 0) {
    ANNOD_ASSIGN_OR_RETURN(index->graph,
                           NeedGraphOf(arguments.path, index->forest));
  } else {
    ANNOD_ASSIGN_OR_RETURN(index->graph,
                           OpenGraphOf(arguments.path, index->forest));
  }
  if (arguments.beam > 0) {
    options.engine = Engine::kGraph;
    return options;
  }
  const double recall = by_recall ? arguments.min_recall : kDefaultRecall;
  const bool reached = TuneForRecall(index->graph.get(), recall, &options);
  if (engine == "auto") return options;
  if (!reached && by_recall) {
    return absl::FailedPreconditionError(absl::StrCat(
        "min_recall is ", recall, ", which the graph of ", arguments.path,
        " was not measured to reach; without --engine graph every item is "
        "compared"));
  }
  options.engine = Engine::kGraph;
  return options;
}

absl::Status RunQuery(const QueryArguments& arguments, const Context& context) {
  FileIndex index;
  ANNOD_ASSIGN_OR_RETURN(index.forest, arguments.Open());
  bool tuned = false;
  ANNOD_ASSIGN_OR_RETURN(const SearchOptions options,
                         OptionsOf(arguments, &index, &tuned));
  const SearchScratchPtr scratch = NewSearchScratch();
  std::vector<Neighbor> neighbors;
  SearchStats stats;
  if (arguments.item.has_value() && options.engine != Engine::kGraph) {
    ANNOD_RETURN_IF_ERROR(index.forest->SearchItem(
        *arguments.item, options, scratch.get(), &neighbors, &stats));
  } else {
    std::vector<float> vector = arguments.vector;
    if (arguments.item.has_value()) {
      vector.resize(index.forest->dim());
      ANNOD_RETURN_IF_ERROR(
          index.forest->GetVector(*arguments.item, absl::MakeSpan(vector)));
    }
    const Metric metric = index.forest->metric();
    if (!arguments.item.has_value() && !IsTaken(metric, vector)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--vector: ", FindVectorFault(metric, vector)->Message()));
    }
    ANNOD_RETURN_IF_ERROR(
        index.Search(vector, options, scratch.get(), &neighbors, &stats));
  }
  if (arguments.n == 0) neighbors.clear();
  if (context.json) {
    Json result{{"ids", Json::array()}, {"distances", Json::array()}};
    for (const Neighbor& neighbor : neighbors) {
      result["ids"].push_back(neighbor.id);
      result["distances"].push_back(JsonNumber(neighbor.distance));
    }
    if (tuned) {
      const bool graph = options.engine == Engine::kGraph;
      result["engine"] = graph ? "graph" : "exact";
      result["beam"] = graph ? options.beam : 0;
    }
    PrintJson(result);
    return absl::OkStatus();
  }
  Table table({{"rank", true}, {"id", true}, {"distance", true}});
  for (size_t i = 0; i < neighbors.size(); ++i) {
    table.AddRow({absl::StrCat(i + 1), absl::StrCat(neighbors[i].id),
                  FormatFloat(neighbors[i].distance)});
  }
  table.Print();
  return absl::OkStatus();
}

absl::Status RunDistance(const PairArguments& arguments,
                         const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto index, arguments.Open());
  ANNOD_ASSIGN_OR_RETURN(const float distance,
                         index->Distance(arguments.i, arguments.j));
  if (context.json) {
    PrintJson({{"distance", JsonNumber(distance)}});
  } else {
    PrintFields({{"distance", FormatFloat(distance)}});
  }
  return absl::OkStatus();
}

absl::Status RunVector(const PairArguments& arguments, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto index, arguments.Open());
  std::vector<float> vector(index->dim());
  ANNOD_RETURN_IF_ERROR(index->GetVector(arguments.i, absl::MakeSpan(vector)));
  if (context.json) {
    PrintJson({{"vector", JsonNumbers(vector)}});
  } else {
    PrintFields(
        {{"item", absl::StrCat(arguments.i)}, {"vector", Components(vector)}});
  }
  return absl::OkStatus();
}

absl::Status RunVerify(const FileArguments& arguments, const Context& context) {
  std::vector<std::string> notes;
  ANNOD_ASSIGN_OR_RETURN(const auto index,
                         arguments.Open(Verify::kFull, &notes));
  ANNOD_ASSIGN_OR_RETURN(const auto graph, OpenGraphOf(arguments.path, index));
  ANNOD_ASSIGN_OR_RETURN(
      const ForestFile file,
      ReadForestFile(index->bytes(), index->metric(), index->dim(),
                     Verify::kTrusted, /*notes=*/nullptr));
  const std::vector<std::string> look_alikes = LookAlikesOf(file.forest);
  if (context.json) {
    PrintJson({{"ok", true},
               {"layout", std::string(LayoutName(index->layout().kind))},
               {"n_items", index->slot_count()},
               {"n_trees", index->tree_count()},
               {"n_nodes", index->node_count()},
               {"graph", GraphToJson(arguments.path, graph)},
               {"notes", notes},
               {"cannot_tell", look_alikes}});
  } else {
    PrintFields({{arguments.path,
                  absl::StrCat("ok: ", LayoutName(index->layout().kind), ", ",
                               WithCommas(index->item_count()), " items, ",
                               index->tree_count(), " trees, ",
                               WithCommas(index->node_count()),
                               " nodes, every check passed")}});
    if (graph != nullptr) {
      PrintFields({{GraphPathOf(arguments.path),
                    absl::StrCat("ok: of ", WithCommas(graph->graph().size()),
                                 " items, every check passed")}});
    }
    for (const std::string& note : notes) PrintFields({{"note", note}});
    for (const std::string& text : look_alikes) {
      PrintFields({{"cannot tell", text}});
    }
  }
  return absl::OkStatus();
}

void AddQueryOptions(CLI::App* command, QueryArguments* arguments) {
  CLI::Option_group* target = command->add_option_group("target");
  target->add_option("--item", arguments->item, "id of an item");
  AddVectorOption(target, &arguments->vector);
  target->require_option(1);
  command->add_option("--n,-n", arguments->n, "neighbours wanted, default 10");
  command->add_option("--search_k", arguments->search_k,
                      "candidates to gather; -1, the default: n times the "
                      "number of trees");
  AddGraphTuningOptions(command, &arguments->beam, &arguments->min_recall);
  command
      ->add_option("--engine", arguments->engine,
                   "forest (default), exact, graph, or auto: graph or exact, "
                   "by recall")
      ->check(CLI::IsMember({"forest", "exact", "graph", "auto"}));
}

// Adds a command whose arguments are of type `Arguments`.
template <typename Arguments>
std::pair<CLI::App*, Arguments*> AddCommand(
    CLI::App* file, Context* context, const std::string& name,
    const std::string& description,
    absl::Status (*run)(const Arguments&, const Context&)) {
  CLI::App* command = file->add_subcommand(name, description);
  auto arguments = std::make_shared<Arguments>();
  AddFileArguments(command, arguments.get());
  command->callback([context, arguments, run] {
    context->run = [context, arguments, run] {
      return run(*arguments, *context);
    };
  });
  return {command, arguments.get()};
}

}  // namespace

void AddFileReadCommands(CLI::App* file, Context* context) {
  AddCommand<FileArguments>(file, context, "info", "what a file holds",
                            RunInfo);
  {
    const auto [command, arguments] = AddCommand<QueryArguments>(
        file, context, "query", "neighbours of an item or a vector", RunQuery);
    AddQueryOptions(command, arguments);
  }
  {
    const auto [command, arguments] = AddCommand<PairArguments>(
        file, context, "distance", "distance of two items", RunDistance);
    command->add_option("--i", arguments->i, "id of an item")->required();
    command->add_option("--j", arguments->j, "id of the other")->required();
  }
  {
    const auto [command, arguments] = AddCommand<PairArguments>(
        file, context, "vector", "the stored vector of an item", RunVector);
    command->add_option("--item", arguments->i, "id of the item")->required();
  }
  AddCommand<FileArguments>(file, context, "verify",
                            "check everything a file promises", RunVerify);
}

}  // namespace annod::ctl
