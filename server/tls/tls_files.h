#ifndef ANNOD_SERVER_TLS_TLS_FILES_H_
#define ANNOD_SERVER_TLS_TLS_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/config/config.h"
#include "server/tls/tls_pair.h"

namespace annod {

// False: no certificate is configured, and nothing is encrypted.
bool UsesTls(const Config& config);

TlsPaths TlsPathsOf(const Config& config);

// Errors of FileSystem, naming the file; it may have a megabyte.
absl::StatusOr<TlsTexts> ReadTlsTexts(const TlsPaths& paths);

// What is to be served now. Errors of ReadTlsTexts() and MakeTlsPair().
absl::StatusOr<TlsPair> ReadTlsPair(const Config& config);

// What is odd about the key's file and yet no reason not to use it: everybody
// on this machine may read it. Empty: nothing.
std::string KeyFileWarning(const std::string& path);

}  // namespace annod

#endif  // ANNOD_SERVER_TLS_TLS_FILES_H_
