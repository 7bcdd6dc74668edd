#ifndef ANNOD_SERVER_TLS_TLS_PAGE_H_
#define ANNOD_SERVER_TLS_TLS_PAGE_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/tls/tls_pair.h"

namespace annod {

// The pair in force, handed by the supervisor to its workers in memory that
// they share (ChildOptions::tls_fd): all of them show the same one, and a
// worker that is started while the files are unusable shows the last good one.
// Neither side waits for the other: a reader of the last pair is not disturbed
// by the writing of the next. One thread may write; reading is thread-safe.
class TlsPage {
 public:
  // Close-on-exec. Nothing in it yet. ResourceExhausted if there is no memory.
  static absl::StatusOr<std::unique_ptr<TlsPage>> Create();
  // What another process created; takes a duplicate of `fd`.
  static absl::StatusOr<std::unique_ptr<TlsPage>> FromFd(int fd);
  ~TlsPage();
  TlsPage(const TlsPage&) = delete;
  TlsPage& operator=(const TlsPage&) = delete;

  int fd() const { return fd_; }

  // InvalidArgument if the pair is too large (megabytes); the last one stays.
  absl::Status Write(const TlsPair& pair);

  // Increases with each pair; zero: there is none yet. Costs one load.
  uint64_t generation() const;

  // The newest, and its generation if `generation` is given. Nothing if there
  // is none, or if pairs change faster than they can be read.
  std::optional<TlsPair> Read(uint64_t* generation = nullptr) const;

 private:
  struct Layout;
  TlsPage(int fd, Layout* layout) : fd_(fd), layout_(layout) {}
  static absl::StatusOr<std::unique_ptr<TlsPage>> Map(int fd);

  const int fd_;
  Layout* const layout_;
};

}  // namespace annod

#endif  // ANNOD_SERVER_TLS_TLS_PAGE_H_
