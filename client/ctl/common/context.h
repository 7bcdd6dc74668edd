#ifndef ANNOD_CLIENT_CTL_COMMON_CONTEXT_H_
#define ANNOD_CLIENT_CTL_COMMON_CONTEXT_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "client/tls.h"

namespace annod::ctl {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

// What the command line says, for the command that it chose.
struct Context {
  bool json = false;
  std::string server = "localhost:7077";
  std::optional<TlsOptions> tls;  // absent: plain text
  double timeout_s = 10;
  // Holds the token that goes with every call; empty: ANNOD_TOKEN does, if it
  // is in the environment.
  std::string token_file;
  bool allow_plaintext_token = false;
  std::string request_id;  // empty: the server makes them

  // Set by the chosen command's callback; called once parsing has succeeded.
  // An error is printed by main() and makes the exit status kExitFailed.
  std::function<absl::Status()> run;
  // Exit status if `run` returns OK.
  int exit_code = kExitOk;
};

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_COMMON_CONTEXT_H_
