#include "server/config/config.h"

#include <unistd.h>

#include <fstream>
#include <functional>
#include <limits>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/config/config_memory.h"
#include "server/config/setting_values.h"
#include "server/config/settings.h"

namespace annod {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Config ValidConfig() {
  Config config;
  config.data_dir = "/var/lib/annod";
  return config;
}

// Every field away from its default.
Config UnusualConfig() {
  Config config;
  config.data_dir = "/data \"quoted\" \xC3\xA9";
  config.listen = "[::1]:1";
  config.http_listen = "localhost:2";
  config.admin_listen = "127.0.0.1:3";
  config.workers = 7;
  config.threads = 9;
  config.insecure = true;
  config.tls_certificate = "/tls/tls.crt";
  config.tls_key = "/tls/tls.key";
  config.tls_client_ca = "/tls/ca.crt";
  config.tls_client_auth = "request";
  config.http_tls = false;
  config.http_json = true;
  config.access_file = "/etc/annod/access.json";
  config.anonymous_role = "read";
  config.metrics_need_token = true;
  config.log_format = "json";
  config.audit_log = "off";
  config.slow_query_time = absl::Milliseconds(3);
  config.admission.max_unsent_bytes = 2 << 20;
  config.admission.max_request_memory = 3 << 20;
  config.memory_limit = 1 << 30;
  config.durability = Durability::kOs;
  config.drain_delay = absl::Milliseconds(1500);
  config.drain_timeout = absl::Seconds(61);
  config.worker_stall_timeout = absl::Seconds(7);
  config.max_call_time = absl::Milliseconds(2500);
  config.stream_window = 8;
  config.max_connection_age = absl::Hours(2);
  config.max_connection_age_grace = absl::ZeroDuration();
  config.max_connection_idle = absl::Minutes(7);
  config.keepalive_interval = absl::Minutes(2);
  config.keepalive_timeout = absl::Seconds(3);
  config.min_ping_interval = absl::Seconds(4);
  config.max_streams_per_connection = 8;
  config.max_connections = 300;
  config.stream_idle_timeout = absl::Seconds(9);
  config.admission.max_in_flight = 10;
  config.admission.max_queue_time = absl::Seconds(1);
  config.admission.overload_queue_time = absl::Milliseconds(2);
  config.admission.max_exact_calls = 11;
  config.admission.max_batch_calls = 12;
  config.admission.max_admin_calls = 13;
  config.admission.max_item_streams_per_connection = 3;
  config.recall_sample_fraction = 0.125;
  config.recall_cpu_fraction = 1;
  config.attach_dirs = {"/a", "/b c"};
  config.required_indexes = {"words"};
  config.keep_versions = 5;
  config.follow = "/published";
  config.follow_interval = absl::Seconds(7);
  config.follow_in_place = true;
  config.follow_token_file = "/follow/token";
  config.follow_tls_roots = "/follow/ca.crt";
  config.follow_tls_certificate = "/follow/tls.crt";
  config.follow_tls_key = "/follow/tls.key";
  config.writer_address = "writer:7077";
  config.log_level = "debug";
  config.data_mode = "0664";
  config.limits.max_message_bytes = 1 << 20;
  config.limits.max_queries_per_call = 2;
  config.limits.max_items_per_call = 3;
  config.limits.max_n = 4;
  config.limits.max_dimension = 5;
  config.limits.max_items = 2147483647;
  config.limits.max_indexes = 6;
  config.limits.max_id_waste_factor = 1.5;
  return config;
}

TEST(Config, DefaultsNeedOnlyADataDirectory) {
  EXPECT_TRUE(ValidateConfig(ValidConfig()).ok());
  EXPECT_THAT(std::string(ValidateConfig(Config()).message()),
              HasSubstr("data_dir"));
}

TEST(Config, UnusualValuesDifferFromTheDefaultsInEveryField) {
  for (const Setting& setting : AllSettings()) {
    EXPECT_NE(ValueText(setting, UnusualConfig()), ValueText(setting, Config()))
        << setting.name;
  }
}

TEST(Config, JsonRoundTripKeepsEveryField) {
  const Config config = UnusualConfig();
  EXPECT_TRUE(ValidateConfig(config).ok()) << ValidateConfig(config);
  Config read;
  const absl::Status status = MergeConfigJson(ConfigToJson(config), &read);
  ASSERT_TRUE(status.ok()) << status;
  for (const Setting& setting : AllSettings()) {
    EXPECT_EQ(ValueText(setting, read), ValueText(setting, config))
        << setting.name;
  }
  EXPECT_EQ(read.attach_dirs, config.attach_dirs);
}

struct BadConfig {
  const char* setting;
  std::function<void(Config*)> spoil;
  const char* value;  // what the message must show
};

TEST(Config, WithTlsOtherMachinesMayReachIt) {
  Config config;
  config.data_dir = "/data";
  config.tls_certificate = "/tls.crt";
  config.tls_key = "/tls.key";
  config.listen = "0.0.0.0:1";
  config.http_listen = "0.0.0.0:2";
  EXPECT_EQ(ValidateConfig(config), absl::OkStatus());
}

TEST(Config, EveryBadFieldIsNamedWithItsValue) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const BadConfig cases[] = {
      {"data_dir", [](Config* c) { c->data_dir = ""; }, "not given"},
      {"data_dir", [](Config* c) { c->data_dir = "/\xFF"; }, "UTF-8"},
      {"listen", [](Config* c) { c->listen = "7077"; }, "7077"},
      {"listen", [](Config* c) { c->listen = "127.0.0.1:"; }, "127.0.0.1:"},
      {"listen", [](Config* c) { c->listen = "h:65536"; }, "h:65536"},
      {"listen", [](Config* c) { c->listen = "h:-1"; }, "h:-1"},
      {"listen", [](Config* c) { c->listen = "::1:80"; }, "::1:80"},
      {"listen", [](Config* c) { c->listen = "[::1:80"; }, "[::1:80"},
      {"listen", [](Config* c) { c->listen = "0.0.0.0:1"; }, "--insecure"},
      {"listen", [](Config* c) { c->listen = "[::]:1"; }, "--insecure"},
      {"http_listen", [](Config* c) { c->http_listen = ""; }, "''"},
      {"http_listen", [](Config* c) { c->http_listen = "box:1"; },
       "--insecure"},
      {"http_listen", [](Config* c) { c->http_listen = "[::1]:1"; }, "IPv4"},
      {"http_listen",
       [](Config* c) {
         c->tls_certificate = "/tls.crt";
         c->tls_key = "/tls.key";
         c->http_tls = false;
         c->http_listen = "0.0.0.0:1";
       },
       "--insecure"},
      {"tls_key", [](Config* c) { c->tls_certificate = "/tls.crt"; },
       "not given"},
      {"tls_certificate", [](Config* c) { c->tls_key = "/k"; }, "not given"},
      {"tls_client_ca", [](Config* c) { c->tls_client_ca = "/ca"; },
       "without tls_certificate"},
      {"tls_client_auth", [](Config* c) { c->tls_client_auth = "demand"; },
       "'demand'"},
      {"admin_listen", [](Config* c) { c->admin_listen = "x"; }, "'x'"},
      {"admin_listen",
       [](Config* c) {
         c->insecure = true;
         c->admin_listen = "10.0.0.1:1";
       },
       "10.0.0.1:1"},
      {"anonymous_role",
       [](Config* c) {
         c->access_file = "/x";
         c->anonymous_role = "root";
       },
       "'root'"},
      {"anonymous_role", [](Config* c) { c->anonymous_role = "read"; },
       "access_file"},
      {"metrics_need_token", [](Config* c) { c->metrics_need_token = true; },
       "access_file"},
      {"workers", [](Config* c) { c->workers = -1; }, "-1"},
      {"workers", [](Config* c) { c->workers = 257; }, "[0, 256]"},
      {"threads", [](Config* c) { c->threads = 1025; }, "1025"},
      {"drain_delay", [](Config* c) { c->drain_delay = absl::Seconds(-1); },
       "-1s"},
      {"drain_timeout",
       [](Config* c) { c->drain_timeout = absl::InfiniteDuration(); }, "inf"},
      {"max_call_time",
       [](Config* c) { c->max_call_time = absl::ZeroDuration(); }, "0"},
      {"max_connection_age",
       [](Config* c) { c->max_connection_age = absl::Milliseconds(999); },
       "999ms"},
      {"max_connection_age_grace",
       [](Config* c) { c->max_connection_age_grace = absl::Hours(2); }, "2h"},
      {"max_connection_idle",
       [](Config* c) { c->max_connection_idle = absl::Seconds(-1); }, "-1s"},
      {"keepalive_interval",
       [](Config* c) { c->keepalive_interval = absl::Milliseconds(1); }, "1ms"},
      {"keepalive_timeout",
       [](Config* c) { c->keepalive_timeout = absl::ZeroDuration(); }, "0s"},
      {"min_ping_interval",
       [](Config* c) { c->min_ping_interval = absl::Hours(2); }, "2h"},
      {"memory_limit", [](Config* c) { c->memory_limit = 1 << 20; }, "1048576"},
      {"worker_stall_timeout",
       [](Config* c) { c->worker_stall_timeout = absl::ZeroDuration(); }, "0"},
      {"stream_idle_timeout",
       [](Config* c) { c->stream_idle_timeout = absl::ZeroDuration(); }, "0"},
      {"max_connections", [](Config* c) { c->max_connections = -1; }, "-1"},
      {"max_streams_per_connection",
       [](Config* c) { c->max_streams_per_connection = 0; }, " 0 "},
      {"max_in_flight", [](Config* c) { c->admission.max_in_flight = -1; },
       "-1"},
      {"max_queue_time",
       [](Config* c) { c->admission.max_queue_time = absl::ZeroDuration(); },
       "[1ms, 1m]"},
      {"overload_queue_time",
       [](Config* c) { c->admission.overload_queue_time = absl::Hours(1); },
       "[0s, 1m]"},
      {"max_exact_calls", [](Config* c) { c->admission.max_exact_calls = 0; },
       " 0 "},
      {"max_batch_calls", [](Config* c) { c->admission.max_batch_calls = 0; },
       " 0 "},
      {"max_admin_calls", [](Config* c) { c->admission.max_admin_calls = 0; },
       " 0 "},
      {"recall_sample_fraction",
       [&](Config* c) { c->recall_sample_fraction = nan; }, "nan"},
      {"recall_cpu_fraction", [](Config* c) { c->recall_cpu_fraction = 1.5; },
       "1.5"},
      {"attach_dirs",
       [](Config* c) {
         c->attach_dirs = {"/ok", "data"};
       },
       "'data'"},
      {"required_indexes", [](Config* c) { c->required_indexes = {"../x"}; },
       "'../x'"},
      {"keep_versions", [](Config* c) { c->keep_versions = 0; }, "[1, 1000]"},
      {"log_level", [](Config* c) { c->log_level = "loud"; }, "'loud'"},
      {"log_format", [](Config* c) { c->log_format = "xml"; }, "'xml'"},
      {"audit_log", [](Config* c) { c->audit_log = "here"; }, "'here'"},
      {"data_mode", [](Config* c) { c->data_mode = "640"; }, "'640'"},
      {"data_mode", [](Config* c) { c->data_mode = "0649"; }, "'0649'"},
      {"data_mode", [](Config* c) { c->data_mode = "0440"; }, "the owner"},
      {"data_mode", [](Config* c) { c->data_mode = "0755"; }, "executes"},
      {"max_message_bytes", [](Config* c) { c->limits.max_message_bytes = 1; },
       "[65536, 2147483647]"},
      {"max_request_memory",
       [](Config* c) { c->limits.max_message_bytes = 300 << 20; },
       "max_message_bytes, 314572800"},
      {"max_queries_per_call",
       [](Config* c) { c->limits.max_queries_per_call = 0; }, " 0 "},
      {"max_items_per_call",
       [](Config* c) { c->limits.max_items_per_call = 0; }, " 0 "},
      {"max_n", [](Config* c) { c->limits.max_n = 0; }, " 0 "},
      {"max_dimension", [](Config* c) { c->limits.max_dimension = -5; }, "-5"},
      {"max_items", [](Config* c) { c->limits.max_items = 1LL << 31; },
       "2147483648"},
      {"max_indexes", [](Config* c) { c->limits.max_indexes = 0; }, " 0 "},
      {"max_id_waste_factor",
       [](Config* c) { c->limits.max_id_waste_factor = 0.5; }, "0.5"},
  };
  for (const BadConfig& bad : cases) {
    Config config = ValidConfig();
    bad.spoil(&config);
    const absl::Status status = ValidateConfig(config);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.setting;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("setting ", bad.setting, ": ")));
    EXPECT_THAT(std::string(status.message()), HasSubstr(bad.value));
  }
}

