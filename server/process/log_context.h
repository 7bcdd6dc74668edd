#ifndef ANNOD_SERVER_PROCESS_LOG_CONTEXT_H_
#define ANNOD_SERVER_PROCESS_LOG_CONTEXT_H_

#include <string>
#include <utility>

namespace annod {

// The id of the request that the calling thread works for: what the thread logs
// gets it as the field request_id. Empty: none.
std::string& LogRequestId();

// Sets it for as long as the object lives.
class LogContext {
 public:
  explicit LogContext(std::string request_id)
      : before_(std::exchange(LogRequestId(), std::move(request_id))) {}
  ~LogContext() { LogRequestId() = std::move(before_); }
  LogContext(const LogContext&) = delete;
  LogContext& operator=(const LogContext&) = delete;

 private:
  std::string before_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_PROCESS_LOG_CONTEXT_H_
