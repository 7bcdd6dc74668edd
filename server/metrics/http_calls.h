#ifndef ANNOD_SERVER_METRICS_HTTP_CALLS_H_
#define ANNOD_SERVER_METRICS_HTTP_CALLS_H_

#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "core/mutex.h"
#include "server/metrics/http_message.h"

namespace annod {

// The threads that answer the requests of an HttpTree, and the queue before
// them. Thread-safe.
class HttpCalls {
 public:
  using Waiter = std::function<void(std::shared_ptr<const HttpResponse>)>;

  explicit HttpCalls(HttpTree tree);
  ~HttpCalls();
  HttpCalls(const HttpCalls&) = delete;
  HttpCalls& operator=(const HttpCalls&) = delete;

  const HttpTree& tree() const { return tree_; }

  // `waiter` is called once: from another thread, or by Ask() with 503 if too
  // many wait already. `request` must live until then.
  void Ask(const HttpRequest* request, Waiter waiter);

  // Answers those that wait. Who asks after is told 503 at once, by Ask().
  void Stop();

 private:
  struct Call {
    const HttpRequest* request;
    Waiter waiter;
  };
  void Loop();
  std::shared_ptr<const HttpResponse> Answer(const HttpRequest& request) const;

  const HttpTree tree_;
  Mutex mu_;
  CondVar wake_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<Call> waiting_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_HTTP_CALLS_H_
