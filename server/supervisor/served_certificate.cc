#include "server/supervisor/served_certificate.h"

#include "absl/memory/memory.h"
#include "absl/time/clock.h"
#include "core/status_macros.h"
#include "server/tls/self_signed.h"
#include "server/tls/tls_files.h"

namespace annod {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);
constexpr char kProbeName[] = "annod supervisor";

}  // namespace

absl::StatusOr<std::unique_ptr<ServedCertificate>> ServedCertificate::Start(
    const Config& config, MetricsWriter* metrics) {
  auto served = absl::WrapUnique(new ServedCertificate);
  ANNOD_ASSIGN_OR_RETURN(served->page_, TlsPage::Create());
  ANNOD_ASSIGN_OR_RETURN(served->probe_, MakeSelfSigned(kProbeName));
  ANNOD_ASSIGN_OR_RETURN(served->relay_, TlsRelay::Start(served->probe_));
  ServedCertificate* const self = served.get();
  const bool with_http = config.http_tls;
  ANNOD_ASSIGN_OR_RETURN(served->watch_,
                         CertificateWatch::Start(
                             TlsPathsOf(config), metrics,
                             [self, with_http](const TlsPair& pair) {
                               return self->Serve(pair, with_http);
                             },
                             absl::Now()));
  served->thread_ = std::thread([self] {
    while (!self->stopped_.AwaitStop(kInterval)) {
      self->watch_->Look(absl::Now());
    }
  });
  return served;
}

ServedCertificate::~ServedCertificate() {
  stopped_.Stop();
  if (thread_.joinable()) thread_.join();
}

absl::Status ServedCertificate::Serve(const TlsPair& pair, bool with_http) {
  TlsPair for_workers = pair;
  if (!pair.client_ca.empty()) for_workers.client_ca += probe_.certificate;
  ANNOD_RETURN_IF_ERROR(page_->Write(for_workers));
  if (!with_http) return absl::OkStatus();
  if (http_ == nullptr) {
    http_ = std::make_shared<HttpCertificate>(pair.certificate, pair.key);
  } else {
    http_->Set(pair.certificate, pair.key);
  }
  return absl::OkStatus();
}

}  // namespace annod
