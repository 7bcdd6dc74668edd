#ifndef ANNOD_CLIENT_TYPES_H_
#define ANNOD_CLIENT_TYPES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "annod/v1/admin_service.pb.h"
#include "annod/v1/types.pb.h"

// What Client takes and gives: plain structs whose fields mean what the fields
// of the same name in proto/annod/v1 mean, with the same limits and defaults.
namespace annod::client {

using Metric = v1::Metric;  // v1::METRIC_ANGULAR, ...
using Engine = v1::Engine;  // v1::ENGINE_AUTO, ENGINE_FOREST, ENGINE_EXACT
using DotLayout = v1::DotLayout;  // v1::DOT_LAYOUT_24, DOT_LAYOUT_16
using HammingLayout = v1::HammingLayout;
using BuildRules = v1::BuildRules;
using Prefault = v1::Prefault;

struct IndexSpec {
  std::string index;
  int dimension = 0;
  Metric metric = v1::METRIC_UNSPECIFIED;
  int default_n = 0;           // 0: the server's default
  int default_tree_count = 0;  // 0: the server's default; -1: automatic
  uint64_t seed = 0;           // 0: Annoy's default
  DotLayout dot_layout = v1::DOT_LAYOUT_UNSPECIFIED;
  HammingLayout hamming_layout = v1::HAMMING_LAYOUT_UNSPECIFIED;
  Prefault prefault = v1::PREFAULT_UNSPECIFIED;
  int verbosity = 0;
  std::vector<std::string> feature_names;
  bool allow_duplicate_labels = false;
  BuildRules build_rules = v1::BUILD_RULES_UNSPECIFIED;
  // Above 0: dropped when nobody has renewed its lease for so many seconds.
  int lease_seconds = 0;
};

// Settings to change; what is absent stays.
struct SettingsChange {
  std::optional<int> dimension;
  std::optional<Metric> metric;
  std::optional<int> default_n;
  std::optional<int> default_tree_count;
  std::optional<uint64_t> seed;
  std::optional<DotLayout> dot_layout;
  std::optional<HammingLayout> hamming_layout;
  std::optional<Prefault> prefault;
  std::optional<int> verbosity;
  std::optional<std::vector<std::string>> feature_names;
  std::optional<bool> allow_duplicate_labels;
  std::optional<BuildRules> build_rules;
};

struct Item {
  // Absent: the server chooses, and the call is not retried.
  std::optional<int32_t> id;
  std::vector<float> vector;
  std::string label;  // may be empty
};

// A vector with components missing.
struct SparseVector {
  std::vector<int32_t> positions;  // all different
  std::vector<float> values;       // parallel to positions
};

// What to find the neighbours of.
struct Query {
  static Query OfVector(std::vector<float> vector) {
    return {std::move(vector)};
  }
  static Query OfItem(int32_t id) { return {id}; }
  static Query OfLabel(std::string label) { return {std::move(label)}; }
  // Needs QueryOptions::missing_value.
  static Query OfSparse(SparseVector vector) { return {std::move(vector)}; }

