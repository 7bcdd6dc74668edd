#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/ctl/common/arguments.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/common/interruption.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/server/commands.h"
#include "client/ctl/server/row_conversion.h"
#include "client/ctl/server/row_errors.h"
#include "client/ctl/server/server_output.h"
#include "core/status_macros.h"
#include "core/utf8.h"

namespace annod::ctl {
namespace {

constexpr auto kLookInterval = std::chrono::milliseconds(250);

struct FitArguments {
  std::string index;
  std::string input;
  VectorReaderOptions read;
  std::string feature_names;
  int dot_layout = 0;  // 0: not given
  std::optional<v1::HammingLayout> hamming_layout;
  std::optional<v1::BuildRules> rules;
  std::optional<Metric> create_metric;
  int create_dim = 0;
  client::FitOptions fit;

  client::FitOptions Options() const {
    client::FitOptions options = fit;
    if (dot_layout != 0) {
      options.build.dot_layout =
          dot_layout == 16 ? v1::DOT_LAYOUT_16 : v1::DOT_LAYOUT_24;
    }
    if (hamming_layout) options.build.hamming_layout = *hamming_layout;
    if (rules) options.build.rules = *rules;
    if (create_metric.has_value()) {
      options.create.emplace();
      // The numbers of core's metrics are those of the API (core/metric.h).
      options.create->metric = static_cast<v1::Metric>(*create_metric);
      options.create->dimension = create_dim;
    }
    return options;
  }
};

absl::Status NameFeatures(const FitArguments& arguments,
                          const VectorReader& input,
                          client::FitOptions* options) {
  if (!arguments.feature_names.empty()) {
    options->feature_names = absl::StrSplit(arguments.feature_names, ',');
  }
  if (arguments.read.header != "yes") return absl::OkStatus();
  if (options->feature_names.empty()) {
    options->feature_names = input.column_names();
  }
  std::set<std::string> names;
  for (const std::string& name : options->feature_names) {
    if (names.insert(name).second) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        arguments.input, ": ", input.description().header, ": two columns are ",
        "called '", ForMessage(name), "'; leave --header yes out to read them ",
        "without names"));
  }
  if (!options->feature_names.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(arguments.input, ": the first line holds no names"));
}

absl::Status SendRows(VectorReader* input, FitWriter* writer,
                      Progress* progress) {
  std::vector<float> row(input->dim());
  std::string label;
  for (int64_t rows = 1;; ++rows) {
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           input->Next(absl::MakeSpan(row), &label));
    if (!more) return absl::OkStatus();
    std::optional<int32_t> id;
    if (input->has_ids()) id = input->id();
    if (IsWhole(row)) {
      ANNOD_RETURN_IF_ERROR(writer->Add(row, label, id));
    } else {
      const client::SparseVector given = GivenComponents(row);
      ANNOD_RETURN_IF_ERROR(
          writer->AddSparse(given.positions, given.values, label, id));
    }
    std::optional<double> fraction;
    if (input->row_count().has_value() && *input->row_count() > 0) {
      fraction = static_cast<double>(rows) / *input->row_count();
    }
    progress->Update(fraction, rows);
  }
}

// Waits for the version and shows how its build goes. An index that the Fit
// makes cannot be asked before.
absl::StatusOr<client::FitResult> AwaitVersion(const std::string& index,
                                               Client* client,
                                               FitWriter* writer,
                                               Progress* progress) {
  std::future<absl::StatusOr<client::FitResult>> finished =
      std::async(std::launch::async, [writer] { return writer->Finish(); });
  while (finished.wait_for(kLookInterval) != std::future_status::ready) {
    const absl::StatusOr<client::IndexInfo> info = client->Info(index);
    if (!info.ok() || !info->build.has_value()) continue;
    progress->Update(info->build->fraction_done, 0, info->build->seconds_left,
                     Name(info->build->phase));
  }
  return finished.get();
}

