#include "tests/client/fake_server.h"

#include <chrono>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace annod {

FakeServer::FakeServer(int port) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port),
                           grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(static_cast<v1::IndexService::Service*>(this));
  builder.RegisterService(static_cast<v1::AdminService::Service*>(this));
  builder.RegisterService(
      static_cast<grpc::health::v1::Health::Service*>(this));
  server_ = builder.BuildAndStart();
}

FakeServer::~FakeServer() {
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
}

std::string FakeServer::target() const {
  return absl::StrCat("127.0.0.1:", port_);
}

void FakeServer::Script(const std::string& method,
                        std::vector<grpc::Status> statuses) {
  absl::MutexLock lock(&mutex_);
  for (grpc::Status& status : statuses) {
    script_[method].push_back(std::move(status));
  }
}

int FakeServer::calls(const std::string& method) const {
  absl::MutexLock lock(&mutex_);
  const auto found = calls_.find(method);
  return found == calls_.end() ? 0 : found->second;
}

void FakeServer::Hang(const std::string& method) {
  absl::MutexLock lock(&mutex_);
  hang_[method] = true;
}

grpc::Status FakeServer::Error(
    grpc::StatusCode code, const std::string& message,
    const std::string& reason,
    const std::map<std::string, std::string>& metadata) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("annod");
  info.mutable_metadata()->insert(metadata.begin(), metadata.end());
  google::rpc::Status details;
  details.set_code(code);
  details.set_message(message);
  details.add_details()->PackFrom(info);
  return grpc::Status(code, message, details.SerializeAsString());
}

std::map<int32_t, v1::Item> FakeServer::items() const {
  absl::MutexLock lock(&mutex_);
  return items_;
}

void FakeServer::BreakAddItemsAfter(std::deque<int> message_counts) {
  absl::MutexLock lock(&mutex_);
  breaks_ = std::move(message_counts);
}

void FakeServer::BreakStreamsAfter(std::deque<int> answer_counts) {
  absl::MutexLock lock(&mutex_);
  stream_breaks_ = std::move(answer_counts);
}

void FakeServer::SetStreamFault(StreamFault fault) {
  absl::MutexLock lock(&mutex_);
  stream_fault_ = fault;
}

void FakeServer::SetSerialize(std::vector<v1::SerializeResponse> messages,
                              grpc::Status status) {
  absl::MutexLock lock(&mutex_);
  serialize_ = std::move(messages);
  serialize_status_ = std::move(status);
}

v1::GetNnsRequest FakeServer::last_query() const {
  absl::MutexLock lock(&mutex_);
  return last_query_;
}

void FakeServer::SetDimension(int dimension) {
  absl::MutexLock lock(&mutex_);
  dimension_ = dimension;
}

void FakeServer::SetVersionAfterBuilds(int builds, int64_t version) {
  absl::MutexLock lock(&mutex_);
  version_after_builds_ = builds;
  version_ = version;
}

void FakeServer::SetHealth(const std::string& service, bool serving) {
  absl::MutexLock lock(&mutex_);
  health_[service] = serving;
}

grpc::Status FakeServer::Check(
    grpc::ServerContext* context,
    const grpc::health::v1::HealthCheckRequest* request,
    grpc::health::v1::HealthCheckResponse* response) {
  using grpc::health::v1::HealthCheckResponse;
  absl::MutexLock lock(&mutex_);
  const auto found = health_.find(request->service());
  if (found == health_.end()) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "unknown service");
  }
  response->set_status(found->second ? HealthCheckResponse::SERVING
                                     : HealthCheckResponse::NOT_SERVING);
  return grpc::Status::OK;
}

grpc::Status FakeServer::Begin(grpc::ServerContext* context,
                               const std::string& method) {
  absl::MutexLock lock(&mutex_);
  ++calls_[method];
  if (hang_[method]) {
    // No one signals: the condition is looked at again every 5 ms.
    absl::CondVar never;
    while (!context->IsCancelled()) {
      never.WaitWithTimeout(&mutex_, absl::Milliseconds(5));
    }
    return grpc::Status::CANCELLED;
  }
  std::deque<grpc::Status>& script = script_[method];
  if (script.empty()) return grpc::Status::OK;
  grpc::Status status = script.front();
  script.pop_front();
  return status;
}

