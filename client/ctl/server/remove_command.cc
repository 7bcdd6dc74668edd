#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "client/ctl/common/values.h"
#include "client/ctl/server/commands.h"
#include "client/ctl/server/server_output.h"
#include "client/input/line_reader.h"
#include "client/input/row_names.h"
#include "core/annoy/node_layout.h"
#include "core/status_macros.h"
#include "core/utf8.h"

namespace annod::ctl {
namespace {

// Ids or labels of one call. A file with more is removed piece by piece.
constexpr size_t kPiece = 10000;

struct RemoveArguments {
  std::string index;
  std::vector<int32_t> ids;
  std::vector<std::string> labels;
  std::string file;
  bool labels_in_file = false;
};

// Adds what the file names, one a line, to ids or labels.
absl::Status ReadLines(const std::string& path, bool labels,
                       RemoveArguments* arguments) {
  ANNOD_ASSIGN_OR_RETURN(const auto lines, input::LineReader::Open(path));
  std::string text;
  while (true) {
    ANNOD_ASSIGN_OR_RETURN(const bool more, lines->Next(&text));
    if (!more) return absl::OkStatus();
    if (text.empty()) continue;
    int32_t id;
    if (labels) {
      ANNOD_RETURN_IF_ERROR(input::CheckLabelLine(*lines, text));
      arguments->labels.push_back(text);
    } else if (absl::SimpleAtoi(text, &id) && id >= 0 && id <= kMaxItemId) {
      arguments->ids.push_back(id);
    } else {
      return lines->Error(
          absl::StrCat("'", ForMessage(text), "' is not an id, 0 to ",
                       kMaxItemId, "; with --labels_in_file lines are labels"));
    }
  }
}

template <typename T>
absl::Span<const T> Piece(const std::vector<T>& all, size_t first) {
  return absl::MakeConstSpan(all).subspan(std::min(first, all.size()), kPiece);
}

void Print(const RemoveArguments& arguments, const client::RemoveResult& result,
           const Context& context) {
  if (context.json) {
    PrintJson(Json{{"index", arguments.index},
                   {"removed_count", result.removed_count},
                   {"missing_ids", result.missing_ids},
                   {"missing_labels", result.missing_labels}});
    return;
  }
  PrintFields(
      {{"removed", absl::StrCat(result.removed_count)},
       {"ids without an item", absl::StrCat(result.missing_ids.size())},
       {"labels without an item", absl::StrCat(result.missing_labels.size())}});
}

absl::Status RunRemove(const RemoveArguments& given, const Context& context) {
  RemoveArguments arguments = given;
  if (!arguments.file.empty()) {
    ANNOD_RETURN_IF_ERROR(
        ReadLines(arguments.file, arguments.labels_in_file, &arguments));
  }
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  client::RemoveResult all;
  // A file may name nothing: then nothing is removed.
  const size_t count = std::max(arguments.ids.size(), arguments.labels.size());
  for (size_t first = 0; first < count; first += kPiece) {
    ANNOD_ASSIGN_OR_RETURN(
        client::RemoveResult result,
        client->RemoveItems(arguments.index, Piece(arguments.ids, first),
                            Piece(arguments.labels, first)));
    all.removed_count += result.removed_count;
    all.missing_ids.insert(all.missing_ids.end(), result.missing_ids.begin(),
                           result.missing_ids.end());
    all.missing_labels.insert(all.missing_labels.end(),
                              result.missing_labels.begin(),
                              result.missing_labels.end());
  }
  Print(arguments, all, context);
  return absl::OkStatus();
}

}  // namespace

void AddServerRemoveCommand(CLI::App* app, Context* context) {
  CLI::App* command = app->add_subcommand(
      "remove", "remove items: hidden at once, gone from the next version");
  auto arguments = std::make_shared<RemoveArguments>();
  command->add_option("INDEX", arguments->index, "the index")->required();
  AddListOption(command, "--ids", &arguments->ids, "ids, separated by commas",
                "ID,ID,...");
  AddListOption(command, "--labels", &arguments->labels,
                "labels, separated by commas; with duplicates, every item that "
                "has one of them",
                "LABEL,LABEL,...");
  command->add_option("--file", arguments->file,
                      "a file with one id a line; -: standard input");
  command->add_flag("--labels_in_file", arguments->labels_in_file,
                    "the file has one label a line");
  command->callback([context, arguments] {
    if (arguments->ids.empty() && arguments->labels.empty() &&
        arguments->file.empty()) {
      throw CLI::ValidationError("remove", "needs --ids, --labels or --file");
    }
    context->run = [context, arguments] {
      return RunRemove(*arguments, *context);
    };
  });
}

}  // namespace annod::ctl
