#ifndef ANNOD_SERVER_ACCESS_QUOTA_METADATA_H_
#define ANNOD_SERVER_ACCESS_QUOTA_METADATA_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "server/access/caller.h"

namespace annod {

// Quotas that only the writer can hold somebody to, for it alone knows all that
// is stored. Workers tell it of them in the metadata of each call that they
// pass on, over the socket between them.
struct StoredQuotas {
  std::string identity;              // empty: nothing is bounded
  std::vector<std::string> indexes;  // patterns of the indexes that count
  int64_t max_indexes = 0;           // 0: no bound
  int64_t max_items = 0;
};

// What goes with a call of this caller; empty if nothing is bounded.
std::vector<std::pair<std::string, std::string>> QuotasForWriter(
    const Caller& caller);

// Those that came with a call from a worker.
StoredQuotas QuotasOf(const grpc::ServerContextBase& context);

}  // namespace annod

#endif  // ANNOD_SERVER_ACCESS_QUOTA_METADATA_H_
