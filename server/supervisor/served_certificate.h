#ifndef ANNOD_SERVER_SUPERVISOR_SERVED_CERTIFICATE_H_
#define ANNOD_SERVER_SUPERVISOR_SERVED_CERTIFICATE_H_

#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/config/config.h"
#include "server/metrics/http_certificate.h"
#include "server/metrics/metrics_writer.h"
#include "server/process/stop_flag.h"
#include "server/supervisor/certificate_watch.h"
#include "server/supervisor/tls_relay.h"
#include "server/tls/tls_page.h"

namespace annod {

// The certificate that all processes show: read and watched here, by a thread,
// and handed to the workers in memory that they share, to the HTTP port, and,
// with a certificate of its own, to the probes: workers take that besides those
// of tls_client_ca, so that the supervisor can ask them whatever they require.
class ServedCertificate {
 public:
  // `config` has a certificate. The error names the file and what is wrong.
  static absl::StatusOr<std::unique_ptr<ServedCertificate>> Start(
      const Config& config, MetricsWriter* metrics);
  ~ServedCertificate();

  // TlsPage, for the workers.
  int fd() const { return page_->fd(); }
  // Null if the HTTP port is in plain text.
  std::shared_ptr<const HttpCertificate> http() const { return http_; }
  TlsRelay* relay() const { return relay_.get(); }

 private:
  ServedCertificate() = default;
  absl::Status Serve(const TlsPair& pair, bool with_http);

  std::unique_ptr<TlsPage> page_;
  TlsPair probe_;
  std::unique_ptr<TlsRelay> relay_;
  std::shared_ptr<HttpCertificate> http_;
  std::unique_ptr<CertificateWatch> watch_;
  StopFlag stopped_;
  std::thread thread_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_SERVED_CERTIFICATE_H_
