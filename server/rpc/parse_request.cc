#include "server/rpc/parse_request.h"

#include <climits>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "grpc/slice.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/proto_buffer_writer.h"
#include "server/rpc/errors.h"
#include "server/rpc/memory_check.h"

namespace annod {
namespace {

constexpr size_t kMaxSmallBytes = 64 << 10;

absl::Status Parse(const grpc::ByteBuffer& buffer,
                   google::protobuf::Message* request, int64_t room) {
  ANNOD_RETURN_IF_ERROR(
      CheckParseCost(buffer, *request->GetDescriptor(), room));
  bool parsed = false;
  grpc::Slice whole;
  if (!buffer.Valid()) {
    request->Clear();
  } else if (buffer.TrySingleSlice(&whole).ok() && whole.size() <= INT_MAX) {
    // Small messages come in one piece.
    parsed =
        request->ParseFromArray(whole.begin(), static_cast<int>(whole.size()));
  } else {
    grpc::ByteBuffer copy(buffer);  // shares the bytes; reading consumes it
    grpc::ProtoBufferReader reader(&copy);
    parsed = reader.status().ok() && request->ParseFromZeroCopyStream(&reader);
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

}  // namespace

absl::Status ParseRequest(const grpc::ByteBuffer& buffer,
                          google::protobuf::Message* request, int64_t room) {
  // A message takes several times its bytes.
  ANNOD_RETURN_IF_ERROR(CheckMemory());
  return Parse(buffer, request, room);
}

absl::Status ParseSmallRequest(const grpc::ByteBuffer& buffer,
                               google::protobuf::Message* request) {
  if (buffer.Valid() && buffer.Length() > kMaxSmallBytes) {
    return FieldError("request", absl::StrCat(buffer.Length(), " bytes"),
                      absl::StrCat("at most ", kMaxSmallBytes, " bytes"));
  }
  // Health is asked for most of all when memory is short.
  return Parse(buffer, request, kParseRoom);
}

void SerializeResponse(const google::protobuf::Message& response,
                       grpc::ByteBuffer* buffer) {
  constexpr size_t kBlockBytes = 1 << 20;
  const size_t bytes = response.ByteSizeLong();
  if (bytes <= kBlockBytes) {
    grpc_slice slice = grpc_slice_malloc(bytes);
    response.SerializeWithCachedSizesToArray(GRPC_SLICE_START_PTR(slice));
    const grpc::Slice whole(slice, grpc::Slice::STEAL_REF);
    *buffer = grpc::ByteBuffer(&whole, 1);
    return;
  }
  grpc::ProtoBufferWriter writer(buffer, kBlockBytes, static_cast<int>(bytes));
  // Cannot fail: memory is the only thing it needs.
  response.SerializeToZeroCopyStream(&writer);
}

}  // namespace annod
