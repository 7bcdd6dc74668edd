#ifndef ANNOD_SERVER_CONFIG_CONFIG_H_
#define ANNOD_SERVER_CONFIG_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/journal/durability.h"

namespace annod {

// Bounds on what a caller may ask for, enforced before memory is taken.
struct Limits {
  int64_t max_message_bytes = 64 << 20;
  int max_queries_per_call = 1024;
  int max_items_per_call = 65536;
  int max_n = 10000;
  int max_dimension = 65536;
  int64_t max_items = 1 << 30;  // in one index
  int max_indexes = 1000;
  double max_id_waste_factor = 10;
};

// What one worker takes on at a time (worker/admission_gate.h); what comes
// beyond it is refused at once.
struct Admission {
  int max_in_flight = 0;  // quick GetNns calls; 0: 64 for each thread
  absl::Duration max_queue_time = absl::Milliseconds(100);
  absl::Duration overload_queue_time = absl::Milliseconds(1);
  // Of each further lane, waiting calls included.
  int max_exact_calls = 16;
  int max_batch_calls = 16;
  int max_admin_calls = 256;
  // AddItems, Fit and Deserialize; of all connections: half of the above.
  int max_item_streams_per_connection = 32;
  // Of all calls of a worker: answers that callers have not taken, requests
  // that are not answered.
  int64_t max_unsent_bytes = 256 << 20;
  int64_t max_request_memory = 256 << 20;
};

// Everything that can be configured. Sources, later ones winning: the defaults
// here, the JSON file given by --config, the command line.
// docs/configuration.md lists each with its unit and range, and which ones
// SIGHUP can change.
struct Config {
  std::string data_dir;
  std::string listen = "127.0.0.1:7077";  // gRPC
  std::string http_listen =
      "127.0.0.1:9077";      // /metrics, /livez, /readyz, /healthz
  std::string admin_listen;  // channelz, loopback only; empty: off
  int workers = 0;           // 0: one for each core
  int threads = 0;  // search threads in each worker; 0: one for each core
  int64_t memory_limit = 0;  // bytes of each worker and of the writer; 0: none
  bool insecure = false;     // allow a non-loopback address without TLS
  // PEM files; both empty: no TLS.
  std::string tls_certificate;
  std::string tls_key;
  // Client certificates must be signed by one of these; empty: none is asked.
  std::string tls_client_ca;
  std::string tls_client_auth = "require";  // or "request"
  bool http_tls = true;    // the HTTP port too, by the same certificate
  bool http_json = false;  // calls of IndexService as JSON on the HTTP port
  // Tokens, certificate names and what they may do; empty: all may do all.
  std::string access_file;
  std::string anonymous_role = "none";  // with an access_file
  bool metrics_need_token = false;      // of a role, to read /metrics
  Durability durability = Durability::kFsync;
  absl::Duration drain_delay = absl::Seconds(3);
  absl::Duration drain_timeout = absl::Seconds(18);
  // After which a process that does not answer is replaced (stall_times.h).
  absl::Duration worker_stall_timeout = absl::Seconds(10);
  absl::Duration max_call_time = absl::Minutes(1);  // of GetNns
  int stream_window = 16;  // requests of a GetNnsStream taken, not answered yet
  absl::Duration stream_idle_timeout = absl::Minutes(1);  // of item streams
  absl::Duration max_connection_age = absl::Minutes(5);
  absl::Duration max_connection_age_grace = absl::Seconds(30);
  absl::Duration max_connection_idle = absl::ZeroDuration();  // 0: no limit
  absl::Duration keepalive_interval = absl::Minutes(1);
  absl::Duration keepalive_timeout = absl::Seconds(20);
  absl::Duration min_ping_interval = absl::Seconds(10);  // of clients
  int max_streams_per_connection = 1024;
  int max_connections = 0;               // of a worker; 0: as descriptors allow
  double recall_sample_fraction = 0.01;  // of queries asked again exactly
  double recall_cpu_fraction = 0.02;     // of one core, for each worker
  // Prefixes that Attach may open; empty: any path on loopback, none otherwise.
  std::vector<std::string> attach_dirs;
  std::vector<std::string> required_indexes;  // unready unless these serve
  int keep_versions = 2;
  // A directory or an annod whose versions are served here, read-only; empty:
  // this annod is the writer of its indexes (server/writer/follow).
  std::string follow;
  absl::Duration follow_interval = absl::Seconds(5);
  bool follow_in_place = false;
  std::string follow_token_file;
  std::string follow_tls_roots;
  std::string follow_tls_certificate;
  std::string follow_tls_key;
  std::string writer_address;       // told to who would change a replica
  std::string data_mode = "0640";   // permissions of data files, octal
  std::string log_level = "info";   // debug, info, warning, error
  std::string log_format = "text";  // or json
  std::string audit_log = "log";    // off, log, or a file's path
  absl::Duration slow_query_time = absl::Seconds(1);  // 0: none is logged
  Limits limits;
  Admission admission;
};

// Permissions of data files: `data_mode` as a number. InvalidArgument.
absl::StatusOr<int> DataMode(const Config& config);

// InvalidArgument naming setting, value and range.
absl::Status ValidateConfig(const Config& config);

// JSON with every setting (what the supervisor hands to its children) and back:
// one flat object whose names are those of the flags, durations as "3s".
std::string ConfigToJson(const Config& config);
// Settings in `json` replace those in `*config`. InvalidArgument, naming the
// setting, for an unknown name or a value of the wrong form; `*config` is then
// unchanged. Bounds are ValidateConfig's business.
absl::Status MergeConfigJson(absl::string_view json, Config* config);

}  // namespace annod

#endif  // ANNOD_SERVER_CONFIG_CONFIG_H_
