#ifndef ANNOD_SERVER_WORKER_CALLS_QUERY_STREAM_H_
#define ANNOD_SERVER_WORKER_CALLS_QUERY_STREAM_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "server/access/caller.h"
#include "server/audit/request_ids.h"
#include "server/worker/calls/unsent_answers.h"

namespace annod {

// One request of a stream, from its arrival until its answer is sent.
struct StreamSlot {
  absl::Time arrival;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  absl::Status status;
  bool is_answered = false;
};

class QueryStream;

// Who answers the requests of streams.
class StreamOwner {
 public:
  virtual ~StreamOwner() = default;
  // A request arrived; QueryStream::Answered() is to be called for it.
  virtual void Queue(QueryStream* stream, StreamSlot* slot) = 0;
  // The slot of a request is gone, answered or not.
  virtual void Sent() = 0;
  // The stream is about to be destroyed.
  virtual void Ended(QueryStream* stream) = 0;
};

// A GetNnsStream: reads requests ahead of the answers, within its window, and
// sends the answers in the order of the requests. Deletes itself when the call
// and all work on it have ended. Thread-safe.
class QueryStream final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
      private UnsentAnswers::Holder {
 public:
  // At most `window` requests, and not many more than `max_bytes` of them and
  // their answers, are held. A stream that has answers unsent reads nothing
  // while all calls of the worker have too many. `unsent` must outlive the
  // object.
  QueryStream(grpc::CallbackServerContext* context, StreamOwner* owner,
              UnsentAnswers* unsent, size_t window, int64_t max_bytes);

  // Who makes the call; before Start().
  void SetCaller(std::shared_ptr<const Caller> caller) {
    caller_ = std::move(caller);
  }
  const Caller& caller() const { return *caller_; }

  // Begins to read.
  void Start();
  // Ends the call with `status`, an error, once what was taken is answered.
  void EndWith(const grpc::Status& status);

  absl::Time deadline() const { return deadline_; }
  // Whether nobody waits for the answers any more.
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  const RequestIds& ids() const { return ids_; }
  const std::string& caller_name() const { return caller_name_; }
  const std::string& caller_address() const { return caller_address_; }

  // Counts the answer that is in the slot instead of what was reserved for it:
  // OVERLOADED if that does not fit, CANCELLED if the call is over.
  absl::Status HoldAnswer(const StreamSlot& slot, int64_t reserved);
  // The owner has put answer or error into the slot. The stream may be gone
  // afterwards.
  void Answered(StreamSlot* slot);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override { cancelled_.store(true); }
  void OnDone() override;

 private:
  // With the lock held: begins whatever can begin now.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FinishOnce(const grpc::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Unref();
  void Cancel() override { context_->TryCancel(); }

  grpc::CallbackServerContext* const context_;
  const RequestIds ids_;
  const std::string caller_name_;
  const std::string caller_address_;
  StreamOwner* const owner_;
  UnsentAnswers* const unsent_;
  const size_t window_;
  const int64_t max_bytes_;
  std::shared_ptr<const Caller> caller_;
  absl::Time deadline_;
  std::atomic<bool> cancelled_{false};
  // The call, and each request being worked on.
  std::atomic<int> references_{1};

  absl::Mutex mu_;
  grpc::ByteBuffer read_;
  bool reading_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool all_read_ ABSL_GUARDED_BY(mu_) = false;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  grpc::Status end_ ABSL_GUARDED_BY(mu_);  // when all_read_ and all answered
  int64_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
  std::deque<StreamSlot> slots_ ABSL_GUARDED_BY(mu_);  // in order of arrival
};

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CALLS_QUERY_STREAM_H_
