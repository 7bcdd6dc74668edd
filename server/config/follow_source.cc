#include "server/config/follow_source.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/status_macros.h"
#include "server/net/listen_address.h"

namespace annod {
namespace {

absl::Status BadFollow(absl::string_view setting, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("setting ", setting, ": ", what));
}

// Host and port, without a path behind them.
bool IsTarget(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return false;
  const absl::string_view port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5) return false;
  for (const char c : port) {
    if (c < '0' || c > '9') return false;
  }
  for (const char c : text) {
    if (c <= ' ' || c == '/' || c == '@' || c >= 0x7f) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<FollowSource> ParseFollowSource(absl::string_view text) {
  FollowSource source;
  if (absl::StartsWith(text, "/")) {
    source.directory = std::string(text);
    return source;
  }
  absl::string_view target = text;
  source.tls = absl::ConsumePrefix(&target, "grpcs://");
  if (!source.tls) absl::ConsumePrefix(&target, "grpc://");
  if (!IsTarget(target)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text,
                     "' is neither the absolute path of a directory nor the "
                     "address of an annod, as in grpc://host:7077 or, with "
                     "TLS, grpcs://host:7077"));
  }
  source.target = std::string(target);
  return source;
}

absl::Status CheckFollow(const Config& config) {
  const bool has_key = !config.follow_tls_key.empty();
  if (config.follow.empty()) {
    if (config.follow_in_place) {
      return BadFollow("follow_in_place", "needs a directory to follow");
    }
    if (!config.writer_address.empty()) {
      return BadFollow("writer_address",
                       "is for replicas; follow is not given");
    }
    return absl::OkStatus();
  }
  const absl::StatusOr<FollowSource> source = ParseFollowSource(config.follow);
  if (!source.ok()) return BadFollow("follow", source.status().message());
  if (!source->directory.empty()) {
    if (source->directory == config.data_dir) {
      return BadFollow("follow", "is data_dir; a replica needs one of its own");
    }
    return absl::OkStatus();
  }
  if (config.follow_in_place) {
    return BadFollow("follow_in_place", "needs a directory to follow");
  }
  const bool has_tls_files = !config.follow_tls_roots.empty() ||
                             !config.follow_tls_certificate.empty() || has_key;
  if (has_tls_files && !source->tls) {
    return BadFollow("follow", "certificates need an address with grpcs://");
  }
  if (config.follow_tls_certificate.empty() == has_key) {
    return has_key
               ? BadFollow("follow_tls_certificate",
                           "not given, but follow_tls_key is")
               : BadFollow("follow_tls_key",
                           "not given; follow_tls_certificate needs its key");
  }
  if (config.follow_token_file.empty() || source->tls || config.insecure) {
    return absl::OkStatus();
  }
  const absl::StatusOr<ListenAddress> address =
      ParseListenAddress(source->target);
  if (address.ok() && address->IsLoopback()) return absl::OkStatus();
  return BadFollow(
      "follow_token_file",
      "the token could be read on its way: follow grpcs://, or give "
      "--insecure if something else protects the connection");
}

std::string WriterAddressOf(const Config& config) {
  if (!config.writer_address.empty() || config.follow.empty()) {
    return config.writer_address;
  }
  const absl::StatusOr<FollowSource> source = ParseFollowSource(config.follow);
  return source.ok() ? source->target : "";
}

}  // namespace annod
