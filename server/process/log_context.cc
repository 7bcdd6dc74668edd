#include "server/process/log_context.h"

namespace annod {

std::string& LogRequestId() {
  thread_local std::string id;
  return id;
}

}  // namespace annod
