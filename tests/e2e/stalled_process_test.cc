// Processes that live and do nothing: does the supervisor see it?
#include <linux/filter.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/core/testing/stop_process.h"
#include "tests/e2e/annod_process.h"
#include "tests/e2e/service.h"
#include "tests/server/testing/certificates.h"

namespace annod::testing {
namespace {

class StalledProcessTest : public ::testing::Test {
 protected:
  void SetUp() override { Start({}); }

  void Start(std::vector<std::string> flags, const char* stall_timeout = "2s") {
    flags.insert(flags.end(),
                 {"--workers=2",
                  absl::StrCat("--worker_stall_timeout=", stall_timeout)});
    annod_ = AnnodProcess::Start(data_dir_, flags);
    // Of a process that has not answered yet nothing is expected.
    ASSERT_TRUE(Await([this] { return AllHaveAnswered(); }))
        << annod_->HttpGet("/metrics");
  }

  template <typename Condition>
  static bool Await(const Condition& condition) {
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    while (!condition()) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(5));
    }
    return true;
  }

  // Lines of metrics, how often each child has answered by each way there is.
  std::vector<std::string> Answers() const {
    std::vector<std::string> answers;
    const std::string metrics = annod_->HttpGet("/metrics");
    for (const absl::string_view line : absl::StrSplit(metrics, '\n')) {
      if (absl::StartsWith(line, "annod_process_answers_total{") &&
          !absl::EndsWith(line, "} 0")) {
        answers.emplace_back(line);
      }
    }
    return answers;
  }
  // Two workers by socket and port, the writer by socket.
  bool AllHaveAnswered() const { return Answers().size() == 5; }

  // Does `harm` to a process of `role` and awaits another one in its place.
  template <typename Harm>
  void ExpectReplaced(const std::string& role, const Harm& harm) {
    const std::vector<pid_t> before = annod_->ChildPids(role);
    const pid_t victim = before.front();
    ASSERT_TRUE(harm(victim));
    EXPECT_TRUE(Await([&] {
      const std::vector<pid_t> now = annod_->ChildPids(role);
      return now.size() == before.size() &&
             std::find(now.begin(), now.end(), victim) == now.end();
    })) << annod_->Log();
    EXPECT_TRUE(annod_->AwaitReady(absl::Minutes(1)));
    EXPECT_TRUE(annod_->AwaitLog(
        absl::StrCat("child does not answer, killing it role=", role)))
        << annod_->Log();
    // Of a machine that is busy enough others may be silent for so long, too.
    EXPECT_TRUE(Await([&] { return !NoneStalled(role); })) << annod_->Log();
  }

  // None of that role was ever replaced because it stood still.
  bool NoneStalled(const std::string& role) const {
    return absl::StrContains(
        annod_->HttpGet("/metrics"),
        absl::StrCat("annod_process_restarts_total{role=\"", role,
                     "\",cause=\"stalled\"} 0"));
  }

  const std::string data_dir_ = NewTempDir();
  std::unique_ptr<AnnodProcess> annod_;
};

TEST_F(StalledProcessTest, AStoppedWorkerIsReplaced) {
  ExpectReplaced("worker", StopProcess);
}

TEST_F(StalledProcessTest, AStoppedWriterIsReplaced) {
  ExpectReplaced("writer", StopProcess);
  const auto client = MakeClient(annod_->grpc_address());
  EXPECT_EQ(CreateTestIndex(client.get(), "items"), absl::OkStatus());
}

TEST_F(StalledProcessTest, WhoCannotBeReachedForWantOfARunDirectoryIsReplaced) {
  // As "rsync --delete" does that restores a backup.
  ExpectReplaced("worker", [this](pid_t) {
    return std::filesystem::remove_all(data_dir_ + "/.run") > 0;
  });
  const auto client = MakeClient(annod_->grpc_address());
  EXPECT_TRUE(Await([&] {
    return CreateTestIndex(client.get(), "items").ok();
  })) << annod_->Log();
  EXPECT_TRUE(annod_->AwaitLog("run directory replaced path="));
}

