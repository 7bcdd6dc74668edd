#include "server/config/settings.h"

#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace annod {
namespace {

// What settings are called by other servers.
struct OtherName {
  absl::string_view words;
  absl::string_view setting;
};
constexpr OtherName kOtherNames[] = {
    {"addr address bind bind_address endpoint grpc grpc_port host ip port p",
     "listen"},
    {"http http_port metrics metrics_address metrics_port status",
     "http_listen"},
    {"data data_path datadir db dir d folder index_dir path root storage",
     "data_dir"},
    {"memory max_memory mem", "memory_limit"},
    {"processes w", "workers"},
    {"cpus concurrency jobs n_jobs num_threads t", "threads"},
    {"log verbose verbosity loglevel v", "log_level"},
    {"cert certificate tls tls_cert ssl ssl_cert", "tls_certificate"},
    {"key private_key ssl_key", "tls_key"},
    {"leader master primary replica_of replicaof upstream", "follow"},
    {"auth token tokens users", "access_file"},
    {"conf config_file configuration c f", "config"},
};

// Whether one character inserted, removed or replaced, or two swapped, make one
// of the other.
bool OneEditApart(absl::string_view a, absl::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  size_t same = 0;
  while (same < a.size() && a[same] == b[same]) ++same;
  a.remove_prefix(same);
  b.remove_prefix(same);
  if (a.size() < b.size()) return a == b.substr(1);
  return a.size() < 2 || a.substr(1) == b.substr(1) ||
         (a[0] == b[1] && a[1] == b[0] && a.substr(2) == b.substr(2));
}

constexpr double kMinute = 60;
constexpr double kHour = 60 * kMinute;

// clang-format off
#define ANNOD_FIELD(member) [](Config* c) -> SettingField { return &c->member; }

std::vector<Setting> MakeSettings() {
  return {
    {"data_dir", "path", 0, 0, false,
     "directory of the indexes; created if its parent exists",
     ANNOD_FIELD(data_dir)},
    {"listen", "host:port", 0, 0, false,
     "gRPC address; port 0 picks a free one", ANNOD_FIELD(listen)},
    {"http_listen", "host:port", 0, 0, false,
     "address of the status page, /metrics, /livez, /readyz and /healthz; port 0 picks a free one",
     ANNOD_FIELD(http_listen)},
    {"admin_listen", "host:port", 0, 0, false,
     "loopback address of channelz, worker N on this port plus N; empty: off", ANNOD_FIELD(admin_listen)},
    {"workers", "processes", 0, 256, false,
     "worker processes; 0: one for each core", ANNOD_FIELD(workers)},
    {"threads", "threads", 0, 1024, false,
     "search threads in each worker; 0: one for each core",
     ANNOD_FIELD(threads)},
    {"memory_limit", "bytes", 0, 1e15, false,
     "memory that each worker, and the writer, may have beside mapped files; near "
     "it calls are refused, beyond it the process ends; 0: no limit, else at least "
     "268435456", ANNOD_FIELD(memory_limit)},
    {"insecure", "bool", 0, 0, false,
     "allow addresses that other machines reach, unencrypted and open to all",
     ANNOD_FIELD(insecure)},
    {"tls_certificate", "path", 0, 0, false,
     "PEM file: the server's certificate and those between it and the CA; empty: no TLS",
     ANNOD_FIELD(tls_certificate)},
    {"tls_key", "path", 0, 0, false, "PEM file: the private key of tls_certificate",
     ANNOD_FIELD(tls_key)},
    {"tls_client_ca", "path", 0, 0, false,
     "PEM file: who signs the certificates of clients; empty: none is asked for",
     ANNOD_FIELD(tls_client_ca)},
    {"tls_client_auth", "require or request", 0, 0, false,
     "whether a client without a certificate is let in", ANNOD_FIELD(tls_client_auth)},
    {"http_tls", "bool", 0, 0, false,
     "the HTTP port uses the certificate too; it asks for none of its clients",
     ANNOD_FIELD(http_tls)},
    {"http_json", "bool", 0, 0, false,
     "the HTTP port answers GetNns, Info and ListIndexes as JSON", ANNOD_FIELD(http_json)},
    {"access_file", "path", 0, 0, false,
     "JSON file: tokens and names of certificates, and what they may do; empty: all may do all",
     ANNOD_FIELD(access_file)},
    {"anonymous_role", "none, read, write or admin", 0, 0, true,
     "with an access_file, what callers without token and certificate may do; health is for all",
     ANNOD_FIELD(anonymous_role)},
    {"metrics_need_token", "bool", 0, 0, true,
     "with an access_file, /metrics and the pages answer to its tokens only", ANNOD_FIELD(metrics_need_token)},
    {"durability", "fsync or os", 0, 0, false,
     "when an added item is acknowledged: fsync, it survives the machine; os, "
     "it survives the process", ANNOD_FIELD(durability)},
    {"drain_delay", "duration", 0, 10 * kMinute, true,
     "time between NOT_SERVING and the end of new calls after SIGTERM",
     ANNOD_FIELD(drain_delay)},
    {"drain_timeout", "duration", 0, kHour, true,
     "time that running calls get to finish after that",
     ANNOD_FIELD(drain_timeout)},
    {"worker_stall_timeout", "duration", 0.1, 24 * kHour, false,
     "a worker or writer that has not answered for so long is killed and "
     "started again", ANNOD_FIELD(worker_stall_timeout)},
    {"max_call_time", "duration", 0.001, kHour, true,
     "longest that a GetNns may search; the client's own deadline, if it is "
     "earlier, counts", ANNOD_FIELD(max_call_time)},
    {"stream_window", "requests", 1, 1024, true,
     "requests of one GetNnsStream that are taken and not answered yet; for "
     "streams that begin later", ANNOD_FIELD(stream_window)},
    {"max_connection_age", "duration", 1, 24 * kHour, false,
     "age at which a connection is closed gracefully, so that clients spread "
     "over the workers again", ANNOD_FIELD(max_connection_age)},
    {"max_connection_age_grace", "duration", 0, kHour, false,
     "time that calls on a connection so closed get to finish",
     ANNOD_FIELD(max_connection_age_grace)},
    {"max_connection_idle", "duration", 0, 24 * kHour, false,
     "time without a call after which a connection is closed; 0: never", ANNOD_FIELD(max_connection_idle)},
    {"keepalive_interval", "duration", 1, 24 * kHour, false,
     "silence after which annod asks whether a client is still there", ANNOD_FIELD(keepalive_interval)},
    {"keepalive_timeout", "duration", 0.1, kHour, false,
     "time that it has to answer before its connection is closed", ANNOD_FIELD(keepalive_timeout)},
    {"min_ping_interval", "duration", 0, kHour, false,
     "clients that ping more often are sent away (GOAWAY too_many_pings)", ANNOD_FIELD(min_ping_interval)},
    {"max_streams_per_connection", "calls", 1, 1 << 20, false,
     "calls at a time on one connection; clients keep further ones waiting",
     ANNOD_FIELD(max_streams_per_connection)},
    {"max_connections", "connections", 0, 1 << 20, true,
     "connections of one worker; more are closed at once; 0, and at most: what "
     "the limit of descriptors allows", ANNOD_FIELD(max_connections)},
    {"max_in_flight", "calls", 0, 1 << 20, true,
     "quick GetNns calls, running or waiting in a worker; more are refused; "
     "0: 64 for each thread", ANNOD_FIELD(admission.max_in_flight)},
    {"max_queue_time", "duration", 0.001, kMinute, true,
     "longest time that such a call waits; one that has waited longer is refused",
     ANNOD_FIELD(admission.max_queue_time)},
    {"overload_queue_time", "duration", 0, kMinute, true,
     "the same, foretold on arrival, for 10 s after max_in_flight was met",
     ANNOD_FIELD(admission.overload_queue_time)},
    {"max_exact_calls", "calls", 1, 1 << 20, true,
     "GetNns calls that compare very many items, running or waiting in a worker; more are refused",
     ANNOD_FIELD(admission.max_exact_calls)},
    {"max_batch_calls", "calls", 1, 1 << 20, true,
     "GetNns calls with many queries or more than a megabyte, running or waiting in a worker; more are refused",
     ANNOD_FIELD(admission.max_batch_calls)},
    {"max_admin_calls", "calls", 1, 1 << 20, true,
     "calls of AdminService and ReplicationService running in a worker; more are refused",
     ANNOD_FIELD(admission.max_admin_calls)},
    {"max_item_streams_per_connection", "calls", 1, 1 << 20, true,
     "AddItems, Fit and Deserialize calls of one connection; more are refused. Of "
     "a worker there are half of max_admin_calls",
     ANNOD_FIELD(admission.max_item_streams_per_connection)},
    {"max_unsent_bytes", "bytes", 1 << 20, 1e15, true,
     "answers of a worker that its callers have not taken; beyond it streams are not read and calls refused",
     ANNOD_FIELD(admission.max_unsent_bytes)},
    {"max_request_memory", "bytes", 1 << 20, 1e15, false,
     "requests in a worker's memory that are not answered; beyond it no more is read",
     ANNOD_FIELD(admission.max_request_memory)},
    {"stream_idle_timeout", "duration", 0.1, 24 * kHour, true,
     "time without a message from its caller after which such a call is ended",
     ANNOD_FIELD(stream_idle_timeout)},
    {"recall_sample_fraction", "fraction", 0, 1, true,
     "part of the queries asked again exactly, to measure recall",
     ANNOD_FIELD(recall_sample_fraction)},
    {"recall_cpu_fraction", "fraction of a core", 0, 1, true,
     "bound on what measuring recall may cost each worker",
     ANNOD_FIELD(recall_cpu_fraction)},
    {"attach_dirs", "list of paths", 0, 0, true,
     "absolute directories from which Attach may map files; empty: any if "
     "annod listens on loopback, none otherwise", ANNOD_FIELD(attach_dirs)},
    {"required_indexes", "list of names", 0, 0, true,
     "indexes that every worker must serve before /readyz says yes",
     ANNOD_FIELD(required_indexes)},
    {"keep_versions", "versions", 1, 1000, true,
     "published versions kept of each index, the served one included",
     ANNOD_FIELD(keep_versions)},
    {"follow", "path, grpc://host:port or grpcs://host:port", 0, 0, false,
     "a directory of versions, or another annod, that this one is a read-only replica of; empty: none",
     ANNOD_FIELD(follow)},
    {"follow_interval", "duration", 0.1, kHour, true,
     "time between two looks at what is followed", ANNOD_FIELD(follow_interval)},
    {"follow_in_place", "bool", 0, 0, false,
     "map the files of a followed directory where they lie, rather than copy them",
     ANNOD_FIELD(follow_in_place)},
    {"follow_token_file", "path", 0, 0, false,
     "file with the token for a followed annod; read anew when it changes", ANNOD_FIELD(follow_token_file)},
    {"follow_tls_roots", "path", 0, 0, false,
     "PEM file: who signs the certificate of a followed annod; empty: the system's", ANNOD_FIELD(follow_tls_roots)},
    {"follow_tls_certificate", "path", 0, 0, false,
     "PEM file: the certificate to show to a followed annod", ANNOD_FIELD(follow_tls_certificate)},
    {"follow_tls_key", "path", 0, 0, false,
     "PEM file: the private key of follow_tls_certificate", ANNOD_FIELD(follow_tls_key)},
    {"writer_address", "host:port", 0, 0, true,
     "where a replica sends who would change something; empty: the followed annod",
     ANNOD_FIELD(writer_address)},
    {"data_mode", "octal", 0, 0, false,
     "permissions of data files, less the umask; directories may also be entered by "
     "whom they may be read by", ANNOD_FIELD(data_mode)},
    {"log_level", "debug, info, warning or error", 0, 0, true,
     "least severe events that are logged", ANNOD_FIELD(log_level)},
    {"log_format", "text or json", 0, 0, false,
     "a line of words, or of JSON, for each event", ANNOD_FIELD(log_format)},
    {"audit_log", "off, log or path", 0, 0, false,
     "where a line for each call that changes something goes: nowhere, into the log, or to the end of this file",
     ANNOD_FIELD(audit_log)},
    {"slow_query_time", "duration", 0, kHour, true,
     "GetNns calls that take longer are logged; 0: none", ANNOD_FIELD(slow_query_time)},
    {"max_message_bytes", "bytes", 65536, 2147483647, true,
     "largest request or response", ANNOD_FIELD(limits.max_message_bytes)},
    {"max_queries_per_call", "queries", 1, 65536, true,
     "queries in one call", ANNOD_FIELD(limits.max_queries_per_call)},
    {"max_items_per_call", "items", 1, 1 << 20, true,
     "items in one call", ANNOD_FIELD(limits.max_items_per_call)},
    {"max_n", "neighbours", 1, 1 << 20, true,
     "neighbours that one query may ask for", ANNOD_FIELD(limits.max_n)},
    {"max_dimension", "components", 1, 1 << 20, true,
     "dimension of an index", ANNOD_FIELD(limits.max_dimension)},
    {"max_items", "items", 1, 2147483647, true,
     "items in one index", ANNOD_FIELD(limits.max_items)},
    {"max_indexes", "indexes", 1, 100000, true,
     "indexes in the data directory", ANNOD_FIELD(limits.max_indexes)},
    {"max_id_waste_factor", "factor", 1, 1000000, true,
     "largest id accepted, as a multiple of the number of items",
     ANNOD_FIELD(limits.max_id_waste_factor)},
  };
}
#undef ANNOD_FIELD
// clang-format on

}  // namespace

bool Setting::is_bool() const {
  Config config;
  return std::holds_alternative<bool*>(field(&config));
}

bool Setting::is_list() const {
  Config config;
  return std::holds_alternative<std::vector<std::string>*>(field(&config));
}

const std::vector<Setting>& AllSettings() {
  static const auto* const settings = new std::vector<Setting>(MakeSettings());
  return *settings;
}

const Setting* FindSetting(absl::string_view name) {
  for (const Setting& setting : AllSettings()) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

absl::string_view SettingMeant(absl::string_view name) {
  const std::string wanted =
      absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"-", "_"}});
  for (const OtherName& other : kOtherNames) {
    for (const absl::string_view word : absl::StrSplit(other.words, ' ')) {
      if (word == wanted) return other.setting;
    }
  }
  absl::string_view begun;
  int begin_so = 0;
  for (const Setting& setting : AllSettings()) {
    if (setting.name == wanted || OneEditApart(wanted, setting.name)) {
      return setting.name;
    }
    if (wanted.size() > 3 && absl::StartsWith(setting.name, wanted)) {
      begun = setting.name;
      ++begin_so;
    }
  }
  return begin_so == 1 ? begun : "";
}

}  // namespace annod
