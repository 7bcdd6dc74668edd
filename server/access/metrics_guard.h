#ifndef ANNOD_SERVER_ACCESS_METRICS_GUARD_H_
#define ANNOD_SERVER_ACCESS_METRICS_GUARD_H_

#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/access/live_access.h"
#include "server/metrics/http_route.h"

namespace annod {

// Who may read the metrics and the pages over HTTP: whoever may read all
// indexes, for their names are in them. A token may come as the password of a
// browser. Reads the access file again itself, at a request, at most once a
// second. Thread-safe.
class MetricsGuard {
 public:
  // `live` must outlive the object.
  explicit MetricsGuard(LiveAccess* live) : live_(live) {}

  // Nothing if the request may have its answer; else 401 or 403.
  std::optional<HttpResponse> Refusal(absl::string_view authorization);

 private:
  LiveAccess* const live_;
  absl::Mutex mu_;
  absl::Time looked_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
};

}  // namespace annod

#endif  // ANNOD_SERVER_ACCESS_METRICS_GUARD_H_
