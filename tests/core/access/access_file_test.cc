#include "core/access/access_file.h"

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string HashOf(const std::string& token) {
  return HashText(HashToken(token));
}

std::string Identities(const std::string& list) {
  return absl::StrCat(R"({"identities": [)", list, "]}");
}

std::string One(const std::string& fields) {
  return Identities(
      absl::StrCat(R"({"name": "x", "role": "read", )", fields, "}"));
}

TEST(AccessFile, HoldsWhatItSays) {
  const auto policy = ParseAccess(Identities(absl::StrCat(
      R"({"name": "ingest@team-a", "role": "write", "indexes": ["team-a-*", "words"],
          "token_sha256": [")",
      HashOf("one"), R"("], "expires": "2031-05-06T07:08:09+02:00",
          "certificates": ["Ingest.Example.org", "spiffe://corp/team-a/*"],
          "quotas": {"calls_in_flight": 5, "item_streams": 4, "items": 1000, "indexes": 3}},
         {"name": "all", "role": "admin"})")));
  ASSERT_TRUE(policy.ok()) << policy.status();
  ASSERT_EQ((*policy)->identities().size(), 2);
  const Identity& first = (*policy)->identities()[0];
  EXPECT_EQ(first.name, "ingest@team-a");
  EXPECT_EQ(first.role, AccessRole::kWrite);
  EXPECT_THAT(first.indexes, ElementsAre("team-a-*", "words"));
  EXPECT_EQ(absl::FormatTime(first.expires, absl::UTCTimeZone()),
            "2031-05-06T05:08:09+00:00");
  EXPECT_EQ(first.quotas.calls_in_flight, 5);
  EXPECT_EQ(first.quotas.item_streams, 4);
  EXPECT_EQ(first.quotas.items, 1000);
  EXPECT_EQ(first.quotas.indexes, 3);
  EXPECT_TRUE(first.MayUse("team-a-7"));
  EXPECT_TRUE(first.MayUse("words"));
  EXPECT_FALSE(first.MayUse("words2"));
  EXPECT_FALSE(first.MayUseAll());
  const Identity& second = (*policy)->identities()[1];
  EXPECT_EQ(second.role, AccessRole::kAdmin);
  EXPECT_TRUE(second.MayUseAll());
  EXPECT_EQ(second.expires, absl::InfiniteFuture());
  EXPECT_EQ(second.quotas.items, 0);
}

TEST(AccessFile, IdentitiesAreFoundByTokenAndCertificate) {
  const auto policy = ParseAccess(Identities(absl::StrCat(
      R"({"name": "a", "role": "read", "token_sha256": [")", HashOf("one"),
      R"("]}, {"name": "b", "role": "read", "certificates":
               ["*.B.example.org", "spiffe://corp/b"]},
         {"name": "c", "role": "read", "certificates": ["*.example.org"]})")));
  ASSERT_TRUE(policy.ok()) << policy.status();
  const auto name = [](const Identity* identity) {
    return identity == nullptr ? std::string("nobody") : identity->name;
  };
  EXPECT_EQ(name((*policy)->FindToken(HashToken("one"))), "a");
  EXPECT_EQ(name((*policy)->FindToken(HashToken("two"))), "nobody");
  EXPECT_EQ(name((*policy)->FindToken(TokenHash())), "nobody");
  const auto host = [&](const std::string& text) {
    return name((*policy)->FindCertificate({{text}, {}}));
  };
  const auto uri = [&](const std::string& text) {
    return name((*policy)->FindCertificate({{}, {text}}));
  };
  EXPECT_EQ(host("x.b.EXAMPLE.org"), "b");
  EXPECT_EQ(host("x.example.org"), "c");
  EXPECT_EQ(host("example.org"), "nobody");
  EXPECT_EQ(uri("spiffe://corp/b"), "b");
  EXPECT_EQ(uri("spiffe://corp/b/c"), "nobody");
  // A host cannot pass for a URI, nor the other way round.
  EXPECT_EQ(host("spiffe://corp/b"), "nobody");
  EXPECT_EQ(uri("x.example.org"), "nobody");
  EXPECT_EQ(name((*policy)->FindCertificate({})), "nobody");
}

struct Wrong {
  std::string text;
  std::string part;  // of the error
};

