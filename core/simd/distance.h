#ifndef ANNOD_CORE_SIMD_DISTANCE_H_
#define ANNOD_CORE_SIMD_DISTANCE_H_

#include <cstddef>
#include <cstdint>

namespace annod {

// Vectors at a fixed stride in memory, e.g. those inside the nodes of a forest.
// Row i starts at `first + i * stride_bytes`.
struct Rows {
  const char* first;
  size_t stride_bytes;
};

// Distance kernels for one instruction set.
//
// Float rows and queries need 4-byte alignment only, hamming words none; any
// dimension works and nothing outside [0, dim) is read. Every sum is kept in
// kVirtualLanes partial sums (component i goes to partial i % kVirtualLanes)
// which are then added pairwise, the upper half to the lower, without fused
// multiply-add: results are the same bits on every instruction set, and equal
// those of the *Scalar functions below.
//
// The *_rows kernels compare one query with `count` rows chosen by `ids`, whose
// memory they prefetch ahead of use, and write out[k] for row ids[k]. Ids are
// not checked. Rows out of cache arrive several at a time, so batch them.
// `dim`, `words` are at least 1.
struct DistanceKernels {
  // The instruction set's name as Highway spells it, e.g. "AVX2".
  const char* target;

  float (*dot)(const float* a, const float* b, size_t dim);
  float (*squared_l2)(const float* a, const float* b, size_t dim);
  float (*l1)(const float* a, const float* b, size_t dim);
  // Differing bits in `words` 64-bit words.
  uint64_t (*hamming)(const void* a, const void* b, size_t words);

  void (*dot_rows)(const float* query, size_t dim, Rows rows,
                   const int32_t* ids, size_t count, float* out);
  void (*squared_l2_rows)(const float* query, size_t dim, Rows rows,
                          const int32_t* ids, size_t count, float* out);
  void (*l1_rows)(const float* query, size_t dim, Rows rows, const int32_t* ids,
                  size_t count, float* out);
  // Counts below 2^24, all that kMaxDim allows, are exact as floats.
  void (*hamming_rows)(const void* query, size_t words, Rows rows,
                       const int32_t* ids, size_t count, float* out);
};

inline constexpr size_t kVirtualLanes = 32;

// The kernels of the best instruction set this CPU has (or of the one chosen by
// ForceSimdTarget(), core/simd/target.h). Thread-safe, a few nanoseconds: fetch
// once for a search, not for a pair.
const DistanceKernels& Kernels();

// Shorthands over Kernels(), for code that is not hot.
inline float Dot(const float* a, const float* b, size_t dim) {
  return Kernels().dot(a, b, dim);
}
inline float SquaredL2(const float* a, const float* b, size_t dim) {
  return Kernels().squared_l2(a, b, dim);
}
inline float L1(const float* a, const float* b, size_t dim) {
  return Kernels().l1(a, b, dim);
}
inline uint64_t Hamming(const void* a, const void* b, size_t words) {
  return Kernels().hamming(a, b, words);
}

// Reference implementations in plain C++, the same bits as the kernels. Slow.
float DotScalar(const float* a, const float* b, size_t dim);
float SquaredL2Scalar(const float* a, const float* b, size_t dim);
float L1Scalar(const float* a, const float* b, size_t dim);
uint64_t HammingScalar(const void* a, const void* b, size_t words);

}  // namespace annod

#endif  // ANNOD_CORE_SIMD_DISTANCE_H_
