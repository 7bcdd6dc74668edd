#include "server/tls/tls_pair.h"

#include <openssl/pem.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/tls/self_signed.h"
#include "tests/server/testing/certificates.h"

namespace annod {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const TlsPaths kPaths = {"/tls.crt", "/tls.key", ""};
const TlsPaths kPathsWithCa = {"/tls.crt", "/tls.key", "/ca.crt"};

absl::StatusOr<TlsPair> Make(const TestPem& pem) {
  return MakeTlsPair(kPaths, {pem.certificate, pem.key, ""}, absl::Now());
}

std::string ErrorOf(const absl::StatusOr<TlsPair>& pair) {
  EXPECT_EQ(pair.status().code(), absl::StatusCode::kFailedPrecondition);
  return std::string(pair.status().message());
}

TEST(TlsPair, IsWhatWasIssued) {
  const TestPem pem = TestCa().Issue();
  const auto pair = Make(pem);
  ASSERT_TRUE(pair.ok()) << pair.status();
  EXPECT_EQ(pair->certificate, pem.certificate);
  EXPECT_EQ(pair->key, pem.key);
  EXPECT_EQ(pair->serial, pem.serial);
  EXPECT_EQ(pair->client_ca, "");
  EXPECT_LT(absl::AbsDuration(pair->expiry - absl::Now() - absl::Hours(24)),
            absl::Minutes(5));
}

TEST(TlsPair, HasTheWholeChainAndNoComments) {
  const TestCa ca;
  const TestPem pem = ca.Issue();
  const auto pair = MakeTlsPair(
      kPathsWithCa,
      {absl::StrCat("# ours \xFF\n", pem.certificate, "then\n", ca.pem()),
       pem.key, absl::StrCat(ca.pem(), "\nold one\n", TestCa("old").pem())},
      absl::Now());
  ASSERT_TRUE(pair.ok()) << pair.status();
  EXPECT_EQ(pair->certificate, pem.certificate + ca.pem());
  EXPECT_THAT(pair->client_ca, StartsWith(ca.pem()));
  EXPECT_GT(pair->client_ca.size(), ca.pem().size());
}

TEST(TlsPair, AKeyOfAnotherCertificateIsRefused) {
  const TestCa ca;
  TestPem pem = ca.Issue();
  pem.key = ca.Issue().key;
  EXPECT_EQ(ErrorOf(Make(pem)),
            "/tls.key: is not the key of the certificate in /tls.crt");
}

TEST(TlsPair, OnlyAValidCertificateIsTaken) {
  const TestCa ca;
  TestCertificate old;
  old.begins = -absl::Hours(2);
  old.ends = -absl::Hours(1);
  EXPECT_THAT(ErrorOf(Make(ca.Issue(old))),
              StartsWith("/tls.crt: the certificate expired at 20"));
  TestCertificate coming;
  coming.begins = absl::Hours(1);
  EXPECT_THAT(ErrorOf(Make(ca.Issue(coming))),
              StartsWith("/tls.crt: the certificate is not valid before 20"));
}

TEST(TlsPair, WhatIsNoPemIsRefusedByItsFile) {
  const TestCa ca;
  const TestPem pem = ca.Issue();
  const auto error = [&](const std::string& certificate, const std::string& key,
                         const std::string& ca_text) {
    return ErrorOf(
        MakeTlsPair(kPathsWithCa, {certificate, key, ca_text}, absl::Now()));
  };
  EXPECT_THAT(error("", pem.key, ca.pem()),
              StartsWith("/tls.crt: there is no"));
  EXPECT_THAT(error(pem.key, pem.key, ca.pem()),
              StartsWith("/tls.crt: there is no"));
  EXPECT_THAT(error(pem.certificate, "", ca.pem()),
              StartsWith("/tls.key: there is no PEM private key"));
  EXPECT_THAT(error(pem.certificate, pem.certificate, ca.pem()),
              StartsWith("/tls.key: there is no PEM private key"));
  EXPECT_THAT(error(pem.certificate, pem.key, "nothing"),
              StartsWith("/ca.crt: there is no PEM certificate"));
  // Half written.
  EXPECT_THAT(error(pem.certificate.substr(0, 200), pem.key, ca.pem()),
              StartsWith("/tls.crt: "));
  EXPECT_THAT(
      error(pem.certificate + ca.pem().substr(0, 200), pem.key, ca.pem()),
      StartsWith("/tls.crt: certificate 2 cannot be read"));
}

TEST(TlsPair, AnEncryptedKeyIsRefusedAndNobodyIsAsked) {
  const TestPem pem = TestCa().Issue();
  const OpensslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(
      ReadingBio(pem.key).get(), nullptr, nullptr, nullptr));
  const OpensslPtr<BIO> out(BIO_new(BIO_s_mem()));
  std::string secret = "secret";
  ASSERT_EQ(
      PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_128_cbc(),
                                    secret.data(), 6, nullptr, nullptr),
      1);
  EXPECT_THAT(ErrorOf(Make({pem.certificate, WrittenTo(out.get()), ""})),
              AllOf(StartsWith("/tls.key: "), HasSubstr("encrypted"),
                    HasSubstr("openssl pkey")));
}

TEST(TlsPair, AnRsaKeyOf1024BitsIsTooSmall) {
  const OpensslPtr<EVP_PKEY> key(EVP_RSA_gen(1024));
  const OpensslPtr<X509> weak(X509_new());
  ASN1_TIME_set_string(X509_getm_notBefore(weak.get()), "20000101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(weak.get()), "99991231235959Z");
  X509_set_pubkey(weak.get(), key.get());
  X509_sign(weak.get(), key.get(), EVP_sha256());
  EXPECT_THAT(
      ErrorOf(Make({CertificatePem(weak.get()), KeyPem(key.get()), ""})),
      "/tls.crt: cannot be used: ee key too small");
}

TEST(SelfSigned, IsAPairOfItsOwn) {
  const auto one = MakeSelfSigned("annod supervisor");
  const auto other = MakeSelfSigned("annod supervisor");
  ASSERT_TRUE(one.ok() && other.ok()) << one.status();
  EXPECT_TRUE(Make({one->certificate, one->key, ""}).ok());
  EXPECT_NE(one->key, other->key);
}

}  // namespace
}  // namespace annod
