#ifndef ANNOD_CORE_SIMD_UPDATE_H_
#define ANNOD_CORE_SIMD_UPDATE_H_

#include <cstddef>

namespace annod {

// Changes vectors in place, component by component, for one instruction set.
// Each component sees the same operations everywhere, without fused
// multiply-add: the same bits on every instruction set. 4-byte alignment is
// enough; the two vectors must not overlap.
struct UpdateKernels {
  // The instruction set's name as Highway spells it, e.g. "AVX2".
  const char* target;

  // v *= factor.
  void (*scale)(float factor, size_t dim, float* v);
  // sum += v * factor.
  void (*add_scaled)(const float* v, float factor, size_t dim, float* sum);
  // mean += (v - mean) * rate.
  void (*move_towards)(const float* v, float rate, size_t dim, float* mean);
  // v *= factors, component by component, then the Walsh-Hadamard transform of
  // v: sums and differences of components size / 2, size / 4, ... 1 apart.
  // `size` is a power of two.
  void (*hadamard)(const float* factors, size_t size, float* v);
};

// The kernels of the best instruction set this CPU has, or of the one chosen by
// ForceSimdTarget() (core/simd/target.h). Thread-safe; fetch once for a batch.
const UpdateKernels& Updates();

}  // namespace annod

#endif  // ANNOD_CORE_SIMD_UPDATE_H_
