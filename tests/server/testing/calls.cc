#include "tests/server/testing/calls.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/status.pb.h"
#include "server/rpc/rpc_status.h"

namespace annod {

google::rpc::ErrorInfo ErrorInfoOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  details.ParseFromString(status.error_details());
  for (const auto& any : details.details()) {
    if (any.UnpackTo(&info)) return info;
  }
  return info;
}

std::string Describe(const grpc::Status& status) {
  return absl::StrCat(GrpcCodeName(status.error_code()), " ",
                      ErrorInfoOf(status).reason(), ": ",
                      status.error_message());
}

std::vector<float> RandomVector(int dim, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<float> values(dim);
  for (float& value : values) {
    value = static_cast<float>(random() >> 40) / (1 << 23) - 1;
  }
  return values;
}

std::vector<float> RandomVector(int dim, uint64_t seed, v1::Metric metric) {
  std::vector<float> values = RandomVector(dim, seed);
  if (metric == v1::METRIC_HAMMING) {
    for (float& value : values) value = value > 0.5f ? 1.0f : 0.0f;
  }
  return values;
}

void SetVector(const std::vector<float>& values, v1::FloatVector* vector) {
  vector->mutable_values()->Assign(values.begin(), values.end());
}

std::string BytesOf(const std::vector<float>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()),
                     values.size() * sizeof(float));
}

grpc::Status CreateIndex(Cluster* cluster, const std::string& index, int dim,
                         v1::Metric metric) {
  v1::CreateIndexRequest request;
  request.set_index(index);
  request.set_dimension(dim);
  request.set_metric(metric);
  v1::CreateIndexResponse response;
  return cluster->admin()->CreateIndex(Context().get(), request, &response);
}

grpc::Status AddRandomItems(Cluster* cluster, const std::string& index, int dim,
                            int first_id, int count, v1::Metric metric) {
  v1::AddItemRequest request;
  request.set_index(index);
  for (int id = first_id; id < first_id + count; ++id) {
    v1::Item* item = request.add_items();
    item->set_id(id);
    item->set_label(absl::StrCat("item-", id));
    item->set_vector_bytes(BytesOf(RandomVector(dim, id, metric)));
  }
  v1::AddItemResponse response;
  return cluster->admin()->AddItem(Context().get(), request, &response);
}

grpc::Status Build(Cluster* cluster, const v1::BuildRequest& request,
                   std::vector<v1::BuildResponse>* responses) {
  const auto context = Context();
  const auto reader = cluster->admin()->Build(context.get(), request);
  v1::BuildResponse response;
  while (reader->Read(&response)) {
    if (responses != nullptr) responses->push_back(response);
  }
  return reader->Finish();
}

grpc::Status Build(Cluster* cluster, const std::string& index) {
  v1::BuildRequest request;
  request.set_index(index);
  request.set_tree_count(10);
  return Build(cluster, request, nullptr);
}

grpc::Status Info(Cluster* cluster, const std::string& index,
                  v1::IndexInfo* info) {
  v1::InfoRequest request;
  request.set_index(index);
  v1::InfoResponse response;
  const grpc::Status status =
      cluster->index()->Info(Context().get(), request, &response);
  *info = response.info();
  return status;
}

grpc::Status GetNns(Cluster* cluster, const v1::GetNnsRequest& request,
                    v1::GetNnsResponse* response) {
  return cluster->index()->GetNns(Context().get(), request, response);
}

v1::GetNnsRequest ItemQuery(const std::string& index, int item, int n) {
  v1::GetNnsRequest request;
  request.set_index(index);
  request.add_queries()->set_item(item);
  request.set_n(n);
  return request;
}

}  // namespace annod
