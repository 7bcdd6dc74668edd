#ifndef ANNOD_SERVER_TLS_SELF_SIGNED_H_
#define ANNOD_SERVER_TLS_SELF_SIGNED_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/tls/tls_pair.h"

namespace annod {

// A new key and its certificate, which nobody else signed, says `common_name`
// and does not end: for those who are handed it, and for the life of a process.
// Internal, if OpenSSL can make none.
absl::StatusOr<TlsPair> MakeSelfSigned(absl::string_view common_name);

}  // namespace annod

#endif  // ANNOD_SERVER_TLS_SELF_SIGNED_H_
