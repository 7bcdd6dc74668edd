#include "server/supervisor/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "core/cpu_count.h"
#include "core/memory.h"
#include "core/open_file.h"
#include "core/status_macros.h"
#include "core/storage/data_directory.h"
#include "core/version.h"
#include "server/audit/audit_log.h"
#include "server/config/config_memory.h"
#include "server/config/setting_values.h"
#include "server/config/stall_times.h"
#include "server/net/connect_from.h"
#include "server/net/listen_address.h"
#include "server/net/resolve_address.h"
#include "server/process/child_process.h"
#include "server/process/logging.h"
#include "server/process/steady_time.h"
#include "server/supervisor/endpoints.h"
#include "server/supervisor/orphans.h"
#include "server/tls/tls_files.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

using Role = ChildOptions::Role;

// How long the killed children of a killed supervisor may take to vanish.
constexpr absl::Duration kPredecessorPatience = absl::Seconds(10);

constexpr size_t kRecentLines = 30;
constexpr int kPageThreads = 2;
constexpr int kJsonThreads = 4;
constexpr size_t kMaxJsonWaiting = 64;

// For poll, an hour at most; rounded up, so that the time has come after it.
int PollTimeout(absl::Duration wait) {
  if (wait <= absl::ZeroDuration()) return 0;
  return static_cast<int>(
      absl::ToInt64Milliseconds(std::min(wait, absl::Hours(1))) + 1);
}

void SetConstantSeries(MetricsWriter* metrics) {
  metrics->GetGauge("annod_up", {}).Set(1);
  metrics->GetGauge("annod_start_time_seconds", {})
      .Set(absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()));
  metrics
      ->GetGauge("annod_build_info",
                 {{"version", kVersion}, {"compiler", kCompiler}})
      .Set(1);
}

}  // namespace

Supervisor::Supervisor(const Config& config, SupervisorOptions options)
    : options_(std::move(options)), config_(config) {}

Supervisor::~Supervisor() {
  CountLostLogLines(nullptr);
  children_.reset();
  http_.reset();
  if (config_fd_ >= 0) close(config_fd_);
}

absl::StatusOr<std::unique_ptr<Supervisor>> Supervisor::Start(
    const Config& config, SupervisorOptions options) {
  auto supervisor =
      absl::WrapUnique(new Supervisor(config, std::move(options)));
  ANNOD_RETURN_IF_ERROR(supervisor->Prepare());
  ANNOD_RETURN_IF_ERROR(supervisor->children_->StartAll());
  return supervisor;
}

absl::Status Supervisor::TakeDataDirectory() {
  DataDirectory directory(FileSystem::Posix(), config_.data_dir);
  ANNOD_ASSIGN_OR_RETURN(lock_, directory.CreateAndLock());
  ANNOD_ASSIGN_OR_RETURN(
      run_directory_,
      RunDirectory::Open(config_.data_dir, kPredecessorPatience));
  return absl::OkStatus();
}