grpc::Status FakeServer::GetNns(grpc::ServerContext* context,
                                const v1::GetNnsRequest* request,
                                v1::GetNnsResponse* response) {
  grpc::Status status = Begin(context, "GetNns");
  if (!status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  last_query_ = *request;
  for (int i = 0; i < request->queries_size(); ++i) {
    v1::NeighborList* list = response->add_results();
    list->add_ids(i);
    list->add_distances(i + 0.5f);
    list->add_labels(absl::StrCat("label", i));
    list->set_truncated(true);
    if (request->include_vectors()) {
      const float vector[] = {1.5f, -2};
      list->set_vectors(vector, sizeof(vector));
    }
  }
  response->set_version(3);
  response->set_engine(v1::ENGINE_FOREST);
  response->set_search_k(120);
  response->mutable_cost()->set_node_count(7);
  return grpc::Status::OK;
}

grpc::Status FakeServer::GetNnsStream(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::GetNnsStreamResponse, v1::GetNnsStreamRequest>*
        stream) {
  const grpc::Status begun = Begin(context, "GetNnsStream");
  if (!begun.ok()) return begun;
  int left = -1;  // answers; without a limit if negative
  StreamFault fault;
  {
    absl::MutexLock lock(&mutex_);
    fault = stream_fault_;
    if (!stream_breaks_.empty()) {
      left = stream_breaks_.front();
      stream_breaks_.pop_front();
    }
  }
  v1::GetNnsStreamRequest request;
  while (left != 0 && stream->Read(&request)) {
    if (fault == StreamFault::kEndsEarly) return grpc::Status::OK;
    v1::GetNnsStreamResponse response;
    const grpc::Status status =
        GetNns(context, &request.request(), response.mutable_response());
    if (!status.ok()) return status;
    if (fault == StreamFault::kLacksAResult) {
      response.mutable_response()->mutable_results()->RemoveLast();
    }
    stream->Write(response);
    if (fault == StreamFault::kAnswersTwice) stream->Write(response);
    --left;
  }
  return left == 0 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "worker died")
                   : grpc::Status::OK;
}

grpc::Status FakeServer::GetItems(grpc::ServerContext* context,
                                  const v1::GetItemsRequest* request,
                                  v1::GetItemsResponse* response) {
  grpc::Status status = Begin(context, "GetItems");
  if (!status.ok()) return status;
  const auto add = [response](int32_t id, const std::string& label) {
    v1::StoredItem* item = response->add_items();
    item->set_id(id);
    const float vector[] = {static_cast<float>(id), 0.5f};
    item->set_vector_bytes(vector, sizeof(vector));
    item->set_label(label);
  };
  for (const int32_t id : request->ids()) add(id, "");
  for (const std::string& label : request->labels()) add(7, label);
  response->set_version(request->include_staged() ? 4 : 3);
  return grpc::Status::OK;
}

grpc::Status FakeServer::GetDistance(grpc::ServerContext* context,
                                     const v1::GetDistanceRequest* request,
                                     v1::GetDistanceResponse* response) {
  grpc::Status status = Begin(context, "GetDistance");
  if (!status.ok()) return status;
  response->set_distance(static_cast<float>(10 * request->i() + request->j()));
  return grpc::Status::OK;
}

grpc::Status FakeServer::Info(grpc::ServerContext* context,
                              const v1::InfoRequest* request,
                              v1::InfoResponse* response) {
  response->mutable_info()->set_index(request->index());
  response->mutable_info()->set_item_count(42);
  {
    absl::MutexLock lock(&mutex_);
    response->mutable_info()->set_dimension(dimension_);
    if (calls_["Build"] >= version_after_builds_) {
      response->mutable_info()->set_version(version_);
    }
  }
  return Begin(context, "Info");
}

grpc::Status FakeServer::ListIndexes(grpc::ServerContext* context,
                                     const v1::ListIndexesRequest* request,
                                     v1::ListIndexesResponse* response) {
  response->add_indexes()->set_index("a");
  response->add_indexes()->set_index("b");
  return Begin(context, "ListIndexes");
}

grpc::Status FakeServer::CreateIndex(grpc::ServerContext* context,
                                     const v1::CreateIndexRequest* request,
                                     v1::CreateIndexResponse* response) {
  response->mutable_info()->set_index(request->index());
  response->mutable_info()->set_dimension(request->dimension());
  response->mutable_info()->set_metric(request->metric());
  return Begin(context, "CreateIndex");
}

