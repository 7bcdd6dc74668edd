#ifndef ANNOD_CLIENT_TLS_H_
#define ANNOD_CLIENT_TLS_H_

#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace annod {

// How a client speaks TLS. Files are PEM and are read once.
struct TlsOptions {
  // The CAs one of which must have signed the server's certificate; empty:
  // those of the system.
  std::string ca;
  // Shown to a server that asks for them; both or neither.
  std::string certificate;
  std::string key;
  // What the server's certificate must be for; empty: the target's host.
  std::string server_name;
};

// What is wrong with a server as this client would reach it, or with the client
// as the server sees it.
struct TlsFault {
  enum class Kind {
    kNone,            // or nothing that a handshake shows
    kServerTls,       // it speaks TLS, we would not
    kServerPlain,     // the other way round
    kUnknownCa,       // signed by nobody we know
    kInvalid,         // expired, and the like
    kOtherName,       // it is for another name
    kWantsIdentity,   // it asks for a certificate, and we have none
    kRefusesIdentity  // it does not take ours
  };
  Kind kind = Kind::kNone;
  std::string message;  // a sentence without a full stop, about "it"
};

// For ClientOptions::credentials. InvalidArgument, naming the file, if one
// cannot be read or key and certificate do not belong together.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeTlsCredentials(
    const TlsOptions& options);

// Tries a handshake with `target` ("host:port"; of others nothing is told),
// which takes `patience` at most: gRPC itself says no more than that it failed.
// `tls`: null for plain text.
TlsFault FindTlsFault(absl::string_view target, const TlsOptions* tls,
                      absl::Duration patience);

}  // namespace annod

#endif  // ANNOD_CLIENT_TLS_H_
