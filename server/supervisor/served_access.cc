#include "server/supervisor/served_access.h"

#include <utility>

#include "absl/memory/memory.h"
#include "core/status_macros.h"
#include "server/access/access_memory.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

constexpr absl::Duration kLookAtAccess = absl::Seconds(1);

}  // namespace

absl::StatusOr<std::unique_ptr<ServedAccess>> ServedAccess::Start(
    const std::string& path) {
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<LiveAccess> live,
                         LiveAccess::Open(path));
  return absl::WrapUnique(new ServedAccess(std::move(live)));
}

ServedAccess::ServedAccess(std::unique_ptr<LiveAccess> live)
    : live_(std::move(live)) {
  if (live_->Get() == nullptr) return;
  thread_ = std::thread([this] {
    while (!stopped_.AwaitStop(kLookAtAccess)) {
      live_->LookAgain();
    }
  });
}

ServedAccess::~ServedAccess() {
  stopped_.Stop();
  if (thread_.joinable()) thread_.join();
}

FileDescriptor ServedAccess::HandOn() const {
  const std::shared_ptr<const AccessSnapshot> snapshot = live_->Get();
  if (snapshot == nullptr) return FileDescriptor(-1);
  const absl::StatusOr<int> fd = CreateAccessMemory(snapshot->text);
  if (fd.ok()) return FileDescriptor(*fd);
  spdlog::error("access file not handed on error=\"{}\"",
                fd.status().ToString());
  return FileDescriptor(-1);
}

}  // namespace annod
