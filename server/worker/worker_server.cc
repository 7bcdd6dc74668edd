#include "server/worker/worker_server.h"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "annod/v1/replication_service.grpc.pb.h"
#include "core/cpu_count.h"
#include "core/status_macros.h"
#include "grpc/grpc.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "grpcpp/ext/channelz_service_plugin.h"
#include "grpcpp/resource_quota.h"
#include "server/config/stall_times.h"
#include "server/net/listen_address.h"
#include "server/net/listen_socket.h"
#include "server/process/child_process.h"
#include "server/process/free_memory.h"
#include "server/process/steady_time.h"
#include "server/rpc/attach_path.h"
#include "server/tls/tls_page.h"
#include "server/worker/callback_queue.h"
#include "server/worker/catalog/residency.h"
#include "server/worker/connection_arguments.h"
#include "server/worker/goaway.h"
#include "server/worker/tls_credentials.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

// What gRPC reads of an answer of the writer before it is asked for. By default
// it takes megabytes of each call from a fast sender, whoever reads them.
constexpr int kLookaheadBytes = 256 << 10;
constexpr int kResidencyTicks = 10;
constexpr absl::Duration kDrainPoll = absl::Milliseconds(10);
// A connection on which nothing came for so long has no call on its way to us.
constexpr absl::Duration kQuietTime = absl::Milliseconds(500);
// Who streams to us and has sent nothing for so long waits, or has nothing.
constexpr absl::Duration kStreamIdleTime = absl::Milliseconds(200);
// A writer that starts at the same time may take longer; then it announces
// itself later.
constexpr absl::Duration kFirstSyncWait = absl::Milliseconds(300);
constexpr int kReconnectMinMs = 20;
constexpr int kReconnectMaxMs = 100;

int ThreadsOf(const Config& config) {
  if (config.threads > 0) return config.threads;
  return UsableCpus().count;
}

int ToMilliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

std::shared_ptr<grpc::Channel> WriterChannel(const ChildOptions& options,
                                             const StallTimes& times) {
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMinMs);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
  // Calls to a writer that stands still end with UNAVAILABLE.
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, ToMilliseconds(times.ping_interval));
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
              ToMilliseconds(times.ping_timeout));
  args.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  args.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  args.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kLookaheadBytes);
  args.SetMaxReceiveMessageSize(-1);
  args.SetMaxSendMessageSize(-1);
  return grpc::CreateCustomChannel(WriterAddress(options),
                                   grpc::InsecureChannelCredentials(), args);
}

}  // namespace

WorkerServer::WorkerServer(const ChildOptions& options, LiveConfig* config,
                           DataDirectory* data, const AccessControl* access,
                           WorkerMetrics* metrics)
    : options_(options),
      config_(config),
      metrics_(metrics),
      loader_(data, &catalog_, metrics, AttachRule(config)),
      sampler_(config, metrics),
      helpers_(ThreadsOf(*config->Get())),
      handler_(&catalog_, config, &sampler_, &helpers_),
      unsent_(config, metrics),
      writer_(WriterChannel(options, StallTimesOf(*config->Get()))),
      streams_(&handler_, &catalog_, config, access, &helpers_, &unsent_,
               &large_, metrics, ThreadsOf(*config->Get())),
      index_service_(&catalog_, config, access, &streams_, &unsent_, &large_,
                     metrics, ThreadsOf(*config->Get())),
      audit_(config->Get()->audit_log),
      admin_(writer_, &catalog_, config, access, &unsent_, metrics, &audit_),
      health_(options.slot, &catalog_, config, access),
      reflection_(
          {v1::IndexService::service_full_name(),
           v1::AdminService::service_full_name(),
           v1::ReplicationService::service_full_name(),
           grpc::health::v1::Health::service_full_name(),
           grpc::reflection::v1::ServerReflection::service_full_name(),
           grpc::reflection::v1alpha::ServerReflection::service_full_name()},
          access, &unsent_),
      query_threads_(&index_service_, &handler_, &helpers_, &catalog_, config,
                     access, &unsent_, &large_, metrics),
      acceptor_(config, metrics) {
  audit_.CountDropped(metrics->writer());
  catalog_.set_on_change([this] { health_.Update(); });
}

WorkerServer::~WorkerServer() {
  sync_ = nullptr;
  acceptor_.Stop();
  if (server_ != nullptr) {
    health_.EndWatches();
    streams_.Drain();
    server_->Shutdown(absl::ToChronoTime(absl::Now()));
    EndQueries();
    server_->Wait();
  }
  if (channelz_server_ != nullptr) {
    channelz_server_->Shutdown(absl::ToChronoTime(absl::Now()));
  }
}

absl::Status WorkerServer::Start() {
  const absl::Time start = absl::Now();
  loader_.LoadAll();
  sync_ = std::make_unique<SyncClient>(
      writer_, options_.slot, StallTimesOf(*config_->Get()).beat_interval,
      &catalog_, &loader_);
  // Without this, a version published between the load and the first message
  // would be unknown here although its Build call has said "everywhere".
  const bool caught_up = sync_->AwaitFirst(kFirstSyncWait);
  ANNOD_RETURN_IF_ERROR(StartServer());
  started_ = start;
  if (caught_up || config_->Get()->follow.empty()) BecomeReady();
  return StartChannelz();
}

void WorkerServer::BecomeReady() {
  ready_ = true;
  health_.SetAccepting(true);
  metrics_->ready.Set(1);
  spdlog::info("ready slot={} address={} indexes={} seconds={:.3f}",
               options_.slot, config_->Get()->listen, catalog_.views()->size(),
               absl::ToDoubleSeconds(absl::Now() - started_));
}

