// The distance kernels of codes.h in plain C++. Included by codes_distance.cc
// for each instruction set that has none of its own, inside its namespace.

int32_t SquaredL2(const uint8_t* a, const uint8_t* b, size_t bytes) {
  return SquaredL2OfCodes(a, b, bytes);
}

int32_t WideSquaredL2(const uint8_t* a, const uint8_t* b, size_t bytes) {
  return SquaredL2OfWide(a, b, bytes);
}

int32_t L1(const uint8_t* a, const uint8_t* b, size_t bytes) {
  return L1OfCodes(a, b, bytes);
}

int32_t NegativeDot(const uint8_t* query, const uint8_t* row, size_t bytes) {
  return NegativeDotOfCodes(query, row, bytes);
}

template <int kBits>
int32_t PackedSquaredL2(const uint8_t* query, const uint8_t* row,
                        size_t bytes) {
  return SquaredL2OfPacked(kBits, query, row, bytes);
}

template <int32_t (*kDistance)(const uint8_t*, const uint8_t*, size_t)>
void DistanceRows(const uint8_t* query, size_t bytes, Rows rows,
                  const int32_t* ids, size_t count, int32_t* out) {
  for (size_t k = 0; k < count; ++k) {
    const char* row =
        rows.first + static_cast<size_t>(ids[k]) * rows.stride_bytes;
    out[k] = kDistance(query, reinterpret_cast<const uint8_t*>(row), bytes);
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

void FourRowsAgainstBlocks(const uint8_t* rows, const CodeBlocks& blocks,
                           size_t stride, int32_t* out) {
  const size_t items = blocks.block_count * kBlockItems;
  for (size_t r = 0; r < 4; ++r) {
    const uint8_t* row = rows + r * blocks.bytes;
    for (size_t j = 0; j < items; ++j) {
      const uint8_t* item = blocks.data +
                            j / kBlockItems * blocks.bytes * kBlockItems +
                            j % kBlockItems * 4;
      int32_t sum = 0;
      for (size_t i = 0; i < blocks.bytes; ++i) {
        sum +=
            static_cast<int8_t>(row[i]) * item[i / 4 * kBlockItems * 4 + i % 4];
      }
      out[r * stride + j] = blocks.norms[j] - 2 * sum;
    }
  }
}
