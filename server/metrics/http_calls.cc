#include "server/metrics/http_calls.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"

namespace annod {

HttpCalls::HttpCalls(HttpTree tree) : tree_(std::move(tree)) {
  for (int i = 0; i < tree_.threads; ++i) {
    threads_.emplace_back([this] { Loop(); });
  }
}

HttpCalls::~HttpCalls() { Stop(); }

void HttpCalls::Stop() {
  {
    MutexLock lock(&mu_);
    stopped_ = true;
    wake_.NotifyAll();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void HttpCalls::Ask(const HttpRequest* request, Waiter waiter) {
  auto response = std::make_shared<HttpResponse>();
  response->status = 503;
  response->headers = {{"Retry-After", "1"}};
  {
    MutexLock lock(&mu_);
    if (!stopped_ && waiting_.size() < tree_.max_waiting) {
      waiting_.push_back({request, std::move(waiter)});
      wake_.NotifyAll();
      return;
    }
    response->body =
        stopped_ ? "stopping\n"
                 : absl::StrCat(waiting_.size(), " calls wait already; limit ",
                                tree_.max_waiting, "\n");
  }
  waiter(std::move(response));
}

void HttpCalls::Loop() {
  for (;;) {
    Call call;
    {
      MutexLock lock(&mu_);
      while (waiting_.empty() && !stopped_) wake_.Wait(&mu_);
      if (waiting_.empty()) return;
      call = std::move(waiting_.front());
      waiting_.pop_front();
    }
    call.waiter(Answer(*call.request));
  }
}

std::shared_ptr<const HttpResponse> HttpCalls::Answer(
    const HttpRequest& request) const {
  auto response = std::make_shared<HttpResponse>();
  try {
    *response = tree_.handler(request);
  } catch (const std::exception& e) {
    response->status = 500;
    response->body = absl::StrCat("internal error: ", e.what(), "\n");
  }
  return response;
}

}  // namespace annod
