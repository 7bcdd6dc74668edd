#ifndef ANNOD_CORE_VERSION_H_
#define ANNOD_CORE_VERSION_H_

namespace annod {

// Of the program, as in CHANGELOG.md.
inline constexpr char kVersion[] = "0.2.0";

// What it was compiled with.
#if defined(__clang__)
inline constexpr char kCompiler[] = "clang " __clang_version__;
#else
inline constexpr char kCompiler[] = "gcc " __VERSION__;
#endif

}  // namespace annod

#endif  // ANNOD_CORE_VERSION_H_
