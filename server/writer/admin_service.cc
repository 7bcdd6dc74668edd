#include "server/writer/admin_service.h"

#include <memory>
#include <string>

#include "core/status_macros.h"
#include "server/rpc/request_checks.h"

namespace annod {

absl::StatusOr<std::shared_ptr<WriterIndex>> AdminServiceImpl::Find(
    const std::string& name) {
  ANNOD_RETURN_IF_ERROR(CheckIndexName(name));
  return state_->indexes()->Find(name);
}

}  // namespace annod
