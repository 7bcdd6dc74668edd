#ifndef ANNOD_TESTS_CORE_TESTING_SANITIZER_H_
#define ANNOD_TESTS_CORE_TESTING_SANITIZER_H_

namespace annod {

// Whether a sanitizer makes this build some ten times slower, so that a test
// should do with less data.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_TESTING_SANITIZER_H_
