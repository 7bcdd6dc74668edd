// The floor under serving: a gRPC server that answers every GetNns with the
// same bytes, as many as a real answer has, and looks at nothing it is asked.
// With --index it searches as well: what annod could cost at best.
// Built with the flags annod is built with; runs until it is killed.
//
//   bazel run //bench:grpc_echo -- --listen 127.0.0.1:7177 --threads 2

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "annod/v1/index_service.grpc.pb.h"
#include "bench/opened_version.h"
#include "core/search/forest_index.h"
#include "grpcpp/grpcpp.h"

namespace annod {
namespace {

// As many as bench/serving asks.
constexpr int64_t kQueries = 2000;

struct Flags {
  std::string listen = "127.0.0.1:0";
  std::string api = "queues";
  int threads = 0;
  int queries = 1;
  int n = 10;
  bool distances = false;
  double busy_us = 0;
  std::string data_dir;
  std::string index;
  std::string data;
  int beam = 0;
};

// What annod answers: ids as large as those of some 100,000 items.
grpc::ByteBuffer MakeAnswer(const Flags& flags) {
  v1::GetNnsResponse response;
  for (int query = 0; query < flags.queries; ++query) {
    v1::NeighborList* result = response.add_results();
    for (int i = 0; i < flags.n; ++i) {
      result->add_ids(100'000 + i);
      if (flags.distances) result->add_distances(1);
    }
  }
  response.set_version(1);
  response.set_engine(v1::ENGINE_GRAPH);
  response.set_beam(48);
  const grpc::Slice slice(response.SerializeAsString());
  return {&slice, 1};
}

// Uses the processor in place of a search.
void KeepBusy(double microseconds) {
  using Clock = std::chrono::steady_clock;
  if (microseconds <= 0) return;
  const Clock::time_point start = Clock::now();
  while (
      std::chrono::duration<double, std::micro>(Clock::now() - start).count() <
      microseconds) {
  }
}

// What a thread does for each call beside answering it.
class Work {
 public:
  // `version` may be null, and must outlive the object.
  Work(const Flags& flags, const OpenedVersion* version)
      : busy_us_(flags.busy_us),
        version_(version),
        scratch_(NewSearchScratch()) {
    options_.n = flags.n;
    options_.beam = flags.beam;
    options_.engine = Engine::kGraph;
  }

  void Do() {
    KeepBusy(busy_us_);
    if (version_ == nullptr) return;
    const FloatRows& queries = version_->data.test;
    if (next_ >= queries.slot_count()) next_ = 0;
    const auto query = queries.row(next_++);
    const absl::Status status = version_->version->Search(
        query, options_, scratch_.get(), &found_, &stats_);
    if (!status.ok()) std::abort();
  }

 private:
  const double busy_us_;
  const OpenedVersion* const version_;
  SearchOptions options_;
  const SearchScratchPtr scratch_;
  std::vector<Neighbor> found_;
  SearchStats stats_;
  int64_t next_ = 0;
};

using QueueService =
    v1::IndexService::WithRawMethod_GetNns<v1::IndexService::Service>;

// A thread with a completion queue of its own.
class QueueLoop {
 public:
  QueueLoop(QueueService* service, grpc::ServerCompletionQueue* queue,
            const grpc::ByteBuffer& answer, Work* work)
      : service_(service), queue_(queue), answer_(answer), work_(work) {}

  void Run() {
    Await(new Call);
    void* tag;
    bool ok;  // always of a call that arrives: nothing shuts this down
    while (queue_->Next(&tag, &ok)) {
      auto* call = static_cast<Call*>(tag);
      if (call->answered) {
        free_.emplace_back(call);
      } else {
        call->answered = true;
        work_->Do();
        call->writer->Finish(answer_, grpc::Status::OK, call);
        Await(free_.empty() ? new Call : Take());
      }
    }
  }

 private:
  struct Call {
    std::optional<grpc::ServerContext> context;
    std::optional<grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>> writer;
    grpc::ByteBuffer request;
    bool answered;
  };

  Call* Take() {
    Call* call = free_.back().release();
    free_.pop_back();
    return call;
  }

  void Await(Call* call) {
    call->answered = false;
    call->writer.reset();
    call->context.emplace();
    call->writer.emplace(&*call->context);
    service_->RequestGetNns(&*call->context, &call->request, &*call->writer,
                            queue_, queue_, call);
  }

  QueueService* const service_;
  grpc::ServerCompletionQueue* const queue_;
  const grpc::ByteBuffer answer_;
  Work* const work_;
  std::vector<std::unique_ptr<Call>> free_;
};

class CallbackService final
    : public v1::IndexService::WithRawCallbackMethod_GetNns<
          v1::IndexService::Service> {
 public:
  CallbackService(const grpc::ByteBuffer& answer, const Flags& flags,
                  const OpenedVersion* version)
      : answer_(answer), flags_(flags), version_(version) {}

  grpc::ServerUnaryReactor* GetNns(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer*,
                                   grpc::ByteBuffer* response) override {
    *response = answer_;
    thread_local Work work(flags_, version_);
    work.Do();
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const grpc::ByteBuffer answer_;
  const Flags flags_;
  const OpenedVersion* const version_;
};

int Serve(const Flags& flags) {
  std::optional<OpenedVersion> version;
  if (!flags.index.empty()) {
    absl::StatusOr<OpenedVersion> opened =
        OpenForBench(flags.data_dir, flags.index, flags.data, kQueries);
    if (!opened.ok()) {
      std::fprintf(stderr, "grpc_echo: %s\n",
                   opened.status().ToString().c_str());
      return 1;
    }
    version = *std::move(opened);
  }
  const OpenedVersion* const searched = version ? &*version : nullptr;
  const bool queues = flags.api == "queues";
  const grpc::ByteBuffer answer = MakeAnswer(flags);
  const int threads =
      flags.threads > 0
          ? flags.threads
          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  QueueService queue_service;
  CallbackService callback_service(answer, flags, searched);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(flags.listen, grpc::InsecureServerCredentials(),
                           &port);
  builder.SetMaxReceiveMessageSize(-1);
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> completion_queues;
  if (queues) {
    builder.RegisterService(&queue_service);
    for (int i = 0; i < threads; ++i) {
      completion_queues.push_back(builder.AddCompletionQueue());
    }
  } else {
    builder.RegisterService(&callback_service);
  }
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::fprintf(stderr, "grpc_echo: cannot listen on %s\n",
                 flags.listen.c_str());
    return 1;
  }
  std::vector<std::thread> running;
  running.reserve(completion_queues.size());
  for (const auto& queue : completion_queues) {
    running.emplace_back([&, queue = queue.get()] {
      Work work(flags, searched);
      QueueLoop(&queue_service, queue, answer, &work).Run();
    });
  }
  std::printf("listening on port %d, answers of %zu bytes\n", port,
              answer.Length());
  std::fflush(stdout);

  server->Wait();  // for ever
  return 0;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app("A gRPC server that answers every GetNns with the same bytes.");
  app.add_option("--listen", flags.listen, "address; port 0 picks a free one");
  app.add_option("--api", flags.api, "completion queues, or gRPC's callbacks")
      ->check(CLI::IsMember({"queues", "callback"}));
  app.add_option("--threads", flags.threads,
                 "threads, each with a queue; 0: one for each core")
      ->check(CLI::Range(0, 1024));
  app.add_option("--queries", flags.queries, "queries that a call asks")
      ->check(CLI::Range(1, 65536));
  app.add_option("--n", flags.n, "neighbours answered to each")
      ->check(CLI::Range(0, 10'000));
  app.add_flag("--distances", flags.distances, "answer distances too");
  app.add_option("--busy_us", flags.busy_us,
                 "microseconds of processor time taken by each call, as if it "
                 "searched")
      ->check(CLI::Range(0.0, 1e6));
  CLI::Option* const index = app.add_option(
      "--index", flags.index,
      "an index of annod whose graph each call searches, for queries of --data "
      "in turn; what is found is thrown away");
  app.add_option("--data_dir", flags.data_dir, "of annod, where --index is");
  app.add_option("--data", flags.data, "HDF5 file with queries")->needs(index);
  app.add_option("--beam", flags.beam, "beam width; 0: the engine's default")
      ->check(CLI::Range(0, 1000000));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return Serve(flags);
}

}  // namespace
}  // namespace annod

int main(int argc, char** argv) {
  try {
    return annod::Main(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "grpc_echo: %s\n", e.what());
    return 1;
  }
}
