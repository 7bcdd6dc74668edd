#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/ctl/common/arguments.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/server/commands.h"
#include "client/ctl/server/server_output.h"
#include "client/input/vector_reader.h"
#include "core/annoy/node_layout.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

struct AddArguments {
  std::string index;
  std::string input;
  std::optional<int64_t> first_id;
  std::string label_column = "auto";

  std::vector<float> vector;
  std::optional<int32_t> id;
  std::string label;
};

absl::Status AddOne(const AddArguments& arguments, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(
      const std::vector<int32_t> ids,
      client->AddItem(arguments.index,
                      {{arguments.id, arguments.vector, arguments.label}}));
  if (context.json) {
    PrintJson(Json{{"index", arguments.index}, {"ids", ids}});
  } else {
    PrintFields({{"id", ids.empty() ? "none" : absl::StrCat(ids[0])}});
  }
  return absl::OkStatus();
}

absl::Status AddFile(const AddArguments& arguments, const Context& context) {
  VectorReaderOptions reader_options;
  if (arguments.label_column == "first") {
    reader_options.csv_labels = CsvLabels::kFirst;
  } else if (arguments.label_column == "none") {
    reader_options.csv_labels = CsvLabels::kNone;
  }
  ANNOD_ASSIGN_OR_RETURN(const auto reader,
                         OpenVectorFile(arguments.input, reader_options));
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info,
                         client->Info(arguments.index));
  if (info.dimension != reader->dim()) {
    return absl::InvalidArgumentError(absl::StrCat(
        arguments.input, ": vectors of ", reader->dim(), " components; index '",
        info.index, "' takes ", info.dimension));
  }
  // With ids a broken connection is mended unseen. Which ids are free only an
  // empty index tells from here; otherwise the server chooses.
  std::optional<int64_t> next_id = arguments.first_id;
  if (!next_id.has_value() && info.version == 0 &&
      info.staged_item_count == 0) {
    next_id = 0;
  }
  const std::unique_ptr<ItemWriter> writer =
      client->NewItemWriter(arguments.index);
  Progress progress("add", "rows", context.json);
  std::vector<float> row(reader->dim());
  std::string label;
  int64_t rows = 0;
  absl::Status failed;
  while (true) {
    const absl::StatusOr<bool> more = reader->Next(absl::MakeSpan(row), &label);
    if (!more.ok() || !*more) {
      failed = more.status();
      break;
    }
    std::optional<int32_t> id;
    if (next_id.has_value()) {
      if (*next_id < 0 || *next_id > kMaxItemId) {
        failed = absl::InvalidArgumentError(
            absl::StrCat("row ", rows, " would get id ", *next_id,
                         "; ids are 0 to ", kMaxItemId));
        break;
      }
      id = static_cast<int32_t>((*next_id)++);
    }
    failed = writer->Add(id, row, label);
    if (!failed.ok()) break;
    ++rows;
    std::optional<double> fraction;
    if (reader->row_count().has_value() && *reader->row_count() > 0) {
      fraction = static_cast<double>(rows) / *reader->row_count();
    }
    progress.Update(fraction, rows);
  }
  client::AddResult result;
  if (failed.ok()) {
    absl::StatusOr<client::AddResult> finished = writer->Finish();
    failed = finished.status();
    if (finished.ok()) result = *finished;
  }
  if (!failed.ok()) {
    // The payload carries the server's reason.
    absl::Status annotated(
        failed.code(),
        absl::StrCat(failed.message(), " (", writer->confirmed().added_count,
                     " rows are stored)"));
    failed.ForEachPayload(
        [&](absl::string_view url, const absl::Cord& payload) {
          annotated.SetPayload(url, payload);
        });
    return annotated;
  }
  const double seconds = progress.seconds();
  progress.Done(rows);
  if (context.json) {
    PrintJson(Json{{"index", arguments.index},
                   {"added_count", result.added_count},
                   {"first_id", result.first_id},
                   {"last_id", result.last_id},
                   {"seconds", seconds}});
  } else {
    PrintFields(
        {{"index", arguments.index},
         {"added", WithCommas(result.added_count)},
         {"ids", absl::StrCat(result.first_id, " to ", result.last_id)}});
  }
  return absl::OkStatus();
}

}  // namespace

void AddServerAddCommand(CLI::App* app, Context* context) {
  CLI::App* command =
      app->add_subcommand("add", "store the vectors of a file, or one vector");
  auto arguments = std::make_shared<AddArguments>();
  command->add_option("NAME", arguments->index, "the index")->required();
  CLI::Option_group* source = command->add_option_group("source");
  CLI::Option* input = source->add_option(
      "INPUT_FILE", arguments->input,
      ".npy .fvecs .bvecs .hdf5[:dataset] .csv[.gz] .vec[.gz]");
  CLI::Option* vector = AddVectorOption(source, &arguments->vector);
  source->require_option(1);
  command
      ->add_option("--first_id", arguments->first_id,
                   "id of the first row, the next ones follow; default: 0 for "
                   "an empty index, else the server chooses")
      ->needs(input);
  command
      ->add_option("--label_column", arguments->label_column,
                   "does the first column of a .csv hold labels: auto "
                   "(default), first, none")
      ->needs(input)
      ->check(CLI::IsMember({"auto", "first", "none"}));
  command
      ->add_option("--id", arguments->id,
                   "id of the vector; default: the server chooses")
      ->needs(vector);
  command->add_option("--label", arguments->label, "label of the vector")
      ->needs(vector);
  command->callback([context, arguments] {
    context->run = [context, arguments] {
      return arguments->vector.empty() ? AddFile(*arguments, *context)
                                       : AddOne(*arguments, *context);
    };
  });
}

}  // namespace annod::ctl
