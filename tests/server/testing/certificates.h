#ifndef ANNOD_TESTS_SERVER_TESTING_CERTIFICATES_H_
#define ANNOD_TESTS_SERVER_TESTING_CERTIFICATES_H_

#include <openssl/x509.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/tls/openssl.h"

namespace annod {

// Certificates made when they are needed: none expires in the repository.

struct TestPem {
  std::string certificate;
  std::string key;
  std::string serial;  // hexadecimal
};

struct TestCertificate {
  std::string common_name = "annod";
  // As OpenSSL writes them: "DNS:localhost", "IP:127.0.0.1", "URI:spiffe://x".
  std::string names = "DNS:localhost,IP:127.0.0.1";
  absl::Duration begins = -absl::Hours(1);  // from now
  absl::Duration ends = absl::Hours(24);
};

class TestCa {
 public:
  explicit TestCa(const std::string& name = "test CA");

  TestPem Issue(const TestCertificate& certificate = {}) const;
  const std::string& pem() const { return pem_; }

 private:
  OpensslPtr<EVP_PKEY> key_;
  OpensslPtr<X509> certificate_;
  std::string pem_;
};

// Fails the test if it cannot.
void WriteTestFile(const std::string& path, const std::string& text);

// A directory as Kubernetes mounts a secret: its files are links through
// `..data`, itself a link that is replaced when the secret changes, so that all
// files change in one moment.
class TestSecret {
 public:
  explicit TestSecret(std::string directory)
      : directory_(std::move(directory)) {}

  // tls.crt, tls.key and, unless it is empty, ca.crt.
  void Mount(const TestPem& pem, const std::string& ca = "");
  std::string path(const std::string& name) const {
    return directory_ + "/" + name;
  }

 private:
  const std::string directory_;
  int mounts_ = 0;
};

}  // namespace annod

#endif  // ANNOD_TESTS_SERVER_TESTING_CERTIFICATES_H_
