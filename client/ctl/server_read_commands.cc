#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/ctl/arguments.h"
#include "client/ctl/commands.h"
#include "client/ctl/query_file.h"
#include "client/ctl/server_output.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

struct QueryArguments {
  std::string index;
  std::optional<int32_t> item;
  std::string label;
  std::vector<float> vector;
  std::string queries;
  int64_t count = std::numeric_limits<int64_t>::max();
  int n = 0;
  int search_k = -1;
  std::string engine = "auto";
  bool cost = false;
  bool include_staged = false;
};

Json ToJson(const client::QueryResult& result) {
  const client::NeighborList& list = result.results[0];
  Json json;
  json["ids"] = list.ids;
  json["labels"] = list.labels;
  json["distances"] = JsonNumbers(list.distances);
  json["truncated"] = list.truncated;
  json["version"] = result.version;
  json["engine"] = Name(result.engine);
  if (result.cost.has_value()) {
    json["cost"] = Json{{"node_count", result.cost->node_count},
                        {"distance_count", result.cost->distance_count},
                        {"search_us", result.cost->search_us}};
  }
  return json;
}

absl::Status RunQuery(const QueryArguments& arguments, const Context& context) {
  client::QueryOptions options;
  options.n = arguments.n;
  options.include_staged = arguments.include_staged;
  options.search_k = arguments.search_k;
  options.engine = arguments.engine == "forest"  ? v1::ENGINE_FOREST
                   : arguments.engine == "exact" ? v1::ENGINE_EXACT
                                                 : v1::ENGINE_AUTO;
  if (!arguments.queries.empty()) {
    return RunQueryFile(arguments.index, arguments.queries, arguments.count,
                        options, context);
  }
  client::Query query =
      arguments.item.has_value() ? client::Query::OfItem(*arguments.item)
      : arguments.vector.empty() ? client::Query::OfLabel(arguments.label)
                                 : client::Query::OfVector(arguments.vector);
  options.include_labels = true;
  options.include_cost = arguments.cost;
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const client::QueryResult result,
                         client->GetNns(arguments.index, {query}, options));
  if (context.json) {
    PrintJson(ToJson(result));
    return absl::OkStatus();
  }
  const client::NeighborList& list = result.results[0];
  Table table({{"rank", true}, {"id", true}, {"label"}, {"distance", true}});
  for (size_t i = 0; i < list.ids.size(); ++i) {
    table.AddRow(
        {absl::StrCat(i + 1), absl::StrCat(list.ids[i]),
         i < list.labels.size() ? list.labels[i] : "",
         i < list.distances.size() ? FormatFloat(list.distances[i]) : ""});
  }
  table.Print();
  if (arguments.cost && result.cost.has_value()) {
    std::puts("");
    PrintFields(
        {{"version", absl::StrCat(result.version)},
         {"engine", Name(result.engine)},
         {"nodes", WithCommas(result.cost->node_count)},
         {"distances", WithCommas(result.cost->distance_count)},
         {"search", absl::StrCat(WithCommas(result.cost->search_us), " us")}});
  }
  return absl::OkStatus();
}

absl::Status RunInfo(const std::string& index, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info, client->Info(index));
  PrintInfo(info, context);
  return absl::OkStatus();
}

absl::Status RunList(const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const std::vector<client::IndexInfo> infos,
                         client->ListIndexes());
  if (context.json) {
    Json indexes = Json::array();
    for (const client::IndexInfo& info : infos) {
      indexes.push_back(ctl::ToJson(info));
    }
    PrintJson(Json{{"indexes", indexes}});
    return absl::OkStatus();
  }
  Table table({{"index"},
               {"state"},
               {"metric"},
               {"dim", true},
               {"version", true},
               {"items", true},
               {"trees", true},
               {"size", true},
               {"staged", true}});
  for (const client::IndexInfo& info : infos) {
    table.AddRow({info.index, Name(info.state), Name(info.metric),
                  absl::StrCat(info.dimension), absl::StrCat(info.version),
                  WithCommas(info.item_count), absl::StrCat(info.tree_count),
                  HumanBytes(info.forest_bytes),
                  WithCommas(info.staged_item_count)});
  }
  table.Print();
  return absl::OkStatus();
}

absl::Status RunHealth(const std::string& index, Context* context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(*context));
  ANNOD_ASSIGN_OR_RETURN(const client::Health health, client->Health(index));
  const std::string name = health == client::Health::kServing ? "SERVING"
                           : health == client::Health::kNotServing
                               ? "NOT_SERVING"
                               : "UNKNOWN";
  if (health != client::Health::kServing) context->exit_code = kExitFailed;
  if (context->json) {
    PrintJson(Json{{"index", index}, {"health", name}});
  } else {
    PrintFields({{index.empty() ? context->server : index, name}});
  }
  return absl::OkStatus();
}

}  // namespace

void AddServerReadCommands(CLI::App* app, Context* context) {
  {
    CLI::App* command =
        app->add_subcommand("query", "neighbours of an item, label or vector");
    auto arguments = std::make_shared<QueryArguments>();
    command->add_option("NAME", arguments->index, "the index")->required();
    CLI::Option_group* target = command->add_option_group("target");
    target->add_option("--item", arguments->item, "id of an item");
    target->add_option("--label", arguments->label, "label of an item");
    AddVectorOption(target, &arguments->vector);
    target->add_option("--queries", arguments->queries,
                       "a file of vectors, asked for one after the other: "
                       "prints how long the answers took");
    target->require_option(1);
    command
        ->add_option("--count", arguments->count,
                     "with --queries: ask only for so many, from the front")
        ->check(CLI::PositiveNumber);
    command->add_option("-n,--n", arguments->n,
                        "neighbours wanted; without it, the index's default");
    command->add_option("--search_k", arguments->search_k,
                        "candidates to gather; -1, the default: n times the "
                        "number of trees");
    command
        ->add_option("--engine", arguments->engine,
                     "auto (default), forest or exact")
        ->check(CLI::IsMember({"auto", "forest", "exact"}));
    command->add_flag("--cost", arguments->cost, "also print what it cost");
    command->add_flag("--include_staged", arguments->include_staged,
                      "find items stored since the last build too");
    command->callback([context, arguments] {
      context->run = [context, arguments] {
        return RunQuery(*arguments, *context);
      };
    });
  }
  {
    CLI::App* command =
        app->add_subcommand("info", "everything about an index");
    auto index = std::make_shared<std::string>();
    command->add_option("NAME", *index, "the index")->required();
    command->callback([context, index] {
      context->run = [context, index] { return RunInfo(*index, *context); };
    });
  }
  app->add_subcommand("list", "all indexes")->callback([context] {
    context->run = [context] { return RunList(*context); };
  });
  {
    CLI::App* command = app->add_subcommand(
        "health", "is the server, or an index, serving? exit status 0 if so");
    auto index = std::make_shared<std::string>();
    command->add_option("NAME", *index, "the index; without it the server");
    command->callback([context, index] {
      context->run = [context, index] { return RunHealth(*index, context); };
    });
  }
}

}  // namespace annod::ctl