absl::Status RunFit(const FitArguments& arguments, const Context& context) {
  VectorReaderOptions read = arguments.read;
  read.missing = arguments.fit.missing_value.has_value();
  read.dim = arguments.create_dim;
  read.metric = arguments.create_metric;
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  const absl::StatusOr<client::IndexInfo> info = client->Info(arguments.index);
  if (info.ok()) {
    read.dim = info->dimension;
    read.metric = static_cast<Metric>(info->metric);
    read.feature_names = info->feature_names;
  }
  if (!arguments.feature_names.empty()) {
    read.feature_names = absl::StrSplit(arguments.feature_names, ',');
  }
  ANNOD_ASSIGN_OR_RETURN(const auto input,
                         OpenVectorFile(arguments.input, read));
  PrintWarnings(input->description());
  if (read.dim != 0) {
    ANNOD_RETURN_IF_ERROR(
        CheckInputDim(arguments.input, *input, arguments.index, read.dim));
  }
  client::FitOptions options = arguments.Options();
  if (options.append && info.ok()) {
    ANNOD_RETURN_IF_ERROR(
        CheckColumns(arguments.input, *input, info->feature_names));
  }
  ANNOD_RETURN_IF_ERROR(NameFeatures(arguments, *input, &options));
  // The first row may lack components: it does not tell how many there are.
  if (info.ok() && !options.create.has_value()) options.create.emplace();
  if (options.create.has_value()) options.create->dimension = input->dim();
  const std::unique_ptr<FitWriter> writer =
      client->NewFit(arguments.index, options);
  const Interruption interruption([&] {
    return absl::StrCat("nothing is stored, index '", arguments.index,
                        "' is as it was before. To begin again: annodctl fit ",
                        arguments.index, " ", arguments.input);
  });
  Progress sending("fit", "rows", context.json);
  const auto in_file = [&](const absl::Status& status) {
    return WithRowInFile(status, arguments.input, read, 0);
  };
  const absl::Status sent = SendRows(input.get(), writer.get(), &sending);
  if (!sent.ok()) return in_file(sent);
  Progress building("build", "", context.json);
  const absl::StatusOr<client::FitResult> finished =
      AwaitVersion(arguments.index, client.get(), writer.get(), &building);
  if (!finished.ok()) return in_file(finished.status());
  const client::FitResult& result = *finished;
  building.Done(0);
  const client::BuildResult& build = result.build;
  if (context.json) {
    PrintJson(Json{{"index", arguments.index},
                   {"row_count", result.row_count},
                   {"first_id", result.first_id},
                   {"version", build.version},
                   {"item_count", build.item_count},
                   {"tree_count", build.tree_count},
                   {"forest_bytes", build.forest_bytes},
                   {"seconds", build.seconds},
                   {"input", InputJson(input->description())}});
    return absl::OkStatus();
  }
  std::vector<std::pair<std::string, std::string>> fields = {
      {"index", arguments.index},
      {"rows", WithCommas(result.row_count)},
      {"ids", input->has_ids()
                  ? "the rows' own"
                  : absl::StrCat(result.first_id, " to ",
                                 result.first_id + result.row_count - 1)},
      {"version", absl::StrCat(build.version)},
      {"items", WithCommas(build.item_count)},
      {"trees", WithCommas(build.tree_count)},
      {"size", HumanBytes(static_cast<double>(build.forest_bytes))}};
  AppendInputFields(input->description(), &fields);
  PrintFields(fields);
  return absl::OkStatus();
}

void AddCreateOptions(CLI::App* command, FitArguments* arguments) {
  CLI::Option* create = AddMetricOption(command, &arguments->create_metric)
                            ->description(
                                "create the index with this metric "
                                "if there is none");
  command
      ->add_option("--dim", arguments->create_dim,
                   "dimension of an index that is created; default: that of "
                   "the first row")
      ->needs(create);
  command
      ->add_flag("--allow_duplicate_labels",
                 arguments->fit.allow_duplicate_labels,
                 "let items of an index that is created share a label")
      ->needs(create);
}

}  // namespace

void AddServerFitCommand(CLI::App* app, Context* context) {
  CLI::App* command = app->add_subcommand(
      "fit", "store the rows of a file and build, all or nothing");
  auto arguments = std::make_shared<FitArguments>();
  client::FitOptions* fit = &arguments->fit;
  command->add_option("NAME", arguments->index, "the index")->required();
  command->add_option("INPUT", arguments->input, kInputFormats)->required();
  CLI::Option* append =
      command->add_flag("--append", fit->append, "keep the items there are");
  command
      ->add_flag("--reset",
                 "replace the items there are by the rows, the default")
      ->excludes(append);
  command->add_option("--start_index", fit->start_index,
                      "id of the first row; default: 0, or with --append the "
                      "largest id plus one");
  command->add_option("--missing_value", fit->missing_value,
                      "what missing components are; else a row that lacks one "
                      "is refused");
  command->add_option("--feature_names", arguments->feature_names,
                      "names separated by commas; without them --header yes "
                      "takes those of a .csv");
  AddInputOptions(command, &arguments->read);
  AddCompanionOptions(command, &arguments->read);
  command->add_option("--trees", fit->build.tree_count,
                      "trees; -1: as many as Annoy would");
  command->add_option("--seed", fit->build.seed, "seed of the build");
  command->add_option("--threads", fit->build.thread_count,
                      "threads of the build; default: all cores");
  AddDotLayoutOption(command, &arguments->dot_layout);
  AddHammingLayoutOption(command, &arguments->hamming_layout);
  AddBuildRulesOption(command, &arguments->rules);
  AddCompatOption(command, &arguments->rules);
  AddCreateOptions(command, arguments.get());
  command->callback([context, arguments] {
    context->run = [context, arguments] {
      return RunFit(*arguments, *context);
    };
  });
}

}  // namespace annod::ctl
