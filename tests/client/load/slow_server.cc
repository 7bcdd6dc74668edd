#include "tests/client/load/slow_server.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace annod::load {

SlowServer::SlowServer(const SlowServerOptions& options) : options_(options) {
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  target_ = absl::StrCat("127.0.0.1:", port);
}

SlowServer::~SlowServer() { server_->Shutdown(); }

int SlowServer::calls() const {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

int SlowServer::most_at_once() const {
  absl::MutexLock lock(&mutex_);
  return most_at_once_;
}

int SlowServer::connections() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(peers_.size());
}

grpc::Status SlowServer::GetNns(grpc::ServerContext* context,
                                const v1::GetNnsRequest* request,
                                v1::GetNnsResponse* response) {
  const absl::Time now = absl::Now();
  absl::Time answer_at = now + options_.latency;
  if (options_.hang) {
    // Well behind it: an answer just before the deadline might get through.
    answer_at = absl::FromChrono(context->deadline()) + absl::Milliseconds(500);
  }
  {
    absl::MutexLock lock(&mutex_);
    if (calls_++ == 0) stalled_until_ = now + options_.stall;
    peers_.insert(context->peer());
    if (options_.refuse_every > 0 && calls_ % options_.refuse_every == 0) {
      return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too much");
    }
    answer_at = std::max(answer_at, stalled_until_);
    most_at_once_ = std::max(most_at_once_, ++at_once_);
    // Time passes: nothing makes the condition true.
    const bool never = false;
    mutex_.AwaitWithDeadline(absl::Condition(&never), answer_at);
    --at_once_;
  }
  const int lists =
      options_.lists < 0 ? request->queries_size() : options_.lists;
  for (int list = 0; list < lists; ++list) {
    v1::NeighborList* result = response->add_results();
    for (int id = 0; id < 10; ++id) {
      result->add_ids(id);
      result->add_distances(static_cast<float>(id));
    }
  }
  return grpc::Status::OK;
}

grpc::Status SlowServer::GetNnsStream(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::GetNnsStreamResponse, v1::GetNnsStreamRequest>*
        stream) {
  v1::GetNnsStreamRequest request;
  while (stream->Read(&request)) {
    v1::GetNnsStreamResponse response;
    const grpc::Status status =
        GetNns(context, &request.request(), response.mutable_response());
    if (!status.ok()) return status;
    stream->Write(response);
  }
  return grpc::Status::OK;
}

}  // namespace annod::load
