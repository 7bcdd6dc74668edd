#ifndef ANNOD_TESTS_SERVER_TESTING_ACCESS_H_
#define ANNOD_TESTS_SERVER_TESTING_ACCESS_H_

#include <memory>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"

namespace annod {

// An access file for a test, and calls made with its tokens.

// The token of a name, always the same: "annod_" and the name, filled up.
std::string TokenFor(const std::string& name);

// `{"name": NAME, "role": ROLE, "token_sha256": [...]` of TokenFor(name), with
// further `fields` as in `"indexes": ["a"]`.
std::string IdentityJson(const std::string& name, const std::string& role,
                         const std::string& fields = "");

// Replaces the file atomically by one of these identities, joined by commas.
void WriteAccessFile(const std::string& path, const std::string& identities);

// A context with a deadline that sends a token, none if it is empty.
std::unique_ptr<grpc::ClientContext> ContextWith(const std::string& token);

// Makes one call of any method with one request, whatever kind it is, and
// returns how it ended. An `authorization` that is not empty is sent as it is.
grpc::Status CallOnce(const std::shared_ptr<grpc::Channel>& channel,
                      const google::protobuf::MethodDescriptor& method,
                      const google::protobuf::Message& request,
                      const std::string& authorization);

}  // namespace annod

#endif  // ANNOD_TESTS_SERVER_TESTING_ACCESS_H_
