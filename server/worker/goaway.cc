#include "server/worker/goaway.h"

#include <dlfcn.h>

#include "absl/synchronization/notification.h"
#include "grpcpp/alarm.h"

namespace annod {
namespace {

// grpc_core::Server::SendGoaways(), which libgrpc exports although no public
// header declares it (src/core/lib/surface/server.h). A grpc_server is such an
// object.
using SendGoawaysMethod = void (*)(grpc_server* server);
constexpr char kSymbol[] = "_ZN9grpc_core6Server11SendGoawaysEv";

}  // namespace

bool SendGoaways(grpc::Server* server) {
  static const auto send =
      reinterpret_cast<SendGoawaysMethod>(dlsym(RTLD_DEFAULT, kSymbol));
  if (send == nullptr) return false;
  // It must run where gRPC runs its own work, as what an alarm calls does.
  absl::Notification done;
  grpc::Alarm alarm;
  alarm.Set(gpr_time_0(GPR_CLOCK_MONOTONIC), [&](bool) {
    send(server->c_server());
    done.Notify();
  });
  done.WaitForNotification();
  return true;
}

}  // namespace annod
