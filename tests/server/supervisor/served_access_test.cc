#include "server/supervisor/served_access.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/core/testing/set_clock.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

// As editors do, at once.
void Replace(const std::string& path, const std::string& text) {
  std::ofstream(path + ".new") << text;
  std::filesystem::rename(path + ".new", path);
}

TEST(ServedAccessTest, AClockThatIsSetBackDoesNotKeepItFromLooking) {
  const std::string path = testing::TempDir() + "/served_access.json";
  Replace(path, R"({"identities": []})");
  SetClock clock;
  // As if it were set back by an hour while the thread waits (stop_flag_test).
  clock.Set(absl::Hours(1));
  const auto served = ServedAccess::Start(path);
  ASSERT_TRUE(served.ok()) << served.status();
  const std::string text = R"({"identities": [{"name": "a", "role": "read"}]})";
  Replace(path, text);
  EXPECT_TRUE(Eventually([&] { return (*served)->live()->Get()->text == text; },
                         absl::Seconds(30)));
}

}  // namespace
}  // namespace annod
