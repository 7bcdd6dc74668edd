#include "client/load/connections.h"

namespace annod::load {

Connections::Connections(
    const std::vector<std::shared_ptr<grpc::Channel>>& channels,
    const std::vector<Request>* requests, size_t first_request)
    : requests_(requests), next_request_(first_request % requests->size()) {
  for (const std::shared_ptr<grpc::Channel>& channel : channels) {
    stubs_.push_back(std::make_unique<grpc::GenericStub>(channel));
  }
}

Connections::~Connections() {
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) {
  }
}

const Request* Connections::NextRequest() {
  const Request* const request = &(*requests_)[next_request_];
  next_request_ = (next_request_ + 1) % requests_->size();
  return request;
}

grpc::GenericStub* Connections::NextStub() {
  grpc::GenericStub* const next = stub(next_stub_);
  next_stub_ = (next_stub_ + 1) % stubs_.size();
  return next;
}

}  // namespace annod::load
