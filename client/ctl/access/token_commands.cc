#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/ctl/access/access_editor.h"
#include "client/ctl/access/commands.h"
#include "client/ctl/common/output.h"
#include "client/ctl/common/values.h"
#include "core/access/identity_fields.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

constexpr size_t kShownDigits = 12;
constexpr int kMostDays = 36500;

struct TokenArguments {
  std::string file;
  TokenGrant grant;
  std::string expires;  // as it was given
  std::string prefix;   // of the SHA-256 of the token to revoke
};

// The point in time that "90d", "12h", "30m", a time of RFC 3339 or "never"
// means, as the file has it; empty for never. InvalidArgument.
absl::StatusOr<std::string> ExpiryOf(const std::string& text) {
  if (text.empty() || text == "never") return std::string();
  int number = 0;
  const absl::Duration unit = absl::EndsWith(text, "d")   ? absl::Hours(24)
                              : absl::EndsWith(text, "h") ? absl::Hours(1)
                              : absl::EndsWith(text, "m")
                                  ? absl::Minutes(1)
                                  : absl::ZeroDuration();
  absl::Time time;
  if (unit > absl::ZeroDuration() &&
      absl::SimpleAtoi(text.substr(0, text.size() - 1), &number) &&
      number > 0 && unit * number <= kMostDays * absl::Hours(24)) {
    time = absl::Now() + unit * number;
  } else {
    absl::StatusOr<absl::Time> parsed = ParseTimestamp(text);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--expires", parsed.status().message(), ", 90d, 12h, 30m or never"));
    }
    time = *parsed;
  }
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::Status RunCreate(const TokenArguments& arguments,
                       const Context& context) {
  TokenGrant grant = arguments.grant;
  const absl::Status named = CheckIdentityName(grant.name);
  if (!named.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--name", named.message()));
  }
  ANNOD_ASSIGN_OR_RETURN(grant.expires, ExpiryOf(arguments.expires));
  AccessEditor editor;
  if (!arguments.file.empty()) {
    ANNOD_ASSIGN_OR_RETURN(editor, AccessEditor::Open(arguments.file));
  }
  ANNOD_ASSIGN_OR_RETURN(const std::string token, NewToken());
  ANNOD_RETURN_IF_ERROR(editor.Add(grant, HashToken(token)));
  if (!arguments.file.empty()) ANNOD_RETURN_IF_ERROR(editor.Save());
  const Json& identity = *editor.Find(grant.name);
  if (context.json) {
    PrintJson(Json{{"token", token}, {"identity", identity}});
    return absl::OkStatus();
  }
  // The token alone, so that it can go into a file as it is.
  PrintText(token + "\n");
  if (arguments.file.empty()) {
    std::cerr << "annodctl: this is the token of '" << grant.name
              << "', told this once; add to \"identities\" of the access "
                 "file:\n"
              << identity.dump(2) << "\n";
  } else {
    std::cerr << "annodctl: this is a token of '" << grant.name
              << "', told this once; its SHA-256 is in " << arguments.file
              << ", which a running annod reads within a second\n";
  }
  return absl::OkStatus();
}

// The beginnings of the hashes, enough to tell tokens apart.
std::string HashesOf(const Json& identity) {
  std::vector<std::string> digits;
  for (const Json& hash : identity.value("token_sha256", Json::array())) {
    digits.push_back(hash.get<std::string>().substr(0, kShownDigits));
  }
  return absl::StrJoin(digits, ",");
}

std::string Joined(const Json& identity, const char* field,
                   const std::string& none) {
  if (!identity.contains(field)) return none;
  return absl::StrJoin(identity[field].get<std::vector<std::string>>(), ",");
}

absl::Status RunList(const TokenArguments& arguments, const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(const AccessEditor editor,
                         AccessEditor::Open(arguments.file));
  if (context.json) {
    PrintJson(Json{{"identities", editor.identities()}});
    return absl::OkStatus();
  }
  Table table({{"NAME"},
               {"ROLE"},
               {"INDEXES"},
               {"EXPIRES"},
               {"TOKENS"},
               {"CERTIFICATES"}});
  for (const Json& identity : editor.identities()) {
    table.AddRow({identity["name"].get<std::string>(),
                  identity["role"].get<std::string>(),
                  Joined(identity, "indexes", "*"),
                  identity.value("expires", "never"), HashesOf(identity),
                  Joined(identity, "certificates", "")});
  }
  table.Print();
  return absl::OkStatus();
}

absl::Status RunRevoke(const TokenArguments& arguments,
                       const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(AccessEditor editor,
                         AccessEditor::Open(arguments.file));
  ANNOD_ASSIGN_OR_RETURN(const int revoked,
                         editor.Revoke(arguments.grant.name, arguments.prefix));
  ANNOD_RETURN_IF_ERROR(editor.Save());
  if (context.json) {
    PrintJson(Json{{"revoked", revoked}});
  } else {
    PrintText(absl::StrCat("revoked ", revoked, " of '", arguments.grant.name,
                           "'\n"));
  }
  return absl::OkStatus();
}

using Run = absl::Status (*)(const TokenArguments&, const Context&);

std::shared_ptr<TokenArguments> AddArguments(CLI::App* command, Run run,
                                             Context* context) {
  auto arguments = std::make_shared<TokenArguments>();
  command->callback([context, arguments, run] {
    context->run = [context, arguments, run] {
      return run(*arguments, *context);
    };
  });
  return arguments;
}

}  // namespace

void AddTokenCommands(CLI::App* app, Context* context) {
  CLI::App* token = app->add_subcommand(
      "token", "tokens of callers, in an access file, without a server");
  token->require_subcommand(1);

  CLI::App* create = token->add_subcommand(
      "create", "make a token and print it, this once; the file gets its hash");
  auto made = AddArguments(create, RunCreate, context);
  create
      ->add_option("--name", made->grant.name,
                   "whose it is; one that is in the file gets a further token")
      ->required()
      ->type_name("NAME");
  create->add_option("--role", made->grant.role, "of a new name")
      ->check(CLI::IsMember({"read", "write", "admin"}));
  AddListOption(
      create, "--indexes", &made->grant.indexes,
      "patterns of the indexes it is for, as 'team-a-*'; default: all",
      "PATTERN,...");
  create
      ->add_option("--expires", made->expires,
                   "when it is valid no more: 90d, 12h, 30m, a time as "
                   "2027-03-01T00:00:00Z, or never, the default; of all tokens "
                   "of the name")
      ->type_name("TIME");
  create
      ->add_option("--file", made->file,
                   "the access file to change; without it, what to add to one "
                   "is printed")
      ->type_name("FILE");

  CLI::App* list = token->add_subcommand("list", "who is in an access file");
  auto listed = AddArguments(list, RunList, context);
  list->add_option("--file", listed->file, "the access file")
      ->required()
      ->type_name("FILE");

  CLI::App* revoke = token->add_subcommand(
      "revoke", "take tokens of a name out of an access file");
  auto revoked = AddArguments(revoke, RunRevoke, context);
  revoke->add_option("--file", revoked->file, "the access file")
      ->required()
      ->type_name("FILE");
  revoke->add_option("--name", revoked->grant.name, "whose tokens")
      ->required()
      ->type_name("NAME");
  revoke
      ->add_option("--sha256", revoked->prefix,
                   "of which token, its first digits, as `token list` shows "
                   "them; default: all of the name")
      ->type_name("DIGITS");
}

}  // namespace annod::ctl
