#include "server/audit/caller_name.h"

namespace annod {

std::string CallerName(const grpc::ServerContextBase&) { return "anonymous"; }

}  // namespace annod
