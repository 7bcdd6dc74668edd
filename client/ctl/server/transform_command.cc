#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/ctl/common/arguments.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/common/output_file.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/common/values.h"
#include "client/ctl/server/commands.h"
#include "client/ctl/server/row_errors.h"
#include "client/ctl/server/server_output.h"
#include "client/ctl/server/transform_input.h"
#include "client/ctl/server/transform_output.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// Of one call, whose messages have limits.
constexpr int64_t kMaxBatch = 256;
constexpr int64_t kMessageBytes = int64_t{2} << 20;

struct TransformArguments {
  std::string index;
  std::string input;
  std::vector<int32_t> items;
  std::string input_type = "vector";
  VectorReaderOptions read;
  std::string output;
  std::string format;  // empty: by the output's name
  bool force = false;
  std::string output_type = "item";
  std::string engine = "auto";
  client::QueryOptions query;
};

absl::StatusOr<std::unique_ptr<TransformInput>> OpenInput(
    const TransformArguments& arguments, const client::IndexInfo& info) {
  if (arguments.input.empty()) {
    ANNOD_RETURN_IF_ERROR(CheckNoBits(arguments.read, "--items"));
    return TransformInput::OfItems(arguments.items);
  }
  if (arguments.input_type != "vector") {
    ANNOD_RETURN_IF_ERROR(CheckNoBits(
        arguments.read, absl::StrCat("--input_type ", arguments.input_type)));
  }
  VectorReaderOptions options = arguments.read;
  options.feature_names = info.feature_names;
  options.dim = info.dimension;
  options.metric = static_cast<Metric>(info.metric);
  options.missing = arguments.query.missing_value.has_value();
  return TransformInput::Open(
      arguments.input,
      arguments.input_type == "vector" ? TransformInputType::kVectors
      : arguments.input_type == "item" ? TransformInputType::kItems
                                       : TransformInputType::kLabels,
      options);
}

TransformFormat FormatOf(const TransformArguments& arguments, bool json) {
  if (arguments.format == "tsv") return TransformFormat::kTabs;
  if (arguments.format == "csv") return TransformFormat::kCommas;
  if (arguments.format == "jsonl") return TransformFormat::kJsonLines;
  if (absl::EndsWith(arguments.output, ".jsonl")) {
    return TransformFormat::kJsonLines;
  }
  if (absl::EndsWith(arguments.output, ".csv")) return TransformFormat::kCommas;
  return json && arguments.output.empty() ? TransformFormat::kJsonDocument
                                          : TransformFormat::kTabs;
}

size_t BatchOf(const TransformShape& shape) {
  const int64_t query_bytes = int64_t{4} * shape.dim;
  constexpr int64_t kLabelBytes = 64;  // more than most have
  const int64_t neighbor_bytes =
      8 + (shape.vectors ? query_bytes : 0) + (shape.labels ? kLabelBytes : 0);
  const int64_t row_bytes =
      std::max({query_bytes, shape.n * neighbor_bytes, int64_t{1}});
  return static_cast<size_t>(
      std::clamp<int64_t>(kMessageBytes / row_bytes, 1, kMaxBatch));
}

struct Totals {
  int64_t rows = 0;
  int64_t truncated = 0;
};

absl::StatusOr<Totals> Transform(const TransformArguments& arguments,
                                 const client::QueryOptions& options,
                                 size_t batch_size, TransformInput* input,
                                 TransformOutput* output, Client* client,
                                 Progress* progress) {
  Totals totals;
  std::vector<client::Query> batch;
  while (true) {
    ANNOD_RETURN_IF_ERROR(input->Next(batch_size, &batch));
    if (batch.empty()) break;
    const absl::StatusOr<client::QueryResult> result =
        client->GetNns(arguments.index, batch, options);
    if (!result.ok()) {
      return WithPlaces(result.status(),
                        arguments.input.empty() ? "--items" : arguments.input,
                        [&](int64_t i) { return input->PlaceInBatch(i); });
    }
    for (const client::NeighborList& row : result->results) {
      ANNOD_RETURN_IF_ERROR(output->Add(row));
      totals.truncated += row.truncated ? 1 : 0;
    }
    totals.rows += static_cast<int64_t>(batch.size());
    std::optional<double> fraction;
    const std::optional<int64_t> count = input->count();
    if (count.has_value() && *count > 0) {
      fraction = static_cast<double>(totals.rows) / static_cast<double>(*count);
    }
    progress->Update(fraction, totals.rows);
  }
  if (totals.rows == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", arguments.input, "' holds no row"));
  }
  return totals;
}

