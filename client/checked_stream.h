#ifndef ANNOD_CLIENT_CHECKED_STREAM_H_
#define ANNOD_CLIENT_CHECKED_STREAM_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "annod/v1/admin_service.pb.h"
#include "client/types.h"

namespace annod::client {

// XXH3-64 of bytes that come piece by piece.
class Xxh3 {
 public:
  Xxh3();
  ~Xxh3();
  void Add(absl::string_view bytes);
  uint64_t Digest() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

// Passes the chunks of a Serialize stream on and checks that together they are
// what the server says: one version, its length, its checksum.
class CheckedStream {
 public:
  using Sink =
      std::function<absl::Status(absl::string_view chunk, int64_t total_bytes)>;
  explicit CheckedStream(const Sink& sink);
  ~CheckedStream();

  // DataLoss if the message contradicts those before it.
  absl::Status Take(const v1::SerializeResponse& message);

  // True once the sink has been called.
  bool started() const { return started_; }

  // Call at the end of the stream. DataLoss if length or checksum is wrong.
  absl::StatusOr<SerializeResult> Result() const;

 private:
  const Sink& sink_;
  Xxh3 hash_;
  bool started_ = false;
  int64_t version_ = 0;
  int64_t total_bytes_ = 0;
  int64_t received_bytes_ = 0;
  uint64_t promised_hash_ = 0;
};

}  // namespace annod::client

#endif  // ANNOD_CLIENT_CHECKED_STREAM_H_
