#include "server/worker/tls_credentials.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "grpc/grpc.h"
#include "grpc/grpc_security.h"

namespace annod {
namespace {

// Asked by gRPC at each handshake, one at a time.
class PairFetcher {
 public:
  explicit PairFetcher(std::shared_ptr<const TlsPage> page)
      : page_(std::move(page)) {}

  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<PairFetcher*>(self)->Fetch(config);
  }

 private:
  grpc_ssl_certificate_config_reload_status Fetch(
      grpc_ssl_server_certificate_config** config) {
    if (page_->generation() == shown_) {
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    }
    const std::optional<TlsPair> pair = page_->Read(&shown_);
    if (!pair.has_value()) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
    const grpc_ssl_pem_key_cert_pair pem = {pair->key.c_str(),
                                            pair->certificate.c_str()};
    // gRPC 1.51 aborts when there are no CAs, also if it has no use for them:
    // where clients are asked for no certificate any will do.
    const std::string& cas =
        pair->client_ca.empty() ? pair->certificate : pair->client_ca;
    *config = grpc_ssl_server_certificate_config_create(cas.c_str(), &pem, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const std::shared_ptr<const TlsPage> page_;
  uint64_t shown_ = 0;
};

// grpc::SslServerCredentials() takes no fetcher.
class FetchingCredentials : public grpc::ServerCredentials {
 public:
  FetchingCredentials(std::shared_ptr<const TlsPage> page,
                      grpc_ssl_client_certificate_request_type request)
      : fetcher_(std::make_unique<PairFetcher>(std::move(page))),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                request, &PairFetcher::Fetch, fetcher_.get()))) {}
  ~FetchingCredentials() override {
    grpc_server_credentials_release(credentials_);
  }

  // Calls are looked at by the services themselves.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address,
                      grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  const std::unique_ptr<PairFetcher> fetcher_;
  grpc_server_credentials* const credentials_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(
    std::shared_ptr<const TlsPage> page, bool client_required) {
  const std::optional<TlsPair> pair = page->Read();
  if (!pair.has_value()) {
    return absl::FailedPreconditionError("there is no certificate to show");
  }
  grpc_ssl_client_certificate_request_type request =
      GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  if (!pair->client_ca.empty()) {
    request = client_required
                  ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                  : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return std::shared_ptr<grpc::ServerCredentials>(
      std::make_shared<FetchingCredentials>(std::move(page), request));
}

}  // namespace annod
