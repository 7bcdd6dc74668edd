// What an Authorization header of a browser or a scraper says.
#include "server/access/credential.h"

#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

const std::string& SomeToken() {
  static const auto* const token =
      new std::string(absl::StrCat("annod_", std::string(43, 'a')));
  return *token;
}

std::string OfPair(const std::string& pair) {
  return absl::StrCat("Basic ", absl::Base64Escape(pair));
}

TEST(TokenOfPassword, ThePasswordIsTheTokenAndTheNameIsNotLookedAt) {
  const TokenHash hash = HashToken(SomeToken());
  for (const char* name : {"", "anybody", "a b"}) {
    const std::optional<TokenHash> token =
        TokenOfPassword(OfPair(absl::StrCat(name, ":", SomeToken())));
    ASSERT_TRUE(token.has_value()) << name;
    EXPECT_EQ(*token, hash);
  }
  EXPECT_TRUE(
      TokenOfPassword(
          absl::StrCat("bAsIc  ", absl::Base64Escape(":" + SomeToken()), " "))
          .has_value());
}

TEST(TokenOfPassword, WhatIsNotOfThisFormIsNoToken) {
  for (const std::string& text :
       {std::string(), std::string("Basic"), std::string("Basic "),
        std::string("Basic !!!"), absl::StrCat("Bearer ", SomeToken()),
        absl::StrCat("Basic ", SomeToken()), OfPair(SomeToken()),
        OfPair("name:"), OfPair("name:secret"),
        OfPair(absl::StrCat(SomeToken(), ":")),
        OfPair(absl::StrCat("name:", SomeToken(), "a")),
        OfPair(absl::StrCat("a:b:", SomeToken()))}) {
    EXPECT_FALSE(TokenOfPassword(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace annod
