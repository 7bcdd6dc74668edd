#ifndef ANNOD_CORE_SIMD_TARGET_H_
#define ANNOD_CORE_SIMD_TARGET_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace annod {

// Names of the instruction sets that this program has kernels for and this CPU
// can run, best first, e.g. {"AVX3", "AVX2", "SSSE3", "SCALAR"}.
std::vector<std::string> SimdTargets();

// Makes Kernels() return those of `name` (any case) from now on, for benchmarks
// and tests; "" chooses the best again. Affects the whole process: call before
// threads search. InvalidArgument, naming the choices, if this CPU lacks it.
absl::Status ForceSimdTarget(absl::string_view name);

}  // namespace annod

#endif  // ANNOD_CORE_SIMD_TARGET_H_
