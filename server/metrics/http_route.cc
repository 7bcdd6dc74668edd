#include "server/metrics/http_route.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"

namespace annod {

HttpRoute::HttpRoute(HttpHandler handler)
    : handler_(std::move(handler)), thread_([this] { Loop(); }) {}

HttpRoute::~HttpRoute() { Stop(); }

void HttpRoute::Stop() {
  {
    MutexLock lock(&mu_);
    stopped_ = true;
    wake_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void HttpRoute::Ask(Waiter waiter) {
  {
    MutexLock lock(&mu_);
    if (!stopped_) {
      waiting_.push_back(std::move(waiter));
      wake_.NotifyAll();
      return;
    }
  }
  auto response = std::make_shared<HttpResponse>();
  response->status = 503;
  response->body = "stopping\n";
  waiter(std::move(response));
}

void HttpRoute::Loop() {
  for (;;) {
    std::vector<Waiter> waiting;
    {
      MutexLock lock(&mu_);
      while (waiting_.empty() && !stopped_) wake_.Wait(&mu_);
      if (waiting_.empty()) return;
      waiting.swap(waiting_);
    }
    const std::shared_ptr<const HttpResponse> answer = Answer();
    for (const Waiter& waiter : waiting) waiter(answer);
  }
}

std::shared_ptr<const HttpResponse> HttpRoute::Answer() const {
  auto response = std::make_shared<HttpResponse>();
  try {
    *response = handler_();
  } catch (const std::exception& e) {
    response->status = 500;
    response->body = absl::StrCat("internal error: ", e.what(), "\n");
  }
  return response;
}

}  // namespace annod
