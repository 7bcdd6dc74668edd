#ifndef ANNOD_SERVER_SUPERVISOR_CERTIFICATE_WATCH_H_
#define ANNOD_SERVER_SUPERVISOR_CERTIFICATE_WATCH_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/metrics/metrics_writer.h"
#include "server/tls/tls_pair.h"

namespace annod {

// Looks again and again at the files of the certificate, its key and the CAs of
// clients, and hands a pair on when it is whole: what changed is taken once two
// looks saw the same, so that a file half written is no matter, and not before
// certificate and key belong together, so that they may be replaced one after
// the other. Whether links or files were changed, and when, makes no
// difference: it is the content that is compared.
//
// Not thread-safe.
class CertificateWatch {
 public:
  using Sink = std::function<absl::Status(const TlsPair&)>;

  // Reads the files and hands the first pair to `sink`. If that fails: what
  // ReadTlsTexts(), MakeTlsPair() or `sink` said. Sets
  // annod_certificate_expiry_seconds, _refused and _reloads_total of `metrics`.
  static absl::StatusOr<std::unique_ptr<CertificateWatch>> Start(
      const TlsPaths& paths, MetricsWriter* metrics, Sink sink, absl::Time now);

  // To be called about once a second. What is no good for some looks is logged
  // once, with the file and the reason; the last pair stays in use.
  void Look(absl::Time now);

 private:
  CertificateWatch(const TlsPaths& paths, MetricsWriter* metrics, Sink sink);
  absl::Status Take(const TlsTexts& texts, absl::Time now);
  void Refuse(const absl::Status& why);

  const TlsPaths paths_;
  const Sink sink_;
  Gauge expiry_seconds_;
  Gauge refused_;
  Counter applied_reloads_;
  Counter refused_reloads_;

  TlsTexts served_;
  absl::Time expiry_;
  bool told_expired_ = false;
  // What the last look saw if it was something else, or why it saw nothing; how
  // many looks before had seen the same.
  absl::StatusOr<TlsTexts> seen_;
  int looks_ = 0;
  bool told_refused_ = false;
};

}  // namespace annod

#endif  // ANNOD_SERVER_SUPERVISOR_CERTIFICATE_WATCH_H_
