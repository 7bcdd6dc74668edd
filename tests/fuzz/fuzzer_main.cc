// What libFuzzer calls: the target of this program that ANNOD_FUZZ_TARGET
// names. See tools/fuzz.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/fuzz/target.h"

namespace {

const annod::fuzz::Target* chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* const wanted = std::getenv("ANNOD_FUZZ_TARGET");
  for (const annod::fuzz::Target& target : annod::fuzz::Targets()) {
    if (wanted != nullptr && target.name == wanted) chosen = &target;
  }
  if (chosen != nullptr) return 0;
  std::fprintf(stderr, "ANNOD_FUZZ_TARGET must name one of:\n");
  for (const annod::fuzz::Target& target : annod::fuzz::Targets()) {
    std::fprintf(stderr, "  %s\n", target.name.c_str());
  }
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  chosen->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
