#ifndef ANNOD_CORE_STORAGE_STREAM_HASH_H_
#define ANNOD_CORE_STORAGE_STREAM_HASH_H_

#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "xxhash.h"

namespace annod {

// XXH3-64 of bytes that come piece by piece.
class StreamHash {
 public:
  StreamHash() : state_(XXH3_createState(), XXH3_freeState) {
    XXH3_64bits_reset(state_.get());
  }
  void Add(absl::string_view bytes) {
    XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
  }
  uint64_t Digest() const { return XXH3_64bits_digest(state_.get()); }

 private:
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_STREAM_HASH_H_
