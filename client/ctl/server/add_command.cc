#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "client/ctl/common/arguments.h"
#include "client/ctl/common/input_options.h"
#include "client/ctl/common/interruption.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/server/commands.h"
#include "client/ctl/server/row_conversion.h"
#include "client/ctl/server/row_errors.h"
#include "client/ctl/server/server_output.h"
#include "client/input/vector_reader.h"
#include "core/annoy/node_layout.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

struct AddArguments {
  std::string index;
  std::string input;
  VectorReaderOptions read;
  std::optional<int64_t> first_id;
  bool resume = false;
  bool own_ids = false;  // the file's rows have them

  std::vector<float> vector;
  std::optional<int32_t> id;
  std::string label;
};

absl::Status AddOne(const AddArguments& arguments, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(std::vector<float> vector,
                         GivenVector(arguments.index, arguments.read,
                                     arguments.vector, client.get()));
  ANNOD_ASSIGN_OR_RETURN(
      const std::vector<int32_t> ids,
      client->AddItem(arguments.index,
                      {{arguments.id, std::move(vector), arguments.label}}));
  if (context.json) {
    PrintJson(Json{{"index", arguments.index}, {"ids", ids}});
  } else {
    PrintFields({{"id", ids.empty() ? "none" : absl::StrCat(ids[0])}});
  }
  return absl::OkStatus();
}

// Where the rows of a file go.
struct Target {
  // Id of the first row; absent: rows have their own, or the server chooses.
  std::optional<int64_t> first_id;
  bool own_ids = false;
};

// With ids a broken connection is mended unseen, and a repetition does no harm.
// Which ids are free only an empty index tells from here; otherwise the server
// chooses.
absl::StatusOr<Target> FindTarget(const AddArguments& arguments,
                                  const VectorReader& reader,
                                  const client::IndexInfo& info) {
  Target target;
  target.own_ids = reader.has_ids();
  target.first_id = arguments.first_id;
  if (target.own_ids && target.first_id.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(arguments.input, ": rows have ids of their own (",
                     reader.description().ids,
                     "): leave --first_id out, or say --id_column none"));
  }
  const bool empty = info.version == 0 && info.staged_item_count == 0;
  if (!target.own_ids && !target.first_id.has_value() &&
      (empty || arguments.resume)) {
    target.first_id = 0;
  }
  return target;
}

// Rows that wait to be stored, and with --resume to be compared before.
class RowStore {
 public:
  RowStore(const AddArguments& arguments, Client* client, ItemWriter* writer)
      : arguments_(arguments), client_(*client), writer_(*writer) {}

  absl::Status Add(std::optional<int32_t> id, const std::vector<float>& row,
                   const std::string& label) {
    if (!resuming_) {
      ++sent_;
      return writer_.Add(id, row, label);
    }
    waiting_.push_back({id, row, label});
    if (waiting_.size() < kCompared &&
        waiting_.size() * row.size() * sizeof(float) < kComparedBytes) {
      return absl::OkStatus();
    }
    return Compare();
  }
  absl::Status Finish() {
    if (!waiting_.empty()) ANNOD_RETURN_IF_ERROR(Compare());
    return writer_.Finish().status();
  }

  // Rows that were there already, and those given to the writer.
  int64_t found() const { return found_; }

 private:
  static constexpr size_t kCompared = 4096;
  static constexpr size_t kComparedBytes = 1 << 20;

