#ifndef ANNOD_TESTS_E2E_RAW_CALL_H_
#define ANNOD_TESTS_E2E_RAW_CALL_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "nlohmann/json.hpp"

// Calls of any method by its name, and the logs about them.
namespace annod::testing {

struct Answer {
  grpc::Status status;
  std::string request_id;  // that of the trailing metadata
};

// A call of any kind, "/annod.v1.IndexService/Info": one request, which ends
// what the caller sends.
Answer RawCall(const std::shared_ptr<grpc::Channel>& channel,
               const std::string& path,
               const google::protobuf::Message& request,
               const std::map<std::string, std::string>& metadata);

// Those of IndexService, AdminService and ReplicationService.
std::vector<const google::protobuf::MethodDescriptor*> AllMethods();
std::string PathOf(const google::protobuf::MethodDescriptor& method);
// A request that names `index` and says nothing else.
std::unique_ptr<google::protobuf::Message> RequestOf(
    const google::protobuf::MethodDescriptor& method, const std::string& index);

// The lines of a log in JSON; one that is none fails the test. Left out are
// a last line that is still being written, and what annod says on standard
// output.
std::vector<nlohmann::json> LinesOf(std::string text);

// The last line of `text()` that has these values; null if none comes.
nlohmann::json AwaitLine(const std::function<std::string()>& text,
                         const nlohmann::json& wanted);

// The bytes of a file; none if it cannot be read.
std::string FileText(const std::string& path);

}  // namespace annod::testing

#endif  // ANNOD_TESTS_E2E_RAW_CALL_H_
