#include "server/supervisor/child_set.h"

#include <signal.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "core/status_macros.h"
#include "server/config/command_line.h"
#include "server/process/process_name.h"
#include "server/process/steady_time.h"
#include "spdlog/spdlog.h"

namespace annod {

using Role = ChildOptions::Role;

namespace {

// The cause of an end by KillStalled().
constexpr char kStalled[] = "stalled";

}  // namespace

struct ChildSet::Child {
  ChildOptions options;
  ChildStatus status;
  RestartPolicy policy;
  std::unique_ptr<SpawnedProcess> process;  // null while it is down
  // Of SteadyNow(), as all times here.
  absl::Time started_at;
  absl::Time start_at = absl::InfiniteFuture();
};

ChildSet::ChildSet(const ChildEnvironment& environment, int workers)
    : environment_(environment) {
  // There before the first restart, so that its rate is seen.
  for (const Role role : {Role::kWorker, Role::kWriter}) {
    for (const char* cause :
         {"SIGKILL", "SIGSEGV", "SIGABRT", "exit_1", kStalled}) {
      Restarts(role, cause);
    }
  }
  for (int slot = 0; slot <= workers; ++slot) {
    auto child = std::make_unique<Child>();
    child->options.role = slot < workers ? Role::kWorker : Role::kWriter;
    child->options.slot = slot;
    child->options.metrics_fd = environment.metrics_fd;
    child->options.config_fd = environment.config_fd;
    child->options.run_dir_fd = environment.run_dir_fd;
    if (slot < workers) child->options.tls_fd = environment.tls_fd;
    child->status.role = child->options.role;
    child->status.slot = slot;
    child->policy = RestartPolicy(environment.restart);
    children_.push_back(std::move(child));
    Publish(*children_.back());
  }
}

ChildSet::~ChildSet() = default;

Counter ChildSet::Restarts(Role role, const std::string& cause) const {
  return environment_.metrics->GetCounter(
      "annod_process_restarts_total",
      {{"role", RoleName(role)}, {"cause", cause}});
}

absl::Status ChildSet::StartAll() {
  // The writer first: workers ask it for the catalog.
  for (auto it = children_.rbegin(); it != children_.rend(); ++it) {
    ANNOD_RETURN_IF_ERROR(Start(it->get()));
  }
  return absl::OkStatus();
}

absl::Status ChildSet::Start(Child* child) {
  if (environment_.before_start) environment_.before_start();
  // The child has one of its own once it is started.
  const bool hands_on = child->options.role == Role::kWorker &&
                        environment_.hand_on_access != nullptr;
  const FileDescriptor access =
      hands_on ? environment_.hand_on_access() : FileDescriptor(-1);
  child->options.access_fd = access.get();
  SpawnCommand command;
  command.program = environment_.program;
  command.arguments = ChildArguments(child->options);
  command.arguments.insert(command.arguments.begin(),
                           ProcessTitle(child->options));
  command.inherited_fds = {environment_.metrics_fd, environment_.config_fd,
                           environment_.run_dir_fd};
  if (child->options.tls_fd >= 0) {
    command.inherited_fds.push_back(child->options.tls_fd);
  }
  if (access.get() >= 0) command.inherited_fds.push_back(access.get());
  command.blocked_signals = {SIGTERM, SIGHUP};
  child->start_at = absl::InfiniteFuture();
  child->started_at = SteadyNow();
  absl::StatusOr<std::unique_ptr<SpawnedProcess>> process =
      SpawnedProcess::Start(command);
  if (!process.ok()) return process.status();
  child->process = *std::move(process);
  child->status.alive = true;
  child->status.stalled = false;
  child->status.pid = child->process->pid();
  child->status.start_time = child->process->start_time();
  spdlog::info("child started role={} slot={} child_pid={}",
               RoleName(child->options.role), child->options.slot,
               child->status.pid);
  Publish(*child);
  if (environment_.on_change) environment_.on_change(child->options.slot);
  return absl::OkStatus();
}

void ChildSet::Reap(absl::Time now) {
  for (const auto& child : children_) {
    if (child->process == nullptr) continue;
    const std::optional<ProcessEnd> end = child->process->TryReap();
    if (end.has_value()) OnEnd(child.get(), *end, now);
  }
}

void ChildSet::OnEnd(Child* child, const ProcessEnd& end, absl::Time now) {
  const char* const role = RoleName(child->options.role);
  const std::string cause = child->status.stalled ? kStalled : end.Cause();
  const absl::Duration lived = now - child->started_at;
  child->process.reset();
  child->status.alive = false;
  child->status.stalled = false;
  child->status.last_cause = cause;
  environment_.collector->Retire(child->options.slot);
  if (restarting_) {
    const absl::Duration delay = child->policy.DelayAfterDeath(lived);
    child->start_at = now + delay;
    ++child->status.restart_count;
    Restarts(child->options.role, cause).Add();
    spdlog::warn(
        "child died role={} slot={} child_pid={} cause={} lived_s={:.3f} "
        "restart_in_s={:.3f}",
        role, child->options.slot, child->status.pid, cause,
        absl::ToDoubleSeconds(lived), absl::ToDoubleSeconds(delay));
  } else {
    spdlog::info("child ended role={} slot={} child_pid={} cause={}", role,
                 child->options.slot, child->status.pid, cause);
  }
  Publish(*child);
  if (environment_.on_change) environment_.on_change(child->options.slot);
}

void ChildSet::StartDue(absl::Time now) {
  for (const auto& child : children_) {
    if (child->start_at > now) continue;
    const absl::Status status = Start(child.get());
    if (status.ok()) continue;
    const absl::Duration delay =
        child->policy.DelayAfterDeath(absl::ZeroDuration());
    child->start_at = now + delay;
    spdlog::error(
        "child not started role={} slot={} retry_in_s={:.3f} error=\"{}\"",
        RoleName(child->options.role), child->options.slot,
        absl::ToDoubleSeconds(delay), std::string(status.message()));
  }
}

absl::Time ChildSet::NextStart() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& child : children_) next = std::min(next, child->start_at);
  return next;
}

