#ifndef ANNOD_CLIENT_QUERY_COALESCER_H_
#define ANNOD_CLIENT_QUERY_COALESCER_H_

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "annod/v1/index_service.pb.h"

namespace annod::client {

// Gathers the GetNns calls of several threads into messages of many queries,
// for a message costs client and server more than the search of a query does.
//
// While fewer than two messages are under way a call goes out at once, as it
// is. Others wait, those that ask alike in one message, until one under way
// has ended or `window` is over; then one of their threads sends it for all.
// So nobody waits while there is room, and messages grow with the load.
//
// A call keeps its deadline and its errors: it gives up on its own, and an
// error of a message that another's query may have caused is nobody's answer.
// Thread-safe.
class QueryCoalescer {
 public:
  // Sends a request once, with that deadline, and says how it went.
  using Send = std::function<absl::Status(const v1::GetNnsRequest& request,
                                          absl::Time deadline,
                                          v1::GetNnsResponse* response)>;

  // Messages of at most `max_queries` queries; a call with more goes alone.
  QueryCoalescer(int max_queries, absl::Duration window, Send send)
      : max_queries_(max_queries), window_(window), send_(std::move(send)) {}

  // Sends the request, perhaps with those of others; returns by the deadline.
  // Nothing if it is to be sent alone, by the caller: it cannot be shared, or
  // the message that it was in has failed.
  std::optional<absl::Status> Ask(v1::GetNnsRequest* request,
                                  absl::Time deadline,
                                  v1::GetNnsResponse* response);

  // Those that wait to be sent.
  int waiting_queries();

 private:
  enum class State { kWaiting, kMaySend, kSending, kEnded };

  struct Message {
    std::string kind;  // what the requests in it have in common
    absl::Time send_by;
    absl::Time deadline;  // the first of its calls'
    State state = State::kWaiting;
    int call_count = 0;  // those that have not given up
    v1::GetNnsRequest request;
    v1::GetNnsResponse response;
    absl::Status status;
    absl::CondVar changed;
  };

  // Adds the queries to the message that waits for such, perhaps a new one.
  std::shared_ptr<Message> Join(v1::GetNnsRequest* request, absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Waits until the message has ended, sending it if that falls to this thread.
  // False if the deadline came before.
  bool Await(const std::shared_ptr<Message>& message, absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Sends the message, without the lock meanwhile.
  void SendNow(Message* message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // A call gives up.
  void Leave(const std::shared_ptr<Message>& message)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // A message under way has ended: the one that has waited longest may go.
  void Ended() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const int max_queries_;
  const absl::Duration window_;
  const Send send_;

  absl::Mutex mu_;
  int under_way_ ABSL_GUARDED_BY(mu_) = 0;
  // In the order of their arrival; kWaiting or kMaySend.
  std::list<std::shared_ptr<Message>> waiting_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod::client

#endif  // ANNOD_CLIENT_QUERY_COALESCER_H_
