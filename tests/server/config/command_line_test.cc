#include "server/config/command_line.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/version.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/setting_values.h"
#include "server/config/settings.h"

namespace annod {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<CommandLine> Parse(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"annod"};
  for (const std::string& argument : arguments) {
    argv.push_back(argument.c_str());
  }
  return ParseCommandLine(argv.size(), argv.data());
}

absl::StatusOr<Config> Load(const std::vector<std::string>& arguments) {
  absl::StatusOr<CommandLine> command_line = Parse(arguments);
  if (!command_line.ok()) return command_line.status();
  return LoadConfig(*command_line);
}

std::string WriteConfigFile(const std::string& name, const std::string& text) {
  std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(CommandLine, EverySettingHasAFlagThatTakesItsOwnText) {
  for (const Setting& setting : AllSettings()) {
    Config config;
    config.data_dir = "/d";
    config.admin_listen = "127.0.0.1:1";
    config.attach_dirs = {"/a"};
    config.required_indexes = {"b"};
    if (setting.is_bool()) continue;  // next test
    absl::StatusOr<Config> loaded =
        Load({"--data_dir=/d", absl::StrCat("--", setting.name, "=",
                                            ValueText(setting, config))});
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(ValueText(setting, *loaded), ValueText(setting, config))
        << setting.name;
  }
}

TEST(CommandLine, FlagsConvertEveryKindOfValue) {
  absl::StatusOr<Config> config = Load(
      {"--data_dir", "/d", "--insecure", "--listen=0.0.0.0:0", "--workers=3",
       "--drain_delay=500ms", "--durability=os", "--max_items=2147483647",
       "--recall_cpu_fraction=0.5", "--attach_dirs=/a,/b", "--attach_dirs=/c"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->data_dir, "/d");
  EXPECT_TRUE(config->insecure);
  EXPECT_EQ(config->listen, "0.0.0.0:0");
  EXPECT_EQ(config->workers, 3);
  EXPECT_EQ(config->drain_delay, absl::Milliseconds(500));
  EXPECT_EQ(config->durability, Durability::kOs);
  EXPECT_EQ(config->limits.max_items, 2147483647);
  EXPECT_EQ(config->recall_cpu_fraction, 0.5);
  EXPECT_THAT(config->attach_dirs, ElementsAre("/a", "/b", "/c"));
}

TEST(CommandLine, FlagsWinOverTheFileAndTheFileOverTheDefaults) {
  const std::string path = WriteConfigFile(
      "winning.json",
      "{\"data_dir\": \"/file\", \"workers\": 2, \"threads\": 5, "
      "\"insecure\": true} // end\n");
  absl::StatusOr<Config> config = Load(
      {"--workers=4", "--workers=6", "--insecure=false", "--config", path});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->data_dir, "/file");
  EXPECT_EQ(config->threads, 5);
  EXPECT_EQ(config->workers, 6);
  EXPECT_FALSE(config->insecure);
  EXPECT_EQ(config->keep_versions, Config().keep_versions);
}

TEST(CommandLine, WrongArgumentsAreNamed) {
  const struct {
    std::vector<std::string> arguments;
    const char* message;
  } cases[] = {
      {{"--wrokers=3"}, "--wrokers"},
      {{"serve"}, "serve"},
      {{"--data_dir=/d", "--workers"}, "setting workers: ''"},
      {{"--data_dir=/d", "--workers=many"}, "setting workers: 'many'"},
      {{"--data_dir=/d", "--workers=1e3"}, "setting workers: '1e3'"},
      {{"--data_dir=/d", "--drain_delay=3"}, "setting drain_delay: '3'"},
      {{"--data_dir=/d", "--max_n=0"}, "setting max_n: 0"},
      {{"--data_dir=/d", "--listen=0.0.0.0:1"}, "--insecure"},
      {{}, "data_dir"},
      {{"--config=/no/such/file"}, "/no/such/file"},
      {{"--child_role=king"}, "king"},
  };
  for (const auto& bad : cases) {
    const absl::Status status = Load(bad.arguments).status();
    EXPECT_FALSE(status.ok()) << bad.message;
    EXPECT_THAT(std::string(status.message()), HasSubstr(bad.message));
  }
}

TEST(CommandLine, NamesThatAreNoneGetWhatWasMeant) {
  const std::pair<const char*, const char*> cases[] = {
      {"--port=7077", "there is no flag --port; did you mean --listen?"},
      {"--data-dir=/d", "did you mean --data_dir?"},
      {"--datadir=/d", "did you mean --data_dir?"},
      {"--worker=3", "did you mean --workers?"},
      {"--wrokers=3", "did you mean --workers?"},
      {"--metrics_port=9", "did you mean --http_listen?"},
      {"--config_file=x", "did you mean --config?"},
      {"--verbose", "did you mean --log_level?"},
      {"--nonsense", "there is no flag --nonsense; `annod --help`"},
      {"start", "'start' is no flag"},
  };
  for (const auto& [argument, said] : cases) {
    EXPECT_THAT(std::string(Parse({argument}).status().message()),
                HasSubstr(said));
  }
  EXPECT_THAT(std::string(Parse({"--port", "7077"}).status().message()),
              HasSubstr("there is no flag --port"));
  // Every word stands for a setting.
  for (const char* word : {"port", "http", "data", "memory", "cert", "key",
                           "upstream", "auth", "jobs", "log", "processes"}) {
    EXPECT_NE(FindSetting(SettingMeant(word)), nullptr) << word;
  }
  Config config;
  EXPECT_THAT(
      std::string(MergeConfigJson("{\"data-dir\": \"/d\"}", &config).message()),
      HasSubstr("no setting 'data-dir'; did you mean data_dir?"));
}

TEST(CommandLine, WhatIsNoConfigurationFileIsToldAtOnce) {
  const std::string fifo = testing::TempDir() + "/config_fifo";
  unlink(fifo.c_str());
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const std::string link = testing::TempDir() + "/config_link";
  unlink(link.c_str());
  ASSERT_EQ(symlink(fifo.c_str(), link.c_str()), 0);
  const std::string large =
      WriteConfigFile("large.json", std::string((1 << 20) + 1, ' '));
  const struct {
    std::string path;
    const char* message;
  } cases[] = {
      {fifo, "': it is a FIFO, expected a regular file"},
      {link, "': it is a FIFO, expected a regular file"},
      {"/dev/zero", "': it is a device, expected a regular file"},
      {"/", "': it is a directory, expected a regular file"},
      {large, "' has more than the 1048576 bytes allowed"},
  };
  for (const auto& bad : cases) {
    const absl::Status status =
        Load({"--data_dir=/d", "--config=" + bad.path}).status();
    EXPECT_THAT(
        std::string(status.message()),
        AllOf(HasSubstr("configuration: "), HasSubstr(bad.path + bad.message)));
  }
}

TEST(CommandLine, ABadFileIsNamedWithTheSetting) {
  const std::string path = WriteConfigFile("bad.json", "{\"workers\": \"x\"}");
  const absl::Status status =
      Load({"--data_dir=/d", "--config=" + path}).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  EXPECT_THAT(std::string(status.message()), HasSubstr("setting workers"));
}

TEST(CommandLine, HelpListsEverySettingAndHidesTheChildFlags) {
  absl::StatusOr<CommandLine> command_line = Parse({"--help"});
  ASSERT_TRUE(command_line.ok()) << command_line.status();
  ASSERT_TRUE(command_line->text.has_value());
  for (const Setting& setting : AllSettings()) {
    EXPECT_THAT(*command_line->text,
                HasSubstr(absl::StrCat("--", setting.name)));
  }
  EXPECT_THAT(*command_line->text, Not(HasSubstr("child_")));
}

TEST(CommandLine, VersionIsPrinted) {
  absl::StatusOr<CommandLine> command_line = Parse({"--version"});
  ASSERT_TRUE(command_line.ok()) << command_line.status();
  EXPECT_EQ(command_line->text, absl::StrCat("annod ", kVersion, "\n"));
}

TEST(CommandLine, ChildArgumentsComeBack) {
  ChildOptions options;
  options.role = ChildOptions::Role::kWriter;
  options.slot = 4;
  options.metrics_fd = 5;
  options.config_fd = 6;
  options.run_dir_fd = 7;
  options.tls_fd = 8;
  options.access_fd = 9;
  absl::StatusOr<CommandLine> command_line = Parse(ChildArguments(options));
  ASSERT_TRUE(command_line.ok()) << command_line.status();
  ASSERT_TRUE(command_line->child.has_value());
  EXPECT_EQ(command_line->child->role, ChildOptions::Role::kWriter);
  EXPECT_EQ(command_line->child->slot, 4);
  EXPECT_EQ(command_line->child->metrics_fd, 5);
  EXPECT_EQ(command_line->child->config_fd, 6);
  EXPECT_EQ(command_line->child->run_dir_fd, 7);
  EXPECT_EQ(command_line->child->tls_fd, 8);
  EXPECT_EQ(command_line->child->access_fd, 9);
}

TEST(CommandLine, AnEmptyValueClearsASettingOfTheFile) {
  const std::string path = WriteConfigFile(
      "clear.json",
      "{\"data_dir\": \"/d\", \"admin_listen\": \"127.0.0.1:1\"}");
  absl::StatusOr<Config> config = Load({"--config=" + path, "--admin_listen="});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->admin_listen, "");
}

}  // namespace
}  // namespace annod
