#include "server/config/config.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "core/storage/index_settings.h"
#include "core/storage/json_text.h"
#include "core/utf8.h"
#include "nlohmann/json.hpp"
#include "server/config/follow_source.h"
#include "server/config/setting_values.h"
#include "server/config/settings.h"
#include "server/net/listen_address.h"

namespace annod {
namespace {

using nlohmann::json;

constexpr int64_t kLeastMemory = 256 << 20;

absl::Status Bad(absl::string_view setting, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("setting ", setting, ": ", what));
}

absl::Status CheckAddress(absl::string_view setting, const std::string& text,
                          bool is_protected) {
  absl::StatusOr<ListenAddress> address = ParseListenAddress(text);
  if (!address.ok()) return Bad(setting, address.status().message());
  if (!is_protected && !address->IsLoopback()) {
    return Bad(setting,
               absl::StrCat("'", text,
                            "' can be reached from other machines, and nothing "
                            "is encrypted there: give --tls_certificate and "
                            "--tls_key, or listen on 127.0.0.1, or give "
                            "--insecure if something else (a private network, "
                            "a proxy) protects it"));
  }
  return absl::OkStatus();
}

absl::Status CheckAdminAddress(const std::string& text) {
  absl::StatusOr<ListenAddress> address = ParseListenAddress(text);
  if (!address.ok()) return Bad("admin_listen", address.status().message());
  if (!address->IsLoopback()) {
    return Bad(
        "admin_listen",
        absl::StrCat("'", text, "' is not a loopback address; it must be one"));
  }
  return absl::OkStatus();
}

absl::Status CheckAccess(const Config& config) {
  const std::string& role = config.anonymous_role;
  if (role != "none" && role != "read" && role != "write" && role != "admin") {
    return Bad(
        "anonymous_role",
        absl::StrCat("'", role, "' is not one of none, read, write, admin"));
  }
  if (!config.access_file.empty()) return absl::OkStatus();
  // Without one everybody may do everything, whatever these say.
  if (role != "none") {
    return Bad("anonymous_role", "needs an access_file to have a meaning");
  }
  if (config.metrics_need_token) {
    return Bad("metrics_need_token", "needs an access_file with the tokens");
  }
  return absl::OkStatus();
}

// Who needs a certificate on the one port must not do without on the other,
// which asks for none.
absl::Status CheckJson(const Config& config) {
  if (!config.http_json || config.tls_client_ca.empty() ||
      config.tls_client_auth != "require") {
    return absl::OkStatus();
  }
  if (!config.access_file.empty() && config.anonymous_role == "none") {
    return absl::OkStatus();
  }
  return Bad(
      "http_json",
      "the HTTP port asks for no certificate, which tls_client_auth "
      "requires: give an access_file with tokens, and no anonymous_role");
}

// What the files hold is another matter: server/tls.
absl::Status CheckTls(const Config& config) {
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    return config.tls_key.empty()
               ? Bad("tls_key", "not given; tls_certificate needs its key")
               : Bad("tls_certificate", "not given, but tls_key is");
  }
  if (!config.tls_client_ca.empty() && config.tls_certificate.empty()) {
    return Bad("tls_client_ca",
               "without tls_certificate and tls_key no client can be asked for "
               "a certificate");
  }
  if (config.tls_client_auth != "require" &&
      config.tls_client_auth != "request") {
    return Bad("tls_client_auth", absl::StrCat("'", config.tls_client_auth,
                                               "' is not one of require, "
                                               "request"));
  }
  return absl::OkStatus();
}

