// The kernels of CodeKernels, declared for one instruction set: defined by
// codes_distance.cc and codes_selection.cc, put into a table by codes.cc.
// Included inside its namespace.

int32_t SquaredL2(const uint8_t* a, const uint8_t* b, size_t bytes);
int32_t WideSquaredL2(const uint8_t* a, const uint8_t* b, size_t bytes);
void SquaredL2Rows(const uint8_t* query, size_t bytes, Rows rows,
                   const int32_t* ids, size_t count, int32_t* out);
void PackedRows4(const uint8_t* query, size_t bytes, Rows rows,
                 const int32_t* ids, size_t count, int32_t* out);
void PackedRows2(const uint8_t* query, size_t bytes, Rows rows,
                 const int32_t* ids, size_t count, int32_t* out);
void PackedRows1(const uint8_t* query, size_t bytes, Rows rows,
                 const int32_t* ids, size_t count, int32_t* out);
void WideRows(const uint8_t* query, size_t bytes, Rows rows, const int32_t* ids,
              size_t count, int32_t* out);
void L1Rows(const uint8_t* query, size_t bytes, Rows rows, const int32_t* ids,
            size_t count, int32_t* out);
void NegativeDotRows(const uint8_t* query, size_t bytes, Rows rows,
                     const int32_t* ids, size_t count, int32_t* out);
void FourRowsAgainstBlocks(const uint8_t* rows, const CodeBlocks& blocks,
                           size_t stride, int32_t* out);
size_t SelectSmallest(const int32_t* values, size_t count, size_t wanted,
                      CodeNeighbor* out);
size_t KeepNearest(const CodeNeighbor* more, size_t count, size_t capacity,
                   size_t size, int32_t* distances, int32_t* ids);
