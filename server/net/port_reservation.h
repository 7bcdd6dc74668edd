#ifndef ANNOD_SERVER_NET_PORT_RESERVATION_H_
#define ANNOD_SERVER_NET_PORT_RESERVATION_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "server/net/listen_address.h"

namespace annod {

// Holds a TCP port that child processes then listen on with SO_REUSEPORT: bound
// but never listening, so it gets no connection. It finds out at the start, in
// one place, whether the address is free, although SO_REUSEPORT would let a
// second server of the same user share it in silence.
class PortReservation {
 public:
  // Port 0 picks a free one. Unavailable, naming address and reason, if the
  // address is in use or not one of this machine.
  static absl::StatusOr<std::unique_ptr<PortReservation>> Create(
      const ListenAddress& address);
  ~PortReservation();
  PortReservation(const PortReservation&) = delete;
  PortReservation& operator=(const PortReservation&) = delete;

  // With the port in numbers.
  const ListenAddress& address() const { return address_; }

 private:
  explicit PortReservation(const ListenAddress& address) : address_(address) {}

  ListenAddress address_;
  std::vector<int> sockets_;  // one for each address of the name
};

}  // namespace annod

#endif  // ANNOD_SERVER_NET_PORT_RESERVATION_H_
