#ifndef ANNOD_TESTS_FUZZ_CLIENT_VECTORS_RUN_H_
#define ANNOD_TESTS_FUZZ_CLIENT_VECTORS_RUN_H_

#include <string>

#include "absl/strings/string_view.h"
#include "client/input/vector_reader.h"
#include "tests/fuzz/input.h"

namespace annod::fuzz {

// Options that any format may be read with.
VectorReaderOptions AnyOptions(Input* input);

// Options by default: what AnyOptions() takes for them.
inline constexpr absl::string_view kPlainOptions("\0\0\0\0\0", 5);

// Reads every row of a file with these bytes whose name ends with `ending`;
// `companion` are the bytes of a file with labels or ids, none if empty.
void ReadVectors(absl::string_view bytes, absl::string_view ending,
                 VectorReaderOptions options, absl::string_view companion);

}  // namespace annod::fuzz

#endif  // ANNOD_TESTS_FUZZ_CLIENT_VECTORS_RUN_H_
