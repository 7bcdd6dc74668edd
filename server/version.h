#ifndef ANNOD_SERVER_VERSION_H_
#define ANNOD_SERVER_VERSION_H_

namespace annod {

// Of the program, as in CHANGELOG.md.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace annod

#endif  // ANNOD_SERVER_VERSION_H_