  // Stores those rows that wait and are not stored yet.
  absl::Status Compare() {
    std::vector<int32_t> ids;
    for (const client::Item& item : waiting_) ids.push_back(*item.id);
    ANNOD_ASSIGN_OR_RETURN(const client::StoredItems stored,
                           client_.FindItems(arguments_.index, ids));
    absl::flat_hash_map<int32_t, const client::StoredItem*> there;
    for (const client::StoredItem& item : stored.items) there[item.id] = &item;
    for (const client::Item& item : waiting_) {
      const auto found = there.find(*item.id);
      if (found != there.end() && found->second->vector == item.vector &&
          found->second->label == item.label) {
        ++found_;
        continue;
      }
      if (found != there.end() && !arguments_.own_ids) {
        return absl::FailedPreconditionError(absl::StrCat(
            "--resume: item ", *item.id, " of index '", arguments_.index,
            "' is another than row ", found_ + sent_,
            " (counted from 0) of the file; --first_id says which id its first "
            "row has"));
      }
      ++sent_;
      ANNOD_RETURN_IF_ERROR(writer_.Add(item.id, item.vector, item.label));
    }
    // From the first hole on nothing needs to be compared but in files whose
    // rows have ids in any order.
    if (there.empty() && !arguments_.own_ids) resuming_ = false;
    waiting_.clear();
    return absl::OkStatus();
  }

  const AddArguments& arguments_;
  Client& client_;
  ItemWriter& writer_;
  bool resuming_ = arguments_.resume;
  std::vector<client::Item> waiting_;
  int64_t found_ = 0, sent_ = 0;
};

// Ids that the rows of a file have, a bit each.
class SeenIds {
 public:
  // False if it was there before.
  bool Insert(int32_t id) {
    const auto place = static_cast<size_t>(id);
    if (place >= seen_.size()) seen_.resize(place + 1);
    const bool is_new = !seen_[place];
    seen_[place] = true;
    return is_new;
  }

 private:
  std::vector<bool> seen_;
};

// Gives the rows of the file to `store`. `*repeated`: how many had an id that a
// row before them has; the first is warned of.
absl::Status StoreRows(const AddArguments& arguments, const Target& target,
                       VectorReader* reader, RowStore* store,
                       Progress* progress, int64_t* repeated) {
  SeenIds seen;
  std::vector<float> row(reader->dim());
  std::string label;
  for (int64_t rows = 0;; ++rows) {
    if (InterruptedStatus() != 0) {
      return absl::CancelledError("no more rows were sent");
    }
    ANNOD_ASSIGN_OR_RETURN(const bool more,
                           reader->Next(absl::MakeSpan(row), &label));
    if (!more) return absl::OkStatus();
    std::optional<int32_t> id;
    if (target.own_ids) {
      id = reader->id();
      if (!seen.Insert(*id) && ++*repeated == 1) {
        std::fprintf(
            stderr,
            "annodctl: warning: %s: %s: id %d is that of a row before; "
            "the last row with an id is the one that stays\n",
            arguments.input.c_str(), reader->place().c_str(), *id);
      }
    }
    if (target.first_id.has_value()) {
      const int64_t next = *target.first_id + rows;
      if (next < 0 || next > kMaxItemId) {
        return absl::InvalidArgumentError(
            absl::StrCat("row ", rows, " would get id ", next,
                         "; ids are 0 to ", kMaxItemId));
      }
      id = static_cast<int32_t>(next);
    }
    ANNOD_RETURN_IF_ERROR(store->Add(id, row, label));
    std::optional<double> fraction;
    if (reader->row_count().has_value() && *reader->row_count() > 0) {
      fraction = static_cast<double>(rows + 1) / *reader->row_count();
    }
    progress->Update(fraction, rows + 1);
  }
}

// What is stored after an error, and how to go on.
std::string StoredText(const Target& target, const RowStore& store,
                       const client::AddResult& added) {
  const int64_t rows = added.added_count + store.found();
  std::string text = absl::StrCat(
      WithCommas(rows), rows == 1 ? " row is stored" : " rows are stored");
  if (rows == 0) return text;
  if (target.first_id.has_value()) {
    absl::StrAppend(&text, ", with ids ", *target.first_id, " to ",
                    *target.first_id + rows - 1, "; the next id is ",
                    *target.first_id + rows,
                    ": the same command with --first_id ", *target.first_id,
                    " --resume stores the rest");
  } else if (target.own_ids) {
    absl::StrAppend(&text,
                    "; the same command with --resume stores the others");
  } else {
    absl::StrAppend(&text, ", with ids ", added.first_id, " to ", added.last_id,
                    "; the next id is ", added.last_id + 1,
                    ": the same command with --first_id ", added.first_id,
                    " --resume stores the rest");
  }
  return text;
}

