#ifndef ANNOD_CLIENT_CHANNEL_H_
#define ANNOD_CLIENT_CHANNEL_H_

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "client/tls.h"

namespace annod {

struct ClientOptions {
  // A gRPC target: "host:port", "dns:///name:port", "unix:/path". A name with
  // several addresses is called round-robin.
  std::string target = "localhost:7077";

  // Time for a call, its retries included, unless the call says otherwise.
  absl::Duration timeout = absl::Seconds(10);

  // Time for Build, Serialize, item writers and query streams, which move much
  // data.
  absl::Duration stream_timeout = absl::InfiniteDuration();

  // A call that is safe to repeat is repeated while it fails with UNAVAILABLE
  // (worker or writer restarting, index loading) or is refused with OVERLOADED,
  // not before the time that the server told, for this long from its first
  // failure and never past its deadline. Zero: only the few quick repeats that
  // gRPC makes itself, on UNAVAILABLE.
  absl::Duration retry_window = absl::Seconds(5);

  // A call that only reads and has had no answer for this long is sent again,
  // to another server if the target has several: for one that has frozen or
  // cannot be reached, which answers nothing, not even with an error. At most
  // five attempts. To be longer than any call takes, for the first attempt is
  // work lost. Infinite: waited for until the call's deadline.
  absl::Duration attempt_timeout = absl::InfiniteDuration();

  // GetNns calls that wait at the same time are sent together, at most so many
  // queries in a message: for programs that ask from many threads. A call waits
  // only while two messages are under way, and `coalesce_window` at most; its
  // deadline and its errors stay its own. Calls with lists of items, `strict`
  // or `include_cost` go alone. 0: all do.
  int coalesce = 0;
  absl::Duration coalesce_window = absl::Milliseconds(1);

  // Largest message sent or received. The server has a limit of its own.
  int max_message_bytes = 64 << 20;

  // Sent with every call as x-request-id: what the server's logs call them.
  // Empty: the server makes one for each. 1 to 128 bytes of printable ASCII.
  std::string request_id;

  // Absent: plain text.
  std::optional<TlsOptions> tls;

  // Instead of what Client::Create() makes of `tls`.
  std::shared_ptr<grpc::ChannelCredentials> credentials;

  // Sent with every call as "authorization: Bearer <token>"; empty: none.
  std::string token;
  // Instead, a file that holds the token and nothing else; read again when it
  // has changed, at most once a second.
  std::string token_file;
  // Allows a token to travel to another machine in plain text, where everybody
  // on the way can read it: for networks that encrypt by themselves.
  bool allow_plaintext_token = false;
};

// The gRPC service config of a channel: round-robin, and retries by gRPC itself
// for the methods that are safe to repeat whatever their arguments.
std::string ServiceConfigJson(
    absl::Duration attempt_timeout = absl::InfiniteDuration());

// Of `tls` it uses the server's name only.
std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options);

}  // namespace annod

#endif  // ANNOD_CLIENT_CHANNEL_H_
