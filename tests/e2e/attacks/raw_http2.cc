#include "tests/e2e/attacks/raw_http2.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace annod::testing {
namespace {

constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr uint8_t kSettings = 4;
constexpr uint8_t kWindowUpdate = 8;
constexpr uint16_t kInitialWindow = 4;
constexpr uint32_t kFirstWindow = 65535;
constexpr size_t kMaxFrame = 16384;
constexpr int kSendSeconds = 10;

std::string BigEndian(uint32_t number, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) {
    out.push_back(static_cast<char>(number >> (8 * i) & 0xff));
  }
  return out;
}

std::string FrameOf(uint8_t type, uint8_t flags, uint32_t stream,
                    absl::string_view payload) {
  return absl::StrCat(BigEndian(static_cast<uint32_t>(payload.size()), 3),
                      BigEndian(type, 1), BigEndian(flags, 1),
                      BigEndian(stream, 4), payload);
}

}  // namespace

RawHttp2::RawHttp2(const std::string& address, uint32_t stream_window,
                   uint32_t connection_window) {
  int port = 0;
  EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  const timeval patience = {kSendSeconds, 0};
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
  std::string hello = absl::StrCat(
      kPreface,
      FrameOf(kSettings, kNone, 0,
              BigEndian(kInitialWindow, 2) + BigEndian(stream_window, 4)));
  if (connection_window > kFirstWindow) {
    hello += FrameOf(kWindowUpdate, kNone, 0,
                     BigEndian(connection_window - kFirstWindow, 4));
  }
  EXPECT_TRUE(Send(hello));
}

RawHttp2::~RawHttp2() {
  if (fd_ >= 0) close(fd_);
}

bool RawHttp2::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(sent);
  }
  return true;
}

bool RawHttp2::SendFrame(Frame type, uint8_t flags, uint32_t stream,
                         absl::string_view payload) {
  return Send(FrameOf(type, flags, stream, payload));
}

bool RawHttp2::Call(uint32_t stream, const std::string& path,
                    absl::string_view message, bool ends) {
  return SendFrame(kHeaders, kEndHeaders, stream, Headers(path)) &&
         SendMessage(stream, message, ends);
}

bool RawHttp2::SendMessage(uint32_t stream, absl::string_view message,
                           bool ends) {
  const std::string whole = absl::StrCat(
      BigEndian(0, 1), BigEndian(static_cast<uint32_t>(message.size()), 4),
      message);
  std::string frames;
  for (size_t at = 0; at < whole.size(); at += kMaxFrame) {
    const bool last = at + kMaxFrame >= whole.size();
    frames += FrameOf(kData, last && ends ? kEndStream : kNone, stream,
                      absl::string_view(whole).substr(at, kMaxFrame));
  }
  return Send(frames);
}

std::string RawHttp2::Field(absl::string_view name, absl::string_view value) {
  // Literal without indexing, new name; lengths below 127.
  return absl::StrCat(BigEndian(0, 1),
                      BigEndian(static_cast<uint32_t>(name.size()), 1), name,
                      BigEndian(static_cast<uint32_t>(value.size()), 1), value);
}

std::string RawHttp2::Headers(const std::string& path) {
  return absl::StrCat(Field(":method", "POST"), Field(":scheme", "http"),
                      Field(":path", path), Field(":authority", "annod"),
                      Field("te", "trailers"),
                      Field("content-type", "application/grpc"));
}

}  // namespace annod::testing
