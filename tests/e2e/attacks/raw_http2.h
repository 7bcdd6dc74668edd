#ifndef ANNOD_TESTS_E2E_ATTACKS_RAW_HTTP2_H_
#define ANNOD_TESTS_E2E_ATTACKS_RAW_HTTP2_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace annod::testing {

// HTTP/2 by hand, for what no library would send: frames as they are told,
// answers not read. Not thread-safe.
class RawHttp2 {
 public:
  enum Frame : uint8_t {
    kData = 0,
    kHeaders = 1,
    kResetStream = 3,
    kContinuation = 9
  };
  enum Flag : uint8_t { kNone = 0, kEndStream = 1, kEndHeaders = 4 };

  // Connects to `address`, "127.0.0.1:port", and lets the peer send
  // `stream_window` bytes for each stream and `connection_window`, at least
  // 65535, in all. A test failure if that does not work.
  RawHttp2(const std::string& address, uint32_t stream_window,
           uint32_t connection_window);
  ~RawHttp2();
  RawHttp2(const RawHttp2&) = delete;
  RawHttp2& operator=(const RawHttp2&) = delete;

  // False once the peer has closed the connection, or takes nothing for ten
  // seconds.
  bool Send(absl::string_view bytes);
  bool SendFrame(Frame type, uint8_t flags, uint32_t stream,
                 absl::string_view payload);
  // Begins a gRPC call of `path` and sends `message` whole, which must fit the
  // peer's windows. Streams have odd numbers, increasing.
  bool Call(uint32_t stream, const std::string& path, absl::string_view message,
            bool ends = true);
  bool SendMessage(uint32_t stream, absl::string_view message, bool ends);

  // Of a gRPC call, not Huffman coded.
  static std::string Headers(const std::string& path);
  static std::string Field(absl::string_view name, absl::string_view value);

 private:
  int fd_ = -1;
};

}  // namespace annod::testing

#endif  // ANNOD_TESTS_E2E_ATTACKS_RAW_HTTP2_H_