TEST(Config, InsecureAllowsAnAddressThatOthersReach) {
  Config config = ValidConfig();
  config.listen = "0.0.0.0:7077";
  config.insecure = true;
  EXPECT_TRUE(ValidateConfig(config).ok()) << ValidateConfig(config);
}

TEST(Config, JsonMayHoldCommentsAndReplacesOnlyWhatItNames) {
  Config config = ValidConfig();
  const absl::Status status = MergeConfigJson(
      "// first\n{\"workers\": 3, /* second */ \"drain_delay\": \"250ms\"}",
      &config);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(config.workers, 3);
  EXPECT_EQ(config.drain_delay, absl::Milliseconds(250));
  EXPECT_EQ(config.data_dir, "/var/lib/annod");
}

TEST(Config, BadJsonIsExplainedAndChangesNothing) {
  const struct {
    const char* json;
    const char* message;
  } cases[] = {
      {"", "not JSON"},
      {"{\"workers\": 3", "not JSON"},
      {"[1]", "not a JSON object"},
      {"{\"workers\": 3, \"wrokers\": 1}", "'wrokers'"},
      {"{\"limits\": {}}", "'limits'"},
      {"{\"workers\": 3, \"threads\": \"4\"}", "setting threads: \"4\""},
      {"{\"threads\": 1.5}", "setting threads: 1.5"},
      {"{\"threads\": 2147483648}", "setting threads: 2147483648"},
      {"{\"threads\": 99999999999999999999}", "setting threads"},
      {"{\"max_items\": -9223372036854775809}", "setting max_items"},
      {"{\"insecure\": 1}", "setting insecure: 1"},
      {"{\"listen\": null}", "setting listen: null"},
      {"{\"drain_delay\": 3}", "setting drain_delay: 3"},
      {"{\"drain_delay\": \"3\"}", "setting drain_delay: '3'"},
      {"{\"durability\": \"none\"}", "setting durability: 'none'"},
      {"{\"attach_dirs\": \"/a\"}", "setting attach_dirs: \"/a\""},
      {"{\"attach_dirs\": [1]}", "setting attach_dirs: [1]"},
      {"{\"recall_cpu_fraction\": \"x\"}", "setting recall_cpu_fraction"},
  };
  for (const auto& bad : cases) {
    Config config = UnusualConfig();
    const absl::Status status = MergeConfigJson(bad.json, &config);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.json;
    EXPECT_THAT(std::string(status.message()), HasSubstr(bad.message));
    EXPECT_EQ(ConfigToJson(config), ConfigToJson(UnusualConfig())) << bad.json;
  }
}

