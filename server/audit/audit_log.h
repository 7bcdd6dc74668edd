#ifndef ANNOD_SERVER_AUDIT_AUDIT_LOG_H_
#define ANNOD_SERVER_AUDIT_AUDIT_LOG_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "server/metrics/metrics_page.h"
#include "server/process/line_queue.h"
#include "server/process/log_line.h"

namespace annod {

// Where the lines about control calls go: one JSON object each, as `audit_log`
// says nowhere ("off"), into the process's log ("log"), or to the end of a file
// that other processes write to as well.
//
// A file is written by a thread of its own, a line in one piece; what it does
// not take, because the disk is full or too slow, is dropped and counted, and
// the log says so. It is opened anew by Reopen(), and within a second after
// something else took its name. Thread-safe.
class AuditLog {
 public:
  explicit AuditLog(std::string destination);
  // After the lines were written, for a second at most.
  ~AuditLog();

  bool enabled() const { return destination_ != "off"; }

  // Does not wait.
  void Write(LogFields fields);

  void Reopen();

  // Counts dropped lines of the file in annod_audit_lines_dropped_total of
  // `writer`, which must outlive the object; null: nowhere.
  void CountDropped(MetricsWriter* writer);

  // Waits until all that was added before is written or dropped; for tests.
  bool Flush(absl::Duration timeout);

  // Whether lines can be written to `destination`: the error of opening the
  // file, which is made if it is not there.
  static absl::Status Check(const std::string& destination);

 private:
  class File;

  const std::string destination_;
  std::shared_ptr<File> file_;        // null unless there is one
  std::unique_ptr<LineQueue> queue_;  // to it
};

}  // namespace annod

#endif  // ANNOD_SERVER_AUDIT_AUDIT_LOG_H_
