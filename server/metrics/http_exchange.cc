#include "server/metrics/http_exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace annod {
namespace {

// The other end, written as gRPC does.
std::string PeerOf(MHD_Connection* connection) {
  // The server listens on IPv4 alone.
  const auto* const address = reinterpret_cast<const sockaddr_in*>(
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
          ->client_addr);
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text));
  return absl::StrCat("ipv4:", text, ":", ntohs(address->sin_port));
}

}  // namespace

MHD_Result SendResponse(MHD_Connection* connection,
                        std::shared_ptr<const HttpResponse> shared) {
  const HttpResponse& response = *shared;
  auto* const owner =
      new std::shared_ptr<const HttpResponse>(std::move(shared));
  MHD_Response* const out =
      MHD_create_response_from_buffer_with_free_callback_cls(
          response.body.size(), const_cast<char*>(response.body.data()),
          [](void* owner) {
            delete static_cast<std::shared_ptr<const HttpResponse>*>(owner);
          },
          owner);
  if (out == nullptr) {
    delete owner;
    return MHD_NO;
  }
  MHD_add_response_header(out, "Content-Type", response.content_type.c_str());
  MHD_add_response_header(out, "Cache-Control", "no-store");
  MHD_add_response_header(out, "Connection", "close");
  MHD_add_response_header(out, "X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) {
    MHD_add_response_header(out, name.c_str(), value.c_str());
  }
  if (!response.authenticate.empty()) {
    MHD_add_response_header(out, "WWW-Authenticate",
                            response.authenticate.c_str());
  }
  const MHD_Result queued =
      MHD_queue_response(connection, response.status, out);
  MHD_destroy_response(out);
  return queued;
}

std::shared_ptr<const HttpResponse> TextResponse(int status, std::string body) {
  auto response = std::make_shared<HttpResponse>();
  response->status = status;
  response->body = std::move(body);
  return response;
}

std::shared_ptr<const HttpResponse> BusyResponse(int64_t limit) {
  return TextResponse(
      MHD_HTTP_SERVICE_UNAVAILABLE,
      absl::StrCat("requests and answers take all of the ", limit,
                   " bytes that they may take at a time\n"));
}

std::shared_ptr<const HttpResponse> TooLargeResponse(size_t limit) {
  return TextResponse(
      MHD_HTTP_CONTENT_TOO_LARGE,
      absl::StrCat("the body has more than ", limit, " bytes\n"));
}

int FdOf(MHD_Connection* connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
      ->connect_fd;
}

std::string HeaderOf(MHD_Connection* connection, const char* name) {
  const char* const value =
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? "" : value;
}

void TakeHead(MHD_Connection* connection, HttpRequest* request) {
  request->peer = PeerOf(connection);
  request->content_type = HeaderOf(connection, "Content-Type");
  request->request_id = HeaderOf(connection, "X-Request-Id");
  request->trace_parent = HeaderOf(connection, "Traceparent");
}

}  // namespace annod
