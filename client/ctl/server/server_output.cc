#include "client/ctl/server/server_output.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "client/ctl/common/server_address.h"
#include "client/ctl/common/tls_options.h"
#include "core/status_macros.h"

namespace annod::ctl {
namespace {

// What a server gets to take the connection: it may just be starting again. A
// person who mistyped the address does not wait longer than two seconds.
constexpr absl::Duration kConnectTime = absl::Milliseconds(1400);

std::string WithoutPrefix(const std::string& name, absl::string_view prefix) {
  return std::string(absl::StripPrefix(name, prefix));
}

Json ToJson(const client::BuildProgress& progress) {
  Json json;
  json["phase"] = Name(progress.phase);
  json["fraction_done"] = progress.fraction_done;
  json["seconds_left"] = progress.seconds_left;
  json["seconds_elapsed"] = progress.seconds_elapsed;
  json["trees_done_count"] = progress.trees_done_count;
  return json;
}

int64_t SettingOf(const client::RecallPoint& point) { return point.search_k; }
int64_t SettingOf(const client::BeamPoint& point) { return point.beam; }

// The settings that some round recalls take, "0.903 with beam 20, ...".
template <typename Point>
std::string RecallLine(const std::vector<Point>& curve, const char* setting) {
  std::vector<std::string> parts;
  for (const double recall : {0.5, 0.8, 0.9, 0.95, 0.99}) {
    for (const Point& point : curve) {
      if (point.recall < recall) continue;
      parts.push_back(absl::StrFormat("%.3f with %s %s", point.recall, setting,
                                      WithCommas(SettingOf(point))));
      break;
    }
  }
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return absl::StrJoin(parts, ", ");
}

}  // namespace

ClientOptions ConnectionOptions(const Context& context) {
  ClientOptions options;
  options.target = context.server;
  options.tls = context.tls;
  options.timeout = absl::Seconds(context.timeout_s);
  options.request_id = context.request_id;
  // Long enough for a worker to come back.
  options.retry_window = absl::Seconds(3);
  options.token_file = context.token_file;
  const char* const token = std::getenv("ANNOD_TOKEN");
  if (token != nullptr && context.token_file.empty()) options.token = token;
  options.allow_plaintext_token = context.allow_plaintext_token;
  return options;
}

absl::StatusOr<std::unique_ptr<Client>> Connect(const Context& context) {
  ANNOD_ASSIGN_OR_RETURN(auto client,
                         Client::Create(ConnectionOptions(context)));
  const absl::Status connected = client->WaitForConnected(
      std::min(kConnectTime, absl::Seconds(context.timeout_s)));
  if (connected.ok()) return client;
  const std::string fault = TlsFaultMessage(context);
  return absl::UnavailableError(
      fault.empty() ? NoServerMessage(context.server, connected.message())
                    : fault);
}

std::string BuildGoesOn(const std::string& index, const std::string& again,
                        const Context& context) {
  const std::string server = ServerFlags(context);
  return absl::StrCat(
      "the build of '", index,
      "' goes on on the server, and until it is done "
      "the index answers as before. To see how far it is: annodctl info ",
      index, server, "; to wait for it again: ", again, server,
      "; to end it: annodctl cancel-build ", index, server);
}

std::string Name(client::Metric metric) {
  return absl::AsciiStrToLower(
      WithoutPrefix(v1::Metric_Name(metric), "METRIC_"));
}

std::string Name(v1::IndexState state) {
  return WithoutPrefix(v1::IndexState_Name(state), "INDEX_STATE_");
}

std::string Name(v1::BuildPhase phase) {
  return WithoutPrefix(v1::BuildPhase_Name(phase), "BUILD_PHASE_");
}

std::string Name(client::Engine engine) {
  return absl::AsciiStrToLower(
      WithoutPrefix(v1::Engine_Name(engine), "ENGINE_"));
}

std::string Name(client::Prefault prefault) {
  return absl::AsciiStrToLower(
      WithoutPrefix(v1::Prefault_Name(prefault), "PREFAULT_"));
}

std::string Name(client::BuildRules rules) {
  switch (rules) {
    case v1::BUILD_RULES_ANNOD:
      return "annod";
    case v1::BUILD_RULES_ANNOY_1_17:
      return "annoy-1.17";
    case v1::BUILD_RULES_ANNOY_1_16:
      return "annoy-1.16";
    case v1::BUILD_RULES_SCIKIT_PLOTS_0_4:
      return "scikit-plots-0.4";
    default:
      return "unknown";
  }
}

void PrintResult(const std::string& index, const client::BuildResult& result,
                 const Context& context) {
  if (context.json) {
    PrintJson(Json{{"index", index},
                   {"version", result.version},
                   {"item_count", result.item_count},
                   {"tree_count", result.tree_count},
                   {"forest_bytes", result.forest_bytes},
                   {"seconds", result.seconds}});
    return;
  }
  PrintFields({{"index", index},
               {"version", absl::StrCat(result.version)},
               {"items", WithCommas(result.item_count)},
               {"trees", absl::StrCat(result.tree_count)},
               {"size", HumanBytes(result.forest_bytes)},
               {"seconds", absl::StrFormat("%.3f", result.seconds)}});
}

Json ToJson(const client::IndexInfo& info) {
  Json json;
  json["index"] = info.index;
  json["dimension"] = info.dimension;
  json["metric"] = Name(info.metric);
  json["state"] = Name(info.state);
  json["state_reason"] = info.state_reason;
  json["version"] = info.version;
  json["item_slot_count"] = info.item_slot_count;
  json["item_count"] = info.item_count;
  json["tree_count"] = info.tree_count;
  json["forest_bytes"] = info.forest_bytes;
  json["layout"] = info.layout;
  json["seed"] = info.seed;
  json["staged_item_count"] = info.staged_item_count;
  json["removed_item_count"] = info.removed_item_count;
  json["staged_bytes"] = info.staged_bytes;
  json["label_count"] = info.label_count;
  json["default_n"] = info.default_n;
  json["default_tree_count"] = info.default_tree_count;
  json["attached_path"] = info.attached_path;
  json["build"] = info.build.has_value() ? ToJson(*info.build) : Json(nullptr);
  json["quarantined"] = Json::array();
  for (const client::QuarantinedVersion& bad : info.quarantined) {
    json["quarantined"].push_back(
        Json{{"version", bad.version}, {"reason", bad.reason}});
  }
  json["create_time"] = info.create_time;
  json["lease_seconds"] = info.lease_seconds;
  json["lease_expire_time"] = info.lease_expire_time;
  json["revision"] = info.revision;
  json["replica"] = Json(nullptr);
  if (info.replica.has_value()) {
    json["replica"] = Json{{"source_version", info.replica->source_version},
                           {"behind_seconds", info.replica->behind_seconds},
                           {"reason", info.replica->reason}};
  }
  json["next_id"] = info.next_id;
  json["newest_version"] = info.newest_version;
  json["kept_versions"] = info.kept_versions;
  json["prefault"] = Name(info.prefault);
  json["verbosity"] = info.verbosity;
  json["feature_names"] = info.feature_names;
  json["allow_duplicate_labels"] = info.allow_duplicate_labels;
  json["build_rules"] = Name(info.build_rules);
  json["recall_curve"] = Json::array();
  for (const client::RecallPoint& point : info.recall_curve) {
    json["recall_curve"].push_back(
        Json{{"search_k", point.search_k}, {"recall", point.recall}});
  }
  json["graph_bytes"] = info.graph_bytes;
  json["graph_shape"] = nullptr;
  if (info.graph_shape) {
    json["graph_shape"] =
        Json{{"degree", info.graph_shape->degree},
             {"code_components", info.graph_shape->code_components},
             {"code_bits", info.graph_shape->code_bits},
             {"turned", info.graph_shape->turned}};
  }
  json["beam_curve"] = Json::array();
  for (const client::BeamPoint& point : info.beam_curve) {
    json["beam_curve"].push_back(
        Json{{"beam", point.beam}, {"recall", point.recall}});
  }
  return json;
}

void PrintInfo(const client::IndexInfo& info, const Context& context) {
  if (context.json) {
    PrintJson(ToJson(info));
    return;
  }
  std::vector<std::pair<std::string, std::string>> fields = {
      {"index", info.index},
      {"state", info.state_reason.empty()
                    ? Name(info.state)
                    : absl::StrCat(Name(info.state), ": ", info.state_reason)},
      {"metric", Name(info.metric)},
      {"dimension", absl::StrCat(info.dimension)},
      {"version",
       info.version != 0 ? absl::StrCat(info.version)
       : info.newest_version == 0
           ? "none built yet"
           : absl::StrCat("none; newest on disk ", info.newest_version)}};
  if (info.version != 0) {
    const int64_t holes = info.item_slot_count - info.item_count;
    fields.push_back(
        {"items",
         absl::StrCat(
             WithCommas(info.item_count),
             holes == 0 ? ""
                        : absl::StrCat(" and ", WithCommas(holes), " holes"))});
    fields.push_back({"labels", WithCommas(info.label_count)});
    fields.push_back({"trees", absl::StrCat(info.tree_count)});
    fields.push_back({"size", HumanBytes(info.forest_bytes)});
    fields.push_back({"layout", info.layout});
    fields.push_back({"graph", info.graph_bytes == 0
                                   ? "none"
                                   : HumanBytes(info.graph_bytes)});
  }
  fields.push_back(
      {"staged", absl::StrCat(WithCommas(info.staged_item_count), " items, ",
                              HumanBytes(info.staged_bytes))});
  if (info.removed_item_count > 0) {
    fields.push_back(
        {"removed", absl::StrCat(WithCommas(info.removed_item_count),
                                 " items since the last build")});
  }
  if (!info.attached_path.empty()) {
    fields.push_back({"attached", info.attached_path});
  }
  if (info.build.has_value()) {
    fields.push_back(
        {"build", absl::StrFormat("%s, %.0f %%", Name(info.build->phase),
                                  100 * info.build->fraction_done)});
  }
  for (const client::QuarantinedVersion& bad : info.quarantined) {
    fields.push_back({"quarantined",
                      absl::StrCat("version ", bad.version, ": ", bad.reason)});
  }
  if (!info.kept_versions.empty()) {
    fields.push_back({"kept", absl::StrJoin(info.kept_versions, ", ")});
  }
  fields.push_back({"prefault", Name(info.prefault)});
  fields.push_back({"created", info.create_time});
  if (info.lease_seconds > 0) {
    fields.push_back(
        {"lease", absl::StrCat(info.lease_seconds, " s, until ",
                               info.lease_expire_time, " if not renewed")});
  }
  if (info.replica.has_value()) {
    fields.push_back(
        {"source", absl::StrCat("version ", info.replica->source_version)});
    fields.push_back(
        {"replica behind",
         info.replica->reason.empty()
             ? "no"
             : absl::StrFormat("%.0f s: %s", info.replica->behind_seconds,
                               info.replica->reason)});
  }
  if (!info.recall_curve.empty()) {
    fields.push_back({"recall@10", RecallLine(info.recall_curve, "search_k")});
  }
  if (!info.beam_curve.empty()) {
    fields.push_back({"of the graph", RecallLine(info.beam_curve, "beam")});
  }
  PrintFields(fields);
}

}  // namespace annod::ctl
