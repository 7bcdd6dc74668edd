#include "server/rpc/conversions.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/storage/checksum.h"

namespace annod {

Metric MetricFromProto(v1::Metric metric) {
  return static_cast<Metric>(metric);
}

v1::Metric MetricToProto(Metric metric) {
  static_assert(static_cast<int>(Metric::kAngular) == v1::METRIC_ANGULAR &&
                static_cast<int>(Metric::kEuclidean) == v1::METRIC_EUCLIDEAN &&
                static_cast<int>(Metric::kManhattan) == v1::METRIC_MANHATTAN &&
                static_cast<int>(Metric::kDot) == v1::METRIC_DOT &&
                static_cast<int>(Metric::kHamming) == v1::METRIC_HAMMING);
  return static_cast<v1::Metric>(metric);
}

LayoutKind DotLayoutFromProto(v1::DotLayout layout, LayoutKind if_unspecified) {
  switch (layout) {
    case v1::DOT_LAYOUT_24:
      return LayoutKind::kDot24;
    case v1::DOT_LAYOUT_16:
      return LayoutKind::kDot16;
    default:
      return if_unspecified;
  }
}

LayoutKind HammingLayoutFromProto(v1::HammingLayout layout,
                                  LayoutKind if_unspecified) {
  switch (layout) {
    case v1::HAMMING_LAYOUT_16:
      return LayoutKind::kHamming16;
    case v1::HAMMING_LAYOUT_12:
      return LayoutKind::kHamming12;
    default:
      return if_unspecified;
  }
}

BuildRules BuildRulesFromProto(v1::BuildRules rules,
                               BuildRules if_unspecified) {
  if (rules == v1::BUILD_RULES_UNSPECIFIED) return if_unspecified;
  return static_cast<BuildRules>(rules);
}

v1::BuildRules BuildRulesToProto(BuildRules rules) {
  static_assert(
      static_cast<int>(BuildRules::kAnnod) == v1::BUILD_RULES_ANNOD &&
      static_cast<int>(BuildRules::kAnnoy117) == v1::BUILD_RULES_ANNOY_1_17 &&
      static_cast<int>(BuildRules::kAnnoy116) == v1::BUILD_RULES_ANNOY_1_16 &&
      static_cast<int>(BuildRules::kScikitPlots04) ==
          v1::BUILD_RULES_SCIKIT_PLOTS_0_4);
  return static_cast<v1::BuildRules>(rules);
}

Prefault PrefaultFromProto(v1::Prefault prefault) {
  switch (prefault) {
    case v1::PREFAULT_NONE:
      return Prefault::kNone;
    case v1::PREFAULT_POPULATE:
      return Prefault::kPopulate;
    case v1::PREFAULT_LOCK:
      return Prefault::kLock;
    default:
      return Prefault::kAdvise;
  }
}

v1::Prefault PrefaultToProto(Prefault prefault) {
  switch (prefault) {
    case Prefault::kNone:
      return v1::PREFAULT_NONE;
    case Prefault::kAdvise:
      return v1::PREFAULT_ADVISE;
    case Prefault::kPopulate:
      return v1::PREFAULT_POPULATE;
    case Prefault::kLock:
      return v1::PREFAULT_LOCK;
  }
  return v1::PREFAULT_UNSPECIFIED;
}

Engine EngineFromProto(v1::Engine engine) {
  switch (engine) {
    case v1::ENGINE_FOREST:
      return Engine::kForest;
    case v1::ENGINE_GRAPH:
      return Engine::kGraph;
    case v1::ENGINE_EXACT:
      return Engine::kExact;
    default:
      return Engine::kAuto;
  }
}

v1::Engine EngineToProto(Engine engine) {
  switch (engine) {
    case Engine::kForest:
      return v1::ENGINE_FOREST;
    case Engine::kGraph:
      return v1::ENGINE_GRAPH;
    case Engine::kExact:
      return v1::ENGINE_EXACT;
    case Engine::kAuto:
      break;
  }
  return v1::ENGINE_AUTO;
}

absl::Span<const float> FloatsOfBytes(const std::string& bytes,
                                      std::vector<float>* buffer) {
  const size_t count = bytes.size() / sizeof(float);
  // A string's bytes come from the heap or are shorter than a pointer or two.
  if (reinterpret_cast<uintptr_t>(bytes.data()) % alignof(float) == 0) {
    return {reinterpret_cast<const float*>(bytes.data()), count};
  }
  buffer->resize(count);
  std::memcpy(buffer->data(), bytes.data(), buffer->size() * sizeof(float));
  return *buffer;
}

std::string RevisionOf(const IndexSettings& settings,
                       const OpenVersion* version) {
  std::string text = IndexSettingsToJson(settings);
  if (version != nullptr) {
    absl::StrAppend(&text, ManifestToJson(version->manifest));
  }
  return ChecksumToHex(Xxh3(text));
}

v1::IndexInfo MakeIndexInfo(const IndexSettings& settings,
                            const OpenVersion* version) {
  v1::IndexInfo info;
  info.set_index(settings.name);
  info.set_dimension(settings.dim);
  info.set_metric(MetricToProto(settings.metric));
  info.set_default_n(settings.default_n);
  info.set_default_tree_count(settings.default_tree_count);
  info.set_attached_path(settings.attached_path);
  info.set_create_time(settings.create_time);
  if (settings.lease_seconds > 0) {
    info.set_lease_seconds(settings.lease_seconds);
    info.set_lease_expire_time(
        absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ",
                         absl::FromUnixMillis(settings.lease_expire_unix_ms),
                         absl::UTCTimeZone()));
  }
  info.set_prefault(PrefaultToProto(settings.prefault));
  info.set_verbosity(settings.verbosity);
  info.mutable_feature_names()->Add(settings.feature_names.begin(),
                                    settings.feature_names.end());
  info.set_allow_duplicate_labels(settings.allow_duplicate_labels);
  info.set_build_rules(BuildRulesToProto(settings.build_rules));
  info.set_state(v1::INDEX_STATE_EMPTY);
  if (version == nullptr) return info;
  info.set_state(v1::INDEX_STATE_SERVING);
  const Manifest& manifest = version->manifest;
  info.set_version(manifest.version);
  info.set_item_slot_count(version->forest->slot_count());
  info.set_next_id(static_cast<int32_t>(version->forest->slot_count()));
  info.set_item_count(version->forest->item_count());
  info.set_tree_count(version->forest->tree_count());
  info.set_forest_bytes(static_cast<int64_t>(version->forest->bytes().size()));
  const absl::string_view layout = LayoutName(version->forest->layout().kind);
  info.set_layout(layout.data(), layout.size());
  info.set_seed(settings.attached() ? 0 : manifest.seed);
  for (const RecallPoint& measured : manifest.recall_curve.points) {
    v1::RecallPoint* point = info.add_recall_curve();
    point->set_search_k(measured.search_k);
    point->set_recall(measured.recall);
  }
  if (version->graph != nullptr) {
    info.set_graph_bytes(static_cast<int64_t>(version->graph->bytes()));
    const Graph& graph = version->graph->graph();
    v1::GraphShape* const shape = info.mutable_graph_shape();
    shape->set_degree(graph.degree);
    shape->set_code_components(static_cast<int32_t>(graph.book.centre.size()));
    shape->set_code_bits(graph.book.bits);
    shape->set_turned(graph.turn.active());
  }
  for (const BeamPoint& measured : manifest.beam_curve.points) {
    v1::BeamPoint* point = info.add_beam_curve();
    point->set_beam(measured.beam);
    point->set_recall(measured.recall);
  }
  info.set_label_count(version->labels ? version->labels->size() : 0);
  return info;
}

void LeaveOutQuarantined(v1::IndexInfo* info) {
  auto* const kept = info->mutable_kept_versions();
  kept->erase(std::remove_if(
                  kept->begin(), kept->end(),
                  [info](int64_t version) {
                    return std::any_of(
                        info->quarantined().begin(), info->quarantined().end(),
                        [version](const v1::QuarantinedVersion& bad) {
                          return bad.version() == version;
                        });
                  }),
              kept->end());
}

}  // namespace annod
