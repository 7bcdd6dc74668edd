#ifndef ANNOD_SERVER_SUPERVISOR_RUN_DIRECTORY_H_
#define ANNOD_SERVER_SUPERVISOR_RUN_DIRECTORY_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace annod {

// The directory `.run` in the data directory, where the children's sockets lie.
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

  // Before a child is started, which makes its socket here: if nothing can be
  // made here any more, another directory takes the place of this one, with the
  // same descriptor. If somebody removed it that is a new `.run`: those who
  // have the old one cannot be reached any more. Else, as on a file system that
  // an error made read-only, it is one in /dev/shm, TMPDIR or /tmp, with links
  // to what lies in the old one. Says in the log what it did, or why it cannot.
  void Renew();

  // When the children are gone: removes one that lies elsewhere.
  void RemoveElsewhere();

 private:
  RunDirectory(std::string data_dir, int fd)
      : data_dir_(std::move(data_dir)), fd_(fd) {}

  // A new `.run`, locked.
  absl::Status MakeAgain();
  absl::Status MakeElsewhere();
  // `fd` is that of another directory, and closed.
  absl::Status TakePlace(int fd);

  const std::string data_dir_;
  const int fd_;
  int locked_fd_ = -1;     // of the `.run` whose place another one took
  std::string elsewhere_;  // path; empty: it lies in the data directory
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_RUN_DIRECTORY_H_
