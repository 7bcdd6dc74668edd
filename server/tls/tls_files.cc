#include "server/tls/tls_files.h"

#include <sys/stat.h>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "core/status_macros.h"

namespace annod {
namespace {

// All CAs of a Linux distribution are a quarter of that.
constexpr size_t kMaxFileBytes = 1 << 20;
constexpr mode_t kReadByOthers = 0004;

absl::StatusOr<std::string> ReadText(const std::string& path) {
  return FileSystem::Posix()->ReadFile(path, kMaxFileBytes);
}

}  // namespace

bool UsesTls(const Config& config) { return !config.tls_certificate.empty(); }

TlsPaths TlsPathsOf(const Config& config) {
  return {config.tls_certificate, config.tls_key, config.tls_client_ca};
}

absl::StatusOr<TlsTexts> ReadTlsTexts(const TlsPaths& paths) {
  TlsTexts texts;
  ANNOD_ASSIGN_OR_RETURN(texts.certificate, ReadText(paths.certificate));
  ANNOD_ASSIGN_OR_RETURN(texts.key, ReadText(paths.key));
  if (!paths.client_ca.empty()) {
    ANNOD_ASSIGN_OR_RETURN(texts.client_ca, ReadText(paths.client_ca));
  }
  return texts;
}

absl::StatusOr<TlsPair> ReadTlsPair(const Config& config) {
  const TlsPaths paths = TlsPathsOf(config);
  ANNOD_ASSIGN_OR_RETURN(const TlsTexts texts, ReadTlsTexts(paths));
  return MakeTlsPair(paths, texts, absl::Now());
}

std::string KeyFileWarning(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || (info.st_mode & kReadByOthers) == 0) {
    return "";
  }
  return absl::StrFormat(
      "%s: mode %04o lets everybody on this machine read the private key; "
      "0400 or 0440 will do",
      path, info.st_mode & 07777);
}

}  // namespace annod
