#include "client/ctl/manual/man_page.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace annod::ctl {
namespace {

// Text that roff prints as it is: a line that begins with a dot or quote would
// be a request.
std::string Roff(absl::string_view text) {
  std::string out =
      absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}, {"\n", " "}});
  if (!out.empty() && (out[0] == '.' || out[0] == '\'')) out.insert(0, "\\&");
  return out;
}

std::string Title(const CommandEntry& command) {
  std::string name = "annodctl";
  for (const std::string& word : command.path) {
    absl::StrAppend(&name, "-", word);
  }
  return name;
}

void AppendOptions(const CommandEntry& command, bool arguments,
                   std::string* out) {
  for (const OptionEntry& option : command.options) {
    if (option.argument != arguments) continue;
    absl::StrAppend(out, ".TP\n\\fB", Roff(absl::StrJoin(option.names, ", ")),
                    "\\fR");
    if (!option.argument && !option.value.empty()) {
      absl::StrAppend(out, " \\fI", Roff(option.value), "\\fR");
    }
    absl::StrAppend(out, "\n", Roff(option.description),
                    option.required && !option.argument ? " (required)" : "",
                    "\n");
  }
}

std::string Synopsis(const CommandEntry& command) {
  std::string out =
      absl::StrCat("\\fBannodctl", command.path.empty() ? "" : " ",
                   Roff(command.Name()), "\\fR");
  for (const OptionEntry& option : command.options) {
    if (!option.argument) continue;
    absl::StrAppend(&out, option.required ? " \\fI" : " [\\fI",
                    Roff(option.names[0]), option.required ? "\\fR" : "\\fR]");
  }
  for (const OptionEntry& option : command.options) {
    if (option.argument || !option.required) continue;
    absl::StrAppend(&out, " \\fB", Roff(option.names.back()), "\\fR \\fI",
                    Roff(option.value), "\\fR");
  }
  if (!command.commands.empty()) out += " \\fICOMMAND\\fR";
  return out + " [\\fIOPTIONS\\fR]";
}

}  // namespace

std::string ManPage(const CommandEntry& root, const CommandEntry& command,
                    absl::string_view version) {
  std::string out = absl::StrCat(
      ".TH ", Roff(absl::AsciiStrToUpper(Title(command))), " 1 \"\" \"annod ",
      Roff(version), "\"\n.SH NAME\n", Roff(Title(command)), " \\- ",
      Roff(command.description), "\n.SH SYNOPSIS\n", Synopsis(command), "\n");
  if (!command.commands.empty()) {
    out += ".SH COMMANDS\n";
    for (const CommandEntry& below : command.commands) {
      absl::StrAppend(&out, ".TP\n\\fB", Roff(below.path.back()), "\\fR\n",
                      Roff(below.description), "\n");
    }
  }
  std::string arguments, options;
  AppendOptions(command, /*arguments=*/true, &arguments);
  AppendOptions(command, /*arguments=*/false, &options);
  if (!arguments.empty()) absl::StrAppend(&out, ".SH ARGUMENTS\n", arguments);
  if (!options.empty()) absl::StrAppend(&out, ".SH OPTIONS\n", options);
  if (!command.path.empty()) {
    out += ".SH OPTIONS OF EVERY COMMAND\n";
    AppendOptions(root, /*arguments=*/false, &out);
  }
  out +=
      ".SH ENVIRONMENT\n.TP\n\\fBANNOD_SERVER\\fR\nthe server, where "
      "\\-\\-server is not given\n"
      ".TP\n\\fBANNOD_TOKEN_FILE\\fR, \\fBANNOD_TOKEN\\fR\nthe file with the "
      "token to send, where \\-\\-token_file is not given; the token itself\n"
      ".SH EXIT STATUS\n0: done. 1: failed. 2: wrong usage. 130: interrupted.\n"
      ".SH SEE ALSO\n";
  std::string others;
  for (const CommandEntry* one : AllCommands(root)) {
    if (one == &command) continue;
    absl::StrAppend(&others, others.empty() ? "" : ", ", "\\fB",
                    Roff(Title(*one)), "\\fR(1)");
  }
  return absl::StrCat(out, others, "\n");
}

std::string ManPageName(const CommandEntry& command) {
  return Title(command) + ".1";
}

}  // namespace annod::ctl
