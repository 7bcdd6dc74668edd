#include "tests/server/testing/certificates.h"

#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace annod {
namespace {

OpensslPtr<X509> MakeUnsigned(EVP_PKEY* key, const TestCertificate& wanted,
                              std::string* serial) {
  OpensslPtr<X509> made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  uint64_t number = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof(number));
  number |= uint64_t{1} << 62;  // its length never varies
  number &= ~(uint64_t{1} << 63);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), number);
  *serial = absl::StrFormat("%016X", number);
  const int64_t now = absl::ToUnixSeconds(absl::Now());
  ASN1_TIME_set(X509_getm_notBefore(made.get()),
                now + absl::ToInt64Seconds(wanted.begins));
  ASN1_TIME_set(X509_getm_notAfter(made.get()),
                now + absl::ToInt64Seconds(wanted.ends));
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()), -1,
      -1, 0);
  X509_set_pubkey(made.get(), key);
  return made;
}

void Extend(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

TestCa::TestCa(const std::string& name) : key_(EVP_EC_gen("P-256")) {
  TestCertificate wanted;
  wanted.common_name = name;
  std::string serial;
  certificate_ = MakeUnsigned(key_.get(), wanted, &serial);
  X509* const own = certificate_.get();
  Extend(own, NID_basic_constraints, "critical,CA:TRUE");
  Extend(own, NID_key_usage, "critical,keyCertSign");
  X509_set_issuer_name(own, X509_get_subject_name(own));
  X509_sign(own, key_.get(), EVP_sha256());
  pem_ = CertificatePem(own);
}

TestPem TestCa::Issue(const TestCertificate& certificate) const {
  const OpensslPtr<EVP_PKEY> key(EVP_EC_gen("P-256"));
  TestPem pem;
  const OpensslPtr<X509> made =
      MakeUnsigned(key.get(), certificate, &pem.serial);
  if (!certificate.names.empty()) {
    Extend(made.get(), NID_subject_alt_name, certificate.names);
  }
  X509_set_issuer_name(made.get(), X509_get_subject_name(certificate_.get()));
  X509_sign(made.get(), key_.get(), EVP_sha256());
  pem.certificate = CertificatePem(made.get());
  pem.key = KeyPem(key.get());
  return pem;
}

void WriteTestFile(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  ASSERT_TRUE(out.good()) << path;
  chmod(path.c_str(), 0600);
}

void TestSecret::Mount(const TestPem& pem, const std::string& ca) {
  const std::string version = absl::StrCat("..version_", ++mounts_);
  ASSERT_EQ(mkdir(path(version).c_str(), 0700), 0) << path(version);
  const auto add = [&](const std::string& name, const std::string& text) {
    WriteTestFile(absl::StrCat(path(version), "/", name), text);
    if (mounts_ == 1) {
      ASSERT_EQ(symlink(("..data/" + name).c_str(), path(name).c_str()), 0);
    }
  };
  add("tls.crt", pem.certificate);
  add("tls.key", pem.key);
  if (!ca.empty()) add("ca.crt", ca);
  ASSERT_EQ(symlink(version.c_str(), path("..data_tmp").c_str()), 0);
  ASSERT_EQ(rename(path("..data_tmp").c_str(), path("..data").c_str()), 0);
}

}  // namespace annod
