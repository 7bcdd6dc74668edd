#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/ctl/common/arguments.h"
#include "client/ctl/common/output.h"
#include "client/ctl/common/output_file.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/file/commands.h"
#include "client/ctl/file/file_graph.h"
#include "client/ctl/file/file_index.h"
#include "core/file_system.h"
#include "core/formats/convert.h"
#include "core/formats/format.h"
#include "core/formats/serialized.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

struct ConvertArguments {
  std::string input;
  std::string output;
  std::string from = "auto";
  std::string to;
  bool force = false;
  SerializedReadOptions read;
  ConvertOptions convert;
};

// "native" as input is what anybody may call so: the file or the blob.
std::vector<Format> FormatsNamed(const std::string& name) {
  if (name == "auto") return {};
  if (name == "native") return {Format::kNative, Format::kNativeBlob};
  return {ParseFormat(name).value()};
}

std::string CheckFormat(const std::string& name) {
  const absl::StatusOr<Format> format = ParseFormat(name);
  return format.ok() ? "" : std::string(format.status().message());
}

Json Describe(const ConvertArguments& arguments, const Serialized& input,
              const ConvertResult& result) {
  Json document;
  document["output"] = arguments.output;
  document["from"] = std::string(FormatName(input.format));
  document["to"] = std::string(FormatName(arguments.convert.to));
  document["layout"] = nullptr;
  if (result.layout.has_value()) {
    document["layout"] = std::string(LayoutName(result.layout->kind));
  }
  document["metric"] = std::string(MetricName(input.metric));
  document["dim"] = input.dim;
  document["n_items"] = result.slot_count;
  document["item_count"] = result.item_count;
  document["filled_holes"] = result.filled_holes;
  document["n_trees"] = result.tree_count;
  document["n_nodes"] = result.node_count;
  document["rebuilt"] = result.rebuilt;
  document["seed"] = nullptr;
  if (result.seed.has_value()) document["seed"] = *result.seed;
  document["file_bytes"] = result.bytes;
  document["notes"] = input.notes;
  return document;
}

void Print(const ConvertArguments& arguments, const Serialized& input,
           const ConvertResult& result) {
  std::vector<std::pair<std::string, std::string>> fields = {
      {"file", arguments.output},
      {"from", std::string(FormatName(input.format))},
      {"to", std::string(FormatName(arguments.convert.to))}};
  if (result.layout.has_value()) {
    fields.emplace_back("layout", std::string(LayoutName(result.layout->kind)));
  }
  fields.emplace_back("metric", std::string(MetricName(input.metric)));
  fields.emplace_back("dimension", absl::StrCat(input.dim));
  fields.emplace_back("items", WithCommas(result.item_count));
  if (result.filled_holes != 0) {
    fields.emplace_back("holes filled", WithCommas(result.filled_holes));
  }
  fields.emplace_back(
      "trees",
      absl::StrCat(result.tree_count, result.rebuilt ? ", built again" : ""));
  fields.emplace_back("size", HumanBytes(static_cast<double>(result.bytes)));
  for (const std::string& note : input.notes) {
    fields.emplace_back("note", note);
  }
  PrintFields(fields);
}

absl::Status RunConvert(const ConvertArguments& arguments,
                        const Context& context) {
  FileSystem* const fs = FileSystem::Posix();
  ANNOD_RETURN_IF_ERROR(CheckNotInput(arguments.output, {arguments.input}));
  ANNOD_ASSIGN_OR_RETURN(
      const auto place,
      OutputFile::Prepare(fs, arguments.output, arguments.force));
  ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> mapped,
                         fs->MapReadOnly(arguments.input, Prefault::kNone));
  absl::StatusOr<Serialized> input = ReadSerialized(
      absl::MakeConstSpan(mapped->data(), mapped->size()), arguments.read);
  if (!input.ok()) {
    return absl::Status(
        input.status().code(),
        absl::StrCat(arguments.input, ": ", input.status().message()));
  }
  if (fs->Stat(GraphPathOf(arguments.input)).ok()) {
    input->notes.push_back(absl::StrCat(
        GraphPathOf(arguments.input),
        " is not converted; annodctl file graph makes one of the new file"));
  }
  Progress progress("convert", "", context.json);
  ConvertOptions options = arguments.convert;
  options.progress = [&](const BuildProgressReport& report) {
    progress.Update(report.fraction_done, 0, std::nullopt,
                    absl::StrCat(report.trees_done, " trees"));
  };
  ANNOD_ASSIGN_OR_RETURN(
      const ConvertResult result,
      ConvertSerialized(*input, options, fs, place->temporary_path()));
  ANNOD_RETURN_IF_ERROR(place->Commit());
  ANNOD_RETURN_IF_ERROR(RemoveGraphOf(arguments.output));
  if (result.rebuilt) progress.Done(0);
  if (context.json) {
    PrintJson(Describe(arguments, *input, result));
  } else {
    Print(arguments, *input, result);
  }
  return absl::OkStatus();
}

}  // namespace

void AddFileConvertCommand(CLI::App* file, Context* context) {
  CLI::App* command = file->add_subcommand(
      "convert", "write an index in another format or layout");
  auto arguments = std::make_shared<ConvertArguments>();
  command->add_option("IN", arguments->input, "the file to read")->required();
  command->add_option("OUT", arguments->output, "the file to write")
      ->required();
  command
      ->add_option("--from", arguments->from,
                   "auto (default), native (the .ann file or scikit-plots' "
                   "native blob), native-blob, portable, canonical")
      ->check([](const std::string& name) {
        return name == "auto" ? std::string() : CheckFormat(name);
      });
  command
      ->add_option("--to", arguments->to,
                   "native (the .ann file), native-blob, portable, canonical")
      ->required()
      ->check(CheckFormat);
  AddMetricOption(command, &arguments->read.metric);
  command->add_option("--dim", arguments->read.dim,
                      "components of a vector; with --metric needed for what "
                      "does not say it: native files and blobs");
  AddLayoutOption(command, &arguments->convert.layout);
  command->add_flag("--fill_holes", arguments->convert.fill_holes,
                    "canonical: ids without an item become zero vectors");
  command->add_flag("--rebuild", arguments->convert.rebuild,
                    "build the trees again even if they could be kept");
  command->add_option("--trees", arguments->convert.tree_count,
                      "trees, where they are built again; default: as many");
  command->add_option("--seed", arguments->convert.seed,
                      "seed, where trees are built again or a canonical blob "
                      "records it; default: the one recorded");
  AddRulesOption(command, &arguments->convert.rules);
  command->add_option("--threads", arguments->convert.threads,
                      "for building by annod's own rules; default: all cores");
  command->add_flag("--force", arguments->force, "replace an existing file");
  command->callback([context, arguments] {
    arguments->read.formats = FormatsNamed(arguments->from);
    arguments->convert.to = ParseFormat(arguments->to).value();
    context->run = [context, arguments] {
      return RunConvert(*arguments, *context);
    };
  });
}

}  // namespace annod::ctl
