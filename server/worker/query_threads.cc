#include "server/worker/query_threads.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/status_macros.h"
#include "google/protobuf/arena.h"
#include "grpcpp/grpcpp.h"
#include "server/parse_request.h"
#include "server/rpc_status.h"

namespace annod {
namespace {

// How often a long call looks whether its caller is still there.
constexpr absl::Duration kCancelCheckInterval = absl::Milliseconds(5);
// Messages of one call that take no more are made in memory that a thread
// keeps.
constexpr size_t kMessageBytes = 128 << 10;

google::protobuf::ArenaOptions MessageMemory(std::vector<char>* block) {
  google::protobuf::ArenaOptions options;
  options.initial_block = block->data();
  options.initial_block_size = block->size();
  return options;
}

absl::Time DeadlineOf(const grpc::ServerContext& context) {
  const auto deadline = context.deadline();
  return deadline == std::chrono::system_clock::time_point::max()
             ? absl::InfiniteFuture()
             : absl::FromChrono(deadline);
}

}  // namespace

// One thread with its queue, and the states of the calls it has begun: one that
// it waits for or works on, and those whose answers gRPC is still sending.
class QueryThreads::Loop {
 public:
  Loop(QueryThreads* owner, grpc::ServerCompletionQueue* queue)
      : owner_(owner),
        queue_(queue),
        message_block_(kMessageBytes),
        messages_(MessageMemory(&message_block_)) {}

  void Run() {
    Await();
    void* tag;
    bool ok;
    while (queue_->Next(&tag, &ok)) Process(static_cast<Tag*>(tag), ok);
  }

 private:
  struct Call;
  enum class Event { kArrived, kSent, kDone };
  struct Tag {
    Call* call;
    Event event;
  };
  struct Call {
    Tag arrived = {this, Event::kArrived};
    Tag sent = {this, Event::kSent};
    Tag done = {this, Event::kDone};
    std::optional<grpc::ServerContext> context;
    std::optional<grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>> writer;
    grpc::ByteBuffer request_bytes;
    grpc::ByteBuffer response_bytes;
    // Both end a call; they come in either order.
    bool is_sent = false;
    bool is_done = false;
  };

  // Asks for the next call.
  void Await() {
    if (free_.empty()) {
      calls_.push_back(std::make_unique<Call>());
      free_.push_back(calls_.back().get());
    }
    Call* call = free_.back();
    free_.pop_back();
    call->is_sent = false;
    call->is_done = false;
    call->context.emplace();
    call->writer.emplace(&*call->context);
    call->context->AsyncNotifyWhenDone(&call->done);
    owner_->service_->RequestGetNns(&*call->context, &call->request_bytes,
                                    &*call->writer, queue_, queue_,
                                    &call->arrived);
  }

  void Process(Tag* tag, bool ok) {
    Call* call = tag->call;
    switch (tag->event) {
      case Event::kArrived:
        if (!ok) {
          // The server was shut down; what is being sent still ends here.
          absl::MutexLock lock(&owner_->mu_);
          ++owner_->stopped_;
          return;
        }
        owner_->active_.fetch_add(1);
        Answer(call);
        Await();
        return;
      case Event::kSent:
        call->is_sent = true;
        break;
      case Event::kDone:
        call->is_done = true;
        break;
    }
    if (call->is_sent && call->is_done) Recycle(call);
  }

  void Recycle(Call* call) {
    owner_->active_.fetch_sub(1);
    call->writer.reset();
    call->context.reset();
    call->request_bytes.Clear();
    call->response_bytes.Clear();
    free_.push_back(call);
  }

