#include "client/checked_stream.h"

#include <xxhash.h>

#include "absl/strings/str_cat.h"

namespace annod::client {

struct Xxh3::State {
  State() : state(XXH3_createState()) { XXH3_64bits_reset(state); }
  ~State() { XXH3_freeState(state); }
  XXH3_state_t* const state;
};

Xxh3::Xxh3() : state_(std::make_unique<State>()) {}

Xxh3::~Xxh3() = default;

void Xxh3::Add(absl::string_view bytes) {
  XXH3_64bits_update(state_->state, bytes.data(), bytes.size());
}

uint64_t Xxh3::Digest() const { return XXH3_64bits_digest(state_->state); }

CheckedStream::CheckedStream(const Sink& sink) : sink_(sink) {}

CheckedStream::~CheckedStream() = default;

absl::Status CheckedStream::Take(const v1::SerializeResponse& message) {
  if (!started_) {
    started_ = true;
    version_ = message.version();
    total_bytes_ = message.total_bytes();
  }
  if (message.version() != version_ || message.total_bytes() != total_bytes_) {
    return absl::DataLossError(
        absl::StrCat("the stream changed from version ", version_, " of ",
                     total_bytes_, " bytes to version ", message.version(),
                     " of ", message.total_bytes(), " bytes"));
  }
  const std::string& chunk = message.chunk();
  if (static_cast<int64_t>(chunk.size()) > total_bytes_ - received_bytes_) {
    return absl::DataLossError(
        absl::StrCat("more bytes than the ", total_bytes_, " promised"));
  }
  received_bytes_ += chunk.size();
  hash_.Add(chunk);
  promised_hash_ = message.xxh3_64();
  return sink_(chunk, total_bytes_);
}

absl::StatusOr<SerializeResult> CheckedStream::Result() const {
  if (received_bytes_ != total_bytes_ || !started_) {
    return absl::DataLossError(absl::StrCat("the stream ended after ",
                                            received_bytes_, " of ",
                                            total_bytes_, " bytes"));
  }
  const uint64_t hash = hash_.Digest();
  if (hash != promised_hash_) {
    return absl::DataLossError(absl::StrCat(
        "checksum of the received bytes is ", absl::Hex(hash, absl::kZeroPad16),
        "; the server sent ", absl::Hex(promised_hash_, absl::kZeroPad16)));
  }
  return SerializeResult{version_, total_bytes_, hash};
}

}  // namespace annod::client
