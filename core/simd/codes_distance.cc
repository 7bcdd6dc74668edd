// Distances between rows of codes.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/simd/codes.h"
#include "core/simd/enabled_targets.h"
#include "core/simd/prefetch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/simd/codes_distance.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace annod {
namespace HWY_NAMESPACE {

#include "core/simd/codes_kernels_inl.h"

#if ANNOD_VECTOR_CODES
#include "core/simd/codes_vector_inl.h"
// Over these:
#include "core/simd/codes_inl.h"
#else
#include "core/simd/codes_portable_inl.h"
#endif

}  // namespace HWY_NAMESPACE
}  // namespace annod
HWY_AFTER_NAMESPACE();

// AVX-512 with VNNI, which multiplies and adds bytes in one step, is no target
// of Highway's.
#if HWY_TARGET == HWY_AVX3
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR_AVX3 ",avx512vnni")
namespace annod {
namespace N_VNNI {

#include "core/simd/codes_kernels_inl.h"

using HWY_NAMESPACE::AbsDiff;
using HWY_NAMESPACE::AddWideSquares;
using HWY_NAMESPACE::And;
using HWY_NAMESPACE::BroadcastFour;
using HWY_NAMESPACE::Fill;
using HWY_NAMESPACE::kVecBytes;
using HWY_NAMESPACE::LoadCodes;
using HWY_NAMESPACE::Shift;
using HWY_NAMESPACE::StoreDistances;
using HWY_NAMESPACE::SumLanes;
using HWY_NAMESPACE::Vec;
using HWY_NAMESPACE::ZeroSums;

// Not by the intrinsic: of sums in registers gcc 12 copies each there and back
// at every step, and what compares clusters is then a third as fast.
HWY_INLINE Vec AddProducts(Vec sum, Vec a, Vec b) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
  return sum;
}
HWY_INLINE Vec AddSquares(Vec sum, Vec a, Vec b) {
  const Vec diff = AbsDiff(a, b);
  return AddProducts(sum, diff, diff);
}

#include "core/simd/codes_inl.h"

}  // namespace N_VNNI
}  // namespace annod
HWY_POP_ATTRIBUTES
#endif

// So is NEON with its dot product.
#if ANNOD_NEON_CODES
HWY_PUSH_ATTRIBUTES("arch=armv8.2-a" HWY_TARGET_STR "+dotprod")
namespace annod {
namespace N_NEON_DOT {

#include "core/simd/codes_kernels_inl.h"

using HWY_NAMESPACE::AbsDiff;
using HWY_NAMESPACE::AddWideSquares;
using HWY_NAMESPACE::And;
using HWY_NAMESPACE::BroadcastFour;
using HWY_NAMESPACE::Fill;
using HWY_NAMESPACE::kVecBytes;
using HWY_NAMESPACE::LoadCodes;
using HWY_NAMESPACE::Shift;
using HWY_NAMESPACE::StoreDistances;
using HWY_NAMESPACE::SumLanes;
using HWY_NAMESPACE::Vec;
using HWY_NAMESPACE::ZeroSums;

HWY_INLINE Vec AddProducts(Vec sum, Vec a, Vec b) {
  return vreinterpretq_u8_s32(vdotq_s32(vreinterpretq_s32_u8(sum),
                                        vreinterpretq_s8_u8(a),
                                        vreinterpretq_s8_u8(b)));
}
HWY_INLINE Vec AddSquares(Vec sum, Vec a, Vec b) {
  const Vec diff = AbsDiff(a, b);
  return AddProducts(sum, diff, diff);
}

#include "core/simd/codes_inl.h"

}  // namespace N_NEON_DOT
}  // namespace annod
HWY_POP_ATTRIBUTES
#endif
