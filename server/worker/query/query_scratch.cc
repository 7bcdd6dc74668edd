#include "server/worker/query/query_scratch.h"

#include <random>

namespace annod {
namespace {

// Neighbours whose memory is kept.
constexpr size_t kKeptNeighbors = 1 << 16;

}  // namespace

QueryScratch::QueryScratch()
    : search(NewSearchScratch()),
      random_state(std::random_device()() | uint64_t{1}) {}

void QueryScratch::Shrink() {
  filter_sets.Shrink();
  size_t neighbors = 0;
  for (const FoundNeighbors& query : found) {
    neighbors += query.neighbors.capacity();
  }
  if (neighbors > kKeptNeighbors) found = {};
}

}  // namespace annod
