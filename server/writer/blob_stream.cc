#include "server/writer/blob_stream.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace annod {

ChunkWriter::ChunkWriter(grpc::ServerWriter<v1::SerializeResponse>* writer,
                         int64_t version, uint64_t total_bytes,
                         size_t chunk_bytes)
    : writer_(writer), total_bytes_(total_bytes), chunk_bytes_(chunk_bytes) {
  response_.set_version(version);
  response_.set_total_bytes(static_cast<int64_t>(total_bytes));
}

absl::Status ChunkWriter::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    std::string* const chunk = response_.mutable_chunk();
    const size_t room = chunk_bytes_ - chunk->size();
    const absl::string_view part = bytes.substr(0, room);
    chunk->append(part.data(), part.size());
    bytes.remove_prefix(part.size());
    if (chunk->size() == chunk_bytes_) ANNOD_RETURN_IF_ERROR(Send());
  }
  return absl::OkStatus();
}

absl::Status ChunkWriter::Send() {
  hash_.Add(response_.chunk());
  sent_ += response_.chunk().size();
  if (sent_ == total_bytes_) {
    response_.set_xxh3_64(hash_.Digest());
    finished_ = true;
  }
  const bool sent = writer_->Write(response_);
  response_.clear_chunk();
  return sent ? absl::OkStatus() : absl::CancelledError("the caller left");
}

absl::Status ChunkWriter::Finish() {
  if (!finished_ || !response_.chunk().empty()) ANNOD_RETURN_IF_ERROR(Send());
  if (sent_ == total_bytes_) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("wrote ", sent_, " bytes after announcing ", total_bytes_));
}

}  // namespace annod
