#ifndef ANNOD_SERVER_METRICS_HTTP_ROUTE_H_
#define ANNOD_SERVER_METRICS_HTTP_ROUTE_H_

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "core/mutex.h"
#include "server/metrics/http_message.h"

namespace annod {

// Answers one path; called on one thread at a time. What it throws becomes
// status 500.
using HttpHandler = std::function<HttpResponse()>;

// Calls the handler of a path in a thread of its own, so that a path whose
// answer takes long delays no other. All that wait when it begins get the same
// answer: however many ask, one is made at a time. Thread-safe.
class HttpRoute {
 public:
  using Waiter = std::function<void(std::shared_ptr<const HttpResponse>)>;

  explicit HttpRoute(HttpHandler handler);
  ~HttpRoute();
  HttpRoute(const HttpRoute&) = delete;
  HttpRoute& operator=(const HttpRoute&) = delete;

  // `waiter` is called once, from another thread.
  void Ask(Waiter waiter);

  // Answers those that wait. Who asks after is told 503 at once, by Ask().
  void Stop();

 private:
  void Loop();
  std::shared_ptr<const HttpResponse> Answer() const;

  const HttpHandler handler_;
  Mutex mu_;
  CondVar wake_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<Waiter> waiting_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_HTTP_ROUTE_H_
