#ifndef ANNOD_SERVER_WORKER_CATALOG_RESIDENCY_H_
#define ANNOD_SERVER_WORKER_CATALOG_RESIDENCY_H_

#include <cstdint>

#include "absl/types/span.h"

namespace annod {

// Bytes of a mapping that are in memory now (mincore(2)), whole pages. Costs
// about a microsecond for each megabyte. 0 if the system does not tell.
int64_t ResidentBytes(absl::Span<const char> mapping);

// Brings all of a mapping in, into memory and into the page table of this
// process, a piece at a time; some milliseconds for each gigabyte that is in
// memory. Does nothing where the kernel cannot (before Linux 5.14).
void EnterPages(absl::Span<const char> mapping);

}  // namespace annod

#endif  // ANNOD_SERVER_WORKER_CATALOG_RESIDENCY_H_