  // gRPC tells of a cancellation through the queue this thread should be
  // polling: in a long call it looks in between. Only ends of earlier calls can
  // come up besides, for no new one has been asked for.
  bool IsCancelled(const Call* call) {
    const absl::Time now = absl::Now();
    if (now >= next_check_) {
      next_check_ = now + kCancelCheckInterval;
      void* tag;
      bool ok;
      const gpr_timespec at_once = gpr_time_0(GPR_CLOCK_MONOTONIC);
      while (queue_->AsyncNext(&tag, &ok, at_once) ==
             grpc::CompletionQueue::GOT_EVENT) {
        Process(static_cast<Tag*>(tag), ok);
      }
    }
    return call->is_done;
  }

  absl::Status Respond(Call* call, absl::Time start,
                       std::shared_ptr<const IndexView>* view,
                       v1::GetNnsResponse* response) {
    const absl::Time deadline = DeadlineOf(*call->context);
    if (start >= deadline) {
      return absl::DeadlineExceededError("deadline passed before the search");
    }
    auto* const request =
        google::protobuf::Arena::CreateMessage<v1::GetNnsRequest>(&messages_);
    ANNOD_RETURN_IF_ERROR(ParseRequest(call->request_bytes, request));
    next_check_ = start + kCancelCheckInterval;
    return owner_->handler_->Handle(
        *request, deadline, [this, call] { return IsCancelled(call); },
        &scratch_, view, response);
  }

  void Answer(Call* call) {
    const QueryHelpers::Searching searching(owner_->helpers_);
    WorkerMetrics* metrics = owner_->metrics_;
    metrics->in_flight.Add(1);
    const absl::Time start = absl::Now();
    std::shared_ptr<const IndexView> view;
    auto* const response =
        google::protobuf::Arena::CreateMessage<v1::GetNnsResponse>(&messages_);
    const absl::Status status = Respond(call, start, &view, response);
    const absl::Time searched = absl::Now();
    const grpc::Status answer = ToGrpcStatus(status);
    if (status.ok()) {
      SerializeResponse(*response, &call->response_bytes);
      call->writer->Finish(call->response_bytes, answer, &call->sent);
    } else {
      call->writer->FinishWithError(answer, &call->sent);
    }
    messages_.Reset();
    const absl::Time end = absl::Now();
    const double seconds = absl::ToDoubleSeconds(end - start);
    if (status.ok()) {
      metrics->search_stage.Observe(absl::ToDoubleSeconds(searched - start));
      metrics->encode_stage.Observe(absl::ToDoubleSeconds(end - searched));
      view->metrics->get_nns_ok.Observe(seconds);
    } else {
      metrics->CallEnded("GetNns", view == nullptr ? "" : view->settings.name,
                         answer.error_code(), seconds);
    }
    metrics->in_flight.Add(-1);
  }

  QueryThreads* const owner_;
  grpc::ServerCompletionQueue* const queue_;
  QueryScratch scratch_;
  // Of the call being answered.
  std::vector<char> message_block_;
  google::protobuf::Arena messages_;
  absl::Time next_check_;  // whether it was cancelled
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<Call*> free_;
};

QueryThreads::QueryThreads(IndexServiceImpl* service,
                           const GetNnsHandler* handler, QueryHelpers* helpers,
                           WorkerMetrics* metrics)
    : service_(service),
      handler_(handler),
      helpers_(helpers),
      metrics_(metrics) {}

QueryThreads::~QueryThreads() { Join(); }

void QueryThreads::AddQueues(int threads, grpc::ServerBuilder* builder) {
  for (int i = 0; i < threads; ++i) {
    queues_.push_back(builder->AddCompletionQueue());
  }
}

void QueryThreads::Start() {
  for (const auto& queue : queues_) {
    threads_.emplace_back(
        [this, queue = queue.get()] { Loop(this, queue).Run(); });
  }
}

void QueryThreads::Join() {
  if (threads_.empty()) return;
  {
    absl::MutexLock lock(&mu_);
    const auto all_stopped = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return stopped_ == static_cast<int>(threads_.size());
    };
    mu_.Await(absl::Condition(&all_stopped));
  }
  for (const auto& queue : queues_) queue->Shutdown();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace annod
