#include "server/rpc/memory_check.h"

#include "absl/strings/str_cat.h"
#include "server/process/memory_limit.h"
#include "server/rpc/errors.h"

namespace annod {

absl::Status CheckMemory() {
  const MemoryUse use = CurrentMemoryUse();
  if (!use.is_short()) return absl::OkStatus();
  return ReasonError(
      absl::StatusCode::kResourceExhausted, kOverloaded,
      absl::StrCat("the server is short of memory: a process has ",
                   use.used_bytes, " bytes of ", use.limit_bytes,
                   " (memory_limit); try again later"));
}

}  // namespace annod
