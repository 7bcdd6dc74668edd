// annodctl against servers with certificates: what it takes, and what it says
// when something does not fit.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/ctl/run_annodctl.h"
#include "tests/e2e/annod_process.h"
#include "tests/server/testing/certificates.h"

namespace annod::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class TlsClientTest : public ::testing::Test {
 protected:
  TlsClientTest() : secret_(NewTempDir()), mine_(NewTempDir()) {
    TestCertificate named;
    named.names = "DNS:annod.example,IP:127.0.0.1";
    secret_.Mount(ca_.Issue(named), client_ca_.pem());
    mine_.Mount(client_ca_.Issue(), ca_.pem());
  }

  void Start(bool require) {
    std::vector<std::string> flags = {
        "--workers=1", "--tls_certificate=" + secret_.path("tls.crt"),
        "--tls_key=" + secret_.path("tls.key")};
    if (require) flags.push_back("--tls_client_ca=" + secret_.path("ca.crt"));
    annod_ = AnnodProcess::Start(NewTempDir(), flags);
  }

  RunResult List(std::vector<std::string> options,
                 const std::vector<std::string>& environment = {}) const {
    std::vector<std::string> arguments = {"--server", annod_->grpc_address(),
                                          "list"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return RunAnnodctl(arguments, environment);
  }

  // The line after the address; the exit status is 1.
  std::string Refusal(const std::vector<std::string>& options) const {
    const RunResult result = List(options);
    EXPECT_EQ(result.exit_status, 1) << result.out;
    const std::string start = absl::StrCat("annodctl: no connection to ",
                                           annod_->grpc_address(), ": ");
    EXPECT_THAT(result.err, StartsWith(start));
    return absl::StartsWith(result.err, start) ? result.err.substr(start.size())
                                               : result.err;
  }

  const TestCa ca_;
  const TestCa client_ca_{"clients"};
  TestSecret secret_;
  TestSecret mine_;  // the CA of the server, and a certificate to show
  std::unique_ptr<AnnodProcess> annod_;
};

TEST_F(TlsClientTest, TheServersCertificateMustFit) {
  Start(/*require=*/false);
  const std::string ca = mine_.path("ca.crt");
  EXPECT_EQ(List({"--ca", ca}).exit_status, 0);
  EXPECT_EQ(List({"--ca", ca, "--server_name", "annod.example"}).exit_status,
            0);
  EXPECT_EQ(List({}, {"ANNOD_CA=" + ca}).exit_status, 0);
  EXPECT_EQ(Refusal({}),
            "it speaks TLS only; give --tls, or --ca FILE with the CA that "
            "signed its certificate\n");
  EXPECT_THAT(Refusal({"--tls"}),
              StartsWith("its certificate is signed by no CA of this system"));
  EXPECT_THAT(Refusal({"--ca", secret_.path("ca.crt")}),
              HasSubstr("; give --ca FILE with the CA that signed it\n"));
  EXPECT_THAT(
      Refusal({"--ca", ca, "--server_name", "other.example"}),
      StartsWith("its certificate is for annod.example, 127.0.0.1 and not for "
                 "other.example; "));
}

TEST_F(TlsClientTest, TheClientsCertificateMustFit) {
  Start(/*require=*/true);
  const std::string ca = mine_.path("ca.crt");
  const std::vector<std::string> mine = {
      "--ca",          ca,
      "--certificate", mine_.path("tls.crt"),
      "--key",         mine_.path("tls.key")};
  EXPECT_EQ(List(mine).exit_status, 0);
  EXPECT_EQ(Refusal({"--ca", ca}),
            "it wants a certificate of its clients; give --certificate FILE "
            "and --key FILE\n");
  EXPECT_THAT(Refusal({"--ca", ca, "--certificate", secret_.path("tls.crt"),
                       "--key", secret_.path("tls.key")}),
              StartsWith("it does not accept the certificate in " +
                         secret_.path("tls.crt")));
}

TEST_F(TlsClientTest, FilesAreLookedAtFirst) {
  Start(/*require=*/false);
  EXPECT_EQ(List({"--ca", mine_.path("tls.key")}).err,
            absl::StrCat("annodctl: ", mine_.path("tls.key"),
                         ": there is no PEM certificate in it\n"));
  EXPECT_THAT(List({"--ca", "/nowhere"}).err, HasSubstr("'/nowhere'"));
  EXPECT_THAT(List({"--certificate", mine_.path("tls.crt")}).err,
              HasSubstr("the key of the certificate"));
  EXPECT_THAT(List({"--certificate", mine_.path("tls.crt"), "--key",
                    secret_.path("tls.key")})
                  .err,
              HasSubstr("is not the key of the certificate in"));
}

TEST_F(TlsClientTest, AServerWithoutTlsIsToldApart) {
  annod_ = AnnodProcess::Start(NewTempDir(), {"--workers=1"});
  EXPECT_EQ(List({}).exit_status, 0);
  EXPECT_THAT(Refusal({"--tls"}), StartsWith("it does not speak TLS; leave"));
}

}  // namespace
}  // namespace annod::testing
