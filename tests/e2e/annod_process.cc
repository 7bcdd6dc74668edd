#include "tests/e2e/annod_process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/server/testing/tls_client.h"

namespace annod::testing {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(1);

template <typename Condition>
bool Await(const Condition& condition) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

// What follows `marker` in `text`, up to the next of `end`.
std::string After(const std::string& text, const std::string& marker,
                  const std::string& end) {
  const size_t at = text.find(marker);
  if (at == std::string::npos) return "";
  const size_t from = at + marker.size();
  return text.substr(from, text.find_first_of(end, from) - from);
}

// All that comes back to `request` in plain text.
std::string Exchange(int port, const std::string& request) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience = {30, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) ==
          0 &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    char buffer[4096];
    ssize_t got;
    while ((got = read(fd, buffer, sizeof(buffer))) > 0) {
      answer.append(buffer, got);
    }
  }
  close(fd);
  return answer;
}

int PortOf(absl::string_view address) {
  int port = 0;
  return absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port) ? port
                                                                         : 0;
}

[[noreturn]] void Die(const std::string& message) {
  std::cerr << message << std::endl;
  abort();
}

}  // namespace

int LastingPort() {
  int first_of_any = 32768;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first_of_any;
  constexpr int kFirst = 10000;
  const int count = std::max(1, first_of_any - kFirst);
  std::random_device random;
  for (int tries = 0; tries < 1000; ++tries) {
    const int port = kFirst + static_cast<int>(random() % count);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int error =
        bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    close(fd);
    if (error == 0) return port;
  }
  Die("no port is free");
}

std::string NewTempDir() {
  std::string path = ::testing::TempDir() + "/annod_XXXXXX";
  if (mkdtemp(path.data()) == nullptr) Die("mkdtemp failed: " + path);
  return path;
}

std::string Runfile(const std::string& path) {
  const char* root = getenv("TEST_SRCDIR");
  return absl::StrCat(root == nullptr ? "." : root, "/annod/", path);
}

std::unique_ptr<AnnodProcess> AnnodProcess::Start(
    const std::string& data_dir, std::vector<std::string> extra_flags,
    int stderr_fd) {
  auto process = std::unique_ptr<AnnodProcess>(new AnnodProcess());
  process->log_path_ =
      absl::StrCat(data_dir, ".log.", absl::GetCurrentTimeNanos());
  std::vector<std::string> args = {
      Runfile("server/annod"), "--data_dir=" + data_dir, "--listen=127.0.0.1:0",
      "--http_listen=127.0.0.1:0", "--drain_delay=0s"};
  for (std::string& flag : extra_flags) args.push_back(std::move(flag));
  std::vector<char*> argv;
  argv.reserve(args.size() + 1);
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);

  const absl::Time start = absl::Now();
  process->supervisor_pid_ = fork();
  if (process->supervisor_pid_ == 0) {
    const int log =
        open(process->log_path_.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644);
    dup2(log, STDOUT_FILENO);
    dup2(stderr_fd < 0 ? log : stderr_fd, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  const absl::Time deadline = start + kPatience;
  while (process->metrics_url_.empty()) {
    const std::string log = process->Log();
    process->grpc_address_ = After(log, "serving gRPC on ", ", \n");
    process->metrics_url_ = After(log, "metrics on ", " \n");
    if (absl::Now() > deadline) Die("annod did not start:\n" + log);
    absl::SleepFor(absl::Milliseconds(5));
  }
  if (!process->AwaitReady(deadline - absl::Now())) {
    Die("annod did not become ready:\n" + process->Log());
  }
  process->start_time_ = absl::Now() - start;
  return process;
}

AnnodProcess::~AnnodProcess() { KillTree(); }

std::vector<pid_t> AnnodProcess::ChildPids(const std::string& role) const {
  std::vector<pid_t> pids;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return pids;
  while (const dirent* entry = readdir(proc)) {
    int pid = 0;
    if (!absl::SimpleAtoi(entry->d_name, &pid)) continue;
    const std::string base = absl::StrCat("/proc/", pid);
    // The parent is the second field behind the command's closing parenthesis.
    const std::string stat = ReadAll(base + "/stat");
    const size_t close = stat.rfind(')');
    if (close == std::string::npos) continue;
    const std::vector<std::string> fields =
        absl::StrSplit(stat.substr(close + 1), ' ', absl::SkipEmpty());
    if (fields.size() < 2 || fields[0] == "Z" ||
        fields[1] != absl::StrCat(supervisor_pid_)) {
      continue;
    }
    if (absl::StrContains(ReadAll(base + "/cmdline"), "child_role=" + role)) {
      pids.push_back(pid);
    }
  }
  closedir(proc);
  return pids;
}

int AnnodProcess::grpc_port() const { return PortOf(grpc_address_); }

int AnnodProcess::http_port() const {
  return PortOf(After(metrics_url_, "://", "/"));
}

bool AnnodProcess::AwaitReady(absl::Duration timeout) const {
  const absl::Time deadline = absl::Now() + timeout;
  do {
    int status = 0;
    HttpGet("/readyz", &status);
    if (status == 200) return true;
    absl::SleepFor(absl::Milliseconds(5));
  } while (absl::Now() < deadline);
  return false;
}

std::string AnnodProcess::HttpGet(const std::string& path, int* status) const {
  const int port = http_port();
  const std::string request = absl::StrCat("GET ", path,
                                           " HTTP/1.1\r\nHost: localhost\r\n"
                                           "Connection: close\r\n\r\n");
  const std::string answer =
      absl::StartsWith(metrics_url_, "https:")
          ? TalkTls(port, TlsTalkOptions{request, nullptr, "", 0}).answer
          : Exchange(port, request);
  if (status != nullptr && answer.size() > 12) {
    (void)absl::SimpleAtoi(answer.substr(9, 3), status);
  }
  const size_t body = answer.find("\r\n\r\n");
  return body == std::string::npos ? "" : answer.substr(body + 4);
}

void AnnodProcess::KillTree() {
  if (supervisor_pid_ < 0) return;
  std::vector<pid_t> pids = ChildPids("worker");
  for (const pid_t pid : ChildPids("writer")) pids.push_back(pid);
  kill(supervisor_pid_, SIGKILL);
  for (const pid_t pid : pids) kill(pid, SIGKILL);
  waitpid(supervisor_pid_, nullptr, 0);
  supervisor_pid_ = -1;
}

void AnnodProcess::Signal(int signal) const { kill(supervisor_pid_, signal); }

int AnnodProcess::AwaitExit(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (absl::Now() < deadline) {
    int status = 0;
    if (waitpid(supervisor_pid_, &status, WNOHANG) == supervisor_pid_) {
      supervisor_pid_ = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  return -1;
}

std::string AnnodProcess::Log() const { return ReadAll(log_path_); }

bool AnnodProcess::AwaitLog(const std::string& text) const {
  return Await([&] { return absl::StrContains(Log(), text); });
}

bool AnnodProcess::AwaitMetric(const std::string& text) const {
  return Await([&] { return absl::StrContains(HttpGet("/metrics"), text); });
}

}  // namespace annod::testing
