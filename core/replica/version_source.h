#ifndef ANNOD_CORE_REPLICA_VERSION_SOURCE_H_
#define ANNOD_CORE_REPLICA_VERSION_SOURCE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/storage/index_settings.h"
#include "core/version/manifest.h"

namespace annod {

// An index that a source has.
struct SourceIndex {
  std::string name;
  // Changes whenever its settings or its served version do. Empty: it cannot be
  // told now what it serves.
  std::string revision;
  int64_t version = 0;  // that it serves; 0 if none
};

// What an index of a source serves.
struct SourceVersion {
  IndexSettings settings;
  bool has_version = false;  // else the rest means nothing
  Manifest manifest;
  std::string manifest_json;  // the same as it was read
};

// Where versions are published that a replica serves too. What comes from it is
// not trusted: callers check it (fetch_version.h). Used by one thread, but for
// Stop().
class VersionSource {
 public:
  using Sink = std::function<absl::Status(absl::string_view bytes)>;

  virtual ~VersionSource() = default;

  // The indexes that can be followed, which are those with versions of their
  // own that stay: not attached files, not temporary ones.
  virtual absl::StatusOr<std::vector<SourceIndex>> List() = 0;

  // What `index` serves now. Unavailable while it is not all there.
  virtual absl::StatusOr<SourceVersion> Describe(const std::string& index) = 0;

  // Passes on at most `max_bytes` bytes of the files of `version`, in the order
  // of the manifest and taken as one, from `offset` on. At least one, or an
  // error; ends with that of `sink`.
  virtual absl::Status Read(const std::string& index, const Manifest& version,
                            uint64_t offset, uint64_t max_bytes,
                            const Sink& sink) = 0;

  // Path of a file of a version, for who maps it where it lies; empty if it is
  // on another machine.
  virtual std::string PathOf(const std::string& index, int64_t version,
                             const std::string& file) const = 0;

  // Ends what is under way, from any thread; everything fails afterwards.
  virtual void Stop() {}
};

}  // namespace annod

#endif  // ANNOD_CORE_REPLICA_VERSION_SOURCE_H_
