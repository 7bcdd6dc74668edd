#include "client/ctl/manual/usage.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/ctl/manual/command_tree.h"
#include "client/ctl/manual/synonyms.h"

namespace annod::ctl {
namespace {

// The names of the commands that were recognised, {"file", "build"}.
std::vector<std::string> TriedPath(const CLI::App& app) {
  std::vector<std::string> path;
  const CLI::App* at = &app;
  while (true) {
    const CLI::App* next = nullptr;
    for (const CLI::App* below : at->get_subcommands(
             [](const CLI::App* one) { return one->parsed(); })) {
      if (!below->get_name().empty()) next = below;
    }
    if (next == nullptr) return path;
    path.push_back(next->get_name());
    at = next;
  }
}

std::string UnknownOption(const std::string& word, const CommandEntry& root,
                          const CommandEntry& command) {
  return absl::StrCat("annodctl", command.path.empty() ? "" : " ",
                      command.Name(), " has no option ",
                      word.substr(0, word.find('=')),
                      MeantByOption(word, root, command));
}

std::string UnknownWord(const std::string& word, const CommandEntry& root,
                        const CommandEntry& command) {
  if (command.commands.empty()) {
    return absl::StrCat("annodctl ", command.Name(), " does not take '", word,
                        "': too many arguments",
                        MeantByArgument(word, command));
  }
  return absl::StrCat("'", word, "' is no command of annodctl",
                      command.path.empty() ? "" : " ", command.Name(),
                      MeantByCommand(word, root, command));
}

// The first word that nothing took, if a word is why parsing failed.
std::string UnknownOf(const CLI::App& app, const CommandEntry& command,
                      const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr &&
      dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) {
    return "";
  }
  const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
  // Where a command is missing, a word before all options was to be one.
  if (!command.commands.empty() && !unknown.empty() &&
      !absl::StartsWith(unknown.front(), "-")) {
    return unknown.front();
  }
  // An option that is not known is the reason; its value comes after it.
  for (const std::string& word : unknown) {
    if (absl::StartsWith(word, "-")) return word;
  }
  return unknown.empty() ? "" : unknown.front();
}

}  // namespace

std::string UsageMessage(const CLI::App& app, const CLI::ParseError& error) {
  const CommandEntry root = CommandTree(app);
  const CommandEntry* command = FindCommand(root, TriedPath(app));
  if (command == nullptr) command = &root;
  const std::string unknown = UnknownOf(app, *command, error);
  if (!unknown.empty()) {
    return absl::StartsWith(unknown, "-")
               ? UnknownOption(unknown, root, *command)
               : UnknownWord(unknown, root, *command);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
      !command->commands.empty()) {
    std::string names;
    for (const CommandEntry& one : command->commands) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", one.path.back());
    }
    return absl::StrCat("which command", command->path.empty() ? "" : " of ",
                        command->Name(), "? One of ", names);
  }
  // "Could not convert: --trees = 99999999999", of a whole number.
  absl::string_view text = error.what();
  if (absl::ConsumePrefix(&text, "Could not convert: ")) {
    const std::vector<std::string> parts =
        absl::StrSplit(text, absl::MaxSplits(" = ", 1));
    return absl::StrCat(parts[0], ": '", parts.size() > 1 ? parts[1] : "",
                        "' is too large or small a number");
  }
  return error.what();
}

std::string HelpCommand(const CLI::App& app) {
  std::string command = "annodctl";
  for (const std::string& name : TriedPath(app)) {
    absl::StrAppend(&command, " ", name);
  }
  return command + " --help";
}

}  // namespace annod::ctl
