#ifndef ANNOD_CLIENT_CTL_MANUAL_COMMAND_TREE_H_
#define ANNOD_CLIENT_CTL_MANUAL_COMMAND_TREE_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace annod::ctl {

// The commands and options of a program as plain data: what help, completion
// and manual pages are made from, so that none of them can lag behind.

struct OptionEntry {
  std::vector<std::string> names;  // "-n", "--n"; of an argument "NAME"
  std::string description;
  std::string value;                 // "ID,ID,...", "FILE"; empty: takes none
  std::vector<std::string> choices;  // all values there are, if they are listed
  bool argument = false;             // given by its place, not by its name
  bool required = false;
};

struct CommandEntry {
  std::vector<std::string> path;  // {"file", "build"}; the program's is empty
  std::string description;
  std::vector<OptionEntry> options;  // those of groups too; arguments first
  std::vector<CommandEntry> commands;

  // "file build".
  std::string Name() const;
};

// All of `app`, options that every command has at the top only.
CommandEntry CommandTree(const CLI::App& app);

// The command that `path` leads to, or null.
const CommandEntry* FindCommand(const CommandEntry& root,
                                const std::vector<std::string>& path);

// `root` and all commands below it, each after the one it belongs to.
std::vector<const CommandEntry*> AllCommands(const CommandEntry& root);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_MANUAL_COMMAND_TREE_H_