TEST(Config, ReloadTakesOverWhatCanChangeAndNamesTheRest) {
  Config running = ValidConfig();
  Config wanted = running;
  wanted.log_level = "debug";
  wanted.limits.max_n = 17;
  EXPECT_THAT(ApplyReloadable(wanted, &running), IsEmpty());
  EXPECT_EQ(running.log_level, "debug");
  EXPECT_EQ(running.limits.max_n, 17);

  wanted.listen = "127.0.0.1:1";
  wanted.workers = 3;
  wanted.keep_versions = 9;
  EXPECT_THAT(ApplyReloadable(wanted, &running),
              ElementsAre("listen", "workers"));
  EXPECT_EQ(running.keep_versions, 9);
  EXPECT_EQ(running.listen, Config().listen);
  EXPECT_EQ(running.workers, 0);
}

TEST(Config, MemoryHandsOverAndIsReplacedWhole) {
  absl::StatusOr<int> fd = CreateConfigMemory(UnusualConfig());
  ASSERT_TRUE(fd.ok()) << fd.status();
  absl::StatusOr<Config> read = ReadConfigMemory(*fd);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ConfigToJson(*read), ConfigToJson(UnusualConfig()));

  ASSERT_TRUE(WriteConfigMemory(*fd, ValidConfig()).ok());
  read = ReadConfigMemory(*fd);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ConfigToJson(*read), ConfigToJson(ValidConfig()));
}

