#include "client/convert.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace annod::client {
namespace {

// Little-endian float32, as this program's platforms have it in memory.
std::string VectorBytes(absl::Span<const float> vector) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                "vectors are sent as they lie in memory");
  return std::string(reinterpret_cast<const char*>(vector.data()),
                     vector.size() * sizeof(float));
}

std::vector<float> Floats(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) {
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  }
  return values;
}

void SetTarget(const Query& query, v1::Query* message) {
  if (const auto* item = std::get_if<int32_t>(&query.target)) {
    message->set_item(*item);
  } else if (const auto* label = std::get_if<std::string>(&query.target)) {
    message->set_label(*label);
  } else if (const auto* sparse = std::get_if<SparseVector>(&query.target)) {
    v1::SparseVector* to = message->mutable_sparse();
    *to->mutable_positions() = {sparse->positions.begin(),
                                sparse->positions.end()};
    *to->mutable_values() = {sparse->values.begin(), sparse->values.end()};
  } else {
    message->set_vector_bytes(
        VectorBytes(std::get<std::vector<float>>(query.target)));
  }
}

}  // namespace

BuildProgress FromProto(const v1::BuildProgress& message) {
  BuildProgress progress;
  progress.phase = message.phase();
  progress.fraction_done = message.fraction_done();
  progress.seconds_left = message.seconds_left();
  progress.seconds_elapsed = message.seconds_elapsed();
  progress.trees_done_count = message.trees_done_count();
  return progress;
}

BuildResult FromProto(const v1::BuildResult& message) {
  BuildResult result;
  result.version = message.version();
  result.item_count = message.item_count();
  result.tree_count = message.tree_count();
  result.forest_bytes = message.forest_bytes();
  result.seconds = message.seconds();
  return result;
}

IndexInfo FromProto(const v1::IndexInfo& message) {
  IndexInfo info;
  info.index = message.index();
  info.dimension = message.dimension();
  info.metric = message.metric();
  info.state = message.state();
  info.state_reason = message.state_reason();
  info.version = message.version();
  info.item_slot_count = message.item_slot_count();
  info.item_count = message.item_count();
  info.tree_count = message.tree_count();
  info.forest_bytes = message.forest_bytes();
  info.layout = message.layout();
  info.seed = message.seed();
  info.staged_item_count = message.staged_item_count();
  info.removed_item_count = message.removed_item_count();
  info.staged_bytes = message.staged_bytes();
  info.label_count = message.label_count();
  info.default_n = message.default_n();
  info.default_tree_count = message.default_tree_count();
  info.attached_path = message.attached_path();
  if (message.has_build()) info.build = FromProto(message.build());
  for (const v1::QuarantinedVersion& bad : message.quarantined()) {
    info.quarantined.push_back({bad.version(), bad.reason()});
  }
  info.create_time = message.create_time();
  info.lease_seconds = message.lease_seconds();
  info.lease_expire_time = message.lease_expire_time();
  info.revision = message.revision();
  if (message.has_replica()) {
    info.replica = {message.replica().source_version(),
                    message.replica().behind_seconds(),
                    message.replica().reason()};
  }
  info.next_id = message.next_id();
  info.newest_version = message.newest_version();
  info.kept_versions.assign(message.kept_versions().begin(),
                            message.kept_versions().end());
  info.prefault = message.prefault();
  info.verbosity = message.verbosity();
  info.feature_names.assign(message.feature_names().begin(),
                            message.feature_names().end());
  info.allow_duplicate_labels = message.allow_duplicate_labels();
  info.build_rules = message.build_rules();
  for (const v1::RecallPoint& point : message.recall_curve()) {
    info.recall_curve.push_back({point.search_k(), point.recall()});
  }
  info.graph_bytes = message.graph_bytes();
  if (message.has_graph_shape()) {
    const v1::GraphShape& shape = message.graph_shape();
    info.graph_shape = {shape.degree(), shape.code_components(),
                        shape.code_bits(), shape.turned()};
  }
  for (const v1::BeamPoint& point : message.beam_curve()) {
    info.beam_curve.push_back({point.beam(), point.recall()});
  }
  return info;
}

