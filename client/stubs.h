#ifndef ANNOD_CLIENT_STUBS_H_
#define ANNOD_CLIENT_STUBS_H_

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "annod/v1/index_service.grpc.pb.h"
#include "client/client.h"
#include "client/query_coalescer.h"
#include "client/retry.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace annod {

// What the parts of Client share: the stubs, and how a unary call is made.

struct Client::Stubs {
  explicit Stubs(const std::shared_ptr<grpc::Channel>& shared)
      : channel(shared),
        index(v1::IndexService::NewStub(channel)),
        admin(v1::AdminService::NewStub(channel)),
        health(grpc::health::v1::Health::NewStub(channel)) {}

  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<v1::IndexService::Stub> index;
  const std::unique_ptr<v1::AdminService::Stub> admin;
  const std::unique_ptr<grpc::health::v1::Health::Stub> health;
  // Null unless ClientOptions::coalesce.
  std::unique_ptr<client::QueryCoalescer> coalescer;
};

template <typename Stub, typename Method, typename Request, typename Response>
absl::Status Client::Call(Stub* stub, Method method, const Request& request,
                          Response* response, bool idempotent,
                          const CallOptions& call) {
  const absl::Time deadline =
      absl::Now() + call.timeout.value_or(options_.timeout);
  client::RetryPause pause(stubs_->channel, deadline, options_.retry_window);
  std::string last_failure;
  while (true) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    const grpc::Status status = (stub->*method)(&context, request, response);
    if (status.ok()) return absl::OkStatus();
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED &&
        !last_failure.empty()) {
      return absl::DeadlineExceededError(
          absl::StrCat(status.error_message(),
                       "; the attempt before failed: ", last_failure));
    }
    last_failure = status.error_message();
    absl::Status failure = FromGrpcStatus(status, context);
    if (!idempotent || !pause.Wait(failure)) return failure;
    response->Clear();
  }
}

}  // namespace annod

#endif  // ANNOD_CLIENT_STUBS_H_
