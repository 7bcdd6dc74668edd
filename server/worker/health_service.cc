#include "server/worker/health_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/audit/request_ids.h"
#include "server/config/child_options.h"
#include "server/rpc/errors.h"
#include "server/rpc/parse_request.h"
#include "server/rpc/rpc_status.h"
#include "server/worker/calls/refusal.h"

namespace annod {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr char kIndexService[] = "annod.v1.IndexService";
constexpr char kAdminService[] = "annod.v1.AdminService";
constexpr char kReplicationService[] = "annod.v1.ReplicationService";
constexpr char kIndexPrefix[] = "annod.v1.IndexService/";
constexpr char kDrainingAdvice[] = "watch another one";
constexpr char kInfoMethod[] = "/annod.v1.IndexService/Info";
constexpr size_t kMaxWatches = 10000;
// Of one connection, lest it take them all.
constexpr int kMaxWatchesOfPeer = 100;

absl::Status UnknownServiceError(const std::string& service) {
  return ReasonError(
      absl::StatusCode::kNotFound, kIndexNotFound,
      absl::StrCat("service '", Printable(service),
                   "' is unknown; known are '', ", kIndexService, ", ",
                   kAdminService, ", ", kReplicationService, " and ",
                   kIndexPrefix, "<index>"));
}

absl::Status TooManyError(const char* of_whom, size_t limit) {
  return ReasonError(absl::StatusCode::kResourceExhausted, kLimitReached,
                     absl::StrCat(of_whom, " ", limit,
                                  " calls of Watch, the most there may be"),
                     {{"limit", absl::StrCat(limit)}});
}

}  // namespace

// One Watch call. All state is guarded by the service's lock; reactions run on
// gRPC's threads, never within the calls that start an operation.
class HealthService::Watcher final
    : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  Watcher(HealthService* owner, grpc::CallbackServerContext* context,
          std::string service)
      : owner_(owner),
        context_(context),
        peer_(context->peer()),
        service_(std::move(service)) {}

  const std::string& peer() const { return peer_; }

  // With the lock held: sends the state if it is news.
  void UpdateLocked() {
    if (finished_ || writing_) return;
    owner_->mu_.AssertHeld();
    const Status status = owner_->StatusLocked(service_);
    if (sent_any_ && status == sent_) return;
    sent_any_ = true;
    sent_ = status;
    HealthCheckResponse message;
    message.set_status(status);
    SerializeResponse(message, &message_);
    writing_ = true;
    StartWrite(&message_);
  }

  // With the lock held: ends the call with an error before it has begun.
  void RefuseLocked(const absl::Status& why) {
    AddPushback(why, context_);
    FinishLocked(ToGrpcStatus(why));
  }

  // With the lock held: ends the call, after the message being written.
  void FinishLocked(const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    final_status_ = status;
    if (!writing_) Finish(final_status_);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&owner_->mu_);
    writing_ = false;
    if (finished_) {
      Finish(final_status_);
    } else if (!ok) {
      FinishLocked(grpc::Status::CANCELLED);
    } else {
      UpdateLocked();
    }
  }
  void OnCancel() override {
    absl::MutexLock lock(&owner_->mu_);
    FinishLocked(grpc::Status::CANCELLED);
  }
  void OnDone() override {
    {
      absl::MutexLock lock(&owner_->mu_);
      owner_->RemoveLocked(this);
    }
    delete this;
  }

 private:
  HealthService* const owner_;
  grpc::CallbackServerContext* const context_;
  const std::string peer_;
  const std::string service_;
  grpc::ByteBuffer message_;
  bool writing_ = false;
  bool finished_ = false;  // no more writes
  grpc::Status final_status_;
  bool sent_any_ = false;
  Status sent_ = HealthCheckResponse::UNKNOWN;
};

HealthService::HealthService(int slot, const Catalog* catalog,
                             const LiveConfig* config,
                             const AccessControl* access)
    : slot_(slot), catalog_(catalog), config_(config), access_(access) {}

void HealthService::SetAccepting(bool accepting) {
  {
    absl::MutexLock lock(&mu_);
    accepting_ = accepting;
  }
  Update();
}

void HealthService::Update() {
  absl::MutexLock lock(&mu_);
  for (Watcher* watcher : watchers_) watcher->UpdateLocked();
}

void HealthService::EndWatches() {
  absl::MutexLock lock(&mu_);
  ended_ = true;
  const grpc::Status status = ToGrpcStatus(DrainingError(kDrainingAdvice));
  for (Watcher* watcher : watchers_) watcher->FinishLocked(status);
}

