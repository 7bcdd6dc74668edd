#include "client/ctl/common/tls_options.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace annod::ctl {
namespace {

using Kind = TlsFault::Kind;

constexpr absl::Duration kHandshakeTime = absl::Seconds(1);

TlsOptions* TlsOf(Context* context) {
  if (!context->tls.has_value()) context->tls.emplace();
  return &*context->tls;
}

void AddText(CLI::App* app, Context* context, const char* flag,
             const char* environment, const char* unit, const char* help,
             std::string TlsOptions::*field) {
  app->add_option_function<std::string>(
         flag,
         [context, field](const std::string& value) {
           TlsOf(context)->*field = value;
         },
         help)
      ->envname(environment)
      ->type_name(unit);
}

const char* Advice(Kind kind) {
  switch (kind) {
    case Kind::kServerTls:
      return "give --tls, or --ca FILE with the CA that signed its certificate";
    case Kind::kServerPlain:
      return "leave --tls, --ca, --certificate, --key and --server_name away, "
             "or unset ANNOD_TLS, ANNOD_CA, ANNOD_CERTIFICATE, ANNOD_KEY and "
             "ANNOD_SERVER_NAME";
    case Kind::kUnknownCa:
      return "give --ca FILE with the CA that signed it";
    case Kind::kInvalid:
      return "the server needs another one";
    case Kind::kOtherName:
      return "ask it by that name, or give --server_name NAME if this is the "
             "server you mean";
    case Kind::kWantsIdentity:
      return "give --certificate FILE and --key FILE";
    case Kind::kRefusesIdentity:
      return "it must be signed by one of the server's tls_client_ca, and not "
             "have expired";
    case Kind::kNone:
      break;
  }
  return "";
}

}  // namespace

void AddTlsOptions(CLI::App* app, Context* context) {
  app->add_flag_function(
         "--tls",
         [context](int64_t count) {
           if (count > 0) TlsOf(context);
         },
         "the server speaks TLS and a CA of this system has signed its "
         "certificate")
      ->envname("ANNOD_TLS");
  AddText(app, context, "--ca", "ANNOD_CA", "FILE",
          "TLS, and who signed the server's certificate (PEM)",
          &TlsOptions::ca);
  AddText(app, context, "--certificate", "ANNOD_CERTIFICATE", "FILE",
          "TLS, and the certificate to show to the server (PEM)",
          &TlsOptions::certificate);
  AddText(app, context, "--key", "ANNOD_KEY", "FILE",
          "the private key of --certificate (PEM)", &TlsOptions::key);
  AddText(app, context, "--server_name", "ANNOD_SERVER_NAME", "NAME",
          "TLS, and whom the server's certificate is for, default HOST",
          &TlsOptions::server_name);
}

std::string ServerFlags(const Context& context) {
  std::string flags;
  const auto add = [&](const char* flag, absl::string_view value) {
    if (!value.empty()) absl::StrAppend(&flags, " ", flag, " ", value);
  };
  if (context.server != Context().server) add("--server", context.server);
  if (!context.tls.has_value()) return flags;
  const TlsOptions& tls = *context.tls;
  add("--ca", tls.ca);
  add("--certificate", tls.certificate);
  add("--key", tls.key);
  add("--server_name", tls.server_name);
  if (tls.ca.empty()) flags += " --tls";
  return flags;
}

std::string TlsFaultMessage(const Context& context) {
  const TlsFault fault = FindTlsFault(
      context.server, context.tls.has_value() ? &*context.tls : nullptr,
      kHandshakeTime);
  if (fault.kind == Kind::kNone) return "";
  return absl::StrCat("no connection to ", context.server, ": ", fault.message,
                      "; ", Advice(fault.kind));
}

}  // namespace annod::ctl
