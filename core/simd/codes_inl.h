// The distance kernels of codes.h over the operations of one instruction set.
// Included by codes_distance.cc once for each, inside its namespace; needs of
// it: Vec, kVecBytes, LoadCodes, And, Fill, Shift, ZeroSums, AbsDiff,
// AddSquares, AddWideSquares, AddProducts, BroadcastFour, StoreDistances,
// SumLanes.

int32_t SquaredL2(const uint8_t* a, const uint8_t* b, size_t bytes) {
  Vec sum = ZeroSums();
  for (size_t i = 0; i < bytes; i += kVecBytes) {
    sum = AddSquares(sum, LoadCodes(a + i), LoadCodes(b + i));
  }
  return SumLanes(sum);
}

int32_t WideSquaredL2(const uint8_t* a, const uint8_t* b, size_t bytes) {
  Vec sum = ZeroSums();
  for (size_t i = 0; i < bytes; i += kVecBytes) {
    sum = AddWideSquares(sum, LoadCodes(a + i), LoadCodes(b + i));
  }
  return SumLanes(sum);
}

int32_t L1(const uint8_t* a, const uint8_t* b, size_t bytes) {
  static constexpr uint8_t kOnes[4] = {1, 1, 1, 1};
  const Vec ones = BroadcastFour(kOnes);
  Vec sum = ZeroSums();
  for (size_t i = 0; i < bytes; i += kVecBytes) {
    sum = AddProducts(sum, AbsDiff(LoadCodes(a + i), LoadCodes(b + i)), ones);
  }
  return SumLanes(sum);
}

int32_t NegativeDot(const uint8_t* query, const uint8_t* row, size_t bytes) {
  Vec sum = ZeroSums();
  for (size_t i = 0; i < bytes; i += kVecBytes) {
    sum = AddProducts(sum, LoadCodes(row + i), LoadCodes(query + i));
  }
  return -SumLanes(sum);
}

// What the codes of one part of `packed` stand for.
template <int kBits, int kPart>
HWY_INLINE Vec Unpacked(Vec packed) {
  constexpr int kStep = PackedStep(kBits);
  constexpr int kStepBit = kStep == 8 ? 3 : kStep == 16 ? 4 : 5;
  return And(Shift<kStepBit - kPart * kBits>(packed), Fill(PackedTop(kBits)));
}

template <int kBits, int kPart>
HWY_INLINE Vec AddParts(Vec sum, Vec packed, const uint8_t* query) {
  if constexpr (kPart * kBits == 8) {
    return sum;
  } else {
    sum = AddSquares(sum, LoadCodes(query + kPart * kCodeAlignment),
                     Unpacked<kBits, kPart>(packed));
    return AddParts<kBits, kPart + 1>(sum, packed, query);
  }
}

template <int kBits>
int32_t PackedSquaredL2(const uint8_t* query, const uint8_t* row,
                        size_t bytes) {
  Vec sum = ZeroSums();
  for (size_t i = 0; i < bytes; i += kCodeAlignment) {
    const uint8_t* const of_query = query + i * CodesInByte(kBits);
    for (size_t at = 0; at < kCodeAlignment; at += kVecBytes) {
      sum = AddParts<kBits, 0>(sum, LoadCodes(row + i + at), of_query + at);
    }
  }
  return SumLanes(sum);
}

template <int32_t (*kDistance)(const uint8_t*, const uint8_t*, size_t)>
void DistanceRows(const uint8_t* query, size_t bytes, Rows rows,
                  const int32_t* ids, size_t count, int32_t* out) {
  constexpr size_t kAhead = 32;
  const auto row = [&rows, ids](size_t k) {
    return rows.first + static_cast<size_t>(ids[k]) * rows.stride_bytes;
  };
  for (size_t k = 0; k < count && k < kAhead; ++k) PrefetchLines(row(k), bytes);
  for (size_t k = 0; k < count; ++k) {
    if (k + kAhead < count) PrefetchLines(row(k + kAhead), bytes);
    out[k] = kDistance(query, reinterpret_cast<const uint8_t*>(row(k)), bytes);
  }
}

