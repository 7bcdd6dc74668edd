// annodctl export: the items of an index, staged ones included, in a file.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/server/commands.h"
#include "client/ctl/server/export_writer.h"
#include "client/ctl/server/server_output.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// Of one call: ids asked for, and bytes answered unless labels are long.
constexpr int64_t kMaxExportBatch = 16384;
constexpr int64_t kExportMessageBytes = int64_t{1} << 20;
constexpr int64_t kLabelBytes = 64;

struct ExportArguments {
  std::string index;
  std::string output;
  std::string format;  // empty: by the output's name
  bool force = false;
};

absl::StatusOr<ExportFormat> FormatOf(const ExportArguments& arguments) {
  const std::string& path = arguments.output;
  if (arguments.format == "jsonl") return ExportFormat::kJsonLines;
  if (arguments.format == "csv") return ExportFormat::kCsv;
  if (arguments.format == "npy") return ExportFormat::kNpy;
  if (path == "-" || absl::EndsWith(path, ".jsonl") ||
      absl::EndsWith(path, ".ndjson")) {
    return ExportFormat::kJsonLines;
  }
  if (absl::EndsWith(path, ".csv")) return ExportFormat::kCsv;
  if (absl::EndsWith(path, ".npy")) return ExportFormat::kNpy;
  return absl::InvalidArgumentError(
      absl::StrCat(path,
                   ": the name must end with .jsonl, .csv or .npy, or "
                   "--format say what to write"));
}

// Hands all items to `writer`; returns how many there are.
absl::StatusOr<int64_t> WriteItems(const client::IndexInfo& info,
                                   Client* client, ExportWriter* writer,
                                   Progress* progress) {
  const int64_t end = std::max(info.next_id, info.item_slot_count);
  int64_t batch = std::clamp<int64_t>(
      kExportMessageBytes / (int64_t{4} * info.dimension + kLabelBytes), 1,
      kMaxExportBatch);
  int64_t items = 0;
  for (int64_t first = 0; first < end;) {
    std::vector<int32_t> ids(std::min(batch, end - first));
    std::iota(ids.begin(), ids.end(), static_cast<int32_t>(first));
    const absl::StatusOr<client::StoredItems> found =
        client->FindItems(info.index, ids);
    if (absl::IsResourceExhausted(found.status()) && batch > 1) {
      batch = (batch + 1) / 2;  // long labels
      continue;
    }
    ANNOD_RETURN_IF_ERROR(found.status());
    for (const client::StoredItem& item : found->items) {
      ANNOD_RETURN_IF_ERROR(writer->Add(item));
    }
    items += static_cast<int64_t>(found->items.size());
    first += static_cast<int64_t>(ids.size());
    progress->Update(static_cast<double>(first) / static_cast<double>(end),
                     items);
  }
  return items;
}

absl::Status RunExport(const ExportArguments& arguments,
                       const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const ExportFormat format, FormatOf(arguments));
  const bool standard = arguments.output == "-";
  if (standard && format == ExportFormat::kNpy) {
    return absl::InvalidArgumentError(
        ".npy cannot be written to standard output");
  }
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info,
                         client->Info(arguments.index));
  ExportOptions options;
  options.path = arguments.output;
  options.format = format;
  options.force = arguments.force;
  options.dim = info.dimension;
  options.feature_names = info.feature_names;
  ANNOD_ASSIGN_OR_RETURN(const auto writer, ExportWriter::Create(options));
  Progress progress("export", "items", context.json || standard);
  ANNOD_ASSIGN_OR_RETURN(
      const int64_t items,
      WriteItems(info, client.get(), writer.get(), &progress));
  ANNOD_ASSIGN_OR_RETURN(const std::vector<std::string> files,
                         writer->Finish());
  if (standard) return absl::OkStatus();
  progress.Done(items);
  if (context.json) {
    PrintJson(Json{
        {"index", arguments.index}, {"item_count", items}, {"files", files}});
  } else {
    PrintFields({{"index", arguments.index},
                 {"items", WithCommas(items)},
                 {"files", absl::StrJoin(files, ", ")}});
  }
  return absl::OkStatus();
}

}  // namespace

void AddServerExportCommand(CLI::App* app, Context* context) {
  CLI::App* command = app->add_subcommand(
      "export", "write ids, labels and vectors of all items, staged ones too");
  auto arguments = std::make_shared<ExportArguments>();
  command->add_option("NAME", arguments->index, "the index")->required();
  command
      ->add_option("FILE", arguments->output,
                   ".jsonl, .csv, or .npy with .labels.txt and .ids.txt beside "
                   "it; - is standard output")
      ->required();
  command
      ->add_option("--format", arguments->format,
                   "jsonl, csv or npy; default: by the name, - is jsonl")
      ->check(CLI::IsMember({"jsonl", "csv", "npy"}));
  command->add_flag("--force", arguments->force, "replace existing files");
  command->callback([context, arguments] {
    context->run = [context, arguments] {
      return RunExport(*arguments, *context);
    };
  });
}

}  // namespace annod::ctl
