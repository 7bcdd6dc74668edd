#include "server/worker/forwarded_request.h"

#include <memory>

#include "absl/base/attributes.h"
#include "absl/synchronization/mutex.h"
#include "core/status_macros.h"
#include "server/rpc/parse_request.h"

namespace annod {
namespace {

using google::protobuf::Message;

constexpr size_t kLargeBytes = 4 << 20;
ABSL_CONST_INIT absl::Mutex one_large(absl::kConstInit);

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

absl::Status CheckRequest(const grpc::ByteBuffer& buffer,
                          const google::protobuf::Descriptor* type,
                          int64_t room, const RequestCheck& check) {
  if (!buffer.Valid() || buffer.Length() <= kLargeBytes) {
    return ParseAndCheck(buffer, type, room, check);
  }
  absl::MutexLock lock(&one_large);
  return ParseAndCheck(buffer, type, room, check);
}

}  // namespace annod
