// The command line of annod, its configuration file, and the memory in which
// the supervisor hands the configuration to its children.

#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "server/config/command_line.h"
#include "server/config/config_memory.h"
#include "server/net/listen_address.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/scratch_directory.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

void CheckRoundTrip(const Config& config) {
  Config again;
  Require(MergeConfigJson(ConfigToJson(config), &again).ok(),
          "what was written can be read");
  Require(ConfigToJson(again) == ConfigToJson(config), "and says the same");
}

void ReadCommandLine(absl::string_view words, absl::string_view file) {
  static const auto* const directory = new ScratchDirectory();
  const std::string path = directory->path() + "/config.json";
  std::ofstream(path, std::ios::binary) << file;
  std::vector<std::string> arguments = absl::StrSplit(words, '\n');
  std::vector<const char*> argv = {"annod"};
  for (const std::string& argument : arguments) {
    argv.push_back(argument.c_str());
  }
  auto line = ParseCommandLine(static_cast<int>(argv.size()), argv.data());
  if (!line.ok()) {
    Require(!line.status().message().empty(), "a reason");
    return;
  }
  if (!line->config_path.empty()) line->config_path = path;
  const auto config = LoadConfig(*line);
  if (!config.ok()) return;
  Require(ValidateConfig(*config).ok(), "a valid configuration");
  CheckRoundTrip(*config);
  Require(ParseListenAddress(config->listen).ok(), "an address");
}

void ReadMemory(absl::string_view bytes) {
  const int fd = memfd_create("config", MFD_CLOEXEC);
  Require(fd >= 0 && pwrite(fd, bytes.data(), bytes.size(), 0) ==
                         static_cast<ssize_t>(bytes.size()),
          "memory");
  const auto config = ReadConfigMemory(fd);
  close(fd);
  if (config.ok()) CheckRoundTrip(*config);
}

void Run(absl::string_view bytes) {
  Input input(bytes);
  const absl::string_view words = input.Part();
  ReadCommandLine(words, input.Rest());
  ReadMemory(input.Rest());
}

std::vector<std::string> Seeds() {
  Config config;
  config.data_dir = "/data";
  return {
      AsPart("--data_dir=/data\n--config=x\n--workers=2") + "{}",
      AsPart("--data_dir=/data\n--config=x\n--drain_delay\n3s") +
          ConfigToJson(config),
      AsPart("--data_dir\n/data\n--insecure\n--listen=[::1]:7077\n"
             "--required_indexes=a,b\n--limits.max_n=7"),
      AsPart("--help"),
      AsPart("--child_role=worker\n--child_slot=1\n--child_metrics_fd=3\n"
             "--child_config_fd=4\n--child_run_dir_fd=5"),
  };
}

const Registration kConfig({"config", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
