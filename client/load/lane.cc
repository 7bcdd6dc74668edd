#include "client/load/lane.h"

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

namespace annod::load {
namespace {

constexpr char kGetNns[] = "/annod.v1.IndexService/GetNns";

// A closed loop would spin on a server that is not there.
constexpr absl::Duration kPauseIfUnavailable = absl::Milliseconds(10);

// A call that is due in the window is sent for so long after its end, however
// late it is: a busy machine may not have let the sender run.
constexpr int64_t kGraceNs = 1'000'000'000;

// How often a sender that has nothing to send looks whether it may stop.
constexpr int64_t kLookNs = 100'000'000;

void SleepUntil(int64_t ns) {
  timespec time;
  time.tv_sec = ns / 1'000'000'000;
  time.tv_nsec = ns % 1'000'000'000;
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) != 0) {
  }
}

}  // namespace

// One call after the other; free while it is in free_.
struct Lane::Call {
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::optional<grpc::Alarm> pause;  // set: its tag ends a pause, not a call
  const Request* request = nullptr;
  int64_t due = 0;
};

Lane::Lane(const LaneOptions& options,
           const std::vector<std::shared_ptr<grpc::Channel>>& channels,
           const std::vector<Request>* requests)
    : options_(options),
      connections_(channels, requests, options.first_request) {}

Lane::~Lane() = default;

void Lane::Send(Call* call, int64_t due) {
  call->request = connections_.NextRequest();
  call->due = due;
  // The reader is of the call that the context owns: first it, then the other.
  call->reader.reset();
  call->response.Clear();
  call->context.emplace();
  call->context->set_deadline(std::chrono::system_clock::now() +
                              absl::ToChronoNanoseconds(options_.timeout));
  call->reader = connections_.NextStub()->PrepareUnaryCall(
      &*call->context, kGetNns, call->request->message, connections_.queue());
  call->reader->StartCall();
  call->reader->Finish(&call->response, &call->status, call);
}

LoadResult Lane::RunClosed(int in_flight, const Window& window) {
  CallRecorder recorder(window, options_.n, connections_.requests().size());
  std::vector<std::unique_ptr<Call>> calls;
  for (int i = 0; i < in_flight; ++i) {
    calls.push_back(std::make_unique<Call>());
    Send(calls.back().get(), NowNs());
  }
  void* tag;
  bool ok;
  int open = in_flight;
  while (open > 0 && connections_.queue()->Next(&tag, &ok)) {
    Call* call = static_cast<Call*>(tag);
    if (!call->pause) {
      recorder.Record(call->due, *call->request, call->response, call->status);
      if (call->status.error_code() == grpc::StatusCode::UNAVAILABLE) {
        call->pause.emplace();
        call->pause->Set(connections_.queue(),
                         absl::ToChronoTime(absl::Now() + kPauseIfUnavailable),
                         call);
        continue;
      }
    }
    call->pause.reset();
    const int64_t now = NowNs();
    if (!window.Over(now)) {
      Send(call, now);
    } else {
      --open;
    }
  }
  return recorder.result();
}

Lane::Call* Lane::AwaitFreeCall(int64_t until) {
  const auto is_free = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !free_.empty();
  };
  absl::MutexLock lock(&mutex_);
  if (free_.empty() && calls_.size() < most_calls_) {
    calls_.push_back(std::make_unique<Call>());
    return calls_.back().get();
  }
  if (!mutex_.AwaitWithTimeout(absl::Condition(&is_free),
                               absl::Nanoseconds(until - NowNs()))) {
    return nullptr;
  }
  Call* call = free_.back();
  free_.pop_back();
  return call;
}

void Lane::SendWhenDue(Arrivals* arrivals, const Window& window) {
  // By default Linux lets a thread sleep 50 microseconds too long.
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  int64_t due = window.start + arrivals->Next();
  const int64_t end = window.until + kGraceNs;
  for (; due < window.until; due = window.start + arrivals->Next()) {
    for (int64_t now = NowNs(); due > now && !window.Stopped(); now = NowNs()) {
      SleepUntil(std::min(due, now + kLookNs));
    }
    if (window.Stopped()) return;
    if (NowNs() > end) break;
    Call* call = AwaitFreeCall(end);
    if (call == nullptr) break;
    in_flight_.fetch_add(1, std::memory_order_relaxed);
    if (due >= window.from) send_lag_.Record(NowNs() - due);
    Send(call, due);
  }
  for (; due < window.until; due = window.start + arrivals->Next()) {
    if (due >= window.from) ++unsent_;
  }
}

LoadResult Lane::RunOpen(Arrivals arrivals, int max_in_flight,
                         const Window& window) {
  CallRecorder recorder(window, options_.n, connections_.requests().size());
  unsent_ = 0;
  send_lag_ = LatencyHistogram();
  {
    absl::MutexLock lock(&mutex_);
    most_calls_ = static_cast<size_t>(max_in_flight);
  }
  // Its tag is null: no more calls will be sent.
  grpc::Alarm all_sent;
  std::thread sender([&] {
    SendWhenDue(&arrivals, window);
    all_sent.Set(connections_.queue(), absl::ToChronoTime(absl::Now()),
                 nullptr);
  });
  void* tag;
  bool ok;
  bool sending = true;
  while ((sending || in_flight_.load(std::memory_order_relaxed) > 0) &&
         connections_.queue()->Next(&tag, &ok)) {
    if (tag == nullptr) {
      sending = false;
      continue;
    }
    Call* call = static_cast<Call*>(tag);
    recorder.Record(call->due, *call->request, call->response, call->status);
    in_flight_.fetch_sub(1, std::memory_order_relaxed);
    absl::MutexLock lock(&mutex_);
    free_.push_back(call);
  }
  sender.join();
  absl::MutexLock lock(&mutex_);
  free_.clear();
  calls_.clear();
  LoadResult result = recorder.result();
  result.unsent = unsent_;
  result.send_lag = send_lag_;
  return result;
}

}  // namespace annod::load
