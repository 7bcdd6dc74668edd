#include "server/worker/forwarded_request.h"

#include <memory>

#include "absl/base/attributes.h"
#include "absl/synchronization/mutex.h"
#include "core/status_macros.h"
#include "google/protobuf/message.h"
#include "server/rpc/parse_request.h"

namespace annod {
namespace {

using google::protobuf::Message;

constexpr size_t kLargeBytes = 4 << 20;
ABSL_CONST_INIT absl::Mutex one_large(absl::kConstInit);

absl::Status Check(const grpc::ByteBuffer& buffer,
                   const google::protobuf::Descriptor* type, int64_t room,
                   std::string* index) {
  const std::unique_ptr<Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(type)
          ->New());
  ANNOD_RETURN_IF_ERROR(ParseRequest(buffer, message.get(), room));
  const auto* const field = type->FindFieldByName("index");
  if (field != nullptr) {
    *index = message->GetReflection()->GetString(*message, field);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRequest(const grpc::ByteBuffer& buffer,
                          const google::protobuf::Descriptor* type,
                          int64_t room, std::string* index) {
  if (!buffer.Valid() || buffer.Length() <= kLargeBytes) {
    return Check(buffer, type, room, index);
  }
  absl::MutexLock lock(&one_large);
  return Check(buffer, type, room, index);
}

}  // namespace annod
