#ifndef ANNOD_SERVER_PROCESS_LINE_QUEUE_H_
#define ANNOD_SERVER_PROCESS_LINE_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "server/metrics/metrics_page.h"

namespace annod {

// Lines on their way to a pipe or a file that may take them late or never: a
// bounded queue, and a thread that writes. Whoever adds a line waits for
// nobody; a line for which there is no room is lost, counted, and told of as
// soon as one can be written again. The thread takes no signals. Thread-safe.
class LineQueue {
 public:
  struct Options {
    // Of all lines that wait.
    size_t max_bytes = size_t{1} << 20;
    // Called on the queue's thread with one line, its newline included; may
    // block. False: the line is lost.
    std::function<bool(const std::string& line)> write;
    // The line that tells of `count` lost ones.
    std::function<std::string(int64_t count)> lost_line;
  };
  explicit LineQueue(Options options);
  // After Flush() for a second. A thread that is stuck in `write` is left
  // behind: what `write` uses must belong to it.
  ~LineQueue();

  void Add(std::string line);

  // Returns when all that was added before is written or lost, or after
  // `timeout`: false then.
  bool Flush(absl::Duration timeout);

  // Counts lost lines from now on, and those lost before. It must stay valid
  // until it is replaced; a default one counts nothing.
  void SetLostCounter(const Counter& counter);

 private:
  struct State;
  static void Loop(State* state);

  // Shared with the thread.
  const std::shared_ptr<State> state_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_LINE_QUEUE_H_
