#include "server/worker/catalog/sync_client.h"

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "server/process/thread_priority.h"

namespace annod {
namespace {

// A writer that was killed is back within a second.
constexpr absl::Duration kReconnectPause = absl::Milliseconds(50);

}  // namespace

using internal::v1::SyncRequest;
using internal::v1::SyncResponse;

SyncClient::SyncClient(std::shared_ptr<grpc::Channel> writer, int slot,
                       absl::Duration beat_interval, Catalog* catalog,
                       CatalogLoader* loader)
    : stub_(internal::v1::SyncService::NewStub(std::move(writer))),
      slot_(slot),
      beat_interval_(beat_interval),
      catalog_(catalog),
      loader_(loader) {
  load_thread_ = std::thread([this] { LoadLoop(); });
  stream_thread_ = std::thread([this] { StreamLoop(); });
  beat_thread_ = std::thread([this] { BeatLoop(); });
}

SyncClient::~SyncClient() {
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  stop_.Stop();
  stream_thread_.join();
  load_thread_.join();
  beat_thread_.join();
}

bool SyncClient::AwaitFirst(absl::Duration timeout) {
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithTimeout(absl::Condition(&caught_up_), timeout);
}

void SyncClient::StreamLoop() {
  for (;;) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    {
      absl::MutexLock lock(&mu_);
      if (stopped_) return;
      context_ = &context;
      ++epoch_;
    }
    ReadStream(&context);
    {
      absl::MutexLock lock(&mu_);
      context_ = nullptr;
    }
    if (stop_.AwaitStop(kReconnectPause)) return;
  }
}

void SyncClient::ReadStream(grpc::ClientContext* context) {
  SyncStream stream(stub_.get(), context);
  {
    absl::MutexLock write_lock(&write_mu_);
    SyncRequest hello;
    hello.set_worker_slot(slot_);
    stream.Write(hello);
    stream_ = &stream;
    acknowledged_generation_ = 0;
    absl::MutexLock lock(&mu_);
    stream_epoch_ = epoch_;
  }
  bool first = true;
  SyncResponse message;
  while (stream.Read(&message)) {
    for (const auto& staged : message.staged()) {
      catalog_->SetStaged(staged);
      Follow(staged.index());
    }
    absl::MutexLock lock(&mu_);
    if (!first && message.changed_indexes().empty()) continue;
    pending_ = true;
    pending_all_ = pending_all_ || first;
    pending_names_.insert(message.changed_indexes().begin(),
                          message.changed_indexes().end());
    pending_generation_ = message.generation();
    pending_epoch_ = epoch_;
    first = false;
  }
  absl::MutexLock write_lock(&write_mu_);
  stream_ = nullptr;
}

void SyncClient::Follow(const std::string& index) {
  const std::shared_ptr<const IndexView> view = catalog_->Find(index);
  if (view == nullptr || view->staged == nullptr) return;
  view->staged->View().status().IgnoreError();
}

void SyncClient::LoadLoop() {
  // A version is checked and brought in beside the queries, not before them.
  LowerThreadPriority(kBackgroundPriority);
  for (;;) {
    bool all;
    std::set<std::string> names;
    int64_t epoch;
    int64_t generation;
    {
      absl::MutexLock lock(&mu_);
      const auto wake = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
        return stopped_ || pending_;
      };
      mu_.Await(absl::Condition(&wake));
      if (stopped_) return;
      pending_ = false;
      all = std::exchange(pending_all_, false);
      names = std::exchange(pending_names_, {});
      epoch = pending_epoch_;
      generation = pending_generation_;
    }
    if (all) {
      loader_->LoadAll();
    } else {
      for (const std::string& name : names) loader_->Load(name);
    }
    Acknowledge(epoch, generation);
  }
}

void SyncClient::Acknowledge(int64_t epoch, int64_t generation) {
  absl::MutexLock write_lock(&write_mu_);
  // A generation means nothing to another life of the writer.
  if (stream_ == nullptr || stream_epoch_ != epoch) return;
  SyncRequest request;
  request.set_worker_slot(slot_);
  request.set_applied_generation(generation);
  stream_->Write(request);
  acknowledged_generation_ = generation;
  absl::MutexLock lock(&mu_);
  caught_up_ = true;
}

void SyncClient::BeatLoop() {
  while (!stop_.AwaitStop(beat_interval_)) {
    absl::MutexLock write_lock(&write_mu_);
    if (stream_ == nullptr) continue;
    SyncRequest request;
    request.set_worker_slot(slot_);
    request.set_applied_generation(acknowledged_generation_);
    stream_->Write(request);
  }
}

}  // namespace annod
