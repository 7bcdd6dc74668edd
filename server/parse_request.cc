#include "server/parse_request.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/proto_buffer_writer.h"
#include "server/errors.h"

namespace annod {

absl::Status ParseRequest(const grpc::ByteBuffer& buffer,
                          google::protobuf::Message* request) {
  grpc::ByteBuffer copy(buffer);  // shares the bytes; reading consumes it
  bool parsed = copy.Valid();
  if (parsed) {
    grpc::ProtoBufferReader reader(&copy);
    parsed = reader.status().ok() && request->ParseFromZeroCopyStream(&reader);
  } else {
    request->Clear();
  }
  if (parsed) return absl::OkStatus();
  const std::string size =
      absl::StrCat(buffer.Valid() ? buffer.Length() : 0, " bytes");
  const std::string limit = absl::StrCat(
      "a serialised ", request->GetTypeName(), " whose strings are UTF-8");
  return FieldError("request", size, limit,
                    absl::StrCat("the request of ", size,
                                 " does not parse; it must be ", limit));
}

void SerializeResponse(const google::protobuf::Message& response,
                       grpc::ByteBuffer* buffer) {
  constexpr int kBlockBytes = 1 << 20;  // at most; small answers take less
  grpc::ProtoBufferWriter writer(buffer, kBlockBytes,
                                 static_cast<int>(response.ByteSizeLong()));
  // Cannot fail: memory is the only thing it needs.
  response.SerializeToZeroCopyStream(&writer);
}

}  // namespace annod
