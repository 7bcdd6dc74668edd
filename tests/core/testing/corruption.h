#ifndef ANNOD_TESTS_CORE_TESTING_CORRUPTION_H_
#define ANNOD_TESTS_CORE_TESTING_CORRUPTION_H_

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace annod {

// Calls `check(damaged)` for every proper prefix of `bytes`.
template <typename Check>
void ForEachTruncation(const std::string& bytes, const Check& check) {
  for (size_t size = 0; size < bytes.size(); ++size) {
    SCOPED_TRACE(absl::StrCat("cut to ", size, " bytes"));
    check(bytes.substr(0, size));
  }
}

// Calls `check(damaged)` for every byte of `bytes` changed in three ways: the
// lowest bit, the highest bit, all bits.
template <typename Check>
void ForEachFlip(const std::string& bytes, const Check& check) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (const int mask : {0x01, 0x80, 0xFF}) {
      SCOPED_TRACE(absl::StrCat("byte ", i, " xor ", mask));
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ mask);
      check(damaged);
    }
  }
}

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_TESTING_CORRUPTION_H_
