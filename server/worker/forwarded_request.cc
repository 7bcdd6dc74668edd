#include "server/worker/forwarded_request.h"

#include <memory>

#include "core/status_macros.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/large_requests.h"
#include "server/rpc/parse_request.h"

namespace annod {
namespace {

using google::protobuf::Message;

// The threads that wait for it answer for health, too, so it is not shared with
// those that search.
constexpr int64_t kOneAtATime = 0;

absl::Status ParseAndCheck(const grpc::ByteBuffer& buffer,
                           const google::protobuf::Descriptor* type,
                           int64_t room, const RequestCheck& check) {
  const std::unique_ptr<Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(type)
          ->New());
  ANNOD_RETURN_IF_ERROR(ParseRequest(buffer, message.get(), room));
  return check(*message);
}

}  // namespace

absl::Status CheckRequest(const grpc::ServerContextBase& call,
                          const grpc::ByteBuffer& buffer,
                          const google::protobuf::Descriptor* type,
                          int64_t room, const RequestCheck& check) {
  static auto* const large = new LargeRequests;
  ANNOD_ASSIGN_OR_RETURN(
      const LargeRequests::Turn turn,
      large->AwaitTurn(buffer, kOneAtATime, CallDeadline(call),
                       [&call] { return call.IsCancelled(); }));
  return ParseAndCheck(buffer, type, room, check);
}

}  // namespace annod
