#include "client/query_coalescer.h"

#include <algorithm>
#include <cstdint>

#include "absl/numeric/bits.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/retry.h"

namespace annod::client {
namespace {

// One that is answered while the next one is on its way.
constexpr int kMessagesUnderWay = 2;
// More neighbours than that are work enough for a message.
constexpr int kMaxN = 1000;

// Whether a query gets the same answer beside others as alone. Lists of items
// would have to be compared, and make a message large by themselves.
bool CanBeShared(const v1::GetNnsRequest& request, int max_queries) {
  return request.queries_size() > 0 && request.queries_size() <= max_queries &&
         request.n() <= kMaxN && !request.strict() && !request.include_cost() &&
         request.exclude_items().empty() && request.allow_items().empty();
}

// Equal for requests that may share a message: of equal fields but for the
// queries, and with about the same time left.
std::string KindOf(v1::GetNnsRequest* request, absl::Time deadline) {
  google::protobuf::RepeatedPtrField<v1::Query> queries;
  queries.Swap(request->mutable_queries());
  const std::string others = request->SerializeAsString();
  queries.Swap(request->mutable_queries());
  const int64_t left =
      std::max<int64_t>(0, absl::ToInt64Milliseconds(deadline - absl::Now()));
  return absl::StrCat(absl::bit_width(static_cast<uint64_t>(left)), " ",
                      others);
}

// The results of queries `first`, ... of a message; its other fields are those
// of each. To be called once for each result.
absl::Status TakeResults(v1::GetNnsResponse* message, int first, int count,
                         v1::GetNnsResponse* response) {
  if (first + count > message->results_size()) {
    return absl::InternalError(absl::StrCat("the server answered ",
                                            message->results_size(),
                                            " queries of a message with more"));
  }
  for (int i = 0; i < count; ++i) {
    response->add_results()->Swap(message->mutable_results(first + i));
  }
  response->set_version(message->version());
  response->set_engine(message->engine());
  response->set_search_k(message->search_k());
  response->set_beam(message->beam());
  response->set_ranked_by_codes(message->ranked_by_codes());
  return absl::OkStatus();
}

}  // namespace

std::optional<absl::Status> QueryCoalescer::Ask(v1::GetNnsRequest* request,
                                                absl::Time deadline,
                                                v1::GetNnsResponse* response) {
  if (!CanBeShared(*request, max_queries_)) return std::nullopt;
  std::shared_ptr<Message> message;
  int first = 0;
  {
    absl::MutexLock lock(&mu_);
    if (under_way_ < kMessagesUnderWay) {
      ++under_way_;
    } else {
      message = Join(request, deadline);
      first = message->request.queries_size() - request->queries_size();
      if (!Await(message, deadline)) {
        Leave(message);
        return absl::DeadlineExceededError(
            "no answer within the call's timeout");
      }
    }
  }
  if (message == nullptr) {
    const absl::Status status = send_(*request, deadline, response);
    absl::MutexLock lock(&mu_);
    Ended();
    return status;
  }
  if (message->status.ok()) {
    return TakeResults(&message->response, first, request->queries_size(),
                       response);
  }
  // Asking again one by one would make matters worse.
  if (IsOverloaded(message->status)) return message->status;
  if (absl::Now() >= deadline) return message->status;
  return std::nullopt;
}

int QueryCoalescer::waiting_queries() {
  absl::MutexLock lock(&mu_);
  int count = 0;
  for (const std::shared_ptr<Message>& message : waiting_) {
    count += message->request.queries_size();
  }
  return count;
}

std::shared_ptr<QueryCoalescer::Message> QueryCoalescer::Join(
    v1::GetNnsRequest* request, absl::Time deadline) {
  std::string kind = KindOf(request, deadline);
  auto it = std::find_if(waiting_.begin(), waiting_.end(),
                         [&](const std::shared_ptr<Message>& message) {
                           return message->kind == kind &&
                                  message->request.queries_size() +
                                          request->queries_size() <=
                                      max_queries_;
                         });
  if (it == waiting_.end()) {
    auto message = std::make_shared<Message>();
    message->kind = std::move(kind);
    message->send_by = absl::Now() + window_;
    message->deadline = deadline;
    message->request = *request;
    it = waiting_.insert(waiting_.end(), std::move(message));
  } else {
    (*it)->deadline = std::min((*it)->deadline, deadline);
    (*it)->request.mutable_queries()->MergeFrom(request->queries());
  }
  ++(*it)->call_count;
  return *it;
}

bool QueryCoalescer::Await(const std::shared_ptr<Message>& message,
                           absl::Time deadline) {
  while (message->state != State::kEnded) {
    if (message->state == State::kMaySend) {
      SendNow(message.get());
      continue;
    }
    const bool is_sent = message->state == State::kSending;
    const absl::Time until =
        is_sent ? deadline : std::min(deadline, message->send_by);
    if (!message->changed.WaitWithDeadline(&mu_, until)) continue;
    if (absl::Now() >= deadline) return message->state == State::kEnded;
    if (message->state == State::kWaiting) {
      ++under_way_;
      message->state = State::kMaySend;
    }
  }
  return true;
}

void QueryCoalescer::SendNow(Message* message) {
  message->state = State::kSending;
  waiting_.remove_if([message](const std::shared_ptr<Message>& one) {
    return one.get() == message;
  });
  mu_.Unlock();
  absl::Status status =
      send_(message->request, message->deadline, &message->response);
  mu_.Lock();
  message->status = std::move(status);
  message->state = State::kEnded;
  Ended();
  message->changed.SignalAll();
}

void QueryCoalescer::Leave(const std::shared_ptr<Message>& message) {
  if (--message->call_count > 0) {
    // Whoever was woken to send it may be who leaves.
    if (message->state == State::kMaySend) message->changed.Signal();
    return;
  }
  if (message->state == State::kSending) return;
  waiting_.remove(message);
  if (message->state == State::kMaySend) Ended();
}

void QueryCoalescer::Ended() {
  --under_way_;
  if (under_way_ >= kMessagesUnderWay) return;
  for (const std::shared_ptr<Message>& message : waiting_) {
    if (message->state != State::kWaiting) continue;
    ++under_way_;
    message->state = State::kMaySend;
    message->changed.Signal();
    return;
  }
}

}  // namespace annod::client
