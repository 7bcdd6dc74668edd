#ifndef ANNOD_CORE_SIMD_ENABLED_TARGETS_H_
#define ANNOD_CORE_SIMD_ENABLED_TARGETS_H_

// The instruction sets that kernels are compiled for, the same in every source:
// to be included before anything of Highway's.
//
// SSE4 and the SVE family would run the same operations as their neighbours
// (SSSE3, NEON): leaving them out halves the code.
#define HWY_DISABLED_TARGETS \
  (HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

// Whether the set being compiled for is one that kernels over codes are written
// for; all others run them in plain C++.
#define ANNOD_VECTOR_CODES                             \
  (HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || \
   HWY_TARGET == HWY_SSSE3 || ANNOD_NEON_CODES)
#define ANNOD_NEON_CODES (HWY_TARGET == HWY_NEON && HWY_ARCH_ARM_A64)

#endif  // ANNOD_CORE_SIMD_ENABLED_TARGETS_H_
