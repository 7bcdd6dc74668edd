#ifndef ANNOD_CLIENT_NNS_STREAM_H_
#define ANNOD_CLIENT_NNS_STREAM_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_stream.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "client/retry.h"
#include "client/types.h"

namespace annod {

struct NnsStreamOptions {
  // Requests sent and not answered, [1, 1024]: what the server holds of a
  // stream unless it is configured otherwise (`stream_window`). More waits on
  // the way; fewer leave its threads idle.
  int window = 16;
};

// Many requests for neighbours on one GetNnsStream, answered in order while the
// next ones are on their way: no request waits for the round trip of the one
// before, and all threads of a worker answer. Several queries in a request are
// cheaper still.
//
// If a stream breaks with UNAVAILABLE, as at `max_connection_age` or when a
// worker dies, or is refused with OVERLOADED, what is not answered is sent
// again on a new one and the caller sees nothing of it. Requests answered by
// different streams may have been answered by different versions.
//
// One thread at a time; reads while it writes, so neither side can block the
// other. Holds at most the window's requests. Must not outlive its Client.
// Destroying it without Finish() gives up what is not answered.
class NnsStream {
 public:
  // Takes an answer, in the order of the requests, on the thread that is in
  // Ask() or Finish(). Must not call these. Its error ends the stream and is
  // returned there.
  using Sink = std::function<absl::Status(client::QueryResult answer)>;

  ~NnsStream();
  NnsStream(const NnsStream&) = delete;
  NnsStream& operator=(const NnsStream&) = delete;

  // Sends one request, 1 to 1024 queries. Blocks while the window is full or
  // the network is slower. The first error, with the codes of GetNns, ends the
  // stream and is returned by every later call; the answers to all requests
  // before the one that failed have then been handed to the sink.
  absl::Status Ask(absl::Span<const client::Query> queries);

  // Returns when all is answered. FailedPrecondition from Ask() afterwards.
  absl::Status Finish();

  // Requests answered. After an error of the server's it is the number of the
  // request that failed, counted from 0.
  int64_t answered_count() const { return answered_count_; }

 private:
  friend class Client;
  NnsStream(v1::IndexService::Stub* stub, std::string index,
            const client::QueryOptions& query, Sink sink,
            const NnsStreamOptions& options,
            std::shared_ptr<grpc::Channel> channel, absl::Time deadline,
            absl::Duration retry_window);

  enum class Operation { kStart, kWrite, kRead, kWritesDone, kFinish };

  // Works on the stream, beginning it again if need be, until `done()`.
  template <typename Done>
  absl::Status WorkUntil(const Done& done);
  void Start();
  // Begins what can begin now: a write, a read.
  void Begin();
  // Waits for the end of an operation. True: an answer came.
  bool Wait();
  absl::Status TakeAnswer();
  // Ends the call, which must have been cancelled, half-closed or have no more
  // answers; its status.
  absl::Status Close();
  // Gives up the call, if there is one.
  void Cancel();

  v1::IndexService::Stub* const stub_;
  const std::string index_;
  const client::QueryOptions query_;
  const Sink sink_;
  const size_t window_;
  const absl::Time deadline_;
  client::RetryPause pause_;

  // Not answered, in order; the first `sent_` are on the stream.
  std::deque<v1::GetNnsStreamRequest> waiting_;
  size_t sent_ = 0;
  int64_t answered_count_ = 0;
  absl::Status failed_;

  // Tags of the operations in the queue, one call's at a time.
  Operation start_ = Operation::kStart;
  Operation write_ = Operation::kWrite;
  Operation read_ = Operation::kRead;
  Operation writes_done_ = Operation::kWritesDone;
  Operation finish_ = Operation::kFinish;
  grpc::CompletionQueue queue_;
  // Null between streams. The context outlives the call.
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::GetNnsStreamRequest,
                                                v1::GetNnsStreamResponse>>
      call_;
  v1::GetNnsStreamResponse response_;
  bool starting_ = false;  // which operations are under way
  bool writing_ = false;
  bool reading_ = false;
  bool writable_ = false;  // a write has not failed yet
  bool readable_ = false;  // the same for a read
};

}  // namespace annod

#endif  // ANNOD_CLIENT_NNS_STREAM_H_
