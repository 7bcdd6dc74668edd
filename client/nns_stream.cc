#include "client/nns_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/convert.h"
#include "client/error.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr int kMaxWindow = 1024;  // the largest `stream_window`

}  // namespace

NnsStream::NnsStream(v1::IndexService::Stub* stub, std::string index,
                     const client::QueryOptions& query, Sink sink,
                     const NnsStreamOptions& options,
                     std::shared_ptr<grpc::Channel> channel,
                     absl::Time deadline, absl::Duration retry_window)
    : stub_(stub),
      index_(std::move(index)),
      query_(query),
      sink_(std::move(sink)),
      window_(static_cast<size_t>(options.window)),
      deadline_(deadline),
      pause_(std::move(channel), deadline, retry_window) {
  if (options.window < 1 || options.window > kMaxWindow) {
    failed_ = absl::InvalidArgumentError(
        absl::StrCat("NnsStreamOptions::window is ", options.window,
                     "; it must be in [1, ", kMaxWindow, "]"));
  }
}

NnsStream::~NnsStream() {
  Cancel();
  queue_.Shutdown();
}

absl::Status NnsStream::Ask(absl::Span<const client::Query> queries) {
  ANNOD_RETURN_IF_ERROR(failed_);
  failed_ = WorkUntil([this] { return waiting_.size() < window_; });
  if (failed_.ok()) {
    client::ToProto(index_, queries, query_,
                    waiting_.emplace_back().mutable_request());
    failed_ = WorkUntil([this] { return sent_ == waiting_.size(); });
  }
  if (!failed_.ok()) Cancel();
  return failed_;
}

absl::Status NnsStream::Finish() {
  ANNOD_RETURN_IF_ERROR(failed_);
  failed_ = WorkUntil([this] { return waiting_.empty(); });
  if (!failed_.ok()) {
    Cancel();
    return failed_;
  }
  failed_ = absl::FailedPreconditionError("the stream is finished");
  if (call_ != nullptr) {
    while (writing_) Wait();
    writing_ = true;
    call_->WritesDone(&writes_done_);
    Close().IgnoreError();  // all is answered, however it ends
  }
  return absl::OkStatus();
}

template <typename Done>
absl::Status NnsStream::WorkUntil(const Done& done) {
  while (true) {
    if (call_ == nullptr && !done()) Start();
    Begin();
    if (done()) return absl::OkStatus();
    if (readable_ || writing_) {
      if (Wait()) ANNOD_RETURN_IF_ERROR(TakeAnswer());
      continue;
    }
    absl::Status status = Close();
    if (status.ok()) {
      status = absl::InternalError(
          absl::StrCat("the server ended the stream before the answers to ",
                       waiting_.size(), " requests"));
    }
    if (!pause_.Wait(status)) return status;
  }
}

void NnsStream::Start() {
  context_ = std::make_unique<grpc::ClientContext>();
  context_->set_deadline(absl::ToChronoTime(deadline_));
  sent_ = 0;
  starting_ = readable_ = writable_ = true;
  call_ = stub_->PrepareAsyncGetNnsStream(context_.get(), &queue_);
  call_->StartCall(&start_);
}

void NnsStream::Begin() {
  if (call_ == nullptr || starting_) return;
  if (!writing_ && writable_ && sent_ < waiting_.size()) {
    writing_ = true;
    call_->Write(waiting_[sent_++], &write_);
  }
  if (!reading_ && readable_) {
    reading_ = true;
    response_.Clear();
    call_->Read(&response_, &read_);
  }
}

bool NnsStream::Wait() {
  void* tag;
  bool ok;
  queue_.Next(&tag, &ok);
  switch (*static_cast<const Operation*>(tag)) {
    case Operation::kStart:
      starting_ = false;
      return false;
    case Operation::kRead:
      reading_ = false;
      if (!ok) readable_ = writable_ = false;
      return ok;
    default:
      writing_ = false;
      if (!ok) writable_ = false;
      return false;
  }
}

absl::Status NnsStream::TakeAnswer() {
  pause_.Reset();
  if (sent_ == 0) {
    return absl::InternalError("the server answered what it was not asked");
  }
  ANNOD_ASSIGN_OR_RETURN(
      client::QueryResult answer,
      client::FromProto(response_.response(),
                        waiting_.front().request().queries_size()));
  waiting_.pop_front();
  --sent_;
  ++answered_count_;
  return sink_(std::move(answer));
}

absl::Status NnsStream::Close() {
  while (starting_ || writing_ || reading_) {
    // An answer now is one to nothing, or to what was given up.
    if (Wait()) context_->TryCancel();
  }
  grpc::Status status;
  call_->Finish(&status, &finish_);
  Wait();
  absl::Status result = FromGrpcStatus(status, *context_);
  call_.reset();
  context_.reset();
  sent_ = 0;
  return result;
}

void NnsStream::Cancel() {
  if (call_ == nullptr) return;
  context_->TryCancel();
  Close().IgnoreError();
}

}  // namespace annod