absl::Status Supervisor::Prepare() {
  ANNOD_RETURN_IF_ERROR(ValidateConfig(config_));
  SetFileMode(*DataMode(config_));
  recent_log_ = std::make_unique<RecentLog>(kRecentLines);
  ANNOD_ASSIGN_OR_RETURN(
      signals_, SignalQueue::Create({SIGTERM, SIGINT, SIGHUP, SIGCHLD}));
  // Ignored, as a parent may leave it, the kernel would take the children up.
  signal(SIGCHLD, SIG_DFL);
  ANNOD_ASSIGN_OR_RETURN(access_, ServedAccess::Start(config_.access_file));
  ANNOD_ASSIGN_OR_RETURN(const ListenAddress listen,
                         ParseListenAddress(config_.listen));
  ANNOD_ASSIGN_OR_RETURN(const ListenAddress http_listen,
                         ParseListenAddress(config_.http_listen));
  ANNOD_RETURN_IF_ERROR(AuditLog::Check(config_.audit_log));
  ANNOD_RETURN_IF_ERROR(TakeDataDirectory());
  ANNOD_ASSIGN_OR_RETURN(port_, PortReservation::Create(listen));

  const CpuCount cpus = UsableCpus();
  const MemoryBound memory = MemoryBoundOf();
  worker_count_ = config_.workers > 0 ? config_.workers : cpus.count;
  spdlog::info("workers={} ({}) threads={} ({}) cpus={} ({}) memory={} ({})",
               worker_count_, config_.workers > 0 ? "setting" : cpus.source,
               config_.threads > 0 ? config_.threads : cpus.count,
               config_.threads > 0 ? "setting" : cpus.source, cpus.count,
               cpus.source, memory.bytes, memory.source);
  const int own_slot = worker_count_ + 1;
  ANNOD_ASSIGN_OR_RETURN(page_, MetricsPage::Create(own_slot + 1));
  collector_ = std::make_unique<Collector>(page_.get(), own_slot + 1);
  metrics_ = page_->Writer(own_slot);
  CountLostLogLines(metrics_.get());
  SetConstantSeries(metrics_.get());
  if (UsesTls(config_)) {
    ANNOD_ASSIGN_OR_RETURN(certificate_,
                           ServedCertificate::Start(config_, metrics_.get()));
  }
  status_.SetRequiredIndexes(config_.required_indexes);

  // The children must be known before the first probe is answered.
  ChildEnvironment environment;
  environment.program = options_.child_program;
  environment.metrics_fd = page_->fd();
  environment.run_dir_fd = run_directory_->fd();
  if (certificate_ != nullptr) environment.tls_fd = certificate_->fd();
  environment.restart = options_.restart;
  environment.collector = collector_.get();
  environment.status = &status_;
  environment.metrics = metrics_.get();
  ANNOD_ASSIGN_OR_RETURN(config_fd_, CreateConfigMemory(config_));
  environment.config_fd = config_fd_;
  StartProbes();
  environment.on_change = [this](int slot) { probes_->Changed(slot); };
  environment.before_start = [this] { run_directory_->Renew(); };
  environment.hand_on_access = [this] { return access_->HandOn(); };
  children_ = std::make_unique<ChildSet>(environment, worker_count_);

  ANNOD_RETURN_IF_ERROR(StartHttp(http_listen));
  return WriteConfigMemory(config_fd_, EffectiveConfig());
}

absl::Status Supervisor::StartHttp(const ListenAddress& address) {
  metrics_guard_ = std::make_unique<MetricsGuard>(access_->live());
  metrics_need_token_.store(config_.metrics_need_token);
  std::vector<std::string> sockets;
  sockets.reserve(static_cast<size_t>(worker_count_));
  for (int slot = 0; slot < worker_count_; ++slot) {
    sockets.push_back(AddressOf(slot));
  }
  worker_calls_ = std::make_unique<WorkerCalls>(sockets, &status_);
  pages_ = std::make_unique<StatusPages>(
      collector_.get(), worker_count_ + 1, &status_, recent_log_.get(),
      worker_calls_.get(), port_->address().ToString());
  std::map<std::string, HttpHandler> routes =
      MakeEndpoints(collector_.get(), &status_);
  routes["/"] = [this] { return pages_->Status(); };
  ANNOD_ASSIGN_OR_RETURN(
      http_, HttpServer::Start(
                 address, std::move(routes),
                 certificate_ ? certificate_->http() : nullptr,
                 [this](absl::string_view path, absl::string_view token) {
                   return HttpRefusal(path, token);
                 },
                 HttpTrees()));
  return absl::OkStatus();
}

std::vector<HttpTree> Supervisor::HttpTrees() {
  HttpTree pages;
  pages.prefix = StatusPages::kIndexPrefix;
  pages.threads = kPageThreads;
  pages.handler = [this](const HttpRequest& request) {
    return pages_->Index(request);
  };
  std::vector<HttpTree> trees = {std::move(pages)};
  if (!config_.http_json) return trees;
  json_calls_ = std::make_unique<JsonCalls>([this](const std::string& method,
                                                   const std::string& request,
                                                   const CallMetadata& metadata,
                                                   absl::Duration timeout,
                                                   std::string* response) {
    return worker_calls_->Call(method, request, metadata, timeout, response);
  });
  HttpTree calls;
  calls.prefix = JsonCalls::kPrefix;
  calls.method = "POST";
  calls.max_body_bytes = JsonCalls::kMaxBodyBytes;
  calls.threads = kJsonThreads;
  calls.max_waiting = kMaxJsonWaiting;
  calls.handler = [this](const HttpRequest& request) {
    return json_calls_->Answer(request);
  };
  trees.push_back(std::move(calls));
  return trees;
}

