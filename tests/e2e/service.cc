#include "tests/e2e/service.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "core/status_macros.h"

namespace annod::testing {

std::vector<float> VectorOf(int32_t id, int dim) {
  uint64_t state = static_cast<uint64_t>(id) * 0x9E3779B97F4A7C15u + 1;
  std::vector<float> vector(dim);
  for (float& component : vector) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    component =
        static_cast<float>(static_cast<int32_t>(state >> 40)) / (1 << 24);
  }
  vector[0] = static_cast<float>(id % 4096);
  vector[1] = static_cast<float>(id / 4096);
  return vector;
}

std::unique_ptr<Client> MakeClient(const std::string& address) {
  ClientOptions options;
  options.target = address;
  auto client = Client::Create(options);
  if (!client.ok()) {
    std::cerr << client.status() << std::endl;
    abort();
  }
  return *std::move(client);
}

absl::Status CreateTestIndex(Client* client, const std::string& index) {
  client::IndexSpec spec;
  spec.index = index;
  spec.dimension = kTestDim;
  spec.metric = v1::METRIC_EUCLIDEAN;
  spec.default_tree_count = 5;
  return client->CreateIndex(spec).status();
}

absl::Status AddTestItems(Client* client, const std::string& index,
                          int32_t first, int32_t count) {
  std::vector<client::Item> items;
  items.reserve(count);
  for (int32_t id = first; id < first + count; ++id) {
    items.push_back({id, VectorOf(id), ""});
  }
  return client->AddItem(index, items).status();
}

absl::StatusOr<std::vector<int32_t>> MissingItems(
    Client* client, const std::string& index, const std::vector<int32_t>& ids) {
  constexpr size_t kBatch = 512;
  std::vector<int32_t> missing;
  client::QueryOptions options;
  options.n = 1;
  options.engine = v1::ENGINE_EXACT;
  for (size_t from = 0; from < ids.size(); from += kBatch) {
    const size_t to = std::min(ids.size(), from + kBatch);
    std::vector<client::Query> queries;
    for (size_t i = from; i < to; ++i) {
      queries.push_back(client::Query::OfVector(VectorOf(ids[i])));
    }
    ANNOD_ASSIGN_OR_RETURN(const client::QueryResult answer,
                           client->GetNns(index, queries, options));
    for (size_t i = from; i < to; ++i) {
      const client::NeighborList& found = answer.results[i - from];
      if (found.ids.size() != 1 || found.ids[0] != ids[i] ||
          found.distances[0] != 0) {
        missing.push_back(ids[i]);
      }
    }
  }
  return missing;
}

}  // namespace annod::testing
