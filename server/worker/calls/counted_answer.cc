#include "server/worker/calls/counted_answer.h"

#include "server/rpc/rpc_status.h"
#include "server/worker/calls/refusal.h"

namespace annod {

grpc::Status CountedAnswer::End(const absl::Status& status,
                                grpc::ByteBuffer* answer) {
  absl::Status end = status;
  if (end.ok() && answer->Valid()) {
    end = unsent_->Hold(this, static_cast<int64_t>(answer->Length()));
  }
  if (!end.ok()) {
    answer->Clear();
    AddPushback(end, context_);
  }
  grpc::Status told = ToGrpcStatus(end);
  Finish(told);
  return told;
}

void CountedAnswer::OnDone() {
  unsent_->Drop(this);
  delete this;
}

}  // namespace annod
