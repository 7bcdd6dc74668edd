#include "client/ctl/manual/command_tree.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace annod::ctl {
namespace {

// The type's name of CLI11 is "TEXT:{a,b}:[1-3]": the type, then a word of each
// check.
void SetValue(const CLI::Option& option, OptionEntry* entry) {
  const std::string type = option.get_type_name();
  const size_t open = type.find('{');
  const size_t close = type.find('}', std::min(open, type.size()));
  if (open != std::string::npos && close != std::string::npos) {
    entry->choices =
        absl::StrSplit(type.substr(open + 1, close - open - 1), ',');
    entry->value = "";
    return;
  }
  entry->value = type;
  // "HOST:PORT" is a type, "SECONDS:POSITIVE" is a type with a check.
  for (const char* check : {":POSITIVE", ":["}) {
    const size_t at = entry->value.find(check);
    if (at != std::string::npos) entry->value.resize(at);
  }
}

OptionEntry EntryOf(const CLI::Option& option) {
  OptionEntry entry;
  entry.argument = option.get_snames().empty() && option.get_lnames().empty();
  for (const std::string& name : option.get_snames()) {
    entry.names.push_back(absl::StrCat("-", name));
  }
  for (const std::string& name : option.get_lnames()) {
    entry.names.push_back(absl::StrCat("--", name));
  }
  if (entry.argument) entry.names.push_back(option.get_name());
  entry.description = option.get_description();
  entry.required = option.get_required();
  if (option.get_items_expected_max() == 0) return entry;
  SetValue(option, &entry);
  if (!entry.choices.empty()) {
    entry.value = absl::StrJoin(entry.choices, "|");
  } else if (entry.value.empty()) {
    entry.value = "TEXT";
  }
  return entry;
}

void AddOptions(const CLI::App& app, CommandEntry* command) {
  for (const CLI::Option* option : app.get_options()) {
    command->options.push_back(EntryOf(*option));
  }
  for (const CLI::App* group :
       app.get_subcommands([](const CLI::App*) { return true; })) {
    if (group->get_name().empty()) AddOptions(*group, command);
  }
}

CommandEntry EntryOf(const CLI::App& app, std::vector<std::string> path) {
  CommandEntry command;
  command.path = std::move(path);
  command.description = app.get_description();
  AddOptions(app, &command);
  std::stable_partition(command.options.begin(), command.options.end(),
                        [](const OptionEntry& one) { return one.argument; });
  for (const CLI::App* below :
       app.get_subcommands([](const CLI::App*) { return true; })) {
    if (below->get_name().empty()) continue;
    std::vector<std::string> there = command.path;
    there.push_back(below->get_name());
    command.commands.push_back(EntryOf(*below, std::move(there)));
  }
  return command;
}

}  // namespace

std::string CommandEntry::Name() const { return absl::StrJoin(path, " "); }

CommandEntry CommandTree(const CLI::App& app) { return EntryOf(app, {}); }

const CommandEntry* FindCommand(const CommandEntry& root,
                                const std::vector<std::string>& path) {
  const CommandEntry* at = &root;
  for (const std::string& name : path) {
    const auto found = std::find_if(
        at->commands.begin(), at->commands.end(),
        [&](const CommandEntry& one) { return one.path.back() == name; });
    if (found == at->commands.end()) return nullptr;
    at = &*found;
  }
  return at;
}

std::vector<const CommandEntry*> AllCommands(const CommandEntry& root) {
  std::vector<const CommandEntry*> all = {&root};
  for (const CommandEntry& below : root.commands) {
    const std::vector<const CommandEntry*> more = AllCommands(below);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace annod::ctl