// Names of indexes are in the metrics and in the pages; probes are for all, and
// calls are refused or not where they are answered.
std::optional<HttpResponse> Supervisor::HttpRefusal(
    absl::string_view path, absl::string_view authorization) {
  const bool is_guarded = path == "/metrics" || path == "/" ||
                          absl::StartsWith(path, StatusPages::kIndexPrefix);
  if (!is_guarded || !metrics_need_token_) return std::nullopt;
  return metrics_guard_->Refusal(authorization);
}

std::string Supervisor::AddressOf(int slot) const {
  ChildOptions child;
  child.run_dir_fd = run_directory_->fd();
  child.slot = slot;
  return slot < worker_count_ ? "unix:" + WorkerSocketPath(child)
                              : WriterAddress(child);
}

void Supervisor::StartProbes() {
  RouteGrpcLog();
  const StallTimes times = StallTimesOf(config_);
  ChildProbes::Options options;
  options.interval = times.probe_interval;
  options.timeout = config_.worker_stall_timeout;
  for (int number = 0; number <= worker_count_; ++number) {
    const bool worker = number < worker_count_;
    options.addresses.push_back(AddressOf(number));
    const LabelPairs::value_type role = {
        "role", RoleName(worker ? Role::kWorker : Role::kWriter)};
    const LabelPairs::value_type slot = {"slot", absl::StrCat(number)};
    const auto answers = [&](const char* way) {
      return metrics_->GetCounter("annod_process_answers_total",
                                  {role, slot, {"way", way}});
    };
    options.silent_seconds.push_back(
        metrics_->GetGauge("annod_process_silent_seconds", {role, slot}));
    options.answers.push_back(answers("socket"));
    if (worker) options.port_answers.push_back(answers("port"));
  }
  // Its name may have several addresses; the workers listen on all of them.
  const absl::StatusOr<std::vector<SocketAddress>> port =
      ResolveAddress(port_->address());
  if (port.ok()) options.port = ReachableFromHere(port->front());
  options.workers = worker_count_;
  if (certificate_ != nullptr) options.relay = certificate_->relay();
  probes_ = std::make_unique<ChildProbes>(std::move(options));
}

// Children get what was decided at the start: ports and the number of workers.
Config Supervisor::EffectiveConfig() const {
  Config effective = config_;
  effective.listen = port_->address().ToString();
  effective.http_listen = http_->address().ToString();
  effective.workers = worker_count_;
  return effective;
}

std::string Supervisor::Announcement() const {
  const bool https = certificate_ != nullptr && config_.http_tls;
  return absl::StrCat("annod: serving gRPC on ", port_->address().ToString(),
                      ", metrics on ", https ? "https" : "http", "://",
                      http_->address().ToString(), "/metrics");
}

int Supervisor::Run() {
  while (phase_ != Phase::kStopped) {
    Wait();
    while (const std::optional<int> number = signals_->Next()) {
      OnSignal(*number);
    }
    const absl::Time now = SteadyNow();
    for (const int slot : probes_->TakeStalled()) {
      children_->KillStalled(slot, config_.worker_stall_timeout);
    }
    children_->Reap(now);
    ReapOrphans([this](pid_t pid) { return children_->IsOurs(pid); });
    if (phase_ == Phase::kServing) {
      children_->StartDue(now);
    } else {
      AdvanceStop(now);
    }
  }
  run_directory_->RemoveElsewhere();
  spdlog::info("stopped");
  return 0;
}

