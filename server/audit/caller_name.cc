#include "server/audit/caller_name.h"

#include "server/access/access_control.h"

namespace annod {

std::string CallerName(const grpc::ServerContextBase& context) {
  return NameOfCaller(context);
}

}  // namespace annod
