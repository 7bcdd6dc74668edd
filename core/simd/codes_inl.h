// Kernels of codes.h over the operations of one instruction set. Included by
// codes.cc once for each, inside its namespace; needs of it: CloseIn, Vec,
// kVecBytes, LoadCodes, ZeroSums, AbsDiff, AddSquares, AddProducts,
// BroadcastFour, StoreDistances, SumLanes, and the Highway tag Int32Tag.

int32_t SquaredL2(const uint8_t* a, const uint8_t* b, size_t bytes) {
  Vec sum = ZeroSums();
  for (size_t i = 0; i < bytes; i += kVecBytes) {
    sum = AddSquares(sum, LoadCodes(a + i), LoadCodes(b + i));
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

// The bound is taken from the smallest values of 64 groups of positions: as
// many groups as are wanted have one below it. It is closed in on by halving.
size_t SelectSmallest(const int32_t* values, size_t count, size_t wanted,
                      CodeNeighbor* out) {
  const Int32Tag d;
  constexpr size_t kLanes = hn::MaxLanes(Int32Tag());
  constexpr size_t kGroupVecs = 64 / kLanes;
  const auto max = hn::Set(d, INT32_MAX);
  HWY_ALIGN int32_t least[64];
  for (size_t v = 0; v < kGroupVecs; ++v) hn::Store(max, d, least + v * kLanes);
  for (size_t j = 0; j < count; j += 64) {
    const size_t vecs = count - j >= 64 ? kGroupVecs : (count - j) / kLanes;
    for (size_t v = 0; v < vecs; ++v) {
      int32_t* const group = least + v * kLanes;
      hn::Store(
          hn::Min(hn::Load(d, group), hn::Load(d, values + j + v * kLanes)), d,
          group);
    }
  }
  const auto groups_up_to = [&](int32_t bound) {
    size_t groups = 0;
    for (size_t v = 0; v < kGroupVecs; ++v) {
      groups += hn::CountTrue(d, hn::Not(hn::Gt(hn::Load(d, least + v * kLanes),
                                                hn::Set(d, bound))));
    }
    return groups;
  };
  int32_t bound = INT32_MAX;
  if (wanted < 64 && wanted < count) {
    auto lowest = max;
    for (size_t v = 0; v < kGroupVecs; ++v) {
      lowest = hn::Min(lowest, hn::Load(d, least + v * kLanes));
    }
    bound =
        CloseIn(hn::GetLane(hn::MinOfLanes(d, lowest)), wanted, groups_up_to);
  }
  const auto bounds = hn::Set(d, bound);
  size_t found = 0;
  for (size_t j = 0; j < count; j += kLanes) {
    const auto below = hn::Not(hn::Gt(hn::Load(d, values + j), bounds));
    uint64_t bits = 0;
    hn::StoreMaskBits(d, below, reinterpret_cast<uint8_t*>(&bits));
    for (; bits != 0; bits &= bits - 1) {
      const size_t at = j + static_cast<size_t>(__builtin_ctzll(bits));
      out[found++] = {values[at], static_cast<int32_t>(at)};
    }
  }
  return found;
}

// First position in [0, count) that holds `value`; `count` if none does.
HWY_INLINE size_t Find(const int32_t* values, size_t count, int32_t value) {
  const Int32Tag d;
  const size_t lanes = hn::Lanes(d);
  const auto wanted = hn::Set(d, value);
  for (size_t j = 0; j < count; j += lanes) {
    const auto at =
        hn::FindFirstTrue(d, hn::Eq(hn::Load(d, values + j), wanted));
    if (at >= 0) return j + static_cast<size_t>(at);
  }
  return count;
}

HWY_INLINE int32_t Largest(const int32_t* values, size_t count) {
  const Int32Tag d;
  auto largest = hn::Set(d, INT32_MIN);
  for (size_t j = 0; j < count; j += hn::Lanes(d)) {
    largest = hn::Max(largest, hn::Load(d, values + j));
  }
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

size_t KeepNearest(const CodeNeighbor* more, size_t count, size_t capacity,
                   size_t size, int32_t* distances, int32_t* ids) {
  int32_t worst = size == capacity ? Largest(distances, capacity) : INT32_MAX;
  for (size_t k = 0; k < count; ++k) {
    const CodeNeighbor candidate = more[k];
    if (candidate.distance >= worst) continue;
    if (Find(ids, capacity, candidate.id) != capacity) continue;
    size_t place = size;
    if (size == capacity) {
      place = Find(distances, capacity, worst);
    } else {
      ++size;
    }
    distances[place] = candidate.distance;
    ids[place] = candidate.id;
    if (size == capacity) worst = Largest(distances, capacity);
  }
  return size;
}
