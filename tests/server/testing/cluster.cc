#include "tests/server/testing/cluster.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "core/file_system.h"
#include "gtest/gtest.h"
#include "server/config/child_options.h"
#include "server/config/config_memory.h"
#include "tests/core/testing/stop_process.h"

namespace annod {
namespace {

constexpr char kChildBinary[] = "tests/server/testing/child_main";
constexpr absl::Duration kCallLimit = absl::Minutes(2);

// Takes a free port without listening: the workers share it (SO_REUSEPORT), and
// nobody else can have it meanwhile.
int ReservePort(std::string* address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  socklen_t size = sizeof(name);
  getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
  *address = absl::StrCat("127.0.0.1:", ntohs(name.sin_port));
  return fd;
}

std::string MakeTempDirectory() {
  std::string path = absl::StrCat(testing::TempDir(), "/cluster-XXXXXX");
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  return path;
}

}  // namespace

Cluster::Cluster(int workers, const std::function<void(Config*)>& edit)
    : workers_(workers), directory_(MakeTempDirectory()) {
  config_.data_dir = absl::StrCat(directory_, "/data");
  const std::string run_dir = absl::StrCat(directory_, "/run");
  EXPECT_EQ(mkdir(config_.data_dir.c_str(), 0755), 0);
  EXPECT_EQ(mkdir(run_dir.c_str(), 0755), 0);
  port_fd_ = ReservePort(&config_.listen);
  config_.workers = workers;
  config_.threads = 2;
  config_.drain_delay = absl::Milliseconds(200);
  config_.drain_timeout = absl::Seconds(5);
  if (edit) edit(&config_);
  // Inherited by the children, so without O_CLOEXEC.
  run_dir_fd_ = open(run_dir.c_str(), O_RDONLY | O_DIRECTORY);
  config_fd_ = dup(CreateConfigMemory(config_).value());
  metrics_ = MetricsPage::Create(workers + 2).value();
  const std::shared_ptr<grpc::Channel> channel = NewChannel();
  index_ = v1::IndexService::NewStub(channel);
  admin_ = v1::AdminService::NewStub(channel);
  health_ = grpc::health::v1::Health::NewStub(channel);
}

Cluster::~Cluster() {
  while (!processes_.empty()) Kill(processes_.begin()->first);
  close(port_fd_);
  close(run_dir_fd_);
  close(config_fd_);
  FileSystem::Posix()->RemoveRecursively(directory_).IgnoreError();
}

void Cluster::StartAll() {
  StartWriter();
  // A worker that does not find the writer soon is ready without it, and calls
  // that change something do not wait for that one.
  EXPECT_TRUE(Eventually([this] { return WriterListens(); }))
      << "the writer does not listen";
  for (int slot = 0; slot < workers_; ++slot) StartWorker(slot);
  EXPECT_TRUE(Eventually([this] {
    return Metric("annod_worker_ready", {}) == workers_;
  })) << "workers are not ready";
  AwaitServing();
}

bool Cluster::WriterListens() const {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  absl::SNPrintF(address.sun_path, sizeof(address.sun_path),
                 "/proc/self/fd/%d/%s", run_dir_fd_, kWriterSocketName);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool listens = connect(fd, reinterpret_cast<const sockaddr*>(&address),
                               sizeof(address)) == 0;
  close(fd);
  return listens;
}

void Cluster::StartWriter() { Start(workers_); }

void Cluster::StartWorker(int slot) { Start(slot); }

void Cluster::Start(int slot) {
  metrics_->Clear(slot);
  const int metrics_fd = dup(metrics_->fd());
  const std::vector<std::string> words = {
      kChildBinary,
      slot == workers_ ? "writer" : "worker",
      absl::StrCat(slot),
      absl::StrCat(metrics_fd),
      absl::StrCat(config_fd_),
      absl::StrCat(run_dir_fd_)};
  std::vector<char*> argv;
  for (const std::string& word : words) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    execv(argv[0], argv.data());
    _exit(127);
  }
  ASSERT_GT(pid, 0);
  close(metrics_fd);
  processes_[slot] = pid;
}

