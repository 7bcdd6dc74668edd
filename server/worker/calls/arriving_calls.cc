#include "server/worker/calls/arriving_calls.h"

#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace annod {
namespace {

constexpr absl::Duration kEndPoll = absl::Milliseconds(1);

}  // namespace

ArrivingCalls::ArrivingCalls(IndexServiceImpl* service, UnsentAnswers* unsent,
                             std::function<void(QueryCall* call)> on_arrival)
    : service_(service), unsent_(unsent), on_arrival_(std::move(on_arrival)) {}

void ArrivingCalls::AddQueue(grpc::ServerBuilder* builder) {
  queue_ = builder->AddCompletionQueue();
}

void ArrivingCalls::Start(int count) {
  for (int i = 0; i < count; ++i) Await();
}

void ArrivingCalls::End() {
  while (awaited_.load() + active_.load() > 0) absl::SleepFor(kEndPoll);
  queue_->Shutdown();
}

void ArrivingCalls::Await() {
  QueryCall* call;
  {
    absl::MutexLock lock(&mu_);
    if (free_.empty()) {
      calls_.push_back(std::make_unique<QueryCall>());
      free_.push_back(calls_.back().get());
    }
    call = free_.back();
    free_.pop_back();
  }
  call->is_done = false;
  call->ends = 0;
  call->context.emplace();
  call->writer.emplace(&*call->context);
  call->context->AsyncNotifyWhenDone(&call->done);
  awaited_.fetch_add(1);
  service_->RequestGetNns(&*call->context, &call->request_bytes, &*call->writer,
                          queue_.get(), queue_.get(), &call->arrived);
}

bool ArrivingCalls::Next(Event* event) {
  return queue_->Next(&event->tag, &event->ok);
}

grpc::CompletionQueue::NextStatus ArrivingCalls::TryNext(Event* event) {
  const gpr_timespec at_once = gpr_time_0(GPR_CLOCK_MONOTONIC);
  return queue_->AsyncNext(&event->tag, &event->ok, at_once);
}

void ArrivingCalls::Process(const Event& event) {
  const auto* const tag = static_cast<const QueryCall::Tag*>(event.tag);
  QueryCall* const call = tag->call;
  switch (tag->event) {
    case QueryCall::Event::kArrived:
      if (event.ok) {
        active_.fetch_add(1);
        Await();
        on_arrival_(call);
      }
      // Else the server was shut down. Last: End() waits for both counts.
      awaited_.fetch_sub(1);
      return;
    case QueryCall::Event::kDone:
      call->is_done.store(true);
      break;
    case QueryCall::Event::kSent:
      unsent_->Drop(call);
      break;
  }
  if (call->ends.fetch_add(1) == 1) Recycle(call);
}

void ArrivingCalls::Recycle(QueryCall* call) {
  call->writer.reset();
  call->context.reset();
  call->caller.reset();
  call->request_bytes.Clear();
  call->response_bytes.Clear();
  {
    absl::MutexLock lock(&mu_);
    free_.push_back(call);
  }
  active_.fetch_sub(1);
}

}  // namespace annod
