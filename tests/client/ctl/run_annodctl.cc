#include "tests/client/ctl/run_annodctl.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "core/random_name.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

std::string TakeFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  unlink(path.c_str());
  return text;
}

std::vector<char*> Pointers(std::vector<std::string>* strings) {
  std::vector<char*> pointers;
  for (std::string& string : *strings) pointers.push_back(&string[0]);
  pointers.push_back(nullptr);
  return pointers;
}

RunResult RunProcess(std::vector<std::string> argv,
                     const std::vector<std::string>& environment) {
  std::vector<std::string> envp = {"PATH=/usr/bin:/bin"};
  envp.insert(envp.end(), environment.begin(), environment.end());

  // Through files: pipes would have to be read while the process runs.
  const std::string stem = ::testing::TempDir() + "/run-" + RandomName();
  const std::string out = stem + ".out", err = stem + ".err";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  constexpr int kCreate = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(),
                                   kCreate, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(),
                                   kCreate, 0600);
  RunResult result;
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0].c_str(), &actions, nullptr,
                                Pointers(&argv).data(), Pointers(&envp).data());
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(error, 0) << "cannot start " << argv[0];
  int status = 0;
  if (error == 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)) {
    result.exit_status = WEXITSTATUS(status);
  }
  result.out = TakeFile(out);
  result.err = TakeFile(err);
  return result;
}

}  // namespace

nlohmann::json RunResult::Json() const {
  return nlohmann::json::parse(out, nullptr, /*allow_exceptions=*/false);
}

RunResult RunAnnodctl(const std::vector<std::string>& arguments,
                      const std::vector<std::string>& environment) {
  std::vector<std::string> argv = {"client/annodctl"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return RunProcess(std::move(argv), environment);
}

RunResult RunShell(const std::string& script,
                   const std::vector<std::string>& environment) {
  char* const here = getcwd(nullptr, 0);
  std::vector<std::string> with_ctl = environment;
  with_ctl.push_back(std::string("CTL=") + here + "/client/annodctl");
  std::free(here);
  return RunProcess({"/bin/bash", "-c", script}, with_ctl);
}

RunResult RunShellIn(const std::string& folder, const std::string& line) {
  return RunShell("cd '" + folder + "' && " + line);
}

std::string VectorText(const std::vector<float>& vector) {
  std::string text;
  for (const float value : vector) {
    char digits[32];
    std::snprintf(digits, sizeof(digits), "%.9g", value);
    if (!text.empty()) text += ',';
    text += digits;
  }
  return text;
}

}  // namespace annod
