#ifndef ANNOD_SERVER_PROCESS_RECENT_LOG_H_
#define ANNOD_SERVER_PROCESS_RECENT_LOG_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "spdlog/sinks/ringbuffer_sink.h"

namespace annod {

// The last warnings and errors that this process logged. Thread-safe.
class RecentLog {
 public:
  struct Line {
    absl::Time time;
    bool is_error = false;
    std::string text;
  };

  // Listens from now on, to the end of the process. After InitLogging(), before
  // other threads log.
  explicit RecentLog(size_t count);

  std::vector<Line> NewestFirst() const;

 private:
  const std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> sink_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_RECENT_LOG_H_
