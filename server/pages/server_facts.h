#ifndef ANNOD_SERVER_PAGES_SERVER_FACTS_H_
#define ANNOD_SERVER_PAGES_SERVER_FACTS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/pages/figures.h"

namespace annod {

struct ProcessFacts {
  std::string role;
  int slot = 0;
  bool alive = false;
  bool stalled = false;  // it lives and does not answer
  bool ready = false;    // of workers
  double silent_seconds = 0;
  int64_t pid = 0;
  absl::Time start_time;
  int64_t restart_count = 0;
  std::string last_end;  // why the one before ended; empty: none did
};

struct LogEntry {
  absl::Time time;
  bool is_error = false;  // else a warning
  std::string text;
};

// What pages show of a server, at one moment.
struct ServerFacts {
  absl::Time now;
  absl::Time start_time;
  std::string address;  // of gRPC
  bool draining = false;
  std::string unready;  // why; empty: it is ready
  std::vector<ProcessFacts> processes;
  std::vector<LogEntry> log;  // warnings and errors, newest first
  std::vector<std::pair<std::string, std::string>> versions;  // of what it is
  Figures figures;
};

}  // namespace annod

#endif  // ANNOD_SERVER_PAGES_SERVER_FACTS_H_