void SquaredL2Rows(const uint8_t* query, size_t bytes, Rows rows,
                   const int32_t* ids, size_t count, int32_t* out) {
  DistanceRows<SquaredL2>(query, bytes, rows, ids, count, out);
}

void PackedRows4(const uint8_t* query, size_t bytes, Rows rows,
                 const int32_t* ids, size_t count, int32_t* out) {
  DistanceRows<PackedSquaredL2<4>>(query, bytes, rows, ids, count, out);
}

void PackedRows2(const uint8_t* query, size_t bytes, Rows rows,
                 const int32_t* ids, size_t count, int32_t* out) {
  DistanceRows<PackedSquaredL2<2>>(query, bytes, rows, ids, count, out);
}

void PackedRows1(const uint8_t* query, size_t bytes, Rows rows,
                 const int32_t* ids, size_t count, int32_t* out) {
  DistanceRows<PackedSquaredL2<1>>(query, bytes, rows, ids, count, out);
}

void WideRows(const uint8_t* query, size_t bytes, Rows rows, const int32_t* ids,
              size_t count, int32_t* out) {
  DistanceRows<WideSquaredL2>(query, bytes, rows, ids, count, out);
}

void L1Rows(const uint8_t* query, size_t bytes, Rows rows, const int32_t* ids,
            size_t count, int32_t* out) {
  DistanceRows<L1>(query, bytes, rows, ids, count, out);
}

void NegativeDotRows(const uint8_t* query, size_t bytes, Rows rows,
                     const int32_t* ids, size_t count, int32_t* out) {
  DistanceRows<NegativeDot>(query, bytes, rows, ids, count, out);
}

// Of kBlocks blocks from `data` on: enough sums under way at a time to hide how
// long an addition takes.
template <size_t kBlocks>
HWY_INLINE void FourRowsAgainst(const uint8_t* rows, const uint8_t* data,
                                size_t bytes, const int32_t* norms,
                                size_t stride, int32_t* out) {
  constexpr size_t kVecs = kBlockItems * 4 / kVecBytes;  // of a block
  constexpr size_t kLanes = kVecBytes / 4;
  Vec sums[4][kBlocks * kVecs];
  HWY_UNROLL(16) for (auto& row_sums : sums) {
    HWY_UNROLL(16) for (Vec& sum : row_sums) sum = ZeroSums();
  }
  for (size_t i = 0; i < bytes; i += 4) {
    Vec items[kBlocks * kVecs];
    HWY_UNROLL(16) for (size_t block = 0; block < kBlocks; ++block) {
      HWY_UNROLL(16) for (size_t v = 0; v < kVecs; ++v) {
        items[block * kVecs + v] =
            LoadCodes(data + (block * bytes + i) * kBlockItems + v * kVecBytes);
      }
    }
    HWY_UNROLL(16) for (size_t r = 0; r < 4; ++r) {
      const Vec query = BroadcastFour(rows + r * bytes + i);
      HWY_UNROLL(16) for (size_t v = 0; v < kBlocks * kVecs; ++v) {
        sums[r][v] = AddProducts(sums[r][v], items[v], query);
      }
    }
  }
  HWY_UNROLL(16) for (size_t r = 0; r < 4; ++r) {
    HWY_UNROLL(16) for (size_t v = 0; v < kBlocks * kVecs; ++v) {
      StoreDistances(sums[r][v], norms + v * kLanes,
                     out + r * stride + v * kLanes);
    }
  }
}

void FourRowsAgainstBlocks(const uint8_t* rows, const CodeBlocks& blocks,
                           size_t stride, int32_t* out) {
  constexpr size_t kAtOnce = kVecBytes == 64 ? 4 : 1;  // registers
  const size_t block_bytes = blocks.bytes * kBlockItems;
  size_t block = 0;
  for (; block + kAtOnce <= blocks.block_count; block += kAtOnce) {
    FourRowsAgainst<kAtOnce>(rows, blocks.data + block * block_bytes,
                             blocks.bytes, blocks.norms + block * kBlockItems,
                             stride, out + block * kBlockItems);
  }
  for (; block < blocks.block_count; ++block) {
    FourRowsAgainst<1>(rows, blocks.data + block * block_bytes, blocks.bytes,
                       blocks.norms + block * kBlockItems, stride,
                       out + block * kBlockItems);
  }
}
