#include "server/worker/query_streams.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/status_macros.h"
#include "server/errors.h"
#include "server/parse_request.h"
#include "server/rpc_status.h"
#include "server/worker/answer_memory.h"

namespace annod {
namespace {

constexpr size_t kMaxStreams = 1000;
// That of the lane of calls with many queries: single calls come first.
constexpr int kPriority = 10;

grpc::Status DrainingStatus() {
  return ToGrpcStatus(
      ReasonError(absl::StatusCode::kUnavailable, kDraining,
                  "the server is shutting down; go on at another one"));
}

grpc::Status TooManyStatus() {
  return ToGrpcStatus(ReasonError(
      absl::StatusCode::kResourceExhausted, kLimitReached,
      absl::StrCat("at most ", kMaxStreams, " streams at a time in a worker")));
}

// Answers the request of a slot.
absl::Status Respond(const GetNnsHandler& handler, const QueryStream& stream,
                     AnswerMemory* memory,
                     std::shared_ptr<const IndexView>* view, StreamSlot* slot) {
  if (stream.cancelled()) return absl::CancelledError("call cancelled");
  auto* const request =
      google::protobuf::Arena::CreateMessage<v1::GetNnsStreamRequest>(
          memory->messages());
  auto* const response =
      google::protobuf::Arena::CreateMessage<v1::GetNnsStreamResponse>(
          memory->messages());
  ANNOD_RETURN_IF_ERROR(ParseRequest(slot->request, request));
  ANNOD_RETURN_IF_ERROR(handler.Handle(
      request->request(), stream.deadline(),
      [&stream] { return stream.cancelled(); }, memory->scratch(), view,
      response->mutable_response()));
  SerializeResponse(*response, &slot->response);
  return absl::OkStatus();
}

}  // namespace

QueryStreams::QueryStreams(const GetNnsHandler* handler,
                           const LiveConfig* config, QueryHelpers* helpers,
                           WorkerMetrics* metrics, int threads)
    : handler_(handler), config_(config), helpers_(helpers), metrics_(metrics) {
  threads_.reserve(threads);
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { WorkLoop(); });
  }
}

QueryStreams::~QueryStreams() {
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
    wake_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
QueryStreams::Begin(grpc::CallbackServerContext* context) {
  const std::shared_ptr<const Config> config = config_->Get();
  auto* stream =
      new QueryStream(context, this, static_cast<size_t>(config->stream_window),
                      config->limits.max_message_bytes);
  bool draining;
  bool too_many;
  {
    absl::MutexLock lock(&mu_);
    draining = draining_;
    too_many = streams_.size() >= kMaxStreams;
    streams_.insert(stream);
  }
  if (draining || too_many) {
    stream->EndWith(draining ? DrainingStatus() : TooManyStatus());
  } else {
    stream->Start();
  }
  return stream;
}

void QueryStreams::Drain() {
  const grpc::Status status = DrainingStatus();
  absl::MutexLock lock(&mu_);
  draining_ = true;
  for (QueryStream* stream : streams_) stream->EndWith(status);
}

void QueryStreams::Queue(QueryStream* stream, StreamSlot* slot) {
  active_.fetch_add(1);
  absl::MutexLock lock(&mu_);
  waiting_.push_back({stream, slot});
  wake_.Signal();
}

void QueryStreams::Ended(QueryStream* stream) {
  absl::MutexLock lock(&mu_);
  streams_.erase(stream);
}

void QueryStreams::WorkLoop() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kPriority);
  AnswerMemory memory;
  for (;;) {
    Waiting next;
    {
      absl::MutexLock lock(&mu_);
      while (!stopped_ && waiting_.empty()) wake_.Wait(&mu_);
      if (stopped_) return;
      next = waiting_.front();
      waiting_.pop_front();
    }
    std::shared_ptr<const IndexView> view;
    {
      const QueryHelpers::Searching searching(helpers_);
      metrics_->InFlight(Lane::kBatch).Add(1);
      next.slot->status =
          Respond(*handler_, *next.stream, &memory, &view, next.slot);
      metrics_->InFlight(Lane::kBatch).Add(-1);
    }
    memory.Reset();
    const absl::Status& status = next.slot->status;
    const double seconds =
        absl::ToDoubleSeconds(absl::Now() - next.slot->arrival);
    if (status.ok()) {
      view->metrics->get_nns_stream_ok.Observe(seconds);
    } else {
      metrics_->CallEnded(
          "GetNnsStream", view == nullptr ? "" : view->settings.name,
          static_cast<grpc::StatusCode>(status.raw_code()), seconds);
    }
    next.stream->Answered(next.slot);
  }
}

}  // namespace annod
