#ifndef ANNOD_CLIENT_CTL_COMMON_SERVER_ADDRESS_H_
#define ANNOD_CLIENT_CTL_COMMON_SERVER_ADDRESS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace annod::ctl {

inline constexpr int kDefaultPort = 7077;

// What is wrong with the address of a server, and what to write instead; empty
// if nothing is: "host:port", "[ipv6]:port", or a target of gRPC that names its
// resolver ("dns:", "ipv4:", "ipv6:", "unix:", "unix-abstract:").
std::string ServerAddressFault(absl::string_view address);

// That no server answers at `address`, why as far as gRPC's `reason` tells, and
// what to do, in a line.
std::string NoServerMessage(absl::string_view address,
                            absl::string_view reason);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_COMMON_SERVER_ADDRESS_H_
