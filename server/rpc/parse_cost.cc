#include "server/rpc/parse_cost.h"

#include <algorithm>
#include <climits>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

// Bytes that parts of a message take in memory, rounded up, arrays that grow by
// doubling included.
constexpr int64_t kMessageBytes = 64;
constexpr int64_t kBytesPerField = 8;
constexpr int64_t kStringBytes = 48;
constexpr int64_t kUnknownBytes = 48;
constexpr int64_t kNumberBytes = 8;
constexpr int64_t kLongNumberBytes = 16;
// A byte on the wire takes no more than this: a message in two bytes.
constexpr int64_t kMostPerByte = 100;
// Of an item or a query with all its parts.
constexpr int64_t kElementBytes = 512;
constexpr int64_t kBytesPerByte = 2;
constexpr int kMaxDepth = 100;  // the parser's

int64_t NumberBytes(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return kLongNumberBytes;
    default:
      return kNumberBytes;
  }
}

bool IsFixed(const FieldDescriptor& field) {
  const auto type = WireFormatLite::WireTypeForFieldType(
      static_cast<WireFormatLite::FieldType>(field.type()));
  return type == WireFormatLite::WIRETYPE_FIXED32 ||
         type == WireFormatLite::WIRETYPE_FIXED64;
}

// Walks through the bytes of one message.
class Scan {
 public:
  Scan(CodedInputStream* input, int64_t budget)
      : input_(input), left_(budget) {}

  // False at the end of what is to be looked at: too dear, or malformed.
  // `type` is null for a group that is not known.
  bool Message(const Descriptor* type, int depth) {
    if (depth > kMaxDepth) return false;
    while (const uint32_t tag = input_->ReadTag()) {
      if (WireFormatLite::GetTagWireType(tag) ==
          WireFormatLite::WIRETYPE_END_GROUP) {
        return type == nullptr;
      }
      const FieldDescriptor* const field =
          type == nullptr
              ? nullptr
              : type->FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
      if (!Field(WireFormatLite::GetTagWireType(tag), field, depth) ||
          left_ < 0) {
        return false;
      }
    }
    return true;
  }

  bool is_too_dear() const { return left_ < 0; }

 private:
  bool Field(WireFormatLite::WireType wire, const FieldDescriptor* field,
             int depth) {
    left_ -= field == nullptr ? kUnknownBytes : NumberBytes(*field);
    uint64_t number;
    uint32_t length;
    switch (wire) {
      case WireFormatLite::WIRETYPE_VARINT:
        return input_->ReadVarint64(&number);
      case WireFormatLite::WIRETYPE_FIXED64:
        return input_->Skip(sizeof(uint64_t));
      case WireFormatLite::WIRETYPE_FIXED32:
        return input_->Skip(sizeof(uint32_t));
      case WireFormatLite::WIRETYPE_START_GROUP:
        left_ -= kMessageBytes;
        return Message(nullptr, depth + 1);
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
        return input_->ReadVarint32(&length) && length <= INT_MAX &&
               Delimited(field, static_cast<int>(length), depth);
      default:
        return false;
    }
  }

  bool Delimited(const FieldDescriptor* field, int length, int depth) {
    if (field == nullptr) {
      left_ -= kStringBytes;
      return input_->Skip(length);
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const Descriptor* const type = field->message_type();
      left_ -= kMessageBytes + kBytesPerField * type->field_count();
      const CodedInputStream::Limit limit = input_->PushLimit(length);
      const bool whole = Message(type, depth + 1);
      input_->PopLimit(limit);
      return whole;
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      left_ -= kStringBytes;
      return input_->Skip(length);
    }
    if (IsFixed(*field)) return input_->Skip(length);
    return Numbers(length, NumberBytes(*field));
  }

  // Packed varints: each ends with a byte below 128.
  bool Numbers(int length, int64_t each) {
    while (length > 0) {
      const void* data;
      int size;
      if (!input_->GetDirectBufferPointer(&data, &size)) return false;
      size = std::min(size, length);
      const auto* const bytes = static_cast<const uint8_t*>(data);
      left_ -= each * std::count_if(bytes, bytes + size,
                                    [](uint8_t byte) { return byte < 0x80; });
      if (left_ < 0 || !input_->Skip(size)) return false;
      length -= size;
    }
    return true;
  }

  CodedInputStream* const input_;
  int64_t left_;
};

}  // namespace

int64_t ParseRoom(const Limits& limits) {
  return std::max(kParseRoom,
                  kElementBytes * std::max(limits.max_items_per_call,
                                           limits.max_queries_per_call));
}

absl::Status CheckParseCost(const grpc::ByteBuffer& buffer,
                            const Descriptor& type, int64_t room) {
  if (!buffer.Valid()) return absl::OkStatus();
  const auto bytes = static_cast<int64_t>(buffer.Length());
  if (bytes <= room / kMostPerByte) return absl::OkStatus();
  const int64_t budget = room + kBytesPerByte * bytes;
  grpc::ByteBuffer copy(buffer);  // shares the bytes; reading consumes it
  grpc::ProtoBufferReader reader(&copy);
  if (!reader.status().ok()) return absl::OkStatus();
  CodedInputStream input(&reader);
  Scan scan(&input, budget);
  scan.Message(&type, 0);
  if (!scan.is_too_dear()) return absl::OkStatus();
  return FieldError(
      "request", absl::StrCat(bytes, " bytes with very many elements"),
      absl::StrCat("a message that takes at most ", budget, " bytes in memory"),
      absl::StrCat("the request of ", bytes,
                   " bytes holds so many elements that it would take more "
                   "than ",
                   budget, " bytes in memory; send fewer at a time"));
}

}  // namespace annod
