#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/ctl/common/arguments.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/common/values.h"
#include "client/ctl/server/commands.h"
#include "client/ctl/server/query_file.h"
#include "client/ctl/server/row_conversion.h"
#include "client/ctl/server/server_output.h"
#include "client/input/components.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

struct QueryArguments {
  std::string index;
  std::optional<int32_t> item;
  std::string label;
  std::vector<float> vector;
  std::optional<client::SparseVector> sparse;
  QueryFile file;
  std::string engine = "auto";
  bool cost = false;
  client::QueryOptions options;
};

// The vector of a neighbour.
absl::Span<const float> VectorAt(const client::NeighborList& list, size_t i) {
  const size_t dim = list.vectors.size() / list.ids.size();
  return absl::MakeConstSpan(list.vectors).subspan(i * dim, dim);
}

Json ToJson(const client::QueryResult& result) {
  const client::NeighborList& list = result.results[0];
  Json json;
  json["ids"] = list.ids;
  json["labels"] = list.labels;
  json["distances"] = JsonNumbers(list.distances);
  if (!list.vectors.empty()) {
    json["vectors"] = Json::array();
    for (size_t i = 0; i < list.ids.size(); ++i) {
      json["vectors"].push_back(JsonNumbers(VectorAt(list, i)));
    }
  }
  json["truncated"] = list.truncated;
  json["version"] = result.version;
  json["engine"] = Name(result.engine);
  json["search_k"] = result.search_k;
  json["beam"] = result.beam;
  if (result.ranked_by_codes) json["ranked_by_codes"] = true;
  if (result.cost.has_value()) {
    json["cost"] = Json{{"node_count", result.cost->node_count},
                        {"distance_count", result.cost->distance_count},
                        {"search_us", result.cost->search_us}};
  }
  return json;
}

void PrintNeighbors(const client::NeighborList& list) {
  std::vector<Table::Column> columns = {
      {"rank", true}, {"id", true}, {"label"}, {"distance", true}};
  if (!list.vectors.empty()) columns.push_back({"vector"});
  Table table(columns);
  for (size_t i = 0; i < list.ids.size(); ++i) {
    std::vector<std::string> row = {
        absl::StrCat(i + 1), absl::StrCat(list.ids[i]),
        i < list.labels.size() ? list.labels[i] : "",
        i < list.distances.size() ? FormatFloat(list.distances[i]) : ""};
    if (!list.vectors.empty()) {
      row.push_back(absl::StrJoin(VectorAt(list, i), ",",
                                  [](std::string* out, float value) {
                                    out->append(FormatFloat(value));
                                  }));
    }
    table.AddRow(std::move(row));
  }
  table.Print();
}

client::Query QueryOf(const QueryArguments& arguments,
                      const std::vector<float>& vector) {
  if (arguments.item) return client::Query::OfItem(*arguments.item);
  if (arguments.sparse) return client::Query::OfSparse(*arguments.sparse);
  if (!vector.empty()) return client::Query::OfVector(vector);
  return client::Query::OfLabel(arguments.label);
}

absl::Status RunQuery(const QueryArguments& arguments, const Context& context) {
  client::QueryOptions options = arguments.options;
  options.engine = EngineOf(arguments.engine);
  if (!arguments.file.path.empty()) {
    return RunQueryFile(arguments.index, arguments.file, options, context);
  }
  if (arguments.vector.empty()) {
    ANNOD_RETURN_IF_ERROR(
        CheckNoBits(arguments.file.read, arguments.item     ? "--item"
                                         : arguments.sparse ? "--sparse"
                                                            : "--label"));
  }
  options.include_labels = true;
  options.include_cost = arguments.cost;
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const std::vector<float> vector,
                         GivenVector(arguments.index, arguments.file.read,
                                     arguments.vector, client.get()));
  ANNOD_ASSIGN_OR_RETURN(
      const client::QueryResult result,
      client->GetNns(arguments.index, {QueryOf(arguments, vector)}, options));
  if (context.json) {
    PrintJson(ToJson(result));
    return absl::OkStatus();
  }
  PrintNeighbors(result.results[0]);
  if (arguments.cost && result.cost.has_value()) {
    const bool graph = result.engine == v1::ENGINE_GRAPH;
    PrintText("\n");
    PrintFields(
        {{"version", absl::StrCat(result.version)},
         {"engine",
          absl::StrCat(Name(result.engine),
                       result.ranked_by_codes ? ", by codes first" : "")},
         {graph ? "beam" : "search_k",
          WithCommas(graph ? result.beam : result.search_k)},
         {"nodes", WithCommas(result.cost->node_count)},
         {"distances", WithCommas(result.cost->distance_count)},
         {"search", absl::StrCat(WithCommas(result.cost->search_us), " us")}});
  }
  return absl::OkStatus();
}

