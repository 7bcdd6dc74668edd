#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/ctl/arguments.h"
#include "client/ctl/commands.h"
#include "client/ctl/output.h"
#include "core/forest/forest_index.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

struct FileArguments {
  std::string path;
  Metric metric = Metric::kAngular;
  int dim = 0;

  absl::StatusOr<std::shared_ptr<const ForestIndex>> Open(
      Verify verify = Verify::kSafe,
      std::vector<std::string>* notes = nullptr) const {
    ForestOpenOptions options;
    options.verify = verify;
    options.notes = notes;
    return ForestIndex::Open(FileSystem::Posix(), path, metric, dim, options);
  }
};

struct QueryArguments : FileArguments {
  std::optional<int64_t> item;
  std::vector<float> vector;
  int n = 10;
  int64_t search_k = -1;
  std::string engine = "forest";
};

struct PairArguments : FileArguments {
  int64_t i = 0, j = 0;
};

void AddFileArguments(CLI::App* command, FileArguments* arguments) {
  command->add_option("FILE", arguments->path, "a native Annoy file")
      ->required();
  AddMetricOption(command, &arguments->metric)->required();
  command
      ->add_option("--dim", arguments->dim,
                   "components of a vector (Annoy's f)")
      ->required();
}

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
       {"size", HumanBytes(index->bytes().size())}});
  return absl::OkStatus();
}

absl::Status RunQuery(const QueryArguments& arguments, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto index, arguments.Open());
  SearchOptions options;
  // Annoy answers n = 0 with nothing, after the same checks.
  options.n = arguments.n == 0 ? 1 : arguments.n;
  options.search_k = arguments.search_k;
  options.engine =
      arguments.engine == "exact" ? Engine::kExact : Engine::kForest;
  const SearchScratchPtr scratch = NewSearchScratch();
  std::vector<Neighbor> neighbors;
  SearchStats stats;
  ANNOD_RETURN_IF_ERROR(arguments.item.has_value()
                            ? index->SearchItem(*arguments.item, options,
                                                scratch.get(), &neighbors,
                                                &stats)
                            : index->Search(arguments.vector, options,
                                            scratch.get(), &neighbors, &stats));
  if (arguments.n == 0) neighbors.clear();
  if (context.json) {
    Json result{{"ids", Json::array()}, {"distances", Json::array()}};
    for (const Neighbor& neighbor : neighbors) {
      result["ids"].push_back(neighbor.id);
      result["distances"].push_back(JsonNumber(neighbor.distance));
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
  if (context.json) {
    PrintJson({{"ok", true},
               {"layout", std::string(LayoutName(index->layout().kind))},
               {"n_items", index->slot_count()},
               {"n_trees", index->tree_count()},
               {"n_nodes", index->node_count()},
               {"notes", notes}});
  } else {
    PrintFields({{arguments.path,
                  absl::StrCat("ok: ", LayoutName(index->layout().kind), ", ",
                               WithCommas(index->item_count()), " items, ",
                               index->tree_count(), " trees, ",
                               WithCommas(index->node_count()),
                               " nodes, every check passed")}});
    for (const std::string& note : notes) PrintFields({{"note", note}});
  }
  return absl::OkStatus();
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
    CLI::Option_group* target = command->add_option_group("target");
    target->add_option("--item", arguments->item, "id of an item");
    AddVectorOption(target, &arguments->vector);
    target->require_option(1);
    command->add_option("--n,-n", arguments->n,
                        "neighbours wanted, default 10");
    command->add_option("--search_k", arguments->search_k,
                        "candidates to gather; -1, the default: n times the "
                        "number of trees");
    command
        ->add_option("--engine", arguments->engine, "forest (default) or exact")
        ->check(CLI::IsMember({"forest", "exact"}));
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
