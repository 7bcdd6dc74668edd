#include "tests/fuzz/target.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace annod::fuzz {
namespace {

std::vector<Target>* MutableTargets() {
  static auto* const targets = new std::vector<Target>();
  return targets;
}

}  // namespace

const std::vector<Target>& Targets() { return *MutableTargets(); }

Registration::Registration(Target target) {
  std::vector<Target>* const targets = MutableTargets();
  targets->push_back(std::move(target));
  std::sort(targets->begin(), targets->end(),
            [](const Target& a, const Target& b) { return a.name < b.name; });
}

void Require(bool holds, absl::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: not so: %.*s\n", static_cast<int>(what.size()),
               what.data());
  std::abort();
}

}  // namespace annod::fuzz