// "--sparse": components by position.
CLI::Option* AddSparseOption(CLI::App* command,
                             std::optional<client::SparseVector>* sparse) {
  return command
      ->add_option_function<std::string>(
          "--sparse",
          [sparse](const std::string& text) {
            client::SparseVector parsed;
            for (const absl::string_view part :
                 SplitComponents("--sparse", text)) {
              const std::pair<absl::string_view, absl::string_view> pair =
                  absl::StrSplit(part, absl::MaxSplits(':', 1));
              int32_t position;
              float value;
              if (!absl::SimpleAtoi(pair.first, &position) ||
                  !input::ParseNumber(pair.second, &value)) {
                throw CLI::ValidationError(
                    "--sparse", absl::StrCat("'", part.substr(0, 40),
                                             "' is not POSITION:VALUE"));
              }
              if (!std::isfinite(value)) {
                throw CLI::ValidationError(
                    "--sparse",
                    absl::StrCat("'", pair.second.substr(0, 40),
                                 "' is not a finite number that a float32 "
                                 "holds"));
              }
              parsed.positions.push_back(position);
              parsed.values.push_back(value);
            }
            *sparse = std::move(parsed);
          },
          "components by position, as \"0:0.5,7:-1\"; the others are "
          "--missing_value")
      ->type_name("I:X,J:Y,...");
}

void AddTargetOptions(CLI::App* command, QueryArguments* arguments) {
  CLI::Option_group* target = command->add_option_group("target");
  target->add_option("--item", arguments->item, "id of an item");
  target->add_option("--label", arguments->label, "label of an item");
  AddVectorOption(target, &arguments->vector);
  CLI::Option* sparse = AddSparseOption(target, &arguments->sparse);
  CLI::Option* queries =
      target->add_option("--queries", arguments->file.path,
                         "a file of vectors, asked for one after the other: "
                         "prints how long the answers took");
  target->require_option(1);
  CLI::Option* missing =
      command
          ->add_option("--missing_value", arguments->options.missing_value,
                       "with --sparse: the components not given")
          ->needs(sparse);
  sparse->needs(missing);
  command
      ->add_option("--count", arguments->file.count,
                   "with --queries: ask only for so many, from the front")
      ->check(Positive());
  command
      ->add_flag("--stream", arguments->file.stream,
                 "with --queries: on one stream, without waiting for the "
                 "answer to one before asking for the next")
      ->needs(queries);
  AddInputOptions(command, &arguments->file.read);
}

void AddSearchOptions(CLI::App* command, QueryArguments* arguments) {
  client::QueryOptions* options = &arguments->options;
  command->add_option("-n,--n", options->n,
                      "neighbours wanted; without it, the index's default");
  AddTuningOptions(command, options);
  AddEngineOption(command, &arguments->engine);
}

void AddFilterOptions(CLI::App* command, client::QueryOptions* options) {
  command->add_flag("--exclude_self", options->exclude_self,
                    "leave the queried item itself out");
  AddListOption(command, "--exclude", &options->exclude_items,
                "leave these items out", "ID,ID,...");
  CLI::Option* allow = AddListOption(command, "--allow", &options->allow_items,
                                     "answer only these items", "ID,ID,...");
  command
      ->add_flag("--allow_none", options->only_allow_items,
                 "answer no item at all: an --allow whose list is empty")
      ->excludes(allow);
  command->add_option("--max_distance", options->max_distance,
                      "only items this near; dot: inner product at least this");
  command->add_flag("--include_staged", options->include_staged,
                    "items stored since the last build too");
}

void AddAnswerOptions(CLI::App* command, QueryArguments* arguments) {
  client::QueryOptions* options = &arguments->options;
  command->add_flag("--vectors", options->include_vectors,
                    "print the neighbours' vectors too");
  command->add_option("--label_fill", options->label_fill,
                      "label of items that have none");
  command->add_flag("--strict", options->strict,
                    "fail if fewer than n are found");
  command->add_flag("--cost", arguments->cost, "also print what it cost");
}

}  // namespace

void AddServerQueryCommand(CLI::App* app, Context* context) {
  CLI::App* command =
      app->add_subcommand("query", "neighbours of an item, label or vector");
  auto arguments = std::make_shared<QueryArguments>();
  command->add_option("NAME", arguments->index, "the index")->required();
  AddTargetOptions(command, arguments.get());
  AddSearchOptions(command, arguments.get());
  AddFilterOptions(command, &arguments->options);
  AddAnswerOptions(command, arguments.get());
  command->callback([context, arguments] {
    context->run = [context, arguments] {
      return RunQuery(*arguments, *context);
    };
  });
}

}  // namespace annod::ctl
