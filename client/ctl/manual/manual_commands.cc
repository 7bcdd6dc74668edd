// annodctl help, completion and man.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/ctl/common/output.h"
#include "client/ctl/common/output_file.h"
#include "client/ctl/manual/command_tree.h"
#include "client/ctl/manual/commands.h"
#include "client/ctl/manual/completion.h"
#include "client/ctl/manual/man_page.h"
#include "client/ctl/manual/suggest.h"
#include "core/file_system.h"
#include "core/status_macros.h"
#include "core/version.h"

namespace annod::ctl {
namespace {

struct ManualArguments {
  std::vector<std::string> path;
  std::string shell;
  std::string directory;
};

// The command of `path`; throws what says that there is none.
const CommandEntry& Find(const CommandEntry& root,
                         const std::vector<std::string>& path) {
  const CommandEntry* found = FindCommand(root, path);
  if (found != nullptr) return *found;
  std::vector<std::string> names;
  for (const CommandEntry* one : AllCommands(root)) {
    if (!one->path.empty()) names.push_back(one->Name());
  }
  const std::string word = absl::StrJoin(path, " ");
  const std::string nearest = Nearest(word, names);
  throw CLI::ValidationError(
      "COMMAND", absl::StrCat("'", word, "' is no command of annodctl",
                              nearest.empty() ? ""
                                              : absl::StrCat("; did you mean ",
                                                             nearest, "?")));
}

absl::Status RunHelp(const CLI::App& app, const ManualArguments& arguments,
                     const Context& context) {
  const CLI::App* command = &app;
  for (const std::string& name : arguments.path) {
    command = command->get_subcommand(name);
  }
  std::string name = "annodctl";
  for (const std::string& word : arguments.path) {
    absl::StrAppend(&name, " ", word);
  }
  // App::help() would speak of the command that was parsed: this one.
  const std::string text =
      app.get_formatter()->make_help(command, name, CLI::AppFormatMode::Normal);
  if (context.json) {
    PrintJson(Json{{"help", text}});
  } else {
    PrintText(text);
  }
  return absl::OkStatus();
}

absl::Status RunCompletion(const CommandEntry& root,
                           const ManualArguments& arguments) {
  PrintText(arguments.shell == "bash"  ? BashCompletion(root)
            : arguments.shell == "zsh" ? ZshCompletion(root)
                                       : FishCompletion(root));
  return absl::OkStatus();
}

absl::Status WritePage(const std::string& path, const std::string& text) {
  FileSystem* const fs = FileSystem::Posix();
  ANNOD_ASSIGN_OR_RETURN(const auto place,
                         OutputFile::Prepare(fs, path, /*force=*/true));
  ANNOD_ASSIGN_OR_RETURN(const auto file,
                         fs->CreateFile(place->temporary_path()));
  ANNOD_RETURN_IF_ERROR(file->Append(text));
  ANNOD_RETURN_IF_ERROR(file->Sync());
  ANNOD_RETURN_IF_ERROR(file->Close());
  return place->Commit();
}

absl::Status RunMan(const CommandEntry& root,
                    const ManualArguments& arguments) {
  if (arguments.directory.empty()) {
    PrintText(ManPage(root, Find(root, arguments.path), kVersion));
    return absl::OkStatus();
  }
  for (const CommandEntry* command : AllCommands(root)) {
    ANNOD_RETURN_IF_ERROR(
        WritePage(JoinPath(arguments.directory, ManPageName(*command)),
                  ManPage(root, *command, kVersion)));
  }
  return absl::OkStatus();
}

CLI::Option* AddPath(CLI::App* command, ManualArguments* arguments,
                     const std::string& help) {
  return command->add_option("COMMAND", arguments->path, help);
}

}  // namespace

void AddManualCommands(CLI::App* app, Context* context) {
  {
    CLI::App* command =
        app->add_subcommand("help", "what a command does and takes");
    auto arguments = std::make_shared<ManualArguments>();
    AddPath(command, arguments.get(), "a command, as 'query' or 'file build'");
    command->callback([app, context, arguments] {
      Find(CommandTree(*app), arguments->path);
      context->run = [app, context, arguments] {
        return RunHelp(*app, *arguments, *context);
      };
    });
  }
  {
    CLI::App* command = app->add_subcommand(
        "completion", "a script that makes a shell complete commands");
    auto arguments = std::make_shared<ManualArguments>();
    command->add_option("SHELL", arguments->shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->callback([app, context, arguments] {
      context->run = [app, arguments] {
        return RunCompletion(CommandTree(*app), *arguments);
      };
    });
  }
  {
    CLI::App* command = app->add_subcommand(
        "man", "the manual page of a command, for man -l, or all of them");
    auto arguments = std::make_shared<ManualArguments>();
    CLI::Option* path = AddPath(command, arguments.get(),
                                "a command, as 'query' or 'file build'");
    command
        ->add_option("--output", arguments->directory,
                     "write the pages of all commands into this folder")
        ->excludes(path);
    command->callback([app, context, arguments] {
      Find(CommandTree(*app), arguments->path);
      context->run = [app, arguments] {
        return RunMan(CommandTree(*app), *arguments);
      };
    });
  }
}

}  // namespace annod::ctl
