#ifndef ANNOD_SERVER_WRITER_DESERIALIZE_CALL_H_
#define ANNOD_SERVER_WRITER_DESERIALIZE_CALL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "core/file_system.h"
#include "core/formats/serialized.h"
#include "grpcpp/grpcpp.h"
#include "server/access/quota_metadata.h"
#include "server/writer/blob_stream.h"
#include "server/writer/state/writer_state.h"

namespace annod {

// One call of Deserialize. The bytes are written to a temporary file as they
// come and checked there; then a job of the build queue makes them a version,
// which takes the place of all that was stored before. Nothing changes before
// that version is published: the index is as it was if the bytes do not pass,
// the caller goes away or the process dies. A new index is created once the
// bytes have passed, and dropped again should they not become a version.
class DeserializeCall {
 public:
  // Both must outlive the object. One call of Run().
  DeserializeCall(WriterState* state, grpc::ServerContext* context);
  ~DeserializeCall();
  DeserializeCall(const DeserializeCall&) = delete;
  DeserializeCall& operator=(const DeserializeCall&) = delete;

  absl::Status Run(grpc::ServerReader<v1::DeserializeRequest>* reader,
                   v1::DeserializeResponse* response);

 private:
  // The bytes and what they are; the job may outlive the call a little.
  struct Input {
    std::unique_ptr<MappedFile> mapped;
    Serialized read;
  };

  // Of the first message.
  absl::Status Begin(const v1::DeserializeRequest& request);
  // Of every message.
  absl::Status Take(const v1::DeserializeRequest& request);
  // After the last.
  absl::Status CheckWhole() const;
  static ReadyForest ReadyOf(std::shared_ptr<const Input> input,
                             const BuildSpec& spec, FileSystem* fs);
  absl::Status Read();
  absl::Status CheckLimits() const;
  absl::Status CreateIndex();
  absl::Status Publish();

  WriterState* const state_;
  grpc::ServerContext* const context_;
  const std::shared_ptr<const Config> config_;
  const StoredQuotas quotas_;
  std::vector<QuotaLedger::Grant> grants_;
  FileSystem* const fs_;

  std::string name_;
  SerializedReadOptions read_options_;
  std::shared_ptr<WriterIndex> index_;  // null: to be created
  std::string spool_path_;
  std::unique_ptr<WritableFile> spool_;
  StreamHash hash_;
  uint64_t promised_hash_ = 0;
  std::shared_ptr<const Input> input_;  // null: not read yet
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_DESERIALIZE_CALL_H_
