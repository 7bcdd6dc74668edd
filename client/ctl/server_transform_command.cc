#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/ctl/arguments.h"
#include "client/ctl/commands.h"
#include "client/ctl/fit_input.h"
#include "client/ctl/progress.h"
#include "client/ctl/server_output.h"
#include "client/ctl/transform_output.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// Queries of one call, which takes at most 1024.
constexpr size_t kBatch = 256;

struct TransformArguments {
  std::string index;
  std::string input;
  std::vector<int32_t> items;
  std::string output;
  bool force = false;
  std::string output_type = "item";
  std::string label_column = "auto";
  std::string engine = "auto";
  client::QueryOptions query;
};

// Queries from a file or from ids, one after the other.
class Queries {
 public:
  absl::Status Open(const TransformArguments& arguments,
                    const client::IndexInfo& info) {
    items_ = arguments.items;
    if (arguments.input.empty()) return absl::OkStatus();
    FitInputOptions options;
    options.feature_names = info.feature_names;
    if (arguments.label_column == "first") {
      options.csv_labels = CsvLabels::kFirst;
    } else if (arguments.label_column == "none") {
      options.csv_labels = CsvLabels::kNone;
    }
    ANNOD_ASSIGN_OR_RETURN(input_, OpenFitInput(arguments.input, options));
    return absl::OkStatus();
  }

  std::optional<int64_t> count() const {
    return input_ == nullptr
               ? std::optional<int64_t>(static_cast<int64_t>(items_.size()))
               : input_->row_count();
  }

  // Fills `*batch`; empty at the end.
  absl::Status Next(std::vector<client::Query>* batch) {
    batch->clear();
    while (batch->size() < kBatch) {
      if (input_ == nullptr) {
        if (next_item_ == items_.size()) break;
        batch->push_back(client::Query::OfItem(items_[next_item_++]));
        continue;
      }
      ANNOD_ASSIGN_OR_RETURN(const bool more, input_->Next(&row_));
      if (!more) break;
      batch->push_back(
          row_.sparse ? client::Query::OfSparse(row_.positions, row_.values)
                      : client::Query::OfVector(row_.values));
    }
    return absl::OkStatus();
  }

 private:
  std::vector<int32_t> items_;
  size_t next_item_ = 0;
  std::unique_ptr<FitInput> input_;
  FitInputRow row_;
};

absl::Status RunTransform(const TransformArguments& arguments,
                          const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info,
                         client->Info(arguments.index));
  client::QueryOptions options = arguments.query;
  TransformShape shape;
  shape.n = options.n == 0 ? info.default_n : options.n;
  shape.dim = info.dimension;
  shape.vectors = arguments.output_type == "vector";
  shape.distances = options.include_distances;
  shape.labels = options.include_labels;
  options.n = shape.n;
  options.include_vectors = shape.vectors;
  Queries queries;
  ANNOD_RETURN_IF_ERROR(queries.Open(arguments, info));
  ANNOD_ASSIGN_OR_RETURN(
      const auto output,
      OpenTransformOutput(arguments.output, arguments.force, shape));
  Progress progress("transform", "rows",
                    context.json || arguments.output.empty());
  int64_t rows = 0;
  int64_t truncated = 0;
  std::vector<client::Query> batch;
  while (true) {
    ANNOD_RETURN_IF_ERROR(queries.Next(&batch));
    if (batch.empty()) break;
    ANNOD_ASSIGN_OR_RETURN(const client::QueryResult result,
                           client->GetNns(arguments.index, batch, options));
    for (const client::NeighborList& row : result.results) {
      ANNOD_RETURN_IF_ERROR(output->Add(row));
      truncated += row.truncated ? 1 : 0;
    }
    rows += static_cast<int64_t>(batch.size());
    std::optional<double> fraction;
    const std::optional<int64_t> count = queries.count();
    if (count.has_value() && *count > 0) {
      fraction = static_cast<double>(rows) / static_cast<double>(*count);
    }
    progress.Update(fraction, rows);
  }
  if (rows == 0) return absl::InvalidArgumentError("there is no row");
  ANNOD_RETURN_IF_ERROR(output->Finish());
  progress.Done(rows);
  if (arguments.output.empty()) return absl::OkStatus();
  if (context.json) {
    PrintJson(Json{{"index", arguments.index},
                   {"rows", rows},
                   {"n", shape.n},
                   {"truncated", truncated},
                   {"output", arguments.output}});
  } else {
    PrintFields({{"index", arguments.index},
                 {"rows", WithCommas(rows)},
                 {"truncated", WithCommas(truncated)},
                 {"output", arguments.output}});
  }
  return absl::OkStatus();
}

}  // namespace

void AddServerTransformCommand(CLI::App* app, Context* context) {
  CLI::App* command = app->add_subcommand(
      "transform", "write the neighbours of every row of a file, or of items");
  auto arguments = std::make_shared<TransformArguments>();
  client::QueryOptions* query = &arguments->query;
  query->include_distances = false;
  command->add_option("NAME", arguments->index, "the index")->required();
  CLI::Option_group* source = command->add_option_group("source");
  CLI::Option* input = source->add_option(
      "INPUT", arguments->input, "rows to find the neighbours of, as for fit");
  CLI::Option* items =
      source->add_option("--items", arguments->items, "ids instead of rows")
          ->delimiter(',');
  source->require_option(1);
  command->add_option("-n", query->n,
                      "neighbours of each row; default: the index's");
  command->add_option("--search_k", query->search_k,
                      "as in query; -1: n times the trees");
  command->add_option("--engine", arguments->engine, "auto, forest or exact")
      ->check(CLI::IsMember({"auto", "forest", "exact"}));
  command->add_flag("--distances", query->include_distances,
                    "write distances too");
  command->add_flag("--labels", query->include_labels, "write labels too");
  command->add_option("--label_fill", query->label_fill,
                      "label of an item that has none");
  command
      ->add_flag("--exclude_self", query->exclude_self,
                 "leave out the item asked for, by its id")
      ->needs(items);
  command
      ->add_option("--exclude_items", query->exclude_items,
                   "ids to leave out of every answer")
      ->delimiter(',');
  command
      ->add_option("--output_type", arguments->output_type,
                   "item (ids, default) or vector")
      ->check(CLI::IsMember({"item", "vector"}));
  command->add_flag("--strict", query->strict,
                    "fail if a row has fewer than n neighbours");
  command->add_option("--missing_value", query->missing_value,
                      "what missing components are");
  command
      ->add_option("--label_column", arguments->label_column,
                   "does the first column of a .csv hold labels, which are "
                   "then left alone: auto (default), first, none")
      ->needs(input)
      ->check(CLI::IsMember({"auto", "first", "none"}));
  CLI::Option* output = command->add_option(
      "--output", arguments->output,
      "file to write: .jsonl, .csv or .npy; default: JSON lines on stdout");
  command->add_flag("--force", arguments->force, "replace an existing file")
      ->needs(output);
  command->callback([context, arguments] {
    context->run = [context, arguments] {
      arguments->query.engine = arguments->engine == "exact" ? v1::ENGINE_EXACT
                                : arguments->engine == "forest"
                                    ? v1::ENGINE_FOREST
                                    : v1::ENGINE_AUTO;
      return RunTransform(*arguments, *context);
    };
  });
}

}  // namespace annod::ctl