absl::Status AddFile(const AddArguments& given, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info,
                         client->Info(given.index));
  AddArguments arguments = given;
  arguments.read.dim = info.dimension;
  arguments.read.metric = static_cast<Metric>(info.metric);
  arguments.read.feature_names = info.feature_names;
  ANNOD_ASSIGN_OR_RETURN(const auto reader,
                         OpenVectorFile(arguments.input, arguments.read));
  PrintWarnings(reader->description());
  // The first item gives an index without a dimension one.
  if (info.dimension != 0) {
    ANNOD_RETURN_IF_ERROR(CheckInputDim(arguments.input, *reader,
                                        arguments.index, info.dimension));
  }
  ANNOD_RETURN_IF_ERROR(
      CheckColumns(arguments.input, *reader, info.feature_names));
  ANNOD_ASSIGN_OR_RETURN(const Target target,
                         FindTarget(arguments, *reader, info));
  arguments.own_ids = target.own_ids;
  const std::unique_ptr<ItemWriter> writer =
      client->NewItemWriter(arguments.index);
  RowStore store(arguments, client.get(), writer.get());
  Progress progress("add", "rows", context.json);
  const Interruption interruption(
      [] { return std::string("no more rows are sent"); },
      Interruption::Then::kGoOn);
  int64_t repeated = 0;
  absl::Status status =
      StoreRows(arguments, target, reader.get(), &store, &progress, &repeated);
  // After an error of the file the rows before it are stored all the same: what
  // is there is then known.
  const absl::Status finished = store.Finish();
  if (status.ok()) status = finished;
  status = WithRowInFile(status, arguments.input, arguments.read,
                         writer->confirmed().added_count + store.found());
  const client::AddResult& result = writer->confirmed();
  if (!status.ok()) {
    return WithMessage(status,
                       absl::StrCat(status.message(), " (",
                                    StoredText(target, store, result), ")"));
  }
  const double seconds = progress.seconds();
  progress.Done(result.added_count);
  if (context.json) {
    Json document{{"index", arguments.index},
                  {"added_count", result.added_count},
                  {"first_id", result.first_id},
                  {"last_id", result.last_id},
                  {"seconds", seconds},
                  {"input", InputJson(reader->description())}};
    if (arguments.resume) document["found_count"] = store.found();
    if (repeated > 0) document["repeated_id_count"] = repeated;
    PrintJson(document);
    return absl::OkStatus();
  }
  std::vector<std::pair<std::string, std::string>> fields = {
      {"index", arguments.index},
      {"added", WithCommas(result.added_count)},
      {"ids", absl::StrCat(result.first_id, " to ", result.last_id)}};
  if (arguments.resume) {
    fields.emplace_back("stored before", WithCommas(store.found()));
  }
  if (repeated > 0) {
    fields.emplace_back("ids given again", WithCommas(repeated));
  }
  AppendInputFields(reader->description(), &fields);
  PrintFields(fields);
  return absl::OkStatus();
}

}  // namespace

void AddServerAddCommand(CLI::App* app, Context* context) {
  CLI::App* command =
      app->add_subcommand("add", "store the vectors of a file, or one vector");
  auto arguments = std::make_shared<AddArguments>();
  command->add_option("NAME", arguments->index, "the index")->required();
  CLI::Option_group* source = command->add_option_group("source");
  CLI::Option* input =
      source->add_option("INPUT_FILE", arguments->input, kInputFormats);
  CLI::Option* vector = AddVectorOption(source, &arguments->vector);
  source->require_option(1);
  command
      ->add_option("--first_id", arguments->first_id,
                   "id of the first row, the next ones follow; default: 0 for "
                   "an empty index, else the server chooses")
      ->needs(input);
  command
      ->add_flag("--resume", arguments->resume,
                 "store only those rows that are not stored yet, after an add "
                 "that failed; --first_id: as it was then")
      ->needs(input);
  AddInputOptions(command, &arguments->read);
  AddCompanionOptions(command, &arguments->read);
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