absl::Status RunTransform(const TransformArguments& arguments,
                          const Context& context) {
  ANNOD_RETURN_IF_ERROR(CheckNotInput(arguments.output, {arguments.input}));
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
  options.engine = EngineOf(arguments.engine);
  ANNOD_ASSIGN_OR_RETURN(const auto input, OpenInput(arguments, info));
  if (input->vectors() != nullptr) {
    PrintWarnings(input->vectors()->description());
    ANNOD_RETURN_IF_ERROR(CheckInputDim(arguments.input, *input->vectors(),
                                        arguments.index, info.dimension));
    ANNOD_RETURN_IF_ERROR(
        CheckColumns(arguments.input, *input->vectors(), info.feature_names));
  }
  ANNOD_ASSIGN_OR_RETURN(
      const auto output,
      OpenTransformOutput(arguments.output, arguments.force,
                          FormatOf(arguments, context.json), shape));
  Progress progress("transform", "rows",
                    context.json || arguments.output.empty());
  ANNOD_ASSIGN_OR_RETURN(
      const Totals totals,
      Transform(arguments, options, BatchOf(shape), input.get(), output.get(),
                client.get(), &progress));
  ANNOD_RETURN_IF_ERROR(output->Finish());
  if (arguments.output.empty()) return absl::OkStatus();
  progress.Done(totals.rows);
  if (context.json) {
    Json document{{"index", arguments.index},
                  {"rows", totals.rows},
                  {"n", shape.n},
                  {"truncated", totals.truncated},
                  {"output", arguments.output}};
    if (input->vectors() != nullptr) {
      document["input"] = InputJson(input->vectors()->description());
    }
    PrintJson(document);
    return absl::OkStatus();
  }
  std::vector<std::pair<std::string, std::string>> fields = {
      {"index", arguments.index},
      {"rows", WithCommas(totals.rows)},
      {"truncated", WithCommas(totals.truncated)},
      {"output", arguments.output}};
  if (input->vectors() != nullptr) {
    AppendInputFields(input->vectors()->description(), &fields);
  }
  PrintFields(fields);
  return absl::OkStatus();
}

void AddSourceOptions(CLI::App* command, TransformArguments* arguments) {
  CLI::Option_group* source = command->add_option_group("source");
  CLI::Option* input = source->add_option(
      "INPUT", arguments->input,
      std::string("rows to find the neighbours of: ") + kInputFormats);
  AddListOption(source, "--items", &arguments->items, "ids instead of a file",
                "ID,ID,...");
  source->require_option(1);
  command
      ->add_option("--input_type", arguments->input_type,
                   "what INPUT holds: vector (default), or item or label, one "
                   "a line")
      ->needs(input)
      ->check(CLI::IsMember({"vector", "item", "label"}));
  AddInputOptions(command, &arguments->read);
  command->add_option("--missing_value", arguments->query.missing_value,
                      "what missing components are; else a row that lacks one "
                      "is refused");
}

void AddSearchOptions(CLI::App* command, TransformArguments* arguments) {
  client::QueryOptions* query = &arguments->query;
  command->add_option("-n,--n", query->n,
                      "neighbours of each row; default: the index's");
  AddTuningOptions(command, query);
  AddEngineOption(command, &arguments->engine);
  command->add_flag("--exclude_self", query->exclude_self,
                    "leave out the item asked for, by its id");
  AddListOption(command, "--exclude", &query->exclude_items,
                "leave these items out of every answer", "ID,ID,...");
  command->add_flag("--include_staged", query->include_staged,
                    "items stored since the last build too");
  command->add_flag("--strict", query->strict,
                    "fail if a row has fewer than n neighbours");
}

void AddOutputOptions(CLI::App* command, TransformArguments* arguments) {
  client::QueryOptions* query = &arguments->query;
  command
      ->add_option("--output_type", arguments->output_type,
                   "item (ids, default) or vector (stored vectors)")
      ->check(CLI::IsMember({"item", "vector"}));
  command->add_flag("--distances", query->include_distances,
                    "write distances too");
  command->add_flag("--labels", query->include_labels, "write labels too");
  command->add_option("--label_fill", query->label_fill,
                      "label of items that have none");
  CLI::Option* output =
      command->add_option("--output", arguments->output,
                          "file to write instead of standard output");
  command
      ->add_option("--format", arguments->format,
                   "tsv, csv or jsonl; default: csv or jsonl for an output so "
                   "named, else tsv")
      ->check(CLI::IsMember({"tsv", "csv", "jsonl"}));
  command->add_flag("--force", arguments->force, "replace an existing file")
      ->needs(output);
}

}  // namespace

void AddServerTransformCommand(CLI::App* app, Context* context) {
  CLI::App* command = app->add_subcommand(
      "transform", "write the neighbours of every row of a file, or of items");
  auto arguments = std::make_shared<TransformArguments>();
  arguments->query.include_distances = false;
  command->add_option("NAME", arguments->index, "the index")->required();
  AddSourceOptions(command, arguments.get());
  AddSearchOptions(command, arguments.get());
  AddOutputOptions(command, arguments.get());
  command->callback([context, arguments] {
    context->run = [context, arguments] {
      return RunTransform(*arguments, *context);
    };
  });
}

}  // namespace annod::ctl
