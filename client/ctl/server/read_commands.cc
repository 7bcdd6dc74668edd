#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/ctl/server/commands.h"
#include "client/ctl/server/server_output.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

absl::Status RunInfo(const std::string& index, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const client::IndexInfo info, client->Info(index));
  PrintInfo(info, context);
  return absl::OkStatus();
}

absl::Status RunList(const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(context));
  ANNOD_ASSIGN_OR_RETURN(const std::vector<client::IndexInfo> infos,
                         client->ListIndexes());
  if (context.json) {
    Json indexes = Json::array();
    for (const client::IndexInfo& info : infos) {
      indexes.push_back(ctl::ToJson(info));
    }
    PrintJson(Json{{"indexes", indexes}});
    return absl::OkStatus();
  }
  std::vector<Table::Column> columns = {
      {"index"},       {"state"},         {"metric"},
      {"dim", true},   {"version", true}, {"items", true},
      {"trees", true}, {"size", true},    {"staged", true}};
  const bool leases = std::any_of(
      infos.begin(), infos.end(),
      [](const client::IndexInfo& info) { return info.lease_seconds > 0; });
  if (leases) columns.push_back({"lease until"});
  Table table(columns);
  for (const client::IndexInfo& info : infos) {
    std::vector<std::string> cells = {info.index,
                                      Name(info.state),
                                      Name(info.metric),
                                      absl::StrCat(info.dimension),
                                      absl::StrCat(info.version),
                                      WithCommas(info.item_count),
                                      absl::StrCat(info.tree_count),
                                      HumanBytes(info.forest_bytes),
                                      WithCommas(info.staged_item_count)};
    if (leases) cells.push_back(info.lease_expire_time);
    table.AddRow(cells);
  }
  table.Print();
  return absl::OkStatus();
}

absl::Status RunHealth(const std::string& index, Context* context) {
  ANNOD_ASSIGN_OR_RETURN(const auto client, Connect(*context));
  ANNOD_ASSIGN_OR_RETURN(const client::Health health, client->Health(index));
  const std::string name = health == client::Health::kServing ? "SERVING"
                           : health == client::Health::kNotServing
                               ? "NOT_SERVING"
                               : "UNKNOWN";
  if (health != client::Health::kServing) context->exit_code = kExitFailed;
  if (context->json) {
    PrintJson(Json{{"index", index}, {"health", name}});
  } else {
    PrintFields({{index.empty() ? context->server : index, name}});
  }
  return absl::OkStatus();
}

}  // namespace

void AddServerReadCommands(CLI::App* app, Context* context) {
  {
    CLI::App* command =
        app->add_subcommand("info", "everything about an index");
    auto index = std::make_shared<std::string>();
    command->add_option("NAME", *index, "the index")->required();
    command->callback([context, index] {
      context->run = [context, index] { return RunInfo(*index, *context); };
    });
  }
  app->add_subcommand("list", "all indexes")->callback([context] {
    context->run = [context] { return RunList(*context); };
  });
  {
    CLI::App* command = app->add_subcommand(
        "health", "is the server, or an index, serving? exit status 0 if so");
    auto index = std::make_shared<std::string>();
    command->add_option("NAME", *index, "the index; without it the server");
    command->callback([context, index] {
      context->run = [context, index] { return RunHealth(*index, context); };
    });
  }
}

}  // namespace annod::ctl
