#include "server/supervisor/worker_calls.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "grpcpp/generic/generic_stub.h"
#include "server/config/child_options.h"

namespace annod {
namespace {

// Of an answer; larger ones are for gRPC.
constexpr int kMaxAnswerBytes = 4 << 20;
constexpr int kReconnectMs = 50;
constexpr size_t kMaxOwnTries = 3;

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // A worker that was replaced is back soon.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMs);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

WorkerCalls::WorkerCalls(const std::vector<std::string>& addresses,
                         const SupervisorStatus* status)
    : status_(status) {
  for (const std::string& address : addresses) {
    channels_.push_back(ChannelTo(address));
  }
}

std::vector<int> WorkerCalls::Living() {
  std::vector<int> slots;
  for (const ChildStatus& child : status_->Get().children) {
    if (child.role == ChildOptions::Role::kWorker && child.alive &&
        !child.stalled && child.slot < static_cast<int>(channels_.size())) {
      slots.push_back(child.slot);
    }
  }
  if (!slots.empty()) {
    std::rotate(slots.begin(), slots.begin() + next_++ % slots.size(),
                slots.end());
  }
  return slots;
}

grpc::Status WorkerCalls::CallOne(int slot, const std::string& method,
                                  const std::string& request,
                                  const CallMetadata& metadata,
                                  absl::Time deadline, std::string* response) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(deadline));
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  grpc::Slice slice(request);
  const grpc::ByteBuffer bytes(&slice, 1);
  grpc::ByteBuffer answer;
  grpc::Status status;
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channels_[static_cast<size_t>(slot)]);
  const auto call = stub.PrepareUnaryCall(&context, method, bytes, &queue);
  call->StartCall();
  call->Finish(&answer, &status, &answer);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);  // by the deadline
  if (!status.ok()) return status;
  std::vector<grpc::Slice> slices;
  if (!answer.Dump(&slices).ok()) {
    return {grpc::StatusCode::INTERNAL, "the answer cannot be read"};
  }
  response->clear();
  for (const grpc::Slice& part : slices) {
    response->append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
  return status;
}

grpc::Status WorkerCalls::Call(const std::string& method,
                               const std::string& request,
                               const CallMetadata& metadata,
                               absl::Duration timeout, std::string* response) {
  const absl::Time deadline = absl::Now() + timeout;
  grpc::Status status(grpc::StatusCode::UNAVAILABLE,
                      "no worker serves at the moment; try again");
  for (const int slot : Living()) {
    status = CallOne(slot, method, request, metadata, deadline, response);
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) break;
  }
  return status;
}

grpc::Status WorkerCalls::CallAsOwn(const std::string& method,
                                    const std::string& request,
                                    absl::Duration patience,
                                    std::string* response) {
  grpc::Status status(grpc::StatusCode::UNAVAILABLE,
                      "no worker serves at the moment");
  std::vector<int> slots = Living();
  if (slots.size() > kMaxOwnTries) slots.resize(kMaxOwnTries);
  for (const int slot : slots) {
    status = CallOne(slot, method, request, {{kOwnCallMetadata, "1"}},
                     absl::Now() + patience, response);
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE &&
        status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED) {
      break;
    }
  }
  return status;
}

}  // namespace annod
