#ifndef ANNOD_CORE_RANDOM_NAME_H_
#define ANNOD_CORE_RANDOM_NAME_H_

#include <string>

namespace annod {

// 32 hexadecimal digits, 128 bits from the kernel: never the same twice. For
// the names of temporary files and the incarnations of indexes.
std::string RandomName();

}  // namespace annod

#endif  // ANNOD_CORE_RANDOM_NAME_H_
