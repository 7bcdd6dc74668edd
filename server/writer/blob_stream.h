#ifndef ANNOD_SERVER_WRITER_BLOB_STREAM_H_
#define ANNOD_SERVER_WRITER_BLOB_STREAM_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "core/storage/stream_hash.h"
#include "grpcpp/grpcpp.h"

namespace annod {

// Cuts what is written to it into the chunks of a Serialize stream, the last of
// which carries the checksum. Not thread-safe.
class ChunkWriter {
 public:
  // `total_bytes` will be written in all. `writer` must outlive the object.
  ChunkWriter(grpc::ServerWriter<v1::SerializeResponse>* writer,
              int64_t version, uint64_t total_bytes, size_t chunk_bytes);

  // Cancelled if the caller has gone.
  absl::Status Write(absl::string_view bytes);
  // Sends what is left. Internal if it is not the announced number of bytes.
  absl::Status Finish();

 private:
  absl::Status Send();

  grpc::ServerWriter<v1::SerializeResponse>* const writer_;
  const uint64_t total_bytes_;
  const size_t chunk_bytes_;
  v1::SerializeResponse response_;
  StreamHash hash_;
  uint64_t sent_ = 0;
  bool finished_ = false;
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_BLOB_STREAM_H_
