// serialize and deserialize.
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/client.h"
#include "client/ctl/common/arguments.h"
#include "client/ctl/common/output.h"
#include "client/ctl/common/output_file.h"
#include "client/ctl/common/progress.h"
#include "client/ctl/server/commands.h"
#include "client/ctl/server/server_output.h"
#include "client/input/vector_reader.h"
#include "core/file_system.h"
#include "core/formats/format.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// Sent in one message.
constexpr size_t kChunkBytes = size_t{256} << 10;

struct SerializeArguments {
  std::string index;
  std::string path;
  bool force = false;
  client::SerializeOptions options;
};

struct DeserializeArguments {
  std::string index;
  std::string path;
  std::optional<Metric> metric;
  client::DeserializeOptions options;
};

v1::SerializeFormat ToProto(Format format) {
  switch (format) {
    case Format::kNative:
      return v1::SERIALIZE_FORMAT_NATIVE;
    case Format::kNativeBlob:
      return v1::SERIALIZE_FORMAT_NATIVE_BLOB;
    case Format::kPortable:
      return v1::SERIALIZE_FORMAT_PORTABLE;
    case Format::kCanonical:
      return v1::SERIALIZE_FORMAT_CANONICAL;
  }
  return v1::SERIALIZE_FORMAT_UNSPECIFIED;
}

std::string NameOfFormat(v1::SerializeFormat format) {
  for (const Format choice : {Format::kNative, Format::kNativeBlob,
                              Format::kPortable, Format::kCanonical}) {
    if (ToProto(choice) == format) return std::string(FormatName(choice));
  }
  return "unknown";
}

CLI::Option* AddFormatOption(CLI::App* command, v1::SerializeFormat* format,
                             const std::string& description) {
  return command
      ->add_option_function<std::string>(
          "--format",
          [format](const std::string& name) {
            const absl::StatusOr<Format> parsed = ParseFormat(name);
            if (!parsed.ok()) {
              throw CLI::ValidationError(
                  "--format", std::string(parsed.status().message()));
            }
            *format = ToProto(*parsed);
          },
          description)
      ->type_name("FORMAT");
}

absl::Status RunSerialize(const SerializeArguments& arguments,
                          const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(
      const auto place, OutputFile::Prepare(FileSystem::Posix(), arguments.path,
                                            arguments.force));
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  std::unique_ptr<WritableFile> file;
  Progress progress("serialize", "bytes", context.json);
  ANNOD_ASSIGN_OR_RETURN(
      const client::SerializeResult result,
      client->Serialize(
          arguments.index, arguments.options,
          [&](absl::string_view chunk, int64_t total) -> absl::Status {
            if (file == nullptr) {
              ANNOD_ASSIGN_OR_RETURN(file, FileSystem::Posix()->CreateFile(
                                               place->temporary_path()));
            }
            ANNOD_RETURN_IF_ERROR(file->Append(chunk));
            progress.Update(
                total > 0 ? static_cast<double>(file->size()) / total : 1.0,
                file->size());
            return absl::OkStatus();
          }));
  ANNOD_RETURN_IF_ERROR(file->Sync());
  ANNOD_RETURN_IF_ERROR(file->Close());
  ANNOD_RETURN_IF_ERROR(place->Commit());
  progress.Done(result.total_bytes);
  const std::string hash = absl::StrFormat("%016x", result.xxh3_64);
  if (context.json) {
    PrintJson(Json{{"index", arguments.index},
                   {"file", arguments.path},
                   {"format", NameOfFormat(arguments.options.format)},
                   {"version", result.version},
                   {"bytes", result.total_bytes},
                   {"xxh3_64", hash}});
  } else {
    PrintFields({{"file", arguments.path},
                 {"version", absl::StrCat(result.version)},
                 {"size", HumanBytes(result.total_bytes)},
                 {"xxh3_64", hash}});
  }
  return absl::OkStatus();
}

absl::Status RunDeserialize(const DeserializeArguments& arguments,
                            const Context& context) {
  // Of a pipe, a copy.
  ANNOD_ASSIGN_OR_RETURN(const RereadableFile file,
                         RereadableFile::Open(arguments.path, {}));
  ANNOD_ASSIGN_OR_RETURN(
      const std::unique_ptr<MappedFile> mapped,
      FileSystem::Posix()->MapReadOnly(file.path(), Prefault::kAdvise));
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  client::DeserializeOptions options = arguments.options;
  if (arguments.metric.has_value()) {
    options.metric = static_cast<client::Metric>(*arguments.metric);
  }
  Progress progress("deserialize", "bytes", context.json);
  const absl::string_view bytes(mapped->data(), mapped->size());
  size_t sent = 0;
  ANNOD_ASSIGN_OR_RETURN(
      const client::DeserializeResult result,
      client->Deserialize(
          arguments.index, options, [&]() -> absl::StatusOr<absl::string_view> {
            const absl::string_view chunk = bytes.substr(sent, kChunkBytes);
            sent += chunk.size();
            progress.Update(static_cast<double>(sent) /
                                static_cast<double>(bytes.size() + 1),
                            static_cast<int64_t>(sent));
            return chunk;
          }));
  progress.Done(static_cast<int64_t>(sent));
  if (context.json) {
    PrintJson(Json{{"index", arguments.index},
                   {"format", NameOfFormat(result.format)},
                   {"version", result.info.version},
                   {"item_count", result.info.item_count},
                   {"tree_count", result.info.tree_count},
                   {"layout", result.info.layout}});
  } else {
    PrintFields({{"index", arguments.index},
                 {"format", NameOfFormat(result.format)},
                 {"version", absl::StrCat(result.info.version)},
                 {"items", WithCommas(result.info.item_count)},
                 {"trees", absl::StrCat(result.info.tree_count)}});
  }
  return absl::OkStatus();
}

}  // namespace

void AddServerBlobCommands(CLI::App* app, Context* context) {
  {
    CLI::App* command = app->add_subcommand(
        "serialize", "fetch the served version as an Annoy file or a blob");
    auto arguments = std::make_shared<SerializeArguments>();
    command->add_option("NAME", arguments->index, "the index")->required();
    command->add_option("OUT_FILE", arguments->path, "the file to write")
        ->required();
    AddFormatOption(command, &arguments->options.format,
                    "native (default: the Annoy file), native-blob, portable, "
                    "canonical (also of an index that is not built)");
    command->add_flag("--fill_holes", arguments->options.fill_holes,
                      "canonical: ids without an item become zero vectors");
    command->add_flag("--force", arguments->force, "replace an existing file");
    command->callback([context, arguments] {
      context->run = [context, arguments] {
        return RunSerialize(*arguments, *context);
      };
    });
  }
  {
    CLI::App* command = app->add_subcommand(
        "deserialize",
        "replace the items of an index by those of a file or blob, or create "
        "it");
    auto arguments = std::make_shared<DeserializeArguments>();
    command->add_option("NAME", arguments->index, "the index")->required();
    command->add_option("FILE", arguments->path, "the file to send")
        ->required();
    AddFormatOption(command, &arguments->options.format,
                    "native, native-blob, portable, canonical; default: told "
                    "from the bytes");
    AddMetricOption(command, &arguments->metric);
    command->add_option("--dim", arguments->options.dimension,
                        "components of a vector; with --metric needed for a "
                        "new index from a native file or blob");
    command->callback([context, arguments] {
      context->run = [context, arguments] {
        return RunDeserialize(*arguments, *context);
      };
    });
  }
}

}  // namespace annod::ctl
