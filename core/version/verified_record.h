#ifndef ANNOD_CORE_VERSION_VERIFIED_RECORD_H_
#define ANNOD_CORE_VERSION_VERIFIED_RECORD_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/annoy/node_layout.h"
#include "core/file_system.h"

namespace annod {

// What a file was when it was verified. Whoever changes a file changes one of
// these, short of setting the clock back on purpose.
struct FileIdentity {
  std::string name;
  uint64_t inode = 0;
  uint64_t bytes = 0;
  int64_t mtime_ns = 0;

  friend bool operator==(const FileIdentity& a, const FileIdentity& b) {
    return a.name == b.name && a.inode == b.inode && a.bytes == b.bytes &&
           a.mtime_ns == b.mtime_ns;
  }
};

// What a full verification found out.
struct VerifiedFacts {
  LayoutKind layout = LayoutKind::kAngular12;
  int64_t item_count = 0;
};

// Identity of `path`, listed as `name`.
absl::StatusOr<FileIdentity> IdentifyFile(FileSystem* fs,
                                          const std::string& path,
                                          absl::string_view name);

// The facts remembered in `record_path` if they are about exactly `files`.
std::optional<VerifiedFacts> ReadVerified(
    FileSystem* fs, const std::string& record_path,
    const std::vector<FileIdentity>& files);

// Returns the facts remembered in `record_path` if they are about exactly
// `files`; otherwise runs `verify` and remembers its facts. Of the callers on a
// machine that come at once, one verifies and the others wait for it (a lock on
// `lock_path`). `*trusted` tells whether the facts were remembered. A record
// that cannot be read, locked or written costs a verification, nothing more:
// data directories may be read-only.
absl::StatusOr<VerifiedFacts> VerifyOnce(
    FileSystem* fs, const std::string& record_path,
    const std::string& lock_path, const std::vector<FileIdentity>& files,
    const std::function<absl::StatusOr<VerifiedFacts>()>& verify,
    bool* trusted);

}  // namespace annod

#endif  // ANNOD_CORE_VERSION_VERIFIED_RECORD_H_