TEST(Config, MemoryOfAnotherFormIsRefused) {
  Config invalid = ValidConfig();
  invalid.workers = -1;
  const int fd = CreateConfigMemory(invalid).value();
  EXPECT_EQ(ReadConfigMemory(fd).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(ReadConfigMemory(-1).ok());
  ASSERT_EQ(ftruncate(fd, 1048577), 0);
  EXPECT_THAT(std::string(ReadConfigMemory(fd).status().message()),
              HasSubstr("holds 1048577 bytes; limit 1048576"));
}

TEST(Config, DocumentationListsEverySettingAsTheTableHasIt) {
  std::ifstream file("docs/configuration.md");
  ASSERT_TRUE(file.good());
  std::stringstream text;
  text << file.rdbuf();
  for (const Setting& setting : AllSettings()) {
    const std::string default_text = ValueText(setting, Config());
    const std::string range = RangeText(setting);
    EXPECT_THAT(
        text.str(),
        HasSubstr(absl::StrCat("| `", setting.name, "` | ", setting.unit, " | ",
                               default_text.empty() ? "-" : default_text, " | ",
                               range.empty() ? "-" : range, " | ",
                               setting.reloadable ? "yes" : "no", " | ",
                               setting.help, " |")));
  }
}

}  // namespace
}  // namespace annod
