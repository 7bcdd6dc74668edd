#include "core/simd/target.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/simd/enabled_targets.h"
#include "hwy/targets.h"

namespace annod {
namespace {

// Bits of the targets compiled in that this CPU has, best (lowest bit) first;
// the fallback is always the last. Found before anything is forced.
const std::vector<int64_t>& TargetBits() {
  static const auto* const bits = [] {
    auto* found = new std::vector<int64_t>(hwy::SupportedAndGeneratedTargets());
    if (found->empty() || found->back() != HWY_STATIC_TARGET) {
      found->push_back(HWY_STATIC_TARGET);
    }
    return found;
  }();
  return *bits;
}

}  // namespace

std::vector<std::string> SimdTargets() {
  std::vector<std::string> names;
  for (const int64_t bit : TargetBits()) names.push_back(hwy::TargetName(bit));
  return names;
}

absl::Status ForceSimdTarget(absl::string_view name) {
  int64_t target = 0;
  for (const int64_t bit : TargetBits()) {
    if (absl::EqualsIgnoreCase(name, hwy::TargetName(bit))) target = bit;
  }
  if (target == 0 && !name.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "instruction set '", name.substr(0, 32),
        "' is not one of this CPU's: ", absl::StrJoin(SimdTargets(), ", ")));
  }
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return absl::OkStatus();
}

}  // namespace annod
