#ifndef ANNOD_TESTS_SERVER_TESTING_CALLS_H_
#define ANNOD_TESTS_SERVER_TESTING_CALLS_H_

#include <functional>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "tests/server/testing/cluster.h"

namespace annod {

// Calls as tests make them, each with a deadline.

// The ErrorInfo of a status; empty if it has none.
google::rpc::ErrorInfo ErrorInfoOf(const grpc::Status& status);
// "NOT_FOUND INDEX_NOT_FOUND: message", for failure messages.
std::string Describe(const grpc::Status& status);

// Components in [-1, 1), the same for the same seed.
std::vector<float> RandomVector(int dim, uint64_t seed);
// The same as an index of that metric takes it: for hamming 1 above 0.5, else
// 0.
std::vector<float> RandomVector(int dim, uint64_t seed, v1::Metric metric);
void SetVector(const std::vector<float>& values, v1::FloatVector* vector);
std::string BytesOf(const std::vector<float>& values);

grpc::Status CreateIndex(Cluster* cluster, const std::string& index, int dim,
                         v1::Metric metric);
// Adds `count` items with ids from `first_id`, labels "item-<id>" and the
// vectors RandomVector(dim, id, metric).
grpc::Status AddRandomItems(Cluster* cluster, const std::string& index, int dim,
                            int first_id, int count,
                            v1::Metric metric = v1::METRIC_EUCLIDEAN);
// Builds; `responses`, if not null, gets all that were sent.
grpc::Status Build(Cluster* cluster, const v1::BuildRequest& request,
                   std::vector<v1::BuildResponse>* responses);
grpc::Status Build(Cluster* cluster, const std::string& index);

grpc::Status Info(Cluster* cluster, const std::string& index,
                  v1::IndexInfo* info);
grpc::Status GetNns(Cluster* cluster, const v1::GetNnsRequest& request,
                    v1::GetNnsResponse* response);
v1::GetNnsRequest ItemQuery(const std::string& index, int item, int n);

}  // namespace annod

#endif  // ANNOD_TESTS_SERVER_TESTING_CALLS_H_
