#ifndef ANNOD_TESTS_CORE_TESTING_SANITIZER_H_
#define ANNOD_TESTS_CORE_TESTING_SANITIZER_H_

// gcc says by macros which sanitizer it compiles for, clang by features.
#ifdef __has_feature
#define ANNOD_TESTS_HAS_FEATURE(feature) __has_feature(feature)
#else
#define ANNOD_TESTS_HAS_FEATURE(feature) 0
#endif

namespace annod {

// Whether a sanitizer, or that another processor is emulated, makes this build
// some ten times slower, so that a test should do with less data.
#if defined(ANNOD_EMULATED) || defined(__SANITIZE_ADDRESS__) || \
    defined(__SANITIZE_THREAD__) ||                             \
    ANNOD_TESTS_HAS_FEATURE(address_sanitizer) ||               \
    ANNOD_TESTS_HAS_FEATURE(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

}  // namespace annod

#undef ANNOD_TESTS_HAS_FEATURE

#endif  // ANNOD_TESTS_CORE_TESTING_SANITIZER_H_
