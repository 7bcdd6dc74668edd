#include "server/access/named_indexes.h"

#include "google/protobuf/descriptor.h"

namespace annod {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void Collect(const Message& message, std::vector<std::string>* names) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* const field = type.field(i);
    if (field->is_repeated()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (reflection.HasField(message, field)) {
        Collect(reflection.GetMessage(message, field), names);
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
               (field->name() == "index" || field->name() == "target_index")) {
      std::string name = reflection.GetString(message, field);
      if (!name.empty()) names->push_back(std::move(name));
    }
  }
}

}  // namespace

std::vector<std::string> IndexesNamedIn(const Message& request) {
  std::vector<std::string> names;
  Collect(request, &names);
  if (names.empty() &&
      request.GetDescriptor()->full_name() == "annod.v1.ReloadRequest") {
    names.emplace_back("*");
  }
  return names;
}

}  // namespace annod