// Paths may hold any bytes, but the configuration travels to the children as
// JSON.
absl::Status CheckUtf8(const Config& config) {
  for (const Setting& setting : AllSettings()) {
    try {
      (void)GetAsJson(setting, config).dump();
    } catch (const std::exception&) {
      return Bad(setting.name, "is not UTF-8");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckLogs(const Config& config) {
  if (config.log_format != "text" && config.log_format != "json") {
    return Bad("log_format", absl::StrCat("'", config.log_format,
                                          "' is not one of text, json"));
  }
  if (config.audit_log != "off" && config.audit_log != "log" &&
      !absl::StartsWith(config.audit_log, "/")) {
    return Bad("audit_log",
               absl::StrCat("'", config.audit_log,
                            "' is not off, log, or a file's absolute path"));
  }
  return absl::OkStatus();
}

absl::Status CheckLists(const Config& config) {
  for (const std::string& dir : config.attach_dirs) {
    if (!absl::StartsWith(dir, "/")) {
      return Bad("attach_dirs",
                 absl::StrCat("'", dir, "' is not an absolute path"));
    }
  }
  for (const std::string& name : config.required_indexes) {
    const absl::Status status = ValidateIndexName(name);
    if (!status.ok()) return Bad("required_indexes", status.message());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateConfig(const Config& config) {
  ANNOD_RETURN_IF_ERROR(CheckUtf8(config));
  for (const Setting& setting : AllSettings()) {
    ANNOD_RETURN_IF_ERROR(CheckBounds(setting, config));
  }
  if (config.data_dir.empty()) {
    return Bad("data_dir", "not given; annod keeps its indexes there");
  }
  ANNOD_RETURN_IF_ERROR(CheckTls(config));
  ANNOD_RETURN_IF_ERROR(CheckJson(config));
  const bool tls = !config.tls_certificate.empty();
  ANNOD_RETURN_IF_ERROR(
      CheckAddress("listen", config.listen, config.insecure || tls));
  ANNOD_RETURN_IF_ERROR(
      CheckAddress("http_listen", config.http_listen,
                   config.insecure || (tls && config.http_tls)));
  if (absl::StrContains(config.http_listen, '[')) {
    return Bad("http_listen", absl::StrCat("'", config.http_listen,
                                           "': only IPv4 is supported here"));
  }
  if (!config.admin_listen.empty()) {
    ANNOD_RETURN_IF_ERROR(CheckAdminAddress(config.admin_listen));
  }
  if (config.memory_limit != 0 && config.memory_limit < kLeastMemory) {
    return Bad("memory_limit",
               absl::StrCat(config.memory_limit,
                            " bytes are too few for a process to start; it "
                            "must be 0 or at least ",
                            kLeastMemory));
  }
  if (config.admission.max_request_memory < config.limits.max_message_bytes) {
    return Bad("max_request_memory",
               absl::StrCat(config.admission.max_request_memory,
                            " bytes do not hold one request; it must be at "
                            "least max_message_bytes, ",
                            config.limits.max_message_bytes));
  }
  if (config.log_level != "debug" && config.log_level != "info" &&
      config.log_level != "warning" && config.log_level != "error") {
    return Bad("log_level",
               absl::StrCat("'", config.log_level,
                            "' is not one of debug, info, warning, error"));
  }
  ANNOD_RETURN_IF_ERROR(CheckLogs(config));
  ANNOD_RETURN_IF_ERROR(DataMode(config).status());
  ANNOD_RETURN_IF_ERROR(CheckAccess(config));
  ANNOD_RETURN_IF_ERROR(CheckFollow(config));
  return CheckLists(config);
}

absl::StatusOr<int> DataMode(const Config& config) {
  const std::string& text = config.data_mode;
  int mode = 0;
  bool valid = text.size() == 4 && text[0] == '0';
  for (const char c : text) {
    valid = valid && c >= '0' && c <= '7';
    mode = mode * 8 + (c - '0');
  }
  // annod itself reads and writes; execution means nothing for data.
  if (valid && (mode & 0600) == 0600 && (mode & 0111) == 0) return mode;
  return Bad("data_mode",
             absl::StrCat("'", text,
                          "' is not an octal mode like 0640 by which the owner "
                          "reads and writes and nobody executes"));
}

std::string ConfigToJson(const Config& config) {
  json document = json::object();
  for (const Setting& setting : AllSettings()) {
    document[setting.name] = GetAsJson(setting, config);
  }
  // ValidateConfig has refused what would be replaced here.
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

absl::Status MergeConfigJson(absl::string_view text, Config* config) {
  if (ShapeOfJson(text).nesting > kMaxJsonNesting) {
    return absl::InvalidArgumentError(absl::StrCat(
        "configuration is nested more than ", kMaxJsonNesting, " levels deep"));
  }
  json document;
  try {
    document = json::parse(text.begin(), text.end(), nullptr,
                           /*allow_exceptions=*/true, /*ignore_comments=*/true);
  } catch (const std::exception& e) {
    return absl::InvalidArgumentError(
        absl::StrCat("configuration is not JSON: ", e.what()));
  }
  if (!document.is_object()) {
    return absl::InvalidArgumentError(
        "configuration is not a JSON object of settings");
  }
  const std::string repeated = RepeatedJsonName(text);
  if (!repeated.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "configuration: '", ForMessage(repeated), "' is given more than once"));
  }
  Config merged = *config;  // so that an error changes nothing
  for (const auto& item : document.items()) {
    const Setting* setting = FindSetting(item.key());
    if (setting == nullptr) {
      const absl::string_view meant = SettingMeant(item.key());
      return absl::InvalidArgumentError(absl::StrCat(
          "configuration: there is no setting '", item.key(), "'",
          meant.empty() ? "" : "; did you mean ", meant,
          meant.empty() ? "" : "?", "; `annod --help` lists them"));
    }
    ANNOD_RETURN_IF_ERROR(SetFromJson(*setting, item.value(), &merged));
  }
  *config = std::move(merged);
  return absl::OkStatus();
}

}  // namespace annod