HealthService::Status HealthService::StatusOf(
    const std::string& service) const {
  absl::ReaderMutexLock lock(&mu_);
  return StatusLocked(service);
}

HealthService::Status HealthService::StatusLocked(
    const std::string& service) const {
  const auto status = [this](bool serving) ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return serving && accepting_ ? HealthCheckResponse::SERVING
                                 : HealthCheckResponse::NOT_SERVING;
  };
  const auto serves = [this](const std::string& index) {
    const std::shared_ptr<const IndexView> view = catalog_->Find(index);
    return view != nullptr && view->version != nullptr;
  };
  if (service == kAdminService || service == kReplicationService) {
    return status(true);
  }
  if (service.empty() || service == kIndexService) {
    const std::shared_ptr<const Config> config = config_->Get();
    return status(std::all_of(config->required_indexes.begin(),
                              config->required_indexes.end(), serves));
  }
  if (absl::StartsWith(service, kIndexPrefix)) {
    const std::string index = service.substr(sizeof(kIndexPrefix) - 1);
    const std::shared_ptr<const IndexView> view = catalog_->Find(index);
    if (view != nullptr) {
      // Without its journal it answers, though not with all that was stored.
      const bool is_whole = view->staged == nullptr || !view->staged->failed();
      return status(view->version != nullptr && is_whole);
    }
  }
  return HealthCheckResponse::SERVICE_UNKNOWN;
}

absl::Status HealthService::MayAsk(const grpc::ServerContextBase& context,
                                   const std::string& service) const {
  if (!absl::StartsWith(service, kIndexPrefix)) return absl::OkStatus();
  absl::StatusOr<std::shared_ptr<const Caller>> caller =
      access_->Admit(context, kInfoMethod);
  if (!caller.ok()) return caller.status();
  return access_->CheckIndex(**caller,
                             service.substr(sizeof(kIndexPrefix) - 1));
}

grpc::ServerUnaryReactor* HealthService::Check(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  TakeRequestIds(context);
  if (context->client_metadata().count(kProbeMetadata) > 0) {
    context->AddTrailingMetadata(kProbeMetadata, absl::StrCat(slot_));
  }
  HealthCheckRequest question;
  absl::Status allowed = ParseSmallRequest(*request, &question);
  if (allowed.ok()) {
    allowed = MayAsk(*context, question.service());
  }
  if (!allowed.ok()) {
    AddPushback(allowed, context);
    reactor->Finish(ToGrpcStatus(allowed));
    return reactor;
  }
  const Status status = StatusOf(question.service());
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    reactor->Finish(ToGrpcStatus(UnknownServiceError(question.service())));
  } else {
    HealthCheckResponse answer;
    answer.set_status(status);
    SerializeResponse(answer, response);
    reactor->Finish(grpc::Status::OK);
  }
  return reactor;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* HealthService::Watch(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  TakeRequestIds(context);
  HealthCheckRequest question;
  absl::Status allowed = ParseSmallRequest(*request, &question);
  if (allowed.ok()) allowed = MayAsk(*context, question.service());
  auto* watcher = new Watcher(this, context, question.service());
  absl::MutexLock lock(&mu_);
  if (allowed.ok()) allowed = AddLocked(watcher);
  if (allowed.ok()) {
    watcher->UpdateLocked();
  } else {
    watcher->RefuseLocked(allowed);
  }
  return watcher;
}

absl::Status HealthService::AddLocked(Watcher* watcher) {
  if (ended_) return DrainingError(kDrainingAdvice);
  const auto of_peer = watches_of_peer_.find(watcher->peer());
  if (of_peer != watches_of_peer_.end() &&
      of_peer->second >= kMaxWatchesOfPeer) {
    return TooManyError("this connection has", kMaxWatchesOfPeer);
  }
  if (watchers_.size() >= kMaxWatches) {
    return TooManyError("all connections to this worker have", kMaxWatches);
  }
  watchers_.insert(watcher);
  ++watches_of_peer_[watcher->peer()];
  return absl::OkStatus();
}

void HealthService::RemoveLocked(Watcher* watcher) {
  if (watchers_.erase(watcher) == 0) return;  // it was refused
  const auto of_peer = watches_of_peer_.find(watcher->peer());
  if (--of_peer->second == 0) watches_of_peer_.erase(of_peer);
}

}  // namespace annod
