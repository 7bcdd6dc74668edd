#ifndef ANNOD_SERVER_CONFIG_CHILD_OPTIONS_H_
#define ANNOD_SERVER_CONFIG_CHILD_OPTIONS_H_

#include <string>

namespace annod {

// What the supervisor tells a child it executes: `annod --child_role=worker
// --child_slot=2 --child_metrics_fd=5 --child_config_fd=6
// --child_run_dir_fd=7 --child_tls_fd=8 --child_access_fd=9`. Slots 0 ..
// workers-1 are workers, slot `workers` is the writer, slot workers+1 the
// supervisor itself.
struct ChildOptions {
  enum class Role { kWorker, kWriter };
  Role role = Role::kWorker;
  int slot = 0;
  int metrics_fd = -1;  // MetricsPage
  int config_fd = -1;   // memfd with ConfigToJson(); rewritten before SIGHUP
  // Directory of the writer's socket, kWriterSocketName, reached as
  // /proc/self/fd/<run_dir_fd>/writer.sock so that its length never matters.
  int run_dir_fd = -1;
  int tls_fd = -1;  // of a worker: TlsPage; -1: nothing is encrypted
  // Of a worker: the access file as the supervisor has it (access_memory.h);
  // -1: there is none.
  int access_fd = -1;
};

// "worker" or "writer".
inline const char* RoleName(ChildOptions::Role role) {
  return role == ChildOptions::Role::kWorker ? "worker" : "writer";
}

inline constexpr char kWriterSocketName[] = "writer.sock";

// A health call with this in its metadata is answered with the worker's slot in
// the trailing ones.
inline constexpr char kProbeMetadata[] = "annod-probe";

// A call with this in its metadata that comes by a worker's own socket is the
// supervisor's: it may read all.
inline constexpr char kOwnCallMetadata[] = "annod-own-call";

// Where a call came from that reaches a worker by its own socket: for logs.
inline constexpr char kPeerMetadata[] = "annod-peer";

// Address of the writer for gRPC, "unix:/proc/self/fd/7/writer.sock".
std::string WriterAddress(const ChildOptions& options);

// The socket on which the supervisor alone asks the worker of a slot whether it
// is there, "/proc/self/fd/7/worker-2.sock".
std::string WorkerSocketPath(const ChildOptions& options);

}  // namespace annod

#endif  // ANNOD_SERVER_CONFIG_CHILD_OPTIONS_H_
