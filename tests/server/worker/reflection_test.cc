// Everything a server lists by reflection can be described by reflection alone:
// what command-line clients without our protos need.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "annod/v1/replication_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

using testing::UnorderedElementsAre;

struct V1 {
  using Service = grpc::reflection::v1::ServerReflection;
  using Request = grpc::reflection::v1::ServerReflectionRequest;
  using Response = grpc::reflection::v1::ServerReflectionResponse;
};
struct V1Alpha {
  using Service = grpc::reflection::v1alpha::ServerReflection;
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;
};

template <typename Version>
class ReflectionTest : public testing::Test {
 protected:
  using ServerReflection = typename Version::Service;
  using ServerReflectionRequest = typename Version::Request;
  using ServerReflectionResponse = typename Version::Response;

  ReflectionTest() : cluster_(/*workers=*/1) {
    cluster_.StartAll();
    stub_ = ServerReflection::NewStub(cluster_.NewChannel());
    stream_ = stub_->ServerReflectionInfo(context_.get());
  }

  ServerReflectionResponse AskAnything(const ServerReflectionRequest& request) {
    ServerReflectionResponse response;
    EXPECT_TRUE(stream_->Write(request));
    EXPECT_TRUE(stream_->Read(&response));
    return response;
  }
  ServerReflectionResponse Ask(const ServerReflectionRequest& request) {
    ServerReflectionResponse response = AskAnything(request);
    EXPECT_FALSE(response.has_error_response())
        << request.ShortDebugString() << ": "
        << response.error_response().error_message();
    return response;
  }

  // Loads the answered files and what they import into the pool.
  void Load(const ServerReflectionResponse& response) {
    for (const std::string& bytes :
         response.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      ASSERT_TRUE(file.ParseFromString(bytes));
      if (!loaded_.insert(file.name()).second) continue;
      for (const std::string& import : file.dependency()) {
        if (loaded_.count(import) > 0) continue;
        ServerReflectionRequest request;
        request.set_file_by_filename(import);
        Load(Ask(request));
      }
      EXPECT_NE(pool_.BuildFile(file), nullptr) << file.name();
    }
  }

  Cluster cluster_;
  std::unique_ptr<typename ServerReflection::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_ = Context();
  std::unique_ptr<grpc::ClientReaderWriter<ServerReflectionRequest,
                                           ServerReflectionResponse>>
      stream_;
  google::protobuf::DescriptorPool pool_;
  std::set<std::string> loaded_;
};

using Versions = testing::Types<V1, V1Alpha>;
TYPED_TEST_SUITE(ReflectionTest, Versions);

TYPED_TEST(ReflectionTest, DescribesEverythingItLists) {
  using ServerReflectionRequest = typename TypeParam::Request;
  using ServerReflectionResponse = typename TypeParam::Response;
  v1::FetchVersionRequest::descriptor();  // or the program would not have it
  ServerReflectionRequest list;
  list.set_list_services("");
  const ServerReflectionResponse response = this->Ask(list);
  std::vector<std::string> names;
  for (const auto& service : response.list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_THAT(names, UnorderedElementsAre(
                         "annod.v1.AdminService", "annod.v1.IndexService",
                         "annod.v1.ReplicationService", "grpc.health.v1.Health",
                         "grpc.reflection.v1.ServerReflection",
                         "grpc.reflection.v1alpha.ServerReflection"));
  for (const std::string& name : names) {
    ServerReflectionRequest request;
    request.set_file_containing_symbol(name);
    this->Load(this->Ask(request));
    const auto* service = this->pool_.FindServiceByName(name);
    ASSERT_NE(service, nullptr) << name;
    const auto* compiled =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            name);
    ASSERT_NE(compiled, nullptr) << name;
    EXPECT_EQ(service->method_count(), compiled->method_count()) << name;
  }
}

TYPED_TEST(ReflectionTest, TellsWhatIsNotKnown) {
  using ServerReflectionRequest = typename TypeParam::Request;
  const auto code = [this](const ServerReflectionRequest& request) {
    return this->AskAnything(request).error_response().error_code();
  };
  ServerReflectionRequest request;
  EXPECT_EQ(code(request), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_file_by_filename("no/such.proto");
  EXPECT_EQ(code(request), grpc::StatusCode::NOT_FOUND);
  request.set_file_containing_symbol("annod.v1.Nothing");
  EXPECT_EQ(code(request), grpc::StatusCode::NOT_FOUND);
  request.set_all_extension_numbers_of_type("annod.v1.Nothing");
  EXPECT_EQ(code(request), grpc::StatusCode::NOT_FOUND);
  auto* const extension = request.mutable_file_containing_extension();
  extension->set_containing_type("annod.v1.Nothing");
  extension->set_extension_number(7);
  EXPECT_EQ(code(request), grpc::StatusCode::NOT_FOUND);
  request.mutable_file_containing_extension()->set_containing_type(
      "annod.v1.Query");
  EXPECT_EQ(code(request), grpc::StatusCode::NOT_FOUND);
  // A message without extensions is known.
  request.set_all_extension_numbers_of_type("annod.v1.Query");
  const auto known = this->Ask(request).all_extension_numbers_response();
  EXPECT_EQ(known.base_type_name(), "annod.v1.Query");
  EXPECT_EQ(known.extension_number_size(), 0);
}

}  // namespace
}  // namespace annod
