#include "tests/server/testing/tls_client.h"

#include <netinet/in.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "absl/strings/str_format.h"

namespace annod {
namespace {

void ShowIdentity(SSL_CTX* context, const TestPem& pem) {
  const OpensslPtr<X509> certificate(PEM_read_bio_X509(
      ReadingBio(pem.certificate).get(), nullptr, nullptr, nullptr));
  const OpensslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(
      ReadingBio(pem.key).get(), nullptr, nullptr, nullptr));
  SSL_CTX_use_certificate(context, certificate.get());
  SSL_CTX_use_PrivateKey(context, key.get());
}

std::string SerialOf(SSL* ssl) {
  const OpensslPtr<X509> peer(SSL_get1_peer_certificate(ssl));
  std::string text;
  if (peer == nullptr) return text;
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(peer.get());
  for (int i = 0; i < ASN1_STRING_length(serial); ++i) {
    text += absl::StrFormat("%02X", ASN1_STRING_get0_data(serial)[i]);
  }
  return text;
}

std::string ReadAnswer(SSL* ssl, bool first_only) {
  std::string answer;
  char chunk[4096];
  int got;
  while ((got = SSL_read(ssl, chunk, sizeof(chunk))) > 0) {
    answer.append(chunk, got);
    if (first_only) break;
  }
  return answer;
}

}  // namespace

TlsTalk TalkTls(int port, const TlsTalkOptions& options) {
  TlsTalk talk;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience = {10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const OpensslPtr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  if (options.max_version != 0) {
    // OpenSSL itself would not offer what is older than 1.2.
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), 0);
    SSL_CTX_set_max_proto_version(context.get(), options.max_version);
  }
  if (options.identity != nullptr) {
    ShowIdentity(context.get(), *options.identity);
  }
  if (!options.protocol.empty()) {
    const std::string list =
        std::string(1, static_cast<char>(options.protocol.size())) +
        options.protocol;
    SSL_CTX_set_alpn_protos(context.get(),
                            reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()));
  }
  const OpensslPtr<SSL> ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), fd);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) ==
          0 &&
      SSL_connect(ssl.get()) == 1) {
    talk.connected = true;
    talk.version = SSL_get_version(ssl.get());
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl.get(), &chosen, &size);
    talk.protocol.assign(reinterpret_cast<const char*>(chosen), size);
    talk.serial = SerialOf(ssl.get());
    if (!options.request.empty()) {
      SSL_write(ssl.get(), options.request.data(),
                static_cast<int>(options.request.size()));
      talk.answer = ReadAnswer(ssl.get(), options.protocol == "h2");
    }
  }
  close(fd);
  return talk;
}

}  // namespace annod
