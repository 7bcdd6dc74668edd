// Asks an annod by stubs made of the protos: TLS, a token, a deadline, repeats,
// several servers.
//
//   neighbors CA TOKEN_FILE TARGET INDEX LABEL [SERVER_NAME]
//
// TARGET is a name with an address for each server
// ("dns:///annod.example:7077"), or a list
// ("ipv4:10.0.0.1:7077,10.0.0.2:7077"); SERVER_NAME is the name in the
// certificate, if TARGET is of addresses. Made by hand, without Bazel:
//
//   protoc -I proto --cpp_out=gen --grpc_out=gen
//     --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin proto/annod/v1/*.proto
//   g++ -std=c++17 -Igen examples/clients/cpp/neighbors.cc gen/annod/v1/*.cc
//     $(pkg-config --cflags --libs grpc++ protobuf) -o neighbors
//
// (two commands of two lines each).

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "annod/v1/index_service.grpc.pb.h"

namespace {

// Calls go round the servers. One that a server could not take, or refused for
// having too much to do, is made again, after the time that it told
// (docs/load_balancing.md).
constexpr char kServiceConfig[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{"service": "annod.v1.IndexService", "method": "GetNnsStream"}]
  }, {
    "name": [{"service": "annod.v1.IndexService"}],
    "retryPolicy": {
      "maxAttempts": 5,
      "initialBackoff": "0.02s",
      "maxBackoff": "0.5s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"]
    }
  }],
  "retryThrottling": {"maxTokens": 1000, "tokenRatio": 0.5}
})";

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

// A channel to keep: it holds a connection to each server and makes lost ones
// again.
std::shared_ptr<grpc::Channel> Connect(const std::string& target,
                                       const char* ca, const char* token_file,
                                       const char* server_name) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadFile(ca);
  const auto credentials = grpc::CompositeChannelCredentials(
      grpc::SslCredentials(tls),
      grpc::AccessTokenCredentials(Trimmed(ReadFile(token_file))));
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  if (server_name != nullptr) {
    arguments.SetSslTargetNameOverride(server_name);
  }
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6 && argc != 7) {
    std::cerr << "usage: " << argv[0]
              << " CA TOKEN_FILE TARGET INDEX LABEL [SERVER_NAME]\n";
    return 2;
  }
  const auto stub = annod::v1::IndexService::NewStub(
      Connect(argv[3], argv[1], argv[2], argc == 7 ? argv[6] : nullptr));

  annod::v1::GetNnsRequest request;
  request.set_index(argv[4]);
  request.add_queries()->set_label(argv[5]);
  request.set_n(5);
  request.set_include_labels(true);
  request.set_include_distances(true);

  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(5));
  annod::v1::GetNnsResponse answer;
  const grpc::Status status = stub->GetNns(&context, request, &answer);
  if (!status.ok()) {
    std::cerr << "code " << status.error_code() << ": "
              << status.error_message() << "\n";
    return 1;
  }
  const annod::v1::NeighborList& found = answer.results(0);
  std::cout << std::fixed << std::setprecision(4);
  for (int i = 0; i < found.labels_size(); ++i) {
    std::cout << found.labels(i) << " " << found.distances(i) << "\n";
  }
}