absl::StatusOr<QueryResult> FromProto(const v1::GetNnsResponse& message,
                                      size_t query_count) {
  if (static_cast<size_t>(message.results_size()) != query_count) {
    return absl::InternalError(absl::StrCat("the server answered ",
                                            message.results_size(), " of ",
                                            query_count, " queries"));
  }
  QueryResult result;
  result.results.reserve(message.results_size());
  for (const v1::NeighborList& list : message.results()) {
    NeighborList neighbors;
    neighbors.ids.assign(list.ids().begin(), list.ids().end());
    neighbors.distances.assign(list.distances().begin(),
                               list.distances().end());
    neighbors.labels.assign(list.labels().begin(), list.labels().end());
    neighbors.vectors = Floats(list.vectors());
    neighbors.truncated = list.truncated();
    result.results.push_back(std::move(neighbors));
  }
  result.version = message.version();
  result.engine = message.engine();
  result.search_k = message.search_k();
  result.beam = message.beam();
  result.ranked_by_codes = message.ranked_by_codes();
  if (message.has_cost()) {
    result.cost =
        SearchCost{message.cost().node_count(), message.cost().distance_count(),
                   message.cost().search_us()};
  }
  return result;
}

StoredItems FromProto(const v1::GetItemsResponse& message) {
  StoredItems stored;
  stored.version = message.version();
  for (const v1::StoredItem& item : message.items()) {
    stored.items.push_back(
        {item.id(), Floats(item.vector_bytes()), item.label()});
  }
  return stored;
}

v1::CreateIndexRequest ToProto(const IndexSpec& spec) {
  v1::CreateIndexRequest request;
  request.set_index(spec.index);
  request.set_dimension(spec.dimension);
  request.set_metric(spec.metric);
  request.set_default_n(spec.default_n);
  request.set_default_tree_count(spec.default_tree_count);
  request.set_seed(spec.seed);
  request.set_dot_layout(spec.dot_layout);
  request.set_hamming_layout(spec.hamming_layout);
  request.set_prefault(spec.prefault);
  request.set_verbosity(spec.verbosity);
  request.mutable_feature_names()->Add(spec.feature_names.begin(),
                                       spec.feature_names.end());
  request.set_allow_duplicate_labels(spec.allow_duplicate_labels);
  request.set_build_rules(spec.build_rules);
  request.set_lease_seconds(spec.lease_seconds);
  return request;
}

v1::UpdateSettingsRequest ToProto(absl::string_view index,
                                  const SettingsChange& change) {
  v1::UpdateSettingsRequest request;
  request.set_index(std::string(index));
  if (change.dimension) request.set_dimension(*change.dimension);
  if (change.metric) request.set_metric(*change.metric);
  if (change.default_n) request.set_default_n(*change.default_n);
  if (change.default_tree_count) {
    request.set_default_tree_count(*change.default_tree_count);
  }
  if (change.seed) request.set_seed(*change.seed);
  if (change.dot_layout) request.set_dot_layout(*change.dot_layout);
  if (change.hamming_layout) request.set_hamming_layout(*change.hamming_layout);
  if (change.prefault) request.set_prefault(*change.prefault);
  if (change.verbosity) request.set_verbosity(*change.verbosity);
  if (change.feature_names) {
    request.mutable_feature_names()->mutable_names()->Add(
        change.feature_names->begin(), change.feature_names->end());
  }
  if (change.allow_duplicate_labels) {
    request.set_allow_duplicate_labels(*change.allow_duplicate_labels);
  }
  if (change.build_rules) request.set_build_rules(*change.build_rules);
  return request;
}

void ToProto(absl::string_view index, absl::Span<const Query> queries,
             const QueryOptions& options, v1::GetNnsRequest* request) {
  request->set_index(std::string(index));
  request->mutable_queries()->Reserve(static_cast<int>(queries.size()));
  for (const Query& query : queries) {
    SetTarget(query, request->add_queries());
  }
  request->set_n(options.n);
  request->set_search_k(options.search_k);
  request->set_beam(options.beam);
  request->set_engine(options.engine);
  request->set_include_distances(options.include_distances);
  request->set_include_labels(options.include_labels);
  request->set_include_cost(options.include_cost);
  request->set_include_vectors(options.include_vectors);
  request->set_label_fill(options.label_fill);
  request->set_exclude_self(options.exclude_self);
  *request->mutable_exclude_items() = {options.exclude_items.begin(),
                                       options.exclude_items.end()};
  *request->mutable_allow_items() = {options.allow_items.begin(),
                                     options.allow_items.end()};
  request->set_only_allow_items(options.only_allow_items);
  if (options.max_distance) request->set_max_distance(*options.max_distance);
  request->set_min_recall(options.min_recall);
  request->set_include_staged(options.include_staged);
  request->set_strict(options.strict);
  if (options.missing_value) request->set_missing_value(*options.missing_value);
  request->set_version(options.version);
}

void SetItem(std::optional<int32_t> id, absl::Span<const float> vector,
             absl::string_view label, v1::Item* message) {
  if (id.has_value()) message->set_id(*id);
  message->set_vector_bytes(VectorBytes(vector));
  if (!label.empty()) message->set_label(std::string(label));
}

}  // namespace annod::client
