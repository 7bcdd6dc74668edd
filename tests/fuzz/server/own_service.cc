#include "tests/fuzz/server/own_service.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/config/config_memory.h"
#include "server/worker/run_worker.h"
#include "server/writer/run_writer.h"
#include "spdlog/spdlog.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

// Takes a free port of the loopback interface without listening.
int ReservePort(std::string* address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(name);
  Require(bind(fd, reinterpret_cast<sockaddr*>(&name), size) == 0 &&
              getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0,
          "a port");
  *address = absl::StrCat("127.0.0.1:", ntohs(name.sin_port));
  return fd;
}

}  // namespace

OwnService::OwnService() {
  // As run_worker.cc sets it, which is too late here.
  setenv("GRPC_POLL_STRATEGY", "epoll1", /*overwrite=*/1);
  spdlog::set_level(spdlog::level::off);
  config_.data_dir = directory_.path() + "/data";
  const std::string run_dir = directory_.path() + "/run";
  Require(mkdir(config_.data_dir.c_str(), 0700) == 0 &&
              mkdir(run_dir.c_str(), 0700) == 0,
          "directories");
  port_fd_ = ReservePort(&config_.listen);
  config_.workers = 1;
  config_.threads = 1;
  config_.drain_delay = absl::ZeroDuration();
  config_.drain_timeout = absl::Seconds(1);
  config_.attach_dirs = {directory_.path() + "/attach"};
  config_.log_level = "error";
  config_.audit_log = "off";
  // Every query is one: what is said of a slow one is made, too.
  config_.slow_query_time = absl::Microseconds(1);
  config_.limits.max_message_bytes = 1 << 20;
  run_dir_fd_ = open(run_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  config_fd_ = CreateConfigMemory(config_).value();
  metrics_ = MetricsPage::Create(3).value();
  stub_ = std::make_unique<grpc::GenericStub>(
      grpc::CreateChannel(config_.listen, grpc::InsecureChannelCredentials()));
  Start(ChildOptions::Role::kWriter, 1);
  Start(ChildOptions::Role::kWorker, 0);
  const absl::Time deadline = absl::Now() + kPatience;
  while (Call("/annod.v1.AdminService/Reload", {""}).error_code() ==
         grpc::StatusCode::UNAVAILABLE) {
    Require(absl::Now() < deadline, "the service starts");
    absl::SleepFor(absl::Milliseconds(20));
  }
}

OwnService::~OwnService() {
  stub_.reset();
  for (size_t i = threads_.size(); i > 0; --i) {
    // To that thread alone: it waits for the signal.
    pthread_kill(threads_[i - 1].native_handle(), SIGTERM);
    threads_[i - 1].join();
  }
  close(port_fd_);
  close(run_dir_fd_);
  close(config_fd_);
}

void OwnService::Start(ChildOptions::Role role, int slot) {
  ChildOptions options;
  options.role = role;
  options.slot = slot;
  options.metrics_fd = dup(metrics_->fd());
  options.config_fd = config_fd_;
  options.run_dir_fd = run_dir_fd_;
  threads_.emplace_back([this, options] {
    const int status = options.role == ChildOptions::Role::kWriter
                           ? RunWriter(options, config_)
                           : RunWorker(options, config_);
    Require(status == 0, "a clean end");
  });
}

grpc::Status OwnService::Call(const std::string& method,
                              const std::vector<std::string>& messages) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  grpc::CompletionQueue queue;
  const auto call = stub_->PrepareCall(&context, method, &queue);
  const auto await = [&] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  call->StartCall(nullptr);
  bool open = await();
  for (const std::string& message : messages) {
    if (!open) break;
    const grpc::Slice slice(message);
    call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
    open = await();
  }
  if (open) {
    call->WritesDone(nullptr);
    await();
  }
  grpc::ByteBuffer answer;
  do {
    answer.Clear();
    call->Read(&answer, nullptr);
  } while (await());
  grpc::Status status;
  call->Finish(&status, nullptr);
  await();
  queue.Shutdown();
  return status;
}

}  // namespace annod::fuzz
