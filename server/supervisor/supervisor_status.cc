#include "server/supervisor/supervisor_status.h"

#include <utility>

namespace annod {

SupervisorStatus::Snapshot SupervisorStatus::Get() const {
  MutexLock lock(&mu_);
  return now_;
}

void SupervisorStatus::SetChild(const ChildStatus& child) {
  MutexLock lock(&mu_);
  if (now_.children.size() <= static_cast<size_t>(child.slot)) {
    now_.children.resize(child.slot + 1);
  }
  now_.children[child.slot] = child;
}

void SupervisorStatus::SetRequiredIndexes(std::vector<std::string> names) {
  MutexLock lock(&mu_);
  now_.required_indexes = std::move(names);
}

void SupervisorStatus::SetDraining() {
  MutexLock lock(&mu_);
  now_.draining = true;
}

}  // namespace annod
