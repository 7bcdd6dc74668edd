// `annodctl token`: files it makes are those that annod reads.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/access/access_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using testing::HasSubstr;
using testing::Not;

class TokenCommandsTest : public testing::Test {
 protected:
  RunResult Token(std::vector<std::string> words) {
    words.insert(words.begin(), "token");
    words.insert(words.end(), {"--file", path_});
    return RunAnnodctl(words);
  }
  std::string Create(const std::vector<std::string>& options) {
    std::vector<std::string> words = {"create"};
    words.insert(words.end(), options.begin(), options.end());
    const RunResult result = Token(words);
    EXPECT_EQ(result.exit_status, 0) << result.err;
    return std::string(absl::StripAsciiWhitespace(result.out));
  }
  std::shared_ptr<const AccessPolicy> Policy() {
    absl::StatusOr<AccessFile> file = ReadAccessFile(path_);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? file->policy : nullptr;
  }
  std::string Text() {
    std::stringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  mode_t Mode(const std::string& path) {
    struct stat info = {};
    EXPECT_EQ(stat(path.c_str(), &info), 0);
    return info.st_mode & 07777;
  }

  const TempDir dir_;
  const std::string path_ = dir_.Path("access.json");
};

TEST_F(TokenCommandsTest, CreatePrintsATokenThatTheFileKnows) {
  const std::string token =
      Create({"--name", "ingest", "--role", "write", "--indexes",
              "team-a-*,words", "--expires", "90d"});
  EXPECT_TRUE(IsTokenText(token)) << token;
  EXPECT_EQ(Mode(path_), 0600);
  EXPECT_THAT(Text(), Not(HasSubstr(token.substr(6))));
  const auto policy = Policy();
  const Identity* const identity = policy->FindToken(HashToken(token));
  ASSERT_NE(identity, nullptr);
  EXPECT_EQ(identity->name, "ingest");
  EXPECT_EQ(identity->role, AccessRole::kWrite);
  EXPECT_TRUE(identity->MayUse("team-a-1"));
  EXPECT_TRUE(identity->MayUse("words"));
  EXPECT_FALSE(identity->MayUse("other"));
  const absl::Duration left = identity->expires - absl::Now();
  EXPECT_GT(left, absl::Hours(24 * 90 - 1));
  EXPECT_LT(left, absl::Hours(24 * 90 + 1));
}

TEST_F(TokenCommandsTest, TokensRotate) {
  const std::string old = Create({"--name", "x", "--role", "read"});
  const std::string fresh = Create({"--name", "x"});
  EXPECT_NE(old, fresh);
  ASSERT_NE(Policy()->FindToken(HashToken(old)), nullptr);
  ASSERT_NE(Policy()->FindToken(HashToken(fresh)), nullptr);
  EXPECT_EQ(Policy()->identities().size(), 1);
  const std::string digits = HashText(HashToken(old)).substr(0, 12);
  EXPECT_THAT(Token({"list"}).out, HasSubstr(digits));
  EXPECT_EQ(Token({"revoke", "--name", "x", "--sha256", digits}).exit_status,
            0);
  EXPECT_EQ(Policy()->FindToken(HashToken(old)), nullptr);
  EXPECT_NE(Policy()->FindToken(HashToken(fresh)), nullptr);
  EXPECT_EQ(Token({"revoke", "--name", "x", "--sha256", digits}).exit_status,
            1);
  EXPECT_EQ(Token({"revoke", "--name", "x"}).exit_status, 0);
  EXPECT_EQ(Policy()->identities().size(), 0);
}

TEST_F(TokenCommandsTest, WhatIsInTheFileStays) {
  const std::string real = dir_.Path("real.json");
  std::ofstream(real) << R"({"identities": [
    {"role": "admin", "name": "by-hand", "certificates": ["*.example.org"],
     "quotas": {"items": 5}}]})";
  ASSERT_EQ(chmod(real.c_str(), 0640), 0);
  ASSERT_EQ(symlink("real.json", path_.c_str()), 0);
  Create({"--name", "new", "--role", "read"});
  EXPECT_EQ(Mode(real), 0640);
  struct stat info = {};
  ASSERT_EQ(lstat(path_.c_str(), &info), 0);
  EXPECT_TRUE(S_ISLNK(info.st_mode));
  ASSERT_EQ(Policy()->identities().size(), 2);
  EXPECT_EQ(Policy()->identities()[0].quotas.items, 5);
  // Known by certificate still.
  Create({"--name", "by-hand"});
  EXPECT_EQ(Token({"revoke", "--name", "by-hand"}).exit_status, 0);
  EXPECT_EQ(Policy()->identities().size(), 2);
}

TEST_F(TokenCommandsTest, WhatIsWrongChangesNothing) {
  Create({"--name", "x", "--role", "read", "--indexes", "a"});
  const std::string before = Text();
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrongs = {
      {{"create", "--name", "y"}, "--role"},
      {{"create", "--name", "a b", "--role", "read"}, "--name"},
      {{"create", "--name", "x", "--role", "admin"}, "has the role read"},
      {{"create", "--name", "x", "--indexes", "b"}, "other indexes"},
      {{"create", "--name", "y", "--role", "read", "--indexes", "a?"},
       "pattern"},
      {{"create", "--name", "y", "--role", "read", "--expires", "soon"},
       "--expires"},
      {{"create", "--name", "y", "--role", "read", "--expires", "-1d"},
       "--expires"},
      {{"revoke", "--name", "y"}, "no identity 'y'"},
      {{"revoke", "--name", "x", "--sha256", "zz"}, "no token"}};
  for (const auto& [words, part] : wrongs) {
    const RunResult result = Token(words);
    EXPECT_EQ(result.exit_status, 1) << result.err;
    EXPECT_THAT(result.err, HasSubstr(part));
    EXPECT_EQ(Text(), before);
  }
  EXPECT_EQ(Token({"create", "--name", "y", "--role", "none"}).exit_status, 2);
  std::ofstream(path_) << "{";
  EXPECT_EQ(Token({"create", "--name", "y", "--role", "read"}).exit_status, 1);
  EXPECT_EQ(Text(), "{");
}

TEST_F(TokenCommandsTest, WithoutAFileTheEntryIsPrinted) {
  const RunResult result = RunAnnodctl(
      {"token", "create", "--name", "x", "--role", "read", "--json"});
  ASSERT_EQ(result.exit_status, 0) << result.err;
  const nlohmann::json document = result.Json();
  EXPECT_EQ(document["identity"]["token_sha256"][0],
            HashText(HashToken(document["token"].get<std::string>())));
  EXPECT_TRUE(ParseAccess(absl::StrCat(R"({"identities": [)",
                                       document["identity"].dump(), "]}"))
                  .ok());
  const RunResult text =
      RunAnnodctl({"token", "create", "--name", "x", "--role", "read"});
  EXPECT_THAT(text.err, HasSubstr("\"token_sha256\""));
}

}  // namespace
}  // namespace annod