  std::variant<std::vector<float>, int32_t, std::string, SparseVector> target;
};

struct QueryOptions {
  int n = 0;          // 0: the index's default
  int search_k = -1;  // forest; -1: n times the number of trees
  int beam = 0;       // graph; 0: as wide as recall 0.95 takes
  Engine engine = v1::ENGINE_AUTO;
  bool include_distances = true;
  bool include_labels = false;
  bool include_cost = false;
  bool include_vectors = false;
  std::string label_fill;     // label of items without one
  bool exclude_self = false;  // queries by item or label only
  std::vector<int32_t> exclude_items;
  std::vector<int32_t> allow_items;  // empty: all, unless
  bool only_allow_items = false;     // true: no others, even if it is empty
  std::optional<float> max_distance;
  double min_recall = 0;        // above 0: chooses engine, search_k and beam
  bool include_staged = false;  // items stored since the last build too
  bool strict = false;          // FailedPrecondition if one finds fewer than n
  std::optional<float> missing_value;  // for sparse queries
  int64_t version = 0;                 // not 0: only this one may answer
};

struct NeighborList {
  std::vector<int32_t> ids;         // nearest first
  std::vector<float> distances;     // parallel to ids, if asked for
  std::vector<std::string> labels;  // parallel to ids, if asked for
  // One after the other, each with as many components as the index has
  // dimensions, if asked for.
  std::vector<float> vectors;
  bool truncated = false;  // fewer than n were found
};

struct SearchCost {
  int64_t node_count = 0;
  int64_t distance_count = 0;
  int64_t search_us = 0;
};

struct QueryResult {
  std::vector<NeighborList> results;  // parallel to the queries
  int64_t version = 0;
  Engine engine = v1::ENGINE_UNSPECIFIED;
  int64_t search_k = 0;          // that was used; 0 if the engine has none
  int beam = 0;                  // the same
  bool ranked_by_codes = false;  // by the graph's, the forest's candidates
  std::optional<SearchCost> cost;
};

struct StoredItem {
  int32_t id = 0;
  std::vector<float> vector;
  std::string label;  // may be empty
};

struct StoredItems {
  std::vector<StoredItem> items;  // those of the ids, then those of the labels
  int64_t version = 0;
};

struct BuildOptions {
  int tree_count = 0;    // 0: the index's default; -1: automatic
  uint64_t seed = 0;     // 0: the index's
  int thread_count = 0;  // 0: all cores of the server
  DotLayout dot_layout = v1::DOT_LAYOUT_UNSPECIFIED;
  HammingLayout hamming_layout = v1::HAMMING_LAYOUT_UNSPECIFIED;
  BuildRules rules = v1::BUILD_RULES_UNSPECIFIED;
  bool no_graph = false;  // make no graph of near neighbours
};

struct RebuildOptions {
  Metric metric = v1::METRIC_UNSPECIFIED;  // the source's
  BuildOptions build;  // where nothing is given, the source's
};

struct BuildProgress {
  v1::BuildPhase phase = v1::BUILD_PHASE_UNSPECIFIED;
  double fraction_done = 0;
  double seconds_left = 0;  // 0: not known yet
  double seconds_elapsed = 0;
  int trees_done_count = 0;
};

struct BuildResult {
  int64_t version = 0;
  int64_t item_count = 0;
  int tree_count = 0;
  int64_t forest_bytes = 0;
  double seconds = 0;
};

struct AddResult {
  int64_t added_count = 0;
  int32_t first_id = -1;  // smallest stored; -1 if none
  int32_t last_id = -1;   // largest stored; -1 if none
};

struct SerializeOptions {
  v1::SerializeFormat format = v1::SERIALIZE_FORMAT_NATIVE;
  // Write holes as zero vectors in a format that cannot say them.
  bool fill_holes = false;
};

struct DeserializeOptions {
  // Unspecified: told from the bytes.
  v1::SerializeFormat format = v1::SERIALIZE_FORMAT_UNSPECIFIED;
  // Needed for a new index from bytes that do not say them: native files and
  // blobs.
  Metric metric = v1::METRIC_UNSPECIFIED;
  int dimension = 0;
};

struct RemoveResult {
  int64_t removed_count = 0;
  std::vector<int32_t> missing_ids;
  std::vector<std::string> missing_labels;
};

struct SerializeResult {
  int64_t version = 0;
  int64_t total_bytes = 0;
  uint64_t xxh3_64 = 0;  // of all bytes, as computed here
};

struct QuarantinedVersion {
  int64_t version = 0;
  std::string reason;
};

struct RecallPoint {
  int64_t search_k = 0;
  double recall = 0;
};

struct BeamPoint {
  int beam = 0;
  double recall = 0;
};

// How an index of a replica stands to its source.
struct ReplicaState {
  int64_t source_version = 0;  // that the source serves; 0: none, or not known
  double behind_seconds = 0;   // since it was last seen to serve the same
  std::string reason;          // why it does not; empty if it does
};

// What a build found to suit the items of a graph.
struct GraphShape {
  int degree = 0;           // edges of an item at most
  int code_components = 0;  // of codes, which searches compare first
  int code_bits = 0;        // of each component
  bool turned = false;      // vectors, at random, before they are coded
};

struct IndexInfo {
  std::string index;
  int dimension = 0;
  Metric metric = v1::METRIC_UNSPECIFIED;
  v1::IndexState state = v1::INDEX_STATE_UNSPECIFIED;
  std::string state_reason;
  int64_t version = 0;
  int64_t item_slot_count = 0;
  int64_t item_count = 0;
  int tree_count = 0;
  int64_t forest_bytes = 0;
  std::string layout;
  uint64_t seed = 0;
  int64_t staged_item_count = 0;
  int64_t removed_item_count = 0;  // since the last build
  int64_t staged_bytes = 0;
  int64_t label_count = 0;
  int default_n = 0;
  int default_tree_count = 0;
  std::string attached_path;
  std::optional<BuildProgress> build;
  std::vector<QuarantinedVersion> quarantined;
  std::string create_time;
  int64_t next_id = 0;
  int64_t newest_version = 0;
  std::vector<int64_t> kept_versions;  // ascending
  Prefault prefault = v1::PREFAULT_UNSPECIFIED;
  int verbosity = 0;
  std::vector<std::string> feature_names;
  bool allow_duplicate_labels = false;
  BuildRules build_rules = v1::BUILD_RULES_UNSPECIFIED;
  std::vector<RecallPoint> recall_curve;  // empty if it was not measured
  int64_t graph_bytes = 0;                // 0 without a graph
  std::vector<BeamPoint> beam_curve;      // empty without a graph
  int lease_seconds = 0;                  // 0: not temporary
  std::string lease_expire_time;          // RFC 3339; empty without a lease
  std::string revision;  // changes with settings and served version
  std::optional<ReplicaState> replica;    // of a replica only
  std::optional<GraphShape> graph_shape;  // none without a graph
};

struct DeserializeResult {
  IndexInfo info;
  v1::SerializeFormat format = v1::SERIALIZE_FORMAT_UNSPECIFIED;  // found
};

enum class Health { kUnknown, kServing, kNotServing };

}  // namespace annod::client

#endif  // ANNOD_CLIENT_TYPES_H_