absl::Status WorkerServer::StartServer() {
  const std::shared_ptr<const Config> config = config_->Get();
  grpc::EnableDefaultHealthCheckService(false);
  grpc::ServerBuilder builder;
  grpc::ResourceQuota quota("worker");
  quota.Resize(config->admission.max_request_memory);
  builder.SetResourceQuota(quota);
  RefuseCompressed(&builder);
  builder.SetMaxReceiveMessageSize(
      static_cast<int>(config->limits.max_message_bytes));
  builder.SetMaxSendMessageSize(-1);
  SetConnectionArguments(*config, &builder);
  ANNOD_ASSIGN_OR_RETURN(const ListenAddress address,
                         ParseListenAddress(config->listen));
  ANNOD_ASSIGN_OR_RETURN(const std::vector<int> sockets,
                         ListenShared(address, config->keepalive_timeout));
  ANNOD_ASSIGN_OR_RETURN(const auto credentials, PortCredentials(*config));
  acceptor_.Add(sockets, /*bounded=*/true, credentials, &builder);
  ANNOD_ASSIGN_OR_RETURN(const int probed,
                         ListenUnix(WorkerSocketPath(options_)));
  acceptor_.Add({probed}, /*bounded=*/false, grpc::InsecureServerCredentials(),
                &builder);
  builder.RegisterService(&index_service_);
  for (grpc::Service* const service : admin_.services()) {
    builder.RegisterService(service);
  }
  builder.RegisterService(&health_);
  builder.RegisterService(&reflection_);
  builder.RegisterService(&reflection_alpha_);
  query_threads_.AddQueue(ThreadsOf(*config), &builder);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot serve on ", config->listen));
  }
  query_threads_.Start();
  acceptor_.Start();
  SetPolledElsewhere(true);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>>
WorkerServer::PortCredentials(const Config& config) const {
  if (options_.tls_fd < 0) return grpc::InsecureServerCredentials();
  ANNOD_ASSIGN_OR_RETURN(std::shared_ptr<const TlsPage> page,
                         TlsPage::FromFd(options_.tls_fd));
  return TlsCredentials(std::move(page), config.tls_client_auth == "require");
}

absl::Status WorkerServer::StartChannelz() {
  const std::shared_ptr<const Config> config = config_->Get();
  if (config->admin_listen.empty()) return absl::OkStatus();
  absl::StatusOr<ListenAddress> address =
      ParseListenAddress(config->admin_listen);
  if (!address.ok()) return address.status();
  // Each worker knows its own connections only: a port for each.
  if (address->port != 0) address->port += options_.slot;
  // The plug-in goes into every server built from now on: this one alone.
  grpc::channelz::experimental::InitChannelzService();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address->ToString(),
                           grpc::InsecureServerCredentials());
  channelz_server_ = builder.BuildAndStart();
  if (channelz_server_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address->ToString()));
  }
  return absl::OkStatus();
}

void WorkerServer::ConfigChanged() {
  audit_.Reopen();
  health_.Update();
}

void WorkerServer::Tick() {
  // A new replica has something to say when its writer has fetched it.
  if (!ready_ && sync_->AwaitFirst(absl::ZeroDuration())) BecomeReady();
  catalog_.ReleaseRetired();
  admin_.EndIdleStreams();
  WatchMemory();
  if (ticks_++ % kResidencyTicks == 0) MeasureResidency();
}

void WorkerServer::WatchMemory() {
  metrics_->unsent_bytes.Set(static_cast<double>(unsent_.bytes()));
  ReturnFreeMemory();
}

void WorkerServer::MeasureResidency() {
  const std::shared_ptr<const Catalog::Views> views = catalog_.views();
  for (const auto& [name, view] : *views) {
    if (view->version == nullptr) continue;
    const int64_t bytes = ResidentBytes(view->version->forest->bytes());
    metrics_->SetGauge("annod_index_resident_bytes", name,
                       static_cast<double>(bytes));
  }
}

void WorkerServer::Drain() {
  const std::shared_ptr<const Config> config = config_->Get();
  spdlog::info("draining slot={}", options_.slot);
  metrics_->ready.Set(0);
  health_.SetAccepting(false);
  WaitUnlessHurried(config->drain_delay);
  acceptor_.Stop();
  const bool told = SendGoaways(server_.get());
  if (!told) spdlog::warn("this gRPC cannot send clients away before it stops");
  health_.EndWatches();
  streams_.Drain();
  AwaitCalls(SteadyNow(), config->drain_timeout);
  // Closed before the shutdown, not by it: what comes in now and is not
  // answered is known to its client as not begun, instead of being CANCELLED.
  if (told) grpc_server_cancel_all_calls(server_->c_server());
  server_->Shutdown(absl::ToChronoTime(absl::Now()));
  EndQueries();
}

void WorkerServer::EndQueries() {
  SetPolledElsewhere(false);
  query_threads_.Join();
}

void WorkerServer::AwaitCalls(absl::Time start, absl::Duration timeout) {
  const absl::Time deadline = start + timeout;
  while (SteadyNow() < deadline) {
    // Also those whose callers never pause, so that they end in good order.
    const bool late = SteadyNow() - start > timeout / 2;
    admin_.EndStreams(late ? absl::ZeroDuration() : kStreamIdleTime);
    // A connection that was being made when the others were told.
    SendGoaways(server_.get());
    const int calls = query_threads_.active_count() + streams_.active_count() +
                      index_service_.active_count() + admin_.active_count();
    // Clients close their connections, but one that does nothing at the moment
    // may not even read that it shall.
    if (calls == 0 && !acceptor_.AnyBusy(kQuietTime)) return;
    absl::SleepFor(kDrainPoll);
  }
  spdlog::warn("calls cut off, drain_timeout is over slot={}", options_.slot);
}

}  // namespace annod
