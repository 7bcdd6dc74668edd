#include "server/supervisor/certificate_watch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/metrics/metrics_page.h"
#include "tests/server/testing/certificates.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

// More than are needed for anything.
constexpr int kManyLooks = 20;

class CertificateWatchTest : public testing::Test {
 protected:
  CertificateWatchTest() {
    std::string directory = testing::TempDir() + "/tls_XXXXXX";
    EXPECT_NE(mkdtemp(directory.data()), nullptr);
    secret_ = std::make_unique<TestSecret>(directory);
    auto page = MetricsPage::Create(1);
    EXPECT_TRUE(page.ok());
    page_ = *std::move(page);
    metrics_ = page_->Writer(0);
  }

  TlsPaths Paths() const {
    return {secret_->path("tls.crt"), secret_->path("tls.key"),
            secret_->path("ca.crt")};
  }

  absl::Status Start() {
    auto watch = CertificateWatch::Start(
        Paths(), metrics_.get(),
        [this](const TlsPair& pair) {
          served_.push_back(pair);
          return absl::OkStatus();
        },
        absl::Now());
    if (watch.ok()) watch_ = *std::move(watch);
    return watch.status();
  }

  void Look(int times = kManyLooks) {
    for (int i = 0; i < times; ++i) watch_->Look(absl::Now());
  }

  double Metric(const std::string& name, const LabelPairs& labels = {}) const {
    for (const SeriesSample& sample : page_->Read(0)) {
      if (sample.name == name && sample.labels == labels) return sample.value;
    }
    return 0;
  }
  double Reloads(const char* result) const {
    return Metric("annod_certificate_reloads_total", {{"result", result}});
  }

  const TestCa ca_;
  std::unique_ptr<TestSecret> secret_;
  std::unique_ptr<MetricsPage> page_;
  std::unique_ptr<MetricsWriter> metrics_;
  std::vector<TlsPair> served_;
  std::unique_ptr<CertificateWatch> watch_;
};

TEST_F(CertificateWatchTest, WhatCannotBeUsedAtTheStartIsAnError) {
  EXPECT_THAT(std::string(Start().message()), HasSubstr(Paths().certificate));
  TestPem mixed = ca_.Issue();
  mixed.key = ca_.Issue().key;
  secret_->Mount(mixed, ca_.pem());
  EXPECT_THAT(std::string(Start().message()), HasSubstr(Paths().key));
  EXPECT_TRUE(served_.empty());
}

TEST_F(CertificateWatchTest, ASecretThatIsSwappedIsTakenOnce) {
  secret_->Mount(ca_.Issue(), ca_.pem());
  ASSERT_EQ(Start(), absl::OkStatus());
  Look();
  EXPECT_EQ(served_.size(), 1);
  TestCertificate next;
  next.ends = absl::Hours(48);
  const TestPem pem = ca_.Issue(next);
  secret_->Mount(pem, ca_.pem());
  Look(2);
  ASSERT_EQ(served_.size(), 2);
  EXPECT_EQ(served_.back().serial, pem.serial);
  Look();
  EXPECT_EQ(served_.size(), 2);
  EXPECT_EQ(Reloads("applied"), 1);
  EXPECT_EQ(Reloads("refused"), 0);
  EXPECT_NEAR(
      Metric("annod_certificate_expiry_seconds"),
      absl::ToDoubleSeconds(absl::Now() + absl::Hours(48) - absl::UnixEpoch()),
      300);
}

TEST_F(CertificateWatchTest, FilesReplacedOneByOneAreTakenWhenTheyFit) {
  secret_->Mount(ca_.Issue(), ca_.pem());
  ASSERT_EQ(Start(), absl::OkStatus());
  const TestPem pem = ca_.Issue();
  WriteTestFile(secret_->path("tls.crt"), pem.certificate);
  Look();
  EXPECT_EQ(served_.size(), 1);
  EXPECT_EQ(Reloads("refused"), 1);
  EXPECT_EQ(Metric("annod_certificate_refused"), 1);
  WriteTestFile(secret_->path("tls.key"), pem.key);
  Look();
  ASSERT_EQ(served_.size(), 2);
  EXPECT_EQ(served_.back().serial, pem.serial);
  EXPECT_EQ(Metric("annod_certificate_refused"), 0);
}

TEST_F(CertificateWatchTest, AShortPauseBetweenTheTwoIsNothingToTell) {
  secret_->Mount(ca_.Issue(), ca_.pem());
  ASSERT_EQ(Start(), absl::OkStatus());
  const TestPem pem = ca_.Issue();
  WriteTestFile(secret_->path("tls.key"), pem.key);
  Look(3);
  WriteTestFile(secret_->path("tls.crt"), pem.certificate);
  Look(2);
  EXPECT_EQ(served_.back().serial, pem.serial);
  EXPECT_EQ(Reloads("refused"), 0);
}

TEST_F(CertificateWatchTest, WhatIsBadKeepsTheLastAndIsToldOnce) {
  const TestPem good = ca_.Issue();
  secret_->Mount(good, ca_.pem());
  ASSERT_EQ(Start(), absl::OkStatus());
  TestCertificate old;
  old.begins = -absl::Hours(2);
  old.ends = -absl::Hours(1);
  const TestPem expired = ca_.Issue(old);
  TestPem garbage = ca_.Issue();
  garbage.certificate = "garbage";
  double told = 0;
  for (const TestPem& bad : {expired, garbage}) {
    secret_->Mount(bad, ca_.pem());
    Look();
    EXPECT_EQ(Reloads("refused"), ++told);
  }
  secret_->Mount(ca_.Issue(), "garbage");
  Look();
  EXPECT_EQ(Reloads("refused"), ++told);
  unlink(secret_->path("..data").c_str());
  Look();
  EXPECT_EQ(Reloads("refused"), ++told);
  EXPECT_EQ(served_.size(), 1);
  EXPECT_EQ(Metric("annod_certificate_refused"), 1);
  // The one in use is there again: all is well.
  secret_->Mount(good, ca_.pem());
  Look();
  EXPECT_EQ(served_.size(), 1);
  EXPECT_EQ(Metric("annod_certificate_refused"), 0);
}

}  // namespace
}  // namespace annod
