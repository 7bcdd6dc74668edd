#ifndef ANNOD_SERVER_METRICS_HTTP_CONNECTIONS_H_
#define ANNOD_SERVER_METRICS_HTTP_CONNECTIONS_H_

#include <chrono>
#include <cstddef>
#include <map>

#include "absl/base/thread_annotations.h"
#include "core/mutex.h"

namespace annod {

// The open connections of an HTTP server, by descriptor, and which of them have
// to go. To close one it is shut down; the server sees its end and removes it.
// Thread-safe.
class HttpConnections {
 public:
  using Clock = std::chrono::steady_clock;
  struct Limits {
    size_t count;
    Clock::duration request_time;    // to send a whole request without a body
    Clock::duration answer_time;     // to take the answer, after that
    Clock::duration body_time = {};  // to send one that has a body
  };

  explicit HttpConnections(const Limits& limits) : limits_(limits) {}

  void Add(int fd);
  // The head of its request has come, a body will follow.
  void ExpectBody(int fd);
  // Its request has come.
  void GotRequest(int fd);
  // Before it is closed.
  void Remove(int fd);

  // Closes what has taken too long.
  void CloseLate();
  // For one more: if there are as many as may be, closes the oldest that has
  // not sent its request, else the oldest.
  void MakeRoom();

  // Those that are being closed included.
  size_t count() const;

 private:
  struct Connection {
    Clock::time_point since;  // its last step
    bool has_body = false;
    bool asked = false;
    bool closing = false;
  };
  static void Close(int fd, Connection* connection);

  const Limits limits_;
  mutable Mutex mu_;
  std::map<int, Connection> connections_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_METRICS_HTTP_CONNECTIONS_H_
