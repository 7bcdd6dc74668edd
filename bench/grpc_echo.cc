// The floor under serving: a gRPC server that answers every GetNns with the
// same bytes, as many as a real answer has, and looks at nothing it is asked.
// Built with the flags annod is built with; runs until it is killed.
//
//   bazel run //bench:grpc_echo -- --listen 127.0.0.1:7177 --threads 2

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "annod/v1/index_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace annod {
namespace {

struct Flags {
  std::string listen = "127.0.0.1:0";
  std::string api = "queues";
  int threads = 0;
  int queries = 1;
  int n = 10;
  bool distances = false;
  double busy_us = 0;
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

using QueueService =
    v1::IndexService::WithRawMethod_GetNns<v1::IndexService::Service>;

// A thread with a completion queue of its own.
class QueueLoop {
 public:
  QueueLoop(QueueService* service, grpc::ServerCompletionQueue* queue,
            const grpc::ByteBuffer& answer, double busy_us)
      : service_(service), queue_(queue), answer_(answer), busy_us_(busy_us) {}

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
        KeepBusy(busy_us_);
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
  const double busy_us_;
  std::vector<std::unique_ptr<Call>> free_;
};

class CallbackService final
    : public v1::IndexService::WithRawCallbackMethod_GetNns<
          v1::IndexService::Service> {
 public:
  CallbackService(const grpc::ByteBuffer& answer, double busy_us)
      : answer_(answer), busy_us_(busy_us) {}

  grpc::ServerUnaryReactor* GetNns(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer*,
                                   grpc::ByteBuffer* response) override {
    *response = answer_;
    KeepBusy(busy_us_);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const grpc::ByteBuffer answer_;
  const double busy_us_;
};

int Serve(const Flags& flags) {
  const bool queues = flags.api == "queues";
  const grpc::ByteBuffer answer = MakeAnswer(flags);
  const int threads =
      flags.threads > 0
          ? flags.threads
          : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  QueueService queue_service;
  CallbackService callback_service(answer, flags.busy_us);
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
      QueueLoop(&queue_service, queue, answer, flags.busy_us).Run();
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