TEST_F(StalledProcessTest, AWorkerThatCannotAcceptIsReplaced) {
  ExpectReplaced("worker", [](pid_t pid) {
    rlimit limit = {};
    if (prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) != 0) return false;
    limit.rlim_cur = 3;  // fewer than it has open
    return prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) == 0;
  });
}

// The worker's listening sockets of TCP, in this process.
std::vector<int> ListeningSockets(pid_t pid) {
  std::vector<int> sockets;
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  for (int fd = 0; fd < 200; ++fd) {
    const int copy = static_cast<int>(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
    if (copy < 0) continue;
    int listens = 0;
    int domain = 0;
    socklen_t size = sizeof(int);
    if (getsockopt(copy, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 &&
        getsockopt(copy, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
        listens == 1 && domain == AF_INET) {
      sockets.push_back(copy);
    } else {
      close(copy);
    }
  }
  close(pidfd);
  return sockets;
}

// It answers on its Unix socket, and no new connection reaches it by the port.
bool MakeDeafOnPort(pid_t pid) {
  sock_filter drop_all[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
  const sock_fprog program = {1, drop_all};
  const std::vector<int> sockets = ListeningSockets(pid);
  bool done = !sockets.empty();
  for (const int fd : sockets) {
    done = done && setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
                              sizeof(program)) == 0;
    close(fd);
  }
  return done;
}

TEST_F(StalledProcessTest, AWorkerThatIsDeafOnItsPortOnlyIsReplaced) {
  ExpectReplaced("worker", MakeDeafOnPort);
}

// A port where every client must show a certificate of a CA that the supervisor
// knows nothing of.
class StalledTlsProcessTest : public StalledProcessTest {
 protected:
  void SetUp() override {
    TestSecret secret(NewTempDir());
    secret.Mount(TestCa().Issue(), TestCa("clients").pem());
    Start({"--tls_certificate=" + secret.path("tls.crt"),
           "--tls_key=" + secret.path("tls.key"),
           "--tls_client_ca=" + secret.path("ca.crt")});
  }
};

TEST_F(StalledTlsProcessTest, AStoppedWorkerIsReplaced) {
  ExpectReplaced("worker", StopProcess);
}

TEST_F(StalledTlsProcessTest, AWorkerThatIsDeafOnItsPortOnlyIsReplaced) {
  ExpectReplaced("worker", MakeDeafOnPort);
}

// All stood still together, as when a machine sleeps: nobody is to blame.
class StoppedTogetherTest : public StalledProcessTest {
 protected:
  // Time for all to come to themselves again on a busy machine.
  void SetUp() override { Start({}, "5s"); }
};

TEST_F(StoppedTogetherTest, TheyAreLeftAlone) {
  std::vector<pid_t> children = annod_->ChildPids("worker");
  for (const pid_t pid : annod_->ChildPids("writer")) children.push_back(pid);
  const std::vector<std::string> before = Answers();
  ASSERT_TRUE(StopProcess(annod_->supervisor_pid()));
  for (const pid_t pid : children) ASSERT_TRUE(StopProcess(pid));
  absl::SleepFor(absl::Milliseconds(5500));  // more than the timeout
  kill(annod_->supervisor_pid(), SIGCONT);
  absl::SleepFor(absl::Milliseconds(50));
  for (const pid_t pid : children) kill(pid, SIGCONT);
  EXPECT_TRUE(Await([&] {
    const std::vector<std::string> now = Answers();
    bool all = now.size() == before.size();
    for (size_t i = 0; all && i < now.size(); ++i) all = now[i] != before[i];
    return all;
  })) << annod_->Log();
  for (const char* role : {"worker", "writer"}) {
    EXPECT_TRUE(NoneStalled(role)) << annod_->Log();
  }
}

}  // namespace
}  // namespace annod::testing
