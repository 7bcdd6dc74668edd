// Kills server processes under load: no call through the client library fails.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/client.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"

extern char** environ;

namespace annod {
namespace {

// This program again, as a server: prints its port and serves until killed.
class ServerProcess {
 public:
  explicit ServerProcess(int port) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
    const std::string argument = absl::StrCat("--serve=", port);
    std::string self = "/proc/self/exe";
    char* argv[] = {&self[0], const_cast<char*>(argument.c_str()), nullptr};
    if (posix_spawn(&pid_, self.c_str(), &actions, nullptr, argv, environ) !=
        0) {
      pid_ = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_ends[1]);
    char text[16] = {};
    if (read(pipe_ends[0], text, sizeof(text) - 1) > 0) port_ = atoi(text);
    close(pipe_ends[0]);
  }
  ~ServerProcess() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  int port() const { return port_; }

 private:
  pid_t pid_ = -1;
  int port_ = 0;
};

void Await(const std::atomic<int64_t>& count, int64_t target) {
  const absl::Time give_up = absl::Now() + absl::Seconds(60);
  while (count < target && absl::Now() < give_up) {
    absl::SleepFor(absl::Milliseconds(2));
  }
  ASSERT_GE(count, target) << "calls do not go on";
}

TEST(FailoverTest, KillingServersUnderLoadIsInvisible) {
  auto first = std::make_unique<ServerProcess>(0);
  const int port = first->port();
  ASSERT_GT(port, 0);
  auto second = std::make_unique<ServerProcess>(port);
  ASSERT_EQ(second->port(), port);

  ClientOptions options;
  options.target = absl::StrCat("127.0.0.1:", port);
  options.timeout = absl::Seconds(30);
  options.retry_window = absl::Seconds(20);
  const auto client = std::move(Client::Create(options)).value();

  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> failures{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int32_t i = 0; !stop; ++i) {
        absl::Status status;
        if (t == 0) {
          status = client->AddItem("x", {{i % 1000, {1, 2}, ""}}).status();
        } else {
          // Large requests too: they must fit gRPC's retry buffer.
          std::vector<client::Query> queries(
              t == 1 ? 1000 : 1,
              client::Query::OfVector(std::vector<float>(128, 1)));
          status = client->GetNns("x", queries, {}).status();
        }
        ++calls;
        if (!status.ok()) {
          ++failures;
          ADD_FAILURE() << status;
        }
      }
    });
  }
  // Each is killed several times, whichever holds the connection; once both at
  // a time, so that nobody listens for a while.
  for (int round = 0; round < 4; ++round) {
    Await(calls, calls + 200);
    first.reset();
    if (round == 2) second.reset();
    Await(calls, round == 2 ? calls.load() : calls + 200);
    first = std::make_unique<ServerProcess>(port);
    if (second == nullptr) second = std::make_unique<ServerProcess>(port);
    Await(calls, calls + 200);
    std::swap(first, second);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0) << "of " << calls;
}

}  // namespace
}  // namespace annod

int main(int argc, char** argv) {
  const std::string prefix = "--serve=";
  if (argc == 2 && std::string(argv[1]).rfind(prefix, 0) == 0) {
    annod::FakeServer server(atoi(argv[1] + prefix.size()));
    const std::string port = absl::StrCat(server.port(), "\n");
    if (write(STDOUT_FILENO, port.data(), port.size()) < 0) return 1;
    while (true) pause();
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