void ChildSet::StopRestarting() {
  restarting_ = false;
  for (const auto& child : children_) child->start_at = absl::InfiniteFuture();
}

void ChildSet::KillStalled(int slot, absl::Duration silent) {
  Child* const child = children_[slot].get();
  if (child->process == nullptr || !restarting_) return;
  spdlog::error(
      "child does not answer, killing it role={} slot={} child_pid={} "
      "silent_s={:.3f}",
      RoleName(child->options.role), slot, child->status.pid,
      absl::ToDoubleSeconds(silent));
  child->status.stalled = true;
  Publish(*child);
  child->process->Signal(SIGKILL);
}

bool ChildSet::IsOurs(pid_t pid) const {
  return std::any_of(children_.begin(), children_.end(), [pid](const auto& c) {
    return c->process != nullptr && c->process->pid() == pid;
  });
}

bool ChildSet::AnyAlive(Role role) const {
  return std::any_of(children_.begin(), children_.end(), [role](const auto& c) {
    return c->options.role == role && c->process != nullptr;
  });
}

void ChildSet::Signal(Role role, int number) {
  for (const auto& child : children_) {
    if (child->options.role == role && child->process != nullptr) {
      child->process->Signal(number);
    }
  }
}

std::vector<int> ChildSet::Pidfds() const {
  std::vector<int> fds;
  for (const auto& child : children_) {
    if (child->process != nullptr) fds.push_back(child->process->pidfd());
  }
  return fds;
}

void ChildSet::Publish(const Child& child) {
  environment_.status->SetChild(child.status);
  int alive = 0;
  for (const auto& other : children_) {
    alive += other->options.role == child.options.role && other->process;
  }
  environment_.metrics
      ->GetGauge("annod_processes", {{"role", RoleName(child.options.role)}})
      .Set(alive);
}

}  // namespace annod
