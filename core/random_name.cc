#include "core/random_name.h"

#include <sys/random.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace annod {

std::string RandomName() {
  uint64_t words[2];
  if (getrandom(words, sizeof(words), 0) !=
      static_cast<ssize_t>(sizeof(words))) {
    // Kernels before 3.17 and some filters refuse. What names need is to differ
    // from those of other processes and of this one's other calls.
    static std::atomic<uint64_t> calls{0};
    words[0] = static_cast<uint64_t>(
        std::chrono::system_clock::now().time_since_epoch().count());
    words[1] = static_cast<uint64_t>(getpid()) << 32 | calls++;
  }
  return absl::StrCat(absl::Hex(words[0], absl::kZeroPad16),
                      absl::Hex(words[1], absl::kZeroPad16));
}

}  // namespace annod
