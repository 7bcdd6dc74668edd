#ifndef ANNOD_CLIENT_ITEM_WRITER_H_
#define ANNOD_CLIENT_ITEM_WRITER_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "annod/v1/admin_service.grpc.pb.h"
#include "client/types.h"

namespace annod {

struct ItemWriterOptions {
  // Items are packed into messages of about this size.
  size_t message_bytes = 1 << 20;
  // After this much the server is asked to confirm that all is durable; what is
  // not confirmed yet is kept in memory to be sent again if need be.
  size_t checkpoint_bytes = 16 << 20;
};

// Stores many items through AddItems streams. If a stream breaks with
// UNAVAILABLE, or is refused with OVERLOADED, and every item not yet confirmed
// has an id, they are sent again on a new stream and the caller sees nothing of
// it. One thread at a time; must not outlive its Client. Destroying it without
// Finish() gives up what is not confirmed.
class ItemWriter {
 public:
  ~ItemWriter();
  ItemWriter(const ItemWriter&) = delete;
  ItemWriter& operator=(const ItemWriter&) = delete;

  // Takes one item; blocks while the network is slower. After an error every
  // call returns it again. Items before the failure may have been stored: see
  // confirmed().
  absl::Status Add(std::optional<int32_t> id, absl::Span<const float> vector,
                   absl::string_view label = {});

  // Sends what is left and returns, once all is durable, what was stored.
  absl::StatusOr<client::AddResult> Finish();

  // What is stored as far as the server has said: all that was confirmed, and
  // after an error of the server what it had taken before that.
  const client::AddResult& confirmed() const { return confirmed_; }

 private:
  friend class Client;
  ItemWriter(v1::AdminService::Stub* stub, std::string index,
             const ItemWriterOptions& options,
             std::shared_ptr<grpc::Channel> channel, absl::Time deadline,
             absl::Duration retry_window);

  // Adds current_ to the segment and sends it.
  absl::Status Flush();
  // Ends the stream and waits for the confirmation of the segment.
  absl::Status Checkpoint();
  // Opens a stream and sends what it lacks of the segment. False: it broke.
  bool SendSegment();
  // Adds what a stream has stored to confirmed_.
  void Confirm(int64_t count, int32_t first_id, int32_t last_id);
  // Takes the stream's status and forgets the stream.
  absl::Status Close();
  // Runs `attempt` again while RetryPause says so and repeating the segment is
  // safe.
  template <typename Attempt>
  absl::Status WithRetries(const Attempt& attempt);

  v1::AdminService::Stub* const stub_;
  const std::string index_;
  const ItemWriterOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const absl::Time deadline_;
  const absl::Duration retry_window_;

  v1::AddItemsRequest current_;
  size_t current_bytes_ = 0;
  // Messages since the last confirmation; the first `sent_` are on the stream.
  std::vector<v1::AddItemsRequest> segment_;
  size_t segment_bytes_ = 0;
  size_t sent_ = 0;
  bool repeatable_ = true;  // every item of the segment has an id

  std::unique_ptr<grpc::ClientContext> context_;
  v1::AddItemsResponse response_;
  std::unique_ptr<grpc::ClientWriter<v1::AddItemsRequest>> stream_;
  client::AddResult confirmed_;
  absl::Status failed_;
};

}  // namespace annod

#endif  // ANNOD_CLIENT_ITEM_WRITER_H_
