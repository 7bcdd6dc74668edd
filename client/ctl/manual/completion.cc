#include "client/ctl/manual/completion.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace annod::ctl {
namespace {

std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// What may follow a command's name: its commands, or the choices of an
// argument.
std::vector<std::string> WordsAfter(const CommandEntry& command) {
  std::vector<std::string> words;
  for (const CommandEntry& one : command.commands) {
    words.push_back(one.path.back());
  }
  for (const OptionEntry& option : command.options) {
    if (!option.argument) continue;
    words.insert(words.end(), option.choices.begin(), option.choices.end());
  }
  return words;
}

// Calls `visit` for the options of `command` and those of every command.
template <typename Visit>
void ForOptions(const CommandEntry& root, const CommandEntry& command,
                const Visit& visit) {
  for (const OptionEntry& option : command.options) {
    if (!option.argument) visit(option);
  }
  if (command.path.empty()) return;
  for (const OptionEntry& option : root.options) {
    // Those of the same name are the command's own.
    if (!option.argument && option.names.back() != "--help") visit(option);
  }
}

// What the scripts of bash and zsh have in common: a case for each command that
// sets `commands` (what may follow) and `options`, and for an option before the
// cursor `values`, or `files` if it takes a value without choices. `list` makes
// a list of words.
template <typename List>
std::string Cases(const CommandEntry& root, const List& list) {
  std::string out;
  for (const CommandEntry* command : AllCommands(root)) {
    std::vector<std::string> names;
    std::string values, valued;
    ForOptions(root, *command, [&](const OptionEntry& option) {
      names.insert(names.end(), option.names.begin(), option.names.end());
      if (option.value.empty()) return;
      const std::string pattern = absl::StrJoin(option.names, "|");
      if (option.choices.empty()) {
        absl::StrAppend(&valued, valued.empty() ? "" : "|", pattern);
      } else {
        absl::StrAppend(&values, "        ", pattern,
                        ") values=", list(option.choices), " ;;\n");
      }
    });
    absl::StrAppend(&out, "    ", Quoted(command->Name()), ")\n",
                    "      commands=", list(WordsAfter(*command)),
                    "\n      options=", list(names),
                    "\n      case $before in\n", values);
    if (!valued.empty()) {
      absl::StrAppend(&out, "        ", valued, ") files=1 ;;\n");
    }
    absl::StrAppend(&out, "      esac ;;\n");
  }
  return out;
}

// Sets `command` to the words before the cursor that lead to one.
std::string CommandCases(const CommandEntry& root) {
  std::vector<std::string> patterns;
  for (const CommandEntry* command : AllCommands(root)) {
    if (!command->path.empty()) patterns.push_back(Quoted(command->Name()));
  }
  return absl::StrCat("      ", absl::StrJoin(patterns, "|"),
                      ") command=$next ;;\n");
}

}  // namespace

std::string BashCompletion(const CommandEntry& root) {
  return absl::StrCat(
      "# bash completion of annodctl: source <(annodctl completion bash)\n"
      "_annodctl() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]}\n"
      "  local before=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local command='' next commands='' options='' values='' files='' i\n"
      "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
      "    next=${command:+$command }${COMP_WORDS[i]}\n"
      "    case $next in\n",
      CommandCases(root),
      "    esac\n"
      "  done\n"
      "  case $command in\n",
      Cases(root,
            [](const std::vector<std::string>& words) {
              return Quoted(absl::StrJoin(words, " "));
            }),
      "  esac\n"
      "  COMPREPLY=()\n"
      "  if [[ -n $values ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$values\" -- \"$current\"))\n"
      "  elif [[ -z $files && $current == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
      "  elif [[ -z $files && -n $commands ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$commands\" -- \"$current\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
      "  fi\n"
      "}\n"
      "complete -o filenames -F _annodctl annodctl\n");
}

std::string ZshCompletion(const CommandEntry& root) {
  return absl::StrCat(
      "#compdef annodctl\n"
      "# zsh completion of annodctl: source <(annodctl completion zsh), or a\n"
      "# file _annodctl in a folder of $fpath\n"
      "_annodctl() {\n"
      "  local before=${words[CURRENT-1]} current=${words[CURRENT]}\n"
      "  local command='' next files='' i\n"
      "  local -a commands options values\n"
      "  for ((i = 2; i < CURRENT; ++i)); do\n"
      "    next=${command:+$command }${words[i]}\n"
      "    case $next in\n",
      CommandCases(root),
      "    esac\n"
      "  done\n"
      "  case $command in\n",
      Cases(root,
            [](const std::vector<std::string>& words) {
              std::vector<std::string> quoted;
              quoted.reserve(words.size());
              for (const std::string& word : words) {
                quoted.push_back(Quoted(word));
              }
              return absl::StrCat("(", absl::StrJoin(quoted, " "), ")");
            }),
      "  esac\n"
      "  if (( ${#values} )); then\n"
      "    compadd -a values\n"
      "  elif [[ -z $files && $current == -* ]]; then\n"
      "    compadd -a options\n"
      "  elif [[ -z $files ]] && (( ${#commands} )); then\n"
      "    compadd -a commands\n"
      "  else\n"
      "    _files\n"
      "  fi\n"
      "}\n"
      "if [[ ${funcstack[1]} == _annodctl ]]; then\n"
      "  _annodctl \"$@\"\n"
      "elif (( ${+functions[compdef]} )); then\n"
      "  compdef _annodctl annodctl\n"
      "fi\n");
}

std::string FishCompletion(const CommandEntry& root) {
  std::string out =
      "# fish completion of annodctl: annodctl completion fish | source\n"
      "function __annodctl_is\n"
      "  set -l command ''\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    set -l next (string trim \"$command $word\")\n"
      "    if contains -- $next";
  for (const CommandEntry* command : AllCommands(root)) {
    if (!command->path.empty()) {
      absl::StrAppend(&out, " ", Quoted(command->Name()));
    }
  }
  absl::StrAppend(&out,
                  "\n      set command $next\n"
                  "    end\n"
                  "  end\n"
                  "  test \"$command\" = \"$argv[1]\"\n"
                  "end\n");
  for (const CommandEntry* command : AllCommands(root)) {
    const std::string start = absl::StrCat(
        "complete -c annodctl -n ",
        Quoted(absl::StrCat("__annodctl_is ", Quoted(command->Name()))));
    for (const CommandEntry& below : command->commands) {
      absl::StrAppend(&out, start, " -f -a ", Quoted(below.path.back()), " -d ",
                      Quoted(below.description), "\n");
    }
    if (command->commands.empty() && !WordsAfter(*command).empty()) {
      absl::StrAppend(&out, start, " -f -a ",
                      Quoted(absl::StrJoin(WordsAfter(*command), " ")), "\n");
    }
    ForOptions(root, *command, [&](const OptionEntry& option) {
      out += start;
      for (const std::string& name : option.names) {
        absl::StrAppend(&out, absl::StartsWith(name, "--") ? " -l " : " -s ",
                        name.substr(name.find_first_not_of('-')));
      }
      if (!option.choices.empty()) {
        absl::StrAppend(&out, " -x -a ",
                        Quoted(absl::StrJoin(option.choices, " ")));
      } else if (!option.value.empty()) {
        out += " -r";
      }
      absl::StrAppend(&out, " -d ", Quoted(option.description), "\n");
    });
  }
  return out;
}

}  // namespace annod::ctl