void Supervisor::Wait() {
  std::vector<pollfd> fds = {{signals_->fd(), POLLIN, 0},
                             {probes_->fd(), POLLIN, 0}};
  for (const int fd : children_->Pidfds()) fds.push_back({fd, POLLIN, 0});
  const absl::Time until = std::min(children_->NextStart(), kill_at_);
  // Interrupted or failed, the loop looks at everything and comes back.
  poll(fds.data(), fds.size(), PollTimeout(until - SteadyNow()));
}

void Supervisor::OnSignal(int number) {
  if (number == SIGCHLD) return;  // Run() looks
  if (number == SIGHUP) {
    if (phase_ == Phase::kServing) Reload();
    return;
  }
  if (phase_ == Phase::kServing) {
    BeginStop();
  } else if (phase_ == Phase::kStoppingWorkers) {
    spdlog::info("asked to stop again; skipping the drain delay");
    children_->Signal(Role::kWorker, SIGTERM);
    stop_by_ = std::min(stop_by_, SteadyNow() + config_.drain_timeout);
    kill_at_ = stop_by_ + options_.kill_slack;
  }
}

void Supervisor::Reload() {
  absl::StatusOr<Config> wanted =
      options_.reload ? options_.reload()
                      : absl::UnimplementedError("nothing to read again");
  absl::Status status = wanted.status();
  std::vector<std::string> need_restart;
  if (status.ok()) {
    Config next = config_;
    need_restart = ApplyReloadable(*wanted, &next);
    // Restart-only settings keep their old values: check what results.
    status = ValidateConfig(next);
    if (status.ok()) {
      std::swap(config_, next);
      status = WriteConfigMemory(config_fd_, EffectiveConfig());
      if (!status.ok()) std::swap(config_, next);
    }
  }
  metrics_
      ->GetCounter("annod_config_reloads_total",
                   {{"result", status.ok() ? "applied" : "refused"}})
      .Add();
  if (!status.ok()) {
    spdlog::error("configuration not reloaded, nothing changed error=\"{}\"",
                  std::string(status.message()));
    return;
  }
  status_.SetRequiredIndexes(config_.required_indexes);
  access_->live()->LookAgain(/*by_force=*/true);
  metrics_need_token_.store(config_.metrics_need_token);
  SetLogLevel(config_.log_level).IgnoreError();  // validated
  children_->Signal(Role::kWorker, SIGHUP);
  children_->Signal(Role::kWriter, SIGHUP);
  spdlog::info("configuration reloaded");
  if (!need_restart.empty()) {
    spdlog::warn("settings differ but need a restart settings=\"{}\"",
                 absl::StrJoin(need_restart, ", "));
  }
}

void Supervisor::BeginStop() {
  spdlog::info("stopping drain_delay={} drain_timeout={}",
               absl::FormatDuration(config_.drain_delay),
               absl::FormatDuration(config_.drain_timeout));
  phase_ = Phase::kStoppingWorkers;
  status_.SetDraining();
  metrics_->GetGauge("annod_up", {}).Set(0);
  children_->StopRestarting();
  children_->Signal(Role::kWorker, SIGTERM);
  stop_by_ = SteadyNow() + config_.drain_delay + config_.drain_timeout;
  kill_at_ = stop_by_ + options_.kill_slack;
}

void Supervisor::AdvanceStop(absl::Time now) {
  if (phase_ == Phase::kStoppingWorkers &&
      !children_->AnyAlive(Role::kWorker)) {
    // The workers' last calls may have needed the writer; now nobody does.
    phase_ = Phase::kStoppingWriter;
    children_->Signal(Role::kWriter, SIGTERM);
    // What the workers have left of the time; whoever sent the signal counts
    // all of it.
    kill_at_ = std::max(stop_by_, now) + options_.kill_slack;
  }
  if (phase_ == Phase::kStoppingWriter && !children_->AnyAlive(Role::kWriter)) {
    phase_ = Phase::kStopped;
    return;
  }
  if (now >= kill_at_) {
    const Role role =
        phase_ == Phase::kStoppingWorkers ? Role::kWorker : Role::kWriter;
    spdlog::error("{} did not stop in time; killing", RoleName(role));
    children_->Signal(role, SIGKILL);
    kill_at_ = absl::InfiniteFuture();
  }
}

}  // namespace annod
