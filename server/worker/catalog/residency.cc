#include "server/worker/catalog/residency.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace annod {
namespace {

constexpr size_t kPagesAtATime = 1 << 16;
// So that nobody who maps or unmaps something waits long.
constexpr size_t kEnteredAtATime = 1 << 10;

}  // namespace

int64_t ResidentBytes(absl::Span<const char> mapping) {
  const size_t page_bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  // Only what starts on a page can be asked about, as mapped files do.
  if (reinterpret_cast<uintptr_t>(mapping.data()) % page_bytes != 0) return 0;
  std::vector<unsigned char> pages(kPagesAtATime);
  int64_t resident = 0;
  while (!mapping.empty()) {
    const size_t bytes = std::min(mapping.size(), kPagesAtATime * page_bytes);
    const size_t count = (bytes + page_bytes - 1) / page_bytes;
    if (mincore(const_cast<char*>(mapping.data()), bytes, pages.data()) != 0) {
      return 0;
    }
    resident += std::count_if(pages.begin(), pages.begin() + count,
                              [](unsigned char page) { return page & 1; });
    mapping.remove_prefix(bytes);
  }
  return resident * static_cast<int64_t>(page_bytes);
}

void EnterPages(absl::Span<const char> mapping) {
  const size_t page_bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t before =
      reinterpret_cast<uintptr_t>(mapping.data()) % page_bytes;
  const char* const end = mapping.data() + mapping.size();
  for (const char* page = mapping.data() - before; page < end;
       page += kEnteredAtATime * page_bytes) {
    const size_t bytes =
        std::min(static_cast<size_t>(end - page), kEnteredAtATime * page_bytes);
    if (madvise(const_cast<char*>(page), bytes, MADV_POPULATE_READ) != 0) {
      return;
    }
  }
}

}  // namespace annod
