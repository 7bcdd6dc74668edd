#include "server/supervisor/certificate_watch.h"

#include <utility>

#include "absl/memory/memory.h"
#include "core/status_macros.h"
#include "server/tls/tls_files.h"
#include "spdlog/spdlog.h"

namespace annod {
namespace {

// Looks that see the same unusable files before it is told: who replaces them
// one after the other needs a moment.
constexpr int kLooksBeforeTold = 4;

Counter Reloads(MetricsWriter* metrics, const char* result) {
  return metrics->GetCounter("annod_certificate_reloads_total",
                             {{"result", result}});
}

bool Same(const absl::StatusOr<TlsTexts>& a,
          const absl::StatusOr<TlsTexts>& b) {
  return a.ok() && b.ok() ? *a == *b : a.status() == b.status();
}

void WarnOfKeyFile(const std::string& path) {
  const std::string warning = KeyFileWarning(path);
  if (!warning.empty()) spdlog::warn("{}", warning);
}

}  // namespace

CertificateWatch::CertificateWatch(const TlsPaths& paths,
                                   MetricsWriter* metrics, Sink sink)
    : paths_(paths),
      sink_(std::move(sink)),
      expiry_seconds_(
          metrics->GetGauge("annod_certificate_expiry_seconds", {})),
      refused_(metrics->GetGauge("annod_certificate_refused", {})),
      applied_reloads_(Reloads(metrics, "applied")),
      refused_reloads_(Reloads(metrics, "refused")) {}

absl::StatusOr<std::unique_ptr<CertificateWatch>> CertificateWatch::Start(
    const TlsPaths& paths, MetricsWriter* metrics, Sink sink, absl::Time now) {
  auto watch =
      absl::WrapUnique(new CertificateWatch(paths, metrics, std::move(sink)));
  ANNOD_ASSIGN_OR_RETURN(const TlsTexts texts, ReadTlsTexts(paths));
  ANNOD_RETURN_IF_ERROR(watch->Take(texts, now));
  watch->refused_.Set(0);
  return watch;
}

absl::Status CertificateWatch::Take(const TlsTexts& texts, absl::Time now) {
  ANNOD_ASSIGN_OR_RETURN(const TlsPair pair, MakeTlsPair(paths_, texts, now));
  ANNOD_RETURN_IF_ERROR(sink_(pair));
  served_ = texts;
  expiry_ = pair.expiry;
  told_expired_ = false;
  expiry_seconds_.Set(absl::ToDoubleSeconds(pair.expiry - absl::UnixEpoch()));
  spdlog::info(
      "certificate in use file={} serial={} expires={}", paths_.certificate,
      pair.serial,
      absl::FormatTime(absl::RFC3339_sec, pair.expiry, absl::UTCTimeZone()));
  WarnOfKeyFile(paths_.key);
  return absl::OkStatus();
}

void CertificateWatch::Look(absl::Time now) {
  if (now >= expiry_ && !told_expired_) {
    told_expired_ = true;
    spdlog::error("the certificate in use has expired file={}",
                  paths_.certificate);
  }
  absl::StatusOr<TlsTexts> texts = ReadTlsTexts(paths_);
  if (texts.ok() && *texts == served_) {
    looks_ = 0;
    seen_ = absl::StatusOr<TlsTexts>();
    told_refused_ = false;
    refused_.Set(0);
    return;
  }
  if (!Same(texts, seen_)) {
    looks_ = 0;
    seen_ = std::move(texts);
    told_refused_ = false;
    return;
  }
  ++looks_;
  const absl::Status status = seen_.ok() ? Take(*seen_, now) : seen_.status();
  if (status.ok()) {
    applied_reloads_.Add();
    refused_.Set(0);
    looks_ = 0;
  } else if (looks_ >= kLooksBeforeTold && !told_refused_) {
    Refuse(status);
  }
}

void CertificateWatch::Refuse(const absl::Status& why) {
  told_refused_ = true;
  refused_.Set(1);
  refused_reloads_.Add();
  spdlog::warn("certificate not reloaded, the last one stays in use: {}",
               std::string(why.message()));
}

}  // namespace annod
