// Registers full of codes and the few operations on them that Highway 1.0 lacks
// (it has no product of unsigned and signed bytes), as intrinsics. Included by
// codes_distance.cc once for each instruction set, inside its namespace.

#if HWY_TARGET == HWY_AVX3
using Vec = __m512i;
HWY_INLINE Vec LoadCodes(const uint8_t* at) { return _mm512_loadu_si512(at); }
HWY_INLINE Vec ZeroSums() { return _mm512_setzero_si512(); }
HWY_INLINE Vec And(Vec a, Vec b) { return _mm512_and_si512(a, b); }
HWY_INLINE Vec Fill(int code) {
  return _mm512_set1_epi8(static_cast<char>(code));
}
// Bits up, or down if it is negative, those between bytes too.
template <int kBits>
HWY_INLINE Vec Shift(Vec a) {
  if constexpr (kBits > 0) {
    return _mm512_slli_epi16(a, kBits);
  } else if constexpr (kBits < 0) {
    return _mm512_srli_epi16(a, -kBits);
  } else {
    return a;
  }
}
HWY_INLINE Vec AbsDiff(Vec a, Vec b) {
  return _mm512_abs_epi8(_mm512_sub_epi8(a, b));
}
HWY_INLINE Vec AddProducts(Vec sum, Vec a, Vec b) {
  return _mm512_add_epi32(
      sum, _mm512_madd_epi16(_mm512_maddubs_epi16(a, b), _mm512_set1_epi16(1)));
}
// Of pairs of 16 bits.
HWY_INLINE Vec AddWideSquares(Vec sum, Vec a, Vec b) {
  const Vec diff = _mm512_sub_epi16(a, b);
  return _mm512_add_epi32(sum, _mm512_madd_epi16(diff, diff));
}
HWY_INLINE Vec BroadcastFour(const uint8_t* at) {
  int32_t four;
  std::memcpy(&four, at, sizeof(four));
  return _mm512_set1_epi32(four);
}
HWY_INLINE int32_t SumLanes(Vec sum) { return _mm512_reduce_add_epi32(sum); }
HWY_INLINE void StoreDistances(Vec products, const int32_t* norms,
                               int32_t* out) {
  _mm512_storeu_si512(out, _mm512_sub_epi32(_mm512_loadu_si512(norms),
                                            _mm512_slli_epi32(products, 1)));
}
#elif HWY_TARGET == HWY_AVX2
using Vec = __m256i;
HWY_INLINE Vec LoadCodes(const uint8_t* at) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
HWY_INLINE Vec ZeroSums() { return _mm256_setzero_si256(); }
HWY_INLINE Vec And(Vec a, Vec b) { return _mm256_and_si256(a, b); }
HWY_INLINE Vec Fill(int code) {
  return _mm256_set1_epi8(static_cast<char>(code));
}
// Bits up, or down if it is negative, those between bytes too.
template <int kBits>
HWY_INLINE Vec Shift(Vec a) {
  if constexpr (kBits > 0) {
    return _mm256_slli_epi16(a, kBits);
  } else if constexpr (kBits < 0) {
    return _mm256_srli_epi16(a, -kBits);
  } else {
    return a;
  }
}
HWY_INLINE Vec AbsDiff(Vec a, Vec b) {
  return _mm256_abs_epi8(_mm256_sub_epi8(a, b));
}
HWY_INLINE Vec AddProducts(Vec sum, Vec a, Vec b) {
  return _mm256_add_epi32(
      sum, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1)));
}
// Of pairs of 16 bits.
HWY_INLINE Vec AddWideSquares(Vec sum, Vec a, Vec b) {
  const Vec diff = _mm256_sub_epi16(a, b);
  return _mm256_add_epi32(sum, _mm256_madd_epi16(diff, diff));
}
HWY_INLINE Vec BroadcastFour(const uint8_t* at) {
  int32_t four;
  std::memcpy(&four, at, sizeof(four));
  return _mm256_set1_epi32(four);
}
HWY_INLINE int32_t SumLanes(Vec sum) {
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum),
                               _mm256_extracti128_si256(sum, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1)));
}
HWY_INLINE void StoreDistances(Vec products, const int32_t* norms,
                               int32_t* out) {
  const Vec norm = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(norms));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out),
                      _mm256_sub_epi32(norm, _mm256_slli_epi32(products, 1)));
}
#elif HWY_TARGET == HWY_NEON
using Vec = uint8x16_t;  // sums: int32x4_t
HWY_INLINE Vec LoadCodes(const uint8_t* at) { return vld1q_u8(at); }
HWY_INLINE Vec ZeroSums() { return vdupq_n_u8(0); }
HWY_INLINE Vec And(Vec a, Vec b) { return vandq_u8(a, b); }
HWY_INLINE Vec Fill(int code) { return vdupq_n_u8(static_cast<uint8_t>(code)); }
// Bits up, or down if it is negative, those between bytes too.
template <int kBits>
HWY_INLINE Vec Shift(Vec a) {
  const uint16x8_t pairs = vreinterpretq_u16_u8(a);
  if constexpr (kBits > 0) {
    return vreinterpretq_u8_u16(vshlq_n_u16(pairs, kBits));
  } else if constexpr (kBits < 0) {
    return vreinterpretq_u8_u16(vshrq_n_u16(pairs, -kBits));
  } else {
    return a;
  }
}
HWY_INLINE Vec AbsDiff(Vec a, Vec b) {
  return vreinterpretq_u8_s8(vabsq_s8(vreinterpretq_s8_u8(vsubq_u8(a, b))));
}
// Codes are below 128: as good as signed.
HWY_INLINE Vec AddProducts(Vec sum, Vec a, Vec b) {
  const int8x16_t codes = vreinterpretq_s8_u8(a);
  const int8x16_t others = vreinterpretq_s8_u8(b);
  const int16x8_t low = vmull_s8(vget_low_s8(codes), vget_low_s8(others));
  const int16x8_t high = vmull_high_s8(codes, others);
  return vreinterpretq_u8_s32(
      vpadalq_s16(vreinterpretq_s32_u8(sum), vpaddq_s16(low, high)));
}
// Of pairs of 16 bits.
HWY_INLINE Vec AddWideSquares(Vec sum, Vec a, Vec b) {
  const int16x8_t diff =
      vsubq_s16(vreinterpretq_s16_u8(a), vreinterpretq_s16_u8(b));
  const int32x4_t low = vmlal_s16(vreinterpretq_s32_u8(sum), vget_low_s16(diff),
                                  vget_low_s16(diff));
  return vreinterpretq_u8_s32(vmlal_high_s16(low, diff, diff));
}
HWY_INLINE Vec BroadcastFour(const uint8_t* at) {
  int32_t four;
  std::memcpy(&four, at, sizeof(four));
  return vreinterpretq_u8_s32(vdupq_n_s32(four));
}
HWY_INLINE int32_t SumLanes(Vec sum) {
  return vaddvq_s32(vreinterpretq_s32_u8(sum));
}
HWY_INLINE void StoreDistances(Vec products, const int32_t* norms,
                               int32_t* out) {
  const int32x4_t twice = vshlq_n_s32(vreinterpretq_s32_u8(products), 1);
  vst1q_s32(out, vsubq_s32(vld1q_s32(norms), twice));
}
#else
using Vec = __m128i;
HWY_INLINE Vec LoadCodes(const uint8_t* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}
HWY_INLINE Vec ZeroSums() { return _mm_setzero_si128(); }
HWY_INLINE Vec And(Vec a, Vec b) { return _mm_and_si128(a, b); }
HWY_INLINE Vec Fill(int code) { return _mm_set1_epi8(static_cast<char>(code)); }
// Bits up, or down if it is negative, those between bytes too.
template <int kBits>
HWY_INLINE Vec Shift(Vec a) {
  if constexpr (kBits > 0) {
    return _mm_slli_epi16(a, kBits);
  } else if constexpr (kBits < 0) {
    return _mm_srli_epi16(a, -kBits);
  } else {
    return a;
  }
}
HWY_INLINE Vec AbsDiff(Vec a, Vec b) {
  return _mm_abs_epi8(_mm_sub_epi8(a, b));
}
HWY_INLINE Vec AddProducts(Vec sum, Vec a, Vec b) {
  return _mm_add_epi32(
      sum, _mm_madd_epi16(_mm_maddubs_epi16(a, b), _mm_set1_epi16(1)));
}
// Of pairs of 16 bits.
HWY_INLINE Vec AddWideSquares(Vec sum, Vec a, Vec b) {
  const Vec diff = _mm_sub_epi16(a, b);
  return _mm_add_epi32(sum, _mm_madd_epi16(diff, diff));
}
HWY_INLINE Vec BroadcastFour(const uint8_t* at) {
  int32_t four;
  std::memcpy(&four, at, sizeof(four));
  return _mm_set1_epi32(four);
}
HWY_INLINE int32_t SumLanes(Vec sum) {
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1)));
}
HWY_INLINE void StoreDistances(Vec products, const int32_t* norms,
                               int32_t* out) {
  const Vec norm = _mm_loadu_si128(reinterpret_cast<const __m128i*>(norms));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                   _mm_sub_epi32(norm, _mm_slli_epi32(products, 1)));
}
#endif

constexpr size_t kVecBytes = sizeof(Vec);

HWY_INLINE Vec AddSquares(Vec sum, Vec a, Vec b) {
  const Vec diff = AbsDiff(a, b);
  return AddProducts(sum, diff, diff);
}
