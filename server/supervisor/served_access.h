#ifndef ANNOD_SERVER_SUPERVISOR_SERVED_ACCESS_H_
#define ANNOD_SERVER_SUPERVISOR_SERVED_ACCESS_H_

#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "core/open_file.h"
#include "server/access/live_access.h"
#include "server/process/stop_flag.h"

namespace annod {

// The access file as the supervisor has it: looked at by a thread every second,
// as workers do, so that a worker that is started while the file is bad can be
// handed what the others go by. Thread-safe.
class ServedAccess {
 public:
  // Errors are LiveAccess::Open()'s. An empty path: there is no file.
  static absl::StatusOr<std::unique_ptr<ServedAccess>> Start(
      const std::string& path);
  ~ServedAccess();

  LiveAccess* live() { return live_.get(); }

  // access_memory.h; without a file, or without memory for it, -1.
  FileDescriptor HandOn() const;

 private:
  explicit ServedAccess(std::unique_ptr<LiveAccess> live);

  const std::unique_ptr<LiveAccess> live_;
  StopFlag stopped_;
  std::thread thread_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_SERVED_ACCESS_H_