void Cluster::Kill(int slot) {
  kill(processes_.at(slot), SIGKILL);
  AwaitExit(slot);
}

void Cluster::Stop(int slot) { EXPECT_TRUE(StopProcess(processes_.at(slot))); }

void Cluster::RestartWriter() {
  KillWriter();
  StartWriter();
  AwaitWriter();
}

void Cluster::AwaitWriter() {
  EXPECT_TRUE(Eventually([this] {
    v1::UpdateSettingsRequest request;
    request.set_index("none");
    v1::UpdateSettingsResponse response;
    return admin_->UpdateSettings(Context().get(), request, &response)
               .error_code() == grpc::StatusCode::NOT_FOUND;
  })) << "the new writer cannot be reached";
}

void Cluster::SignalWorker(int slot, int signal) {
  kill(processes_.at(slot), signal);
}

void Cluster::SignalWriter(int signal) {
  kill(processes_.at(workers_), signal);
}

int Cluster::AwaitExit(int slot) {
  int status = 0;
  waitpid(processes_.at(slot), &status, 0);
  processes_.erase(slot);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Cluster::AwaitServing() {
  const bool serving = Eventually([this] {
    const auto context = Context();
    context->set_wait_for_ready(true);
    grpc::health::v1::HealthCheckResponse response;
    return health_->Check(context.get(), {}, &response).ok() &&
           response.status() == grpc::health::v1::HealthCheckResponse::SERVING;
  });
  EXPECT_TRUE(serving) << "no worker serves";
}

std::shared_ptr<grpc::Channel> Cluster::NewChannel() const {
  grpc::ChannelArguments args;
  // Otherwise channels to one address share a connection.
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  return grpc::CreateCustomChannel(config_.listen,
                                   grpc::InsecureChannelCredentials(), args);
}

std::unique_ptr<v1::IndexService::Stub> Cluster::NewIndexStub() const {
  return v1::IndexService::NewStub(NewChannel());
}

int Cluster::SlotOf(const std::shared_ptr<grpc::Channel>& channel) {
  const auto context = Context();
  context->set_wait_for_ready(true);
  context->AddMetadata(kProbeMetadata, "1");
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_TRUE(grpc::health::v1::Health::NewStub(channel)
                  ->Check(context.get(), {}, &response)
                  .ok());
  const auto& trailers = context->GetServerTrailingMetadata();
  const auto found = trailers.find(kProbeMetadata);
  int slot = -1;
  EXPECT_TRUE(found != trailers.end() &&
              absl::SimpleAtoi(
                  absl::string_view(found->second.data(), found->second.size()),
                  &slot));
  return slot;
}

void Cluster::SetConfig(const Config& config) {
  config_ = config;
  EXPECT_TRUE(WriteConfigMemory(config_fd_, config).ok());
}

double Cluster::Metric(const std::string& name,
                       const LabelPairs& labels) const {
  double sum = 0;
  for (int slot = 0; slot <= workers_; ++slot) {
    sum += MetricOf(slot, name, labels);
  }
  return sum;
}

double Cluster::MetricOf(int slot, const std::string& name,
                         const LabelPairs& labels) const {
  double sum = 0;
  for (const SeriesSample& sample : metrics_->Read(slot)) {
    const bool matches =
        sample.name == name &&
        std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
          return std::find(sample.labels.begin(), sample.labels.end(), label) !=
                 sample.labels.end();
        });
    if (!matches) continue;
    if (sample.kind == MetricKind::kHistogram) {
      for (const uint64_t count : sample.buckets) sum += count;
    } else {
      sum += sample.value;
    }
  }
  return sum;
}

void Cluster::ExpectMetric(const std::string& name, const LabelPairs& labels,
                           double value) const {
  EXPECT_TRUE(Eventually([&] { return Metric(name, labels) == value; }))
      << name << " is " << Metric(name, labels) << ", not " << value;
}

bool Eventually(const std::function<bool()>& condition,
                absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return true;
}

std::unique_ptr<grpc::ClientContext> Context() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(absl::ToChronoTime(absl::Now() + kCallLimit));
  return context;
}

}  // namespace annod
