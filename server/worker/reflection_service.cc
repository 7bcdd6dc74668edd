#include "server/worker/reflection_service.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/message.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"
#include "server/rpc/parse_request.h"
#include "server/rpc/rpc_status.h"
#include "server/worker/calls/refusal.h"

namespace annod {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1::FileDescriptorResponse;
using grpc::reflection::v1::ServerReflectionRequest;
using grpc::reflection::v1::ServerReflectionResponse;

const DescriptorPool& Pool() { return *DescriptorPool::generated_pool(); }

// A file as it goes over the wire: made once, as making one takes longer than
// sending it.
const std::string& SerializedFile(const FileDescriptor& file) {
  static absl::Mutex mu;
  static auto* const files = new std::map<const FileDescriptor*, std::string>;
  absl::MutexLock lock(&mu);
  std::string& text = (*files)[&file];
  if (text.empty()) {
    google::protobuf::FileDescriptorProto proto;
    file.CopyTo(&proto);
    text = proto.SerializeAsString();
  }
  return text;
}

// Appends the file and all it imports, each once.
void AddFiles(const FileDescriptor& file, std::set<std::string>* seen,
              FileDescriptorResponse* response) {
  if (!seen->insert(file.name()).second) return;
  response->add_file_descriptor_proto(SerializedFile(file));
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddFiles(*file.dependency(i), seen, response);
  }
}

void SetNotFound(const std::string& what, ServerReflectionResponse* response) {
  response->mutable_error_response()->set_error_code(
      grpc::StatusCode::NOT_FOUND);
  response->mutable_error_response()->set_error_message(
      absl::StrCat(what, " is not known here"));
}

void SetFile(const FileDescriptor* file, const std::string& what,
             ServerReflectionResponse* response) {
  if (file == nullptr) return SetNotFound(what, response);
  std::set<std::string> seen;
  AddFiles(*file, &seen, response->mutable_file_descriptor_response());
}

constexpr char kReflectionMethod[] =
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
constexpr char kReflectionAlphaMethod[] =
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

using Bytes = grpc::ByteBuffer;

class Conversation final : public grpc::ServerBidiReactor<Bytes, Bytes>,
                           private UnsentAnswers::Holder {
 public:
  Conversation(const ReflectionService* service,
               grpc::CallbackServerContext* context, const char* method)
      : service_(*service), context_(context), method_(method) {
    auto caller = service_.access().Admit(*context, method_);
    if (!caller.ok()) {
      AddPushback(caller.status(), context_);
      Finish(ToGrpcStatus(caller.status()));
      return;
    }
    caller_ = *std::move(caller);
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    const absl::Status answered = AnswerRequest();
    if (!answered.ok()) {
      AddPushback(answered, context_);
      return Finish(ToGrpcStatus(answered));
    }
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    service_.unsent()->Taken(this, Size());
    if (!ok) return Finish(grpc::Status::CANCELLED);
    StartRead(&request_);
  }
  void OnDone() override {
    service_.unsent()->Drop(this);
    delete this;
  }

 private:
  absl::Status AnswerRequest() {
    ANNOD_RETURN_IF_ERROR(service_.access().Recheck(*caller_, method_));
    ServerReflectionRequest question;
    ANNOD_RETURN_IF_ERROR(ParseSmallRequest(request_, &question));
    SerializeResponse(service_.Answer(question), &response_);
    return service_.unsent()->Hold(this, Size());
  }
  int64_t Size() const { return static_cast<int64_t>(response_.Length()); }
  void Cancel() override { context_->TryCancel(); }

  const ReflectionService& service_;
  grpc::CallbackServerContext* const context_;
  const char* const method_;
  std::shared_ptr<const Caller> caller_;
  Bytes request_;
  Bytes response_;
};

}  // namespace

grpc::ServerBidiReactor<Bytes, Bytes>* ReflectionService::ServerReflectionInfo(
    grpc::CallbackServerContext* context) {
  return new Conversation(this, context, kReflectionMethod);
}

ReflectionAlphaService::ReflectionAlphaService(const ReflectionService* service)
    : service_(service) {
  // Nothing else needs its messages here: without this the linker leaves out
  // what they are described by.
  google::protobuf::LinkMessageReflection<
      grpc::reflection::v1alpha::ServerReflectionRequest>();
}

grpc::ServerBidiReactor<Bytes, Bytes>*
ReflectionAlphaService::ServerReflectionInfo(
    grpc::CallbackServerContext* context) {
  return new Conversation(service_, context, kReflectionAlphaMethod);
}

ServerReflectionResponse ReflectionService::Answer(
    const ServerReflectionRequest& request) const {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename: {
      const std::string& name = request.file_by_filename();
      SetFile(Pool().FindFileByName(name),
              absl::StrCat("the file '", Printable(name), "'"), &response);
      break;
    }
    case ServerReflectionRequest::kFileContainingSymbol: {
      const std::string& name = request.file_containing_symbol();
      SetFile(Pool().FindFileContainingSymbol(name),
              absl::StrCat("the name '", Printable(name), "'"), &response);
      break;
    }
    case ServerReflectionRequest::kFileContainingExtension: {
      const auto& wanted = request.file_containing_extension();
      const auto* type = Pool().FindMessageTypeByName(wanted.containing_type());
      const FieldDescriptor* field =
          type == nullptr
              ? nullptr
              : Pool().FindExtensionByNumber(type, wanted.extension_number());
      SetFile(field == nullptr ? nullptr : field->file(),
              absl::StrCat("extension ", wanted.extension_number(), " of '",
                           Printable(wanted.containing_type()), "'"),
              &response);
      break;
    }
    case ServerReflectionRequest::kAllExtensionNumbersOfType: {
      const std::string& name = request.all_extension_numbers_of_type();
      const auto* type = Pool().FindMessageTypeByName(name);
      if (type == nullptr) {
        SetNotFound(absl::StrCat("the message '", Printable(name), "'"),
                    &response);
        break;
      }
      std::vector<const FieldDescriptor*> extensions;
      Pool().FindAllExtensions(type, &extensions);
      auto* numbers = response.mutable_all_extension_numbers_response();
      numbers->set_base_type_name(name);
      for (const FieldDescriptor* field : extensions) {
        numbers->add_extension_number(field->number());
      }
      break;
    }
    case ServerReflectionRequest::kListServices:
      for (const std::string& name : services_) {
        response.mutable_list_services_response()->add_service()->set_name(
            name);
      }
      break;
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      response.mutable_error_response()->set_error_code(
          grpc::StatusCode::INVALID_ARGUMENT);
      response.mutable_error_response()->set_error_message(
          "the request asks for nothing");
      break;
  }
  return response;
}

}  // namespace annod
