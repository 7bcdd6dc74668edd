#include "core/access/token.h"

#include <set>
#include <string>

#include "absl/strings/match.h"
#include "core/access/glob.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(Token, IsRandomAndOfItsForm) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = NewToken().value();
    EXPECT_TRUE(IsTokenText(token)) << token;
    EXPECT_TRUE(absl::StartsWith(token, "annod_"));
    EXPECT_TRUE(seen.insert(token).second);
  }
}

TEST(Token, OtherTextIsNone) {
  const std::string token = NewToken().value();
  EXPECT_FALSE(IsTokenText(""));
  EXPECT_FALSE(IsTokenText(token.substr(1)));
  EXPECT_FALSE(IsTokenText(token + "A"));
  EXPECT_FALSE(IsTokenText("Annod_" + token.substr(6)));
  EXPECT_FALSE(IsTokenText(token.substr(0, 48) + "="));
  EXPECT_FALSE(IsTokenText(token.substr(0, 48) + std::string(1, '\0')));
}

TEST(Token, HashIsSha256) {
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(HashText(HashToken("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HashToken("abc"), HashToken("abc"));
  EXPECT_NE(HashToken("abc"), HashToken("abd"));
}

TEST(Token, HashTextIsReadBack) {
  const TokenHash hash = HashToken("abc");
  EXPECT_EQ(ParseHash(HashText(hash)), hash);
  EXPECT_FALSE(ParseHash("").has_value());
  EXPECT_FALSE(ParseHash(HashText(hash).substr(1)).has_value());
  EXPECT_FALSE(ParseHash(std::string(63, 'a') + "g").has_value());
  // What HashToken() gives when it cannot: nobody's.
  EXPECT_FALSE(ParseHash(std::string(64, '0')).has_value());
}

TEST(Glob, Matches) {
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("*", "words"));
  EXPECT_TRUE(GlobMatches("team-a-*", "team-a-words"));
  EXPECT_TRUE(GlobMatches("team-a-*", "team-a-"));
  EXPECT_TRUE(GlobMatches("*-words-*", "a-b-words-words-c"));
  EXPECT_TRUE(GlobMatches("a*b*c", "abbbc"));
  EXPECT_TRUE(GlobMatches("words", "words"));
  EXPECT_FALSE(GlobMatches("words", "words2"));
  EXPECT_FALSE(GlobMatches("team-a-*", "team-b-words"));
  EXPECT_FALSE(GlobMatches("team-a-*", "xteam-a-words"));
  EXPECT_FALSE(GlobMatches("a*b", "abc"));
  EXPECT_FALSE(GlobMatches("", "a"));
  EXPECT_FALSE(GlobMatches("?", "a"));
}

TEST(Glob, TakesNoLongerThanTheProductOfBothLengths) {
  // Exponential in simpler matchers.
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  EXPECT_FALSE(GlobMatches(pattern + "b", std::string(1000, 'a')));
}

}  // namespace
}  // namespace annod
