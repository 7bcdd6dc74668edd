#include "client/load/stream_lane.h"

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include "absl/time/clock.h"

namespace annod::load {
namespace {

constexpr char kGetNnsStream[] = "/annod.v1.IndexService/GetNnsStream";

// Before a stream that has failed is begun again: no spinning.
constexpr absl::Duration kPauseAfterFailure = absl::Milliseconds(10);

}  // namespace

// One stream at a time. At most one write and one read are under way, as gRPC
// demands; Step() is called as each operation ends.
class StreamLane::Stream {
 public:
  enum class Operation { kStart, kWrite, kRead, kWritesDone, kFinish, kPause };
  struct Tag {
    Stream* stream;
    Operation operation;
  };

  // At most `in_flight` requests wait for an answer.
  Stream(StreamLane* lane, grpc::GenericStub* stub, int in_flight,
         const Window& window, CallRecorder* recorder)
      : lane_(lane),
        stub_(stub),
        in_flight_(in_flight),
        window_(window),
        recorder_(recorder) {}

  void Start() {
    call_.reset();  // before the context that owns it
    context_.emplace();
    const absl::Duration left =
        absl::Nanoseconds(window_.until - NowNs()) + lane_->options_.timeout;
    context_->set_deadline(std::chrono::system_clock::now() +
                           absl::ToChronoNanoseconds(left));
    writing_ = done_ = ended_ = false;
    call_ = stub_->PrepareCall(&*context_, kGetNnsStream,
                               lane_->connections_.queue());
    call_->StartCall(&start_);
  }

  // False when the stream is over for good.
  bool Step(Operation operation, bool ok) {
    switch (operation) {
      case Operation::kStart:
        Read();
        Write();
        return true;
      case Operation::kWrite:
      case Operation::kWritesDone:
        writing_ = false;
        if (ended_) {
          Finish();
        } else if (ok) {
          Write();
        }
        return true;
      case Operation::kRead:
        if (ok && !waiting_.empty()) {
          recorder_->Record(waiting_.front().due, *waiting_.front().request,
                            response_, grpc::Status::OK);
          waiting_.pop_front();
          Write();
          Read();
          return true;
        }
        // No more answers, or one to nothing.
        if (ok) context_->TryCancel();
        ended_ = true;
        if (!writing_) Finish();
        return true;
      case Operation::kFinish:
        return Finished();
      default:
        Start();
        return true;
    }
  }

 private:
  struct Waiting {
    int64_t due;
    const Request* request;
  };

  void Read() {
    response_.Clear();
    call_->Read(&response_, &read_);
  }

  // Sends the next request if it may be sent, or says that none will follow.
  void Write() {
    if (writing_ || done_ || ended_) return;
    const int64_t now = NowNs();
    if (window_.Over(now)) {
      writing_ = done_ = true;
      call_->WritesDone(&writes_done_);
    } else if (static_cast<int>(waiting_.size()) < in_flight_) {
      writing_ = true;
      waiting_.push_back({now, lane_->connections_.NextRequest()});
      call_->Write(waiting_.back().request->message, &write_);
    }
  }

  void Finish() { call_->Finish(&status_, &finish_); }

  bool Finished() {
    if (status_.ok() && !waiting_.empty()) {
      status_ = grpc::Status(grpc::StatusCode::INTERNAL,
                             "the stream ended before the last answer");
    }
    for (const Waiting& request : waiting_) {
      recorder_->Record(request.due, *request.request, response_, status_);
    }
    waiting_.clear();
    if (window_.Over(NowNs())) return false;
    pause_.emplace();
    pause_->Set(lane_->connections_.queue(),
                absl::ToChronoTime(absl::Now() + kPauseAfterFailure), &paused_);
    return true;
  }

  StreamLane* const lane_;
  grpc::GenericStub* const stub_;
  const int in_flight_;
  const Window window_;
  CallRecorder* const recorder_;

  Tag start_ = {this, Operation::kStart};
  Tag write_ = {this, Operation::kWrite};
  Tag read_ = {this, Operation::kRead};
  Tag writes_done_ = {this, Operation::kWritesDone};
  Tag finish_ = {this, Operation::kFinish};
  Tag paused_ = {this, Operation::kPause};

  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
  std::optional<grpc::Alarm> pause_;
  std::deque<Waiting> waiting_;  // sent and not answered, in order
  bool writing_ = false;         // a write, or the end of writes, is under way
  bool done_ = false;            // no more will be written
  bool ended_ = false;           // no more will be read
};

StreamLane::StreamLane(
    const LaneOptions& options,
    const std::vector<std::shared_ptr<grpc::Channel>>& channels,
    const std::vector<Request>* requests)
    : options_(options),
      connections_(channels, requests, options.first_request) {}

LoadResult StreamLane::RunClosed(int in_flight, const Window& window) {
  CallRecorder recorder(window, options_.n, connections_.requests().size());
  std::vector<std::unique_ptr<Stream>> streams;
  const int count = static_cast<int>(connections_.size());
  for (int i = 0; i < count; ++i) {
    const int share = in_flight / count + (i < in_flight % count ? 1 : 0);
    if (share == 0) continue;
    streams.push_back(std::make_unique<Stream>(this, connections_.stub(i),
                                               share, window, &recorder));
    streams.back()->Start();
  }
  size_t open = streams.size();
  void* tag;
  bool ok;
  while (open > 0 && connections_.queue()->Next(&tag, &ok)) {
    const auto* step = static_cast<const Stream::Tag*>(tag);
    if (!step->stream->Step(step->operation, ok)) --open;
  }
  return recorder.result();
}

}  // namespace annod::load
