#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/tls.h"

namespace annod {
namespace {

using Kind = TlsFault::Kind;

constexpr unsigned char kHttp2[] = "\x02h2";

struct FreeTls {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
template <typename T>
using Owned = std::unique_ptr<T, FreeTls>;

struct Host {
  std::string name;
  std::string port;
};

Host HostOf(absl::string_view target) {
  for (const char* resolver : {"dns:///", "dns:", "ipv4:", "ipv6:"}) {
    if (absl::ConsumePrefix(&target, resolver)) break;
  }
  const size_t colon = target.rfind(':');
  if (colon == absl::string_view::npos ||
      target.find('/') != absl::string_view::npos) {
    return {};
  }
  absl::string_view name = target.substr(0, colon);
  if (absl::ConsumePrefix(&name, "[")) absl::ConsumeSuffix(&name, "]");
  return {std::string(name), std::string(target.substr(colon + 1))};
}

// -1: it cannot be reached.
int Connect(const Host& host, absl::Duration patience) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.name.c_str(), host.port.c_str(), &hints, &found) != 0) {
    return -1;
  }
  const Owned<addrinfo> addresses(found);
  const timeval limit = absl::ToTimeval(patience);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) == 0) return fd;
    if (fd >= 0) close(fd);
  }
  return -1;
}

// "annod.example, 127.0.0.1": all that the certificate is for.
std::string NamesOf(X509* certificate) {
  const Owned<GENERAL_NAMES> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> texts;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    const unsigned char* const data = ASN1_STRING_get0_data(name->d.ia5);
    const int size = ASN1_STRING_length(name->d.ia5);
    if (name->type == GEN_DNS || name->type == GEN_URI) {
      texts.emplace_back(reinterpret_cast<const char*>(data), size);
    } else if (name->type == GEN_IPADD && size == 4) {
      texts.push_back(absl::StrJoin(data, data + size, "."));
    }
  }
  return texts.empty() ? "no name" : absl::StrJoin(texts, ", ");
}

class Handshake {
 public:
  Handshake(const Host& host, const TlsOptions* tls, absl::Duration patience)
      : host_(host),
        tls_(tls),
        fd_(Connect(host, patience)),
        context_(SSL_CTX_new(TLS_client_method())),
        asked_(tls != nullptr && !tls->certificate.empty()) {}
  ~Handshake() {
    ssl_.reset();
    if (fd_ >= 0) close(fd_);
  }
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;

  TlsFault Find() {
    if (fd_ < 0 || context_ == nullptr || !Prepare()) return {};
    ERR_clear_error();
    const bool done = SSL_connect(ssl_.get()) == 1;
    const int reason = ERR_GET_REASON(ERR_peek_error());
    ERR_clear_error();
    if (tls_ == nullptr) {
      // One that refuses our handshake in TLS speaks it too.
      const bool speaks = done || reason > SSL_AD_REASON_OFFSET;
      return speaks ? TlsFault{Kind::kServerTls, "it speaks TLS only"}
                    : TlsFault{};
    }
    if (!done) {
      return reason == SSL_R_WRONG_VERSION_NUMBER
                 ? TlsFault{Kind::kServerPlain, "it does not speak TLS"}
                 : TlsFault{};
    }
    const TlsFault fault = OfServer();
    return fault.kind == Kind::kNone ? OfClient() : fault;
  }

 private:
  std::string ExpectedName() const {
    return tls_->server_name.empty() ? host_.name : tls_->server_name;
  }

  bool Prepare() {
    SSL_CTX* const context = context_.get();
    // Its result is looked at afterwards.
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_alpn_protos(context, kHttp2, sizeof(kHttp2) - 1);
    SSL_CTX_set_client_cert_cb(context, [](SSL* ssl, X509**, EVP_PKEY**) {
      *static_cast<bool*>(SSL_get_app_data(ssl)) = true;
      return 0;
    });
    if (tls_ != nullptr) {
      if (tls_->ca.empty()) {
        SSL_CTX_set_default_verify_paths(context);
      } else if (SSL_CTX_load_verify_file(context, tls_->ca.c_str()) != 1) {
        return false;
      }
    }
    if (tls_ != nullptr && !tls_->certificate.empty() &&
        (SSL_CTX_use_certificate_chain_file(context,
                                            tls_->certificate.c_str()) != 1 ||
         SSL_CTX_use_PrivateKey_file(context, tls_->key.c_str(),
                                     SSL_FILETYPE_PEM) != 1)) {
      return false;
    }
    ssl_.reset(SSL_new(context));
    if (ssl_ == nullptr) return false;
    SSL_set_app_data(ssl_.get(), &asked_);
    SSL_set_fd(ssl_.get(), fd_);
    if (tls_ == nullptr) return true;
    const std::string name = ExpectedName();
    X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl_.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str()) == 1) return true;
    ERR_clear_error();
    return SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) == 1 &&
           X509_VERIFY_PARAM_set1_host(expected, name.c_str(), 0) == 1;
  }

  TlsFault OfServer() const {
    const int64_t result = SSL_get_verify_result(ssl_.get());
    const Owned<X509> certificate(SSL_get1_peer_certificate(ssl_.get()));
    if (result == X509_V_OK || certificate == nullptr) return {};
    const char* const why = X509_verify_cert_error_string(result);
    switch (result) {
      case X509_V_ERR_HOSTNAME_MISMATCH:
      case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return {
            Kind::kOtherName,
            absl::StrCat("its certificate is for ", NamesOf(certificate.get()),
                         " and not for ", ExpectedName())};
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return {Kind::kUnknownCa,
                absl::StrCat("its certificate is signed by no CA of ",
                             tls_->ca.empty() ? "this system" : tls_->ca, " (",
                             why, ")")};
      case X509_V_ERR_CERT_HAS_EXPIRED:
        return {Kind::kInvalid, "its certificate has expired"};
      default:
        return {Kind::kInvalid,
                absl::StrCat("its certificate is not valid: ", why)};
    }
  }

  // In TLS 1.3 a client believes that all is well until it hears otherwise;
  // annod, if it takes us, says something at once.
  TlsFault OfClient() const {
    char byte;
    const int got = SSL_read(ssl_.get(), &byte, 1);
    const int error = SSL_get_error(ssl_.get(), got);
    ERR_clear_error();
    if (got > 0 || !asked_ || error == SSL_ERROR_WANT_READ) return {};
    if (tls_->certificate.empty()) {
      return {Kind::kWantsIdentity, "it wants a certificate of its clients"};
    }
    return {Kind::kRefusesIdentity,
            absl::StrCat("it does not accept the certificate in ",
                         tls_->certificate)};
  }

  const Host host_;
  const TlsOptions* const tls_;
  const int fd_;
  const Owned<SSL_CTX> context_;
  Owned<SSL> ssl_;
  bool asked_;  // for a certificate; with one, OpenSSL does not tell
};

}  // namespace

TlsFault FindTlsFault(absl::string_view target, const TlsOptions* tls,
                      absl::Duration patience) {
  const Host host = HostOf(target);
  if (host.name.empty() || host.port.empty()) return {};
  return Handshake(host, tls, patience).Find();
}

}  // namespace annod
