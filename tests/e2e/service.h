#ifndef ANNOD_TESTS_E2E_SERVICE_H_
#define ANNOD_TESTS_E2E_SERVICE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/client.h"

// Small steps that the end-to-end tests share.
namespace annod::testing {

inline constexpr int kTestDim = 16;

// The vector of an item in these tests: a function of its id, all distinct.
std::vector<float> VectorOf(int32_t id, int dim = kTestDim);

// A client of `address`; fails the process if its options are refused.
std::unique_ptr<Client> MakeClient(const std::string& address);

// Creates a euclidean index of kTestDim dimensions.
absl::Status CreateTestIndex(Client* client, const std::string& index);

// Stores ids [first, first + count) with their VectorOf.
absl::Status AddTestItems(Client* client, const std::string& index,
                          int32_t first, int32_t count);

// Asks exactly for the nearest neighbour of each id's vector and returns the
// ids that are not there with distance 0.
absl::StatusOr<std::vector<int32_t>> MissingItems(
    Client* client, const std::string& index, const std::vector<int32_t>& ids);

}  // namespace annod::testing

#endif  // ANNOD_TESTS_E2E_SERVICE_H_
