#include "tests/e2e/attacks/attacked_annod.h"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/config/config.h"
#include "tests/e2e/service.h"

namespace annod::testing {
namespace {

constexpr int64_t kGivenBackKb = 160 << 10;
// What gRPC reads beyond max_request_memory, and what the allocator has free in
// between.
constexpr int64_t kOvershootBytes = 128 << 20;
constexpr absl::Duration kPatience = absl::Minutes(1);
constexpr rlim_t kCap = rlim_t{3} << 30;

// A line of /proc/PID/status, in kB.
int64_t StatusKb(pid_t pid, const std::string& name) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  std::string word;
  int64_t kilobytes = 0;
  while (status >> word) {
    if (word != name + ":") continue;
    status >> kilobytes;
    break;
  }
  return kilobytes;
}

// Makes VmHWM begin anew.
void ForgetPeak(pid_t pid) {
  std::ofstream(absl::StrCat("/proc/", pid, "/clear_refs")) << "5";
}

void Cap(pid_t pid) {
  rlimit limit = {kCap, kCap};
  EXPECT_EQ(prlimit(pid, RLIMIT_DATA, &limit, nullptr), 0);
}

// Asks for health again and again, on a connection of its own.
class HealthWatch {
 public:
  // A call that takes longer than `patience` has failed.
  HealthWatch(const std::string& address, absl::Duration patience)
      : stub_(grpc::health::v1::Health::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))),
        patience_(patience),
        thread_([this] { Loop(); }) {}
  ~HealthWatch() { Stop(); }
  void Stop() {
    stopped_.store(true);
    if (thread_.joinable()) thread_.join();
  }
  absl::Duration slowest() const { return slowest_; }
  // How long so many percent of the answered calls took at most.
  absl::Duration Percentile(size_t percent) {
    if (answered_.empty()) return absl::InfiniteDuration();
    std::sort(answered_.begin(), answered_.end());
    return answered_[(answered_.size() - 1) * percent / 100];
  }
  int failures() const { return failures_; }
  int calls() const { return calls_; }

 private:
  void Loop() {
    while (!stopped_.load()) {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(absl::Now() + patience_));
      grpc::health::v1::HealthCheckResponse response;
      const absl::Time start = absl::Now();
      const grpc::Status status = stub_->Check(&context, {}, &response);
      const absl::Duration took = absl::Now() - start;
      slowest_ = std::max(slowest_, took);
      if (status.ok()) {
        answered_.push_back(took);
      } else {
        ++failures_;
      }
      ++calls_;
      absl::SleepFor(absl::Milliseconds(20));
    }
  }

  const std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
  const absl::Duration patience_;
  std::atomic<bool> stopped_{false};
  absl::Duration slowest_ = absl::ZeroDuration();
  std::vector<absl::Duration> answered_;
  int failures_ = 0;
  int calls_ = 0;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<AnnodProcess> AttackedAnnod::annod_;
pid_t AttackedAnnod::worker_ = 0;
pid_t AttackedAnnod::writer_ = 0;

void AttackedAnnod::SetUpTestSuite() {
  annod_ = AnnodProcess::Start(NewTempDir() + "/data",
                               {"--workers=1", "--threads=2"});
  const auto client = MakeClient(address());
  EXPECT_EQ(CreateTestIndex(client.get(), "a"), absl::OkStatus());
  EXPECT_EQ(AddTestItems(client.get(), "a", 0, kItems), absl::OkStatus());
  EXPECT_EQ(client->Build("a", {}).status(), absl::OkStatus());
  worker_ = annod_->ChildPids("worker").at(0);
  writer_ = annod_->ChildPids("writer").at(0);
  Cap(worker_);
  Cap(writer_);
}

void AttackedAnnod::TearDownTestSuite() { annod_ = nullptr; }

double AttackedAnnod::Metric(const std::string& series) const {
  std::istringstream lines(annod_->HttpGet("/metrics"));
  std::string line;
  double value = -1;
  while (std::getline(lines, line)) {
    if (line.rfind(series + " ", 0) != 0) continue;
    EXPECT_TRUE(absl::SimpleAtod(line.substr(series.size() + 1), &value));
  }
  return value;
}

AttackedAnnod::Allowed AttackedAnnod::ManyLargeRequests() {
  const Config defaults;
  const int64_t requests = defaults.admission.max_request_memory;
  const int64_t largest = defaults.limits.max_message_bytes;
  Allowed allowed;
  // Of those that are answered and those that go to the writer, as many are
  // parsed at a time as have the bytes of one, and take twice those.
  allowed.worker_bytes = requests + 2 * 2 * largest + kOvershootBytes;
  // Once as they come, twice parsed.
  allowed.writer_bytes = 3 * requests + kOvershootBytes;
  allowed.may_refuse = true;
  return allowed;
}

bool AttackedAnnod::Await(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(50));
  }
  return true;
}

void AttackedAnnod::Attack(const std::string& name,
                           const std::function<void()>& attack,
                           const Allowed& allowed) {
  const int64_t worker_before = StatusKb(worker_, "VmRSS");
  const int64_t writer_before = StatusKb(writer_, "VmRSS");
  ForgetPeak(worker_);
  ForgetPeak(writer_);
  // Told within a quarter of a second on two busy cores.
  const absl::Duration health_bound = 3 * annod_->AboutASecond();
  HealthWatch health(address(), 2 * health_bound);
  const absl::Time start = absl::Now();
  attack();
  const absl::Duration took = absl::Now() - start;
  health.Stop();
  const int64_t worker_took = StatusKb(worker_, "VmHWM") - worker_before;
  const int64_t writer_took = StatusKb(writer_, "VmHWM") - writer_before;
  EXPECT_LT(worker_took, allowed.worker_bytes / 1024);
  EXPECT_LT(writer_took, allowed.writer_bytes / 1024);
  EXPECT_LT(health.slowest(), health_bound);
  EXPECT_LE(health.failures(), allowed.may_refuse ? health.calls() / 2 : 0);
  const auto left = [this, worker_before, writer_before] {
    return std::max(StatusKb(worker_, "VmRSS") - worker_before,
                    StatusKb(writer_, "VmRSS") - writer_before);
  };
  EXPECT_TRUE(Await([&] { return left() < kGivenBackKb; })) << left() << " kB";
  std::cout << name << ": " << absl::FormatDuration(took) << ", worker +"
            << worker_took / 1024 << " MB, writer +" << writer_took / 1024
            << " MB, then +" << left() / 1024 << " MB, health in "
            << absl::FormatDuration(health.Percentile(50)) << ", 99 % in "
            << absl::FormatDuration(health.Percentile(99)) << ", all in "
            << absl::FormatDuration(health.slowest()) << ", "
            << health.failures() << " of " << health.calls() << " refused"
            << std::endl;
  ExpectServes();
}

void AttackedAnnod::ExpectServes() {
  const auto client = MakeClient(address());
  EXPECT_TRUE(Await([&] {
    const auto missing = MissingItems(client.get(), "a", {1, 2, 3});
    return missing.ok() && missing->empty();
  }));
  EXPECT_TRUE(
      Await([&] { return AddTestItems(client.get(), "a", kItems, 1).ok(); }));
  EXPECT_EQ(annod_->ChildPids("worker"), std::vector<pid_t>{worker_});
  EXPECT_EQ(annod_->ChildPids("writer"), std::vector<pid_t>{writer_});
}

}  // namespace annod::testing
