#include "server/process/child_process.h"

#include <signal.h>
#include <time.h>

#include <utility>

#include "grpc/support/log.h"
#include "server/config/config_memory.h"
#include "server/process/logging.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

sigset_t AwaitedSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  return signals;
}

}  // namespace

void BlockChildSignals() {
  signal(SIGINT, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a failed write
  const sigset_t signals = AwaitedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void RouteGrpcLog() {
  gpr_set_log_function([](gpr_log_func_args* args) {
    spdlog::debug("grpc message=\"{}\"", args->message);
  });
}

void AwaitTermination(const std::function<void()>& reload,
                      const std::function<void()>& tick) {
  const sigset_t signals = AwaitedSignals();
  const timespec interval = {1, 0};
  for (;;) {
    const int signal = sigtimedwait(&signals, nullptr, &interval);
    if (signal == SIGTERM) return;
    if (signal == SIGHUP && reload) reload();
    if (tick) tick();
  }
}

void WaitUnlessHurried(absl::Duration delay) {
  sigset_t termination;
  sigemptyset(&termination);
  sigaddset(&termination, SIGTERM);
  const timespec limit = absl::ToTimespec(delay);
  sigtimedwait(&termination, nullptr, &limit);
}

void ReloadConfig(const ChildOptions& options, LiveConfig* config) {
  absl::StatusOr<Config> fresh = ReadConfigMemory(options.config_fd);
  if (fresh.ok()) {
    config->Set(*fresh);
    SetLogLevel(fresh->log_level).IgnoreError();
    spdlog::info("configuration reloaded");
  } else {
    spdlog::error("configuration kept error=\"{}\"", fresh.status().ToString());
  }
}

ChildMetrics::ChildMetrics(const ChildOptions& options) {
  if (options.metrics_fd < 0) return;
  absl::StatusOr<std::unique_ptr<MetricsPage>> page =
      MetricsPage::FromFd(options.metrics_fd);
  if (!page.ok()) {
    spdlog::error("no metrics error=\"{}\"", page.status().ToString());
    return;
  }
  page_ = *std::move(page);
  writer_ = page_->Writer(options.slot);
  CountLostLogLines(writer_.get());
}

ChildMetrics::~ChildMetrics() { CountLostLogLines(nullptr); }

}  // namespace annod