grpc::Status FakeServer::AddItem(grpc::ServerContext* context,
                                 const v1::AddItemRequest* request,
                                 v1::AddItemResponse* response) {
  grpc::Status status = Begin(context, "AddItem");
  if (!status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  for (const v1::Item& item : request->items()) {
    const int32_t id = item.has_id() ? item.id() : 1000;
    items_[id] = item;
    response->add_ids(id);
  }
  return grpc::Status::OK;
}

grpc::Status FakeServer::RemoveItems(grpc::ServerContext* context,
                                     const v1::RemoveItemsRequest* request,
                                     v1::RemoveItemsResponse* response) {
  grpc::Status status = Begin(context, "RemoveItems");
  if (!status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  int64_t count = 0;
  for (const int32_t id : request->ids()) {
    if (items_.erase(id) > 0) {
      ++count;
    } else {
      response->add_missing_ids(id);
    }
  }
  for (const std::string& label : request->labels()) {
    const size_t before = items_.size();
    for (auto it = items_.begin(); it != items_.end();) {
      it = it->second.label() == label ? items_.erase(it) : std::next(it);
    }
    count += static_cast<int64_t>(before - items_.size());
    if (before == items_.size()) response->add_missing_labels(label);
  }
  response->set_removed_count(count);
  return grpc::Status::OK;
}

grpc::Status FakeServer::AddItems(
    grpc::ServerContext* context,
    grpc::ServerReader<v1::AddItemsRequest>* reader,
    v1::AddItemsResponse* response) {
  grpc::Status status = Begin(context, "AddItems");
  if (!status.ok()) return status;
  int break_after = -1;
  {
    absl::MutexLock lock(&mutex_);
    if (!breaks_.empty()) {
      break_after = breaks_.front();
      breaks_.pop_front();
    }
  }
  std::vector<v1::Item> items;
  v1::AddItemsRequest message;
  for (int count = 0; reader->Read(&message); ++count) {
    if (count == break_after) break;
    items.insert(items.end(), message.items().begin(), message.items().end());
  }
  if (break_after >= 0) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "worker died");
  }
  response->set_first_id(-1);
  response->set_last_id(-1);
  absl::MutexLock lock(&mutex_);
  for (const v1::Item& item : items) {
    items_[item.id()] = item;
    if (response->added_count() == 0) response->set_first_id(item.id());
    response->set_last_id(item.id());
    response->set_added_count(response->added_count() + 1);
  }
  return grpc::Status::OK;
}

template <typename Response>
grpc::Status FakeServer::SendBuild(grpc::ServerContext* context,
                                   const std::string& method, int tree_count,
                                   grpc::ServerWriter<Response>* writer) {
  const int call = calls(method);
  Response response;
  response.mutable_progress()->set_phase(v1::BUILD_PHASE_TREES);
  response.mutable_progress()->set_fraction_done(0.25 * (call + 1));
  writer->Write(response);
  grpc::Status status = Begin(context, method);
  if (!status.ok()) return status;
  response.mutable_progress()->set_fraction_done(1);
  response.mutable_result()->set_version(9);
  response.mutable_result()->set_tree_count(tree_count);
  writer->Write(response);
  return grpc::Status::OK;
}

grpc::Status FakeServer::Build(grpc::ServerContext* context,
                               const v1::BuildRequest* request,
                               grpc::ServerWriter<v1::BuildResponse>* writer) {
  return SendBuild(context, "Build", request->tree_count(), writer);
}

grpc::Status FakeServer::Rebuild(
    grpc::ServerContext* context, const v1::RebuildRequest* request,
    grpc::ServerWriter<v1::RebuildResponse>* writer) {
  return SendBuild(context, "Rebuild", request->tree_count(), writer);
}

grpc::Status FakeServer::Serialize(
    grpc::ServerContext* context, const v1::SerializeRequest* request,
    grpc::ServerWriter<v1::SerializeResponse>* writer) {
  grpc::Status status = Begin(context, "Serialize");
  if (!status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  for (const v1::SerializeResponse& message : serialize_) {
    writer->Write(message);
  }
  return serialize_status_;
}

grpc::Status FakeServer::DropIndex(grpc::ServerContext* context,
                                   const v1::DropIndexRequest* request,
                                   v1::DropIndexResponse* response) {
  return Begin(context, "DropIndex");
}

}  // namespace annod
