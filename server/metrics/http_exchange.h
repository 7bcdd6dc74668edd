#ifndef ANNOD_SERVER_METRICS_HTTP_EXCHANGE_H_
#define ANNOD_SERVER_METRICS_HTTP_EXCHANGE_H_

#include <microhttpd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "server/metrics/http_calls.h"
#include "server/metrics/http_message.h"

namespace annod {

// One request and its answer, from its head to its end; what the library calls
// the request's context.
struct HttpExchange {
  HttpCalls* tree = nullptr;  // that its path is of; null: none
  HttpRequest request;
  std::shared_ptr<const HttpResponse> response;
  int64_t held_bytes = 0;  // that count as the server's
};

// The body is not copied: many may be taking the same.
MHD_Result SendResponse(MHD_Connection* connection,
                        std::shared_ptr<const HttpResponse> response);

std::shared_ptr<const HttpResponse> TextResponse(int status, std::string body);
// Bodies take as many bytes as they may at a time.
std::shared_ptr<const HttpResponse> BusyResponse(int64_t limit);
std::shared_ptr<const HttpResponse> TooLargeResponse(size_t limit);

int FdOf(MHD_Connection* connection);

// Empty if it was not sent.
std::string HeaderOf(MHD_Connection* connection, const char* name);

// Whose connection it is, and what handlers may see of the headers but
// `authorization`, which is asked for before.
void TakeHead(MHD_Connection* connection, HttpRequest* request);

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_HTTP_EXCHANGE_H_