TEST(AccessFile, WhatIsWrongIsNamed) {
  const Wrong wrongs[] = {
      {"", "no JSON from line 1, column 1"},
      {"{\"identities\": [\n  {]}", "line 2, column 4"},
      {"[]", "'identities'"},
      {"{}", "'identities'"},
      {R"({"identities": {}})", "'identities'"},
      {R"({"identities": [], "version": 1})", "one field"},
      {R"({"identities": [], "identities": []})", "more than once"},
      {Identities(std::string(100000, '[') + std::string(100000, ']')),
       "nested more than 64 levels deep"},
      {Identities("7"), "identities[0]: is no object"},
      {Identities(R"({"role": "read"})"), "identities[0]: there is no name"},
      {Identities(R"({"name": "x"})"), "identity 'x': there is no role"},
      {Identities(R"({"name": "a b", "role": "read"})"), "identities[0]: name"},
      {Identities(R"({"name": "", "role": "read"})"), "identities[0]: name"},
      {Identities(R"({"name": "x", "role": "none"})"), "role is 'none'"},
      {Identities(R"({"name": "x", "role": "Read"})"), "role is 'Read'"},
      {Identities(R"({"name": "x", "role": 1})"), "role is no text"},
      {Identities(R"({"name": "x", "name": "y", "role": "read"})"),
       "'name' more than once"},
      {Identities(R"({"name": "x", "role": "read"},
                     {"name": "x", "role": "admin"})"),
       "two identities 'x'"},
      {One(R"("rights": [])"), "no field 'rights'"},
      {One(R"("indexes": [])"), "indexes is empty"},
      {One(R"("indexes": "a")"), "indexes is no list"},
      {One(R"("indexes": ["a", "[ab]"])"), "indexes[1]"},
      {One(R"("indexes": ["a", "a"])"), "indexes[1] is there twice"},
      {One(R"("indexes": [7])"), "indexes[0] is no text"},
      {One(R"("token_sha256": ["abc"])"), "token_sha256[0]"},
      {One(R"("token_sha256": "abc")"), "token_sha256 is no list"},
      {One(R"("expires": "tomorrow")"), "expires is 'tomorrow'"},
      {One(R"("expires": "2031-05-06")"), "expires"},
      {One(R"("expires": "infinite-future")"), "expires"},
      {One(R"("expires": 0)"), "expires is no text"},
      {One(R"("certificates": [""])"), "certificates[0]"},
      {One(R"("certificates": ["a b"])"), "certificates[0]"},
      {One(R"("quotas": [])"), "quotas is no object"},
      {One(R"("quotas": {"calls": 1})"), "no quota 'calls'"},
      {One(R"("quotas": {"items": 0})"), "quotas.items"},
      {One(R"("quotas": {"items": -1})"), "quotas.items"},
      {One(R"("quotas": {"items": 1.5})"), "quotas.items"},
      {One(R"("quotas": {"items": 18446744073709551615})"), "quotas.items"},
      {Identities(absl::StrCat(
           R"({"name": "x", "role": "read", "token_sha256": [")", HashOf("t"),
           R"("]}, {"name": "y", "role": "read", "token_sha256": [")",
           HashOf("t"), R"("]})")),
       "identity 'y': token_sha256"},
  };
  for (const Wrong& wrong : wrongs) {
    const absl::Status status = ParseAccess(wrong.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << wrong.text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(wrong.part))
        << wrong.text;
  }
}

TEST(AccessFile, ATokenInItIsNotTold) {
  const std::string token = NewToken().value();
  for (const std::string& text :
       {One(absl::StrCat(R"("token_sha256": [")", token, R"("])")),
        absl::StrCat(R"({"identities": [)", token),
        absl::StrCat(R"({"identities": [")", token, "\" 7]}")}) {
    const absl::Status status = ParseAccess(text).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr(token)));
    EXPECT_THAT(std::string(status.message()),
                Not(HasSubstr(token.substr(6, 10))));
  }
}

TEST(AccessFile, ErrorsOfAFileBeginWithItsPath) {
  const std::string path = absl::StrCat(testing::TempDir(), "/access.json");
  std::ofstream(path) << "{";
  EXPECT_THAT(std::string(ReadAccessFile(path).status().message()),
              HasSubstr(path));
  EXPECT_EQ(ReadAccessFile(path + ".none").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(ReadAccessFile(testing::TempDir()).ok());
  std::ofstream(path) << Identities("");
  EXPECT_TRUE(ReadAccessFile(path).ok());
}

}  // namespace
}  // namespace annod
