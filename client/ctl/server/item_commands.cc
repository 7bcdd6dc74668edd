#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/ctl/common/values.h"
#include "client/ctl/server/commands.h"
#include "client/ctl/server/server_output.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

struct GetArguments {
  std::string index;
  std::vector<int32_t> items;
  std::vector<std::string> labels;
  bool include_staged = false;
};

absl::Status RunGet(const GetArguments& arguments, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(
      const client::StoredItems stored,
      client->GetItems(arguments.index, arguments.items, arguments.labels,
                       arguments.include_staged));
  if (context.json) {
    Json items = Json::array();
    for (const client::StoredItem& item : stored.items) {
      items.push_back(Json{{"id", item.id},
                           {"label", item.label},
                           {"vector", JsonNumbers(item.vector)}});
    }
    PrintJson(Json{{"items", items}, {"version", stored.version}});
    return absl::OkStatus();
  }
  Table table({{"id", true}, {"label"}, {"vector"}});
  for (const client::StoredItem& item : stored.items) {
    table.AddRow(
        {absl::StrCat(item.id), item.label,
         absl::StrJoin(item.vector, ",", [](std::string* out, float value) {
           out->append(FormatFloat(value));
         })});
  }
  table.Print();
  return absl::OkStatus();
}

struct DistanceArguments {
  std::string index;
  int32_t i = 0;
  int32_t j = 0;
  bool include_staged = false;
};

absl::Status RunDistance(const DistanceArguments& arguments,
                         const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(
      const float distance,
      client->GetDistance(arguments.index, arguments.i, arguments.j,
                          arguments.include_staged));
  if (context.json) {
    PrintJson(Json{{"distance", JsonNumber(distance)}});
  } else {
    PrintFields({{"distance", FormatFloat(distance)}});
  }
  return absl::OkStatus();
}

}  // namespace

void AddServerItemCommands(CLI::App* app, Context* context) {
  {
    CLI::App* command =
        app->add_subcommand("get", "stored vectors and labels of items");
    auto arguments = std::make_shared<GetArguments>();
    command->add_option("NAME", arguments->index, "the index")->required();
    CLI::Option_group* target = command->add_option_group("target");
    AddListOption(target, "--item", &arguments->items, "ids of items",
                  "ID,ID,...");
    target
        ->add_option("--label", arguments->labels,
                     "label of an item; may be repeated")
        ->allow_extra_args(false)
        ->type_name("TEXT");
    target->require_option(1, 2);
    command->add_flag("--include_staged", arguments->include_staged,
                      "items stored since the last build too");
    command->callback([context, arguments] {
      context->run = [context, arguments] {
        return RunGet(*arguments, *context);
      };
    });
  }
  {
    CLI::App* command =
        app->add_subcommand("distance", "how far two items are apart");
    auto arguments = std::make_shared<DistanceArguments>();
    command->add_option("NAME", arguments->index, "the index")->required();
    command->add_option("--i", arguments->i, "id of one item")->required();
    command->add_option("--j", arguments->j, "id of the other")->required();
    command->add_flag("--include_staged", arguments->include_staged,
                      "items stored since the last build too");
    command->callback([context, arguments] {
      context->run = [context, arguments] {
        return RunDistance(*arguments, *context);
      };
    });
  }
}

}  // namespace annod::ctl
