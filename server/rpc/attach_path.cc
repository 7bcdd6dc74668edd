#include "server/rpc/attach_path.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/net/listen_address.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

// Symbolic links resolved as far as the path exists, the rest made normal.
std::string Resolve(const std::string& path) {
  std::error_code error;
  const std::filesystem::path resolved =
      std::filesystem::weakly_canonical(path, error);
  return error ? std::string() : resolved.string();
}

bool IsBelow(const std::string& path, const std::string& directory) {
  return directory == "/" || absl::StartsWith(path, directory + "/");
}

absl::Status NotAllowedError(const std::string& path,
                             const std::string& limit) {
  return ReasonError(
      absl::StatusCode::kPermissionDenied, kFileRejected,
      absl::StrCat("path is '", Printable(path, kMaxPrintedPathBytes),
                   "'; it must be ", limit),
      {{"field", "path"},
       {"value", Printable(path, kMaxPrintedPathBytes)},
       {"limit", limit}});
}

absl::Status CheckAllowed(const std::string& path, const std::string& resolved,
                          const Config& config) {
  if (config.attach_dirs.empty()) {
    const auto address = ParseListenAddress(config.listen);
    if (address.ok() && address->IsLoopback()) return absl::OkStatus();
    return NotAllowedError(path,
                           "below one of attach_dirs, which names none, on a "
                           "server that listens beyond loopback");
  }
  const bool allowed =
      std::any_of(config.attach_dirs.begin(), config.attach_dirs.end(),
                  [&](const std::string& dir) {
                    const std::string directory = Resolve(dir);
                    return !directory.empty() && IsBelow(resolved, directory);
                  });
  if (allowed) return absl::OkStatus();
  return NotAllowedError(path,
                         absl::StrCat("below one of attach_dirs: ",
                                      absl::StrJoin(config.attach_dirs, ", ")));
}

}  // namespace

absl::StatusOr<std::string> ResolveAttachPath(const std::string& path,
                                              const Config& config) {
  const std::string resolved = Resolve(path);
  const absl::Status allowed = CheckAllowed(path, resolved, config);
  if (!allowed.ok()) return allowed;
  struct stat info;
  if (resolved.empty() || ::stat(resolved.c_str(), &info) != 0) {
    return ReasonError(
        absl::StatusCode::kNotFound, kFileNotFound,
        absl::StrCat("path is '", Printable(path, kMaxPrintedPathBytes),
                     "'; there is no such file"),
        {{"field", "path"}, {"value", Printable(path, kMaxPrintedPathBytes)}});
  }
  if (!S_ISREG(info.st_mode)) {
    return ReasonError(
        absl::StatusCode::kFailedPrecondition, kFileRejected,
        absl::StrCat("path is '", Printable(path, kMaxPrintedPathBytes),
                     "'; it must be a regular file"),
        {{"field", "path"}, {"value", Printable(path, kMaxPrintedPathBytes)}});
  }
  return resolved;
}

std::string KeptAttachPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.string();
}

FindAttachedFile AttachRule(const LiveConfig* config) {
  return [config](const std::string& path) {
    return ResolveAttachPath(path, *config->Get());
  };
}

}  // namespace annod
