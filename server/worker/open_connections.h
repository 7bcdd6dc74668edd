#ifndef ANNOD_SERVER_WORKER_OPEN_CONNECTIONS_H_
#define ANNOD_SERVER_WORKER_OPEN_CONNECTIONS_H_

#include <sys/types.h>

#include <vector>

#include "absl/time/time.h"

namespace annod {

// How many of the sockets that were given away are still open. Whoever took
// them closes them without a word, so they are looked at, by descriptor and
// inode, when the number matters: when the bound seems to be met, at most every
// 100 ms then. Not thread-safe.
class OpenConnections {
 public:
  // Before `fd` is given away.
  void Add(int fd);

  // Whether fewer than `bound` are open. Right after a count that said no, one
  // that was closed may be missed.
  bool HasRoom(size_t bound);

  // Looks at all of them: some 300 ns each.
  size_t Count();

  // Whether any that is open, of TCP, has brought bytes within `period` or has
  // sent some that its peer has not taken yet.
  bool AnyBusy(absl::Duration period);

 private:
  struct Socket {
    int fd;
    ino_t inode;
  };
  std::vector<Socket> sockets_;  // those that may be open
  absl::Time next_look_ = absl::InfinitePast();
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_OPEN_CONNECTIONS_H_
