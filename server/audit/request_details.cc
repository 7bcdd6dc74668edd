#include "server/audit/request_details.h"

#include <algorithm>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Fields of AdminService's requests. A field that is not here is not logged.
constexpr absl::string_view kCounted[] = {"items", "rows", "ids", "labels"};
constexpr absl::string_view kTold[] = {
    "target_index", "path",       "version",       "format",   "metric",
    "dimension",    "tree_count", "lease_seconds", "row_count"};

template <size_t kCount>
bool IsIn(const absl::string_view (&names)[kCount], absl::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

LogValue ValueOf(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return int64_t{reflection.GetInt32(message, &field)};
    case FieldDescriptor::CPPTYPE_INT64:
      return int64_t{reflection.GetInt64(message, &field)};
    case FieldDescriptor::CPPTYPE_ENUM:
      return Printable(reflection.GetEnum(message, &field)->name());
    case FieldDescriptor::CPPTYPE_STRING:
      return Printable(
          reflection.GetString(message, &field),
          field.name() == "path" ? kMaxPrintedPathBytes : kMaxPrintedBytes);
    default:
      return std::string("?");
  }
}

}  // namespace

void RequestDetails::Add(const Message& request) {
  const Reflection& reflection = *request.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(request, &set);
  for (const FieldDescriptor* field : set) {
    const std::string& name = field->name();
    if (field->is_repeated()) {
      if (IsIn(kCounted, name)) {
        counts_[name] += reflection.FieldSize(request, field);
      }
    } else if (name == "index" && index_.empty()) {
      index_ = Printable(reflection.GetString(request, field));
    } else if (messages_ == 0 && IsIn(kTold, name)) {
      settings_.emplace_back(name, ValueOf(request, *field));
    }
  }
  bytes_ += static_cast<int64_t>(request.ByteSizeLong());
  ++messages_;
}

void RequestDetails::AppendTo(LogFields* fields) const {
  fields->insert(fields->end(), settings_.begin(), settings_.end());
  for (const auto& [name, count] : counts_) fields->emplace_back(name, count);
  if (messages_ > 1) fields->emplace_back("messages", messages_);
  fields->emplace_back("request_bytes", bytes_);
}

}  // namespace annod
