#include "client/ctl/common/server_address.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/utf8.h"

namespace annod::ctl {
namespace {

constexpr absl::string_view kResolvers[] = {
    "dns:", "ipv4:", "ipv6:", "unix:", "unix-abstract:"};

// "host:port" of what is a URL otherwise: without scheme and path, and with a
// port.
std::string HostAndPort(absl::string_view url) {
  absl::string_view rest = url.substr(url.find("://") + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  const bool port = rest.find(':') != absl::string_view::npos;
  return port ? std::string(rest)
              : absl::StrCat(rest.empty() ? "localhost" : rest, ":",
                             kDefaultPort);
}

std::string PortFault(absl::string_view address, absl::string_view port) {
  int number = 0;
  if (absl::SimpleAtoi(port, &number) && number >= 1 && number <= 65535) {
    return "";
  }
  return absl::StrCat("'", address, "' has the port '", port.substr(0, 40),
                      "'; a port is a number from 1 to 65535, annod's ",
                      kDefaultPort);
}

}  // namespace

std::string ServerAddressFault(absl::string_view address) {
  if (address.empty()) {
    return absl::StrCat(
        "the address of the server is empty; give HOST:PORT, "
        "as localhost:",
        kDefaultPort);
  }
  if (std::any_of(std::begin(kResolvers), std::end(kResolvers),
                  [&](absl::string_view resolver) {
                    return absl::StartsWith(address, resolver);
                  })) {
    return "";
  }
  if (address.find("://") != absl::string_view::npos) {
    return absl::StrCat("'", address,
                        "' is a URL; annodctl wants HOST:PORT of annod's gRPC "
                        "port: --server ",
                        HostAndPort(address),
                        absl::StartsWith(address, "https:") ? " --tls" : "");
  }
  const bool control = std::any_of(address.begin(), address.end(), [](char c) {
    return absl::ascii_iscntrl(c);
  });
  if (control || address.find_first_of(" /,;@") != absl::string_view::npos) {
    return absl::StrCat("'", ForMessage(address, 80),
                        "' is no address; give HOST:PORT, as ",
                        "localhost:", kDefaultPort);
  }
  if (absl::StartsWith(address, "[")) {
    const size_t end = address.find("]:");
    if (end != absl::string_view::npos) {
      return PortFault(address, address.substr(end + 2));
    }
    return absl::StrCat("'", address, "' has no port; give --server ",
                        absl::StripSuffix(address, "]"), "]:", kDefaultPort);
  }
  const size_t colon = address.find(':');
  if (colon == absl::string_view::npos) {
    return absl::StrCat("'", address, "' has no port; give --server ", address,
                        ":", kDefaultPort);
  }
  if (address.rfind(':') != colon &&
      address.find_first_not_of("0123456789abcdefABCDEF:.%") !=
          absl::string_view::npos) {
    return absl::StrCat("'", address, "' is no address; give HOST:PORT, as ",
                        "localhost:", kDefaultPort);
  }
  if (address.rfind(':') != colon) {
    return absl::StrCat("'", address, "' is an IPv6 address without a port; ",
                        "give --server [", address, "]:", kDefaultPort);
  }
  if (colon == 0) {
    return absl::StrCat("'", address, "' has no host; give --server localhost",
                        address);
  }
  return PortFault(address, address.substr(colon + 1));
}

std::string NoServerMessage(absl::string_view address,
                            absl::string_view reason) {
  std::string why = "nothing answered in time";
  if (absl::StrContains(reason, "refused")) {
    why = "the connection was refused";
  } else if (absl::StrContains(reason, "DNS") ||
             absl::StrContains(reason, "name not found")) {
    why = "there is no host of that name";
  } else if (absl::StrContains(reason, "http1") ||
             absl::StrContains(reason, "HTTP") ||
             absl::StrContains(reason, "SETTINGS") ||
             absl::StrContains(reason, "ALPN") ||
             absl::StrContains(reason, "closed")) {
    why = "what listens there does not speak gRPC; is it annod's HTTP port?";
  } else if (absl::StrContains(reason, "No such file")) {
    why = "there is no such socket";
  } else if (absl::StrContains(reason, "unreachable")) {
    why = "the network does not reach it";
  }
  return absl::StrCat("no annod server at ", address, ": ", why,
                      ". Start annod, or name another server with --server "
                      "HOST:PORT or ANNOD_SERVER");
}

}  // namespace annod::ctl
