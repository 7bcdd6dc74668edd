#ifndef ANNOD_SERVER_SUPERVISOR_RUN_DIRECTORY_H_
#define ANNOD_SERVER_SUPERVISOR_RUN_DIRECTORY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace annod {

// The directory `.run` in the data directory, where the writer's socket lies.
//
// It is locked (flock) through a descriptor that the children inherit: when a
// supervisor is killed, its children die with it but not in the same instant,
// and the next supervisor must not start a second writer beside one that is
// still finishing a system call.
class RunDirectory {
 public:
  // Creates and locks it, waiting up to `patience` for processes of a previous
  // supervisor to be gone: Unavailable, naming the path, if they are not.
  static absl::StatusOr<std::unique_ptr<RunDirectory>> Open(
      const std::string& data_dir, absl::Duration patience);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  int fd() const { return fd_; }  // O_DIRECTORY, close-on-exec

 private:
  explicit RunDirectory(int fd) : fd_(fd) {}

  const int fd_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_RUN_DIRECTORY_H_
