#include "server/writer/requested_settings.h"

#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/random_name.h"
#include "server/rpc/conversions.h"
#include "server/rpc/index_checks.h"

namespace annod {
namespace {

constexpr int kDefaultN = 10;
constexpr int kDefaultTreeCount = 50;

void MakeNew(IndexSettings* settings) {
  settings->incarnation = RandomName();
  settings->create_time = absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", absl::Now(),
                                           absl::UTCTimeZone());
}

int DefaultN(int n) { return n == 0 ? kDefaultN : n; }
int DefaultTreeCount(int count) {
  return count == 0 ? kDefaultTreeCount : count;
}
uint64_t Seed(uint64_t seed) { return seed == 0 ? kDefaultSeed : seed; }

}  // namespace

void RenewLease(IndexSettings* settings) {
  settings->lease_expire_unix_ms =
      settings->lease_seconds > 0
          ? absl::ToUnixMillis(absl::Now() +
                               absl::Seconds(settings->lease_seconds))
          : 0;
}

IndexSettings NewSettings(const v1::CreateIndexRequest& request) {
  IndexSettings settings;
  MakeNew(&settings);
  settings.name = request.index();
  settings.dim = request.dimension();
  settings.metric = MetricFromProto(request.metric());
  settings.default_n = DefaultN(request.default_n());
  settings.default_tree_count = DefaultTreeCount(request.default_tree_count());
  settings.seed = Seed(request.seed());
  settings.dot_layout =
      DotLayoutFromProto(request.dot_layout(), LayoutKind::kDot24);
  settings.hamming_layout =
      HammingLayoutFromProto(request.hamming_layout(), LayoutKind::kHamming16);
  settings.prefault = PrefaultFromProto(request.prefault());
  settings.verbosity = request.verbosity();
  settings.feature_names.assign(request.feature_names().begin(),
                                request.feature_names().end());
  settings.allow_duplicate_labels = request.allow_duplicate_labels();
  settings.build_rules =
      BuildRulesFromProto(request.build_rules(), BuildRules::kAnnod);
  settings.lease_seconds = request.lease_seconds();
  RenewLease(&settings);
  return settings;
}

IndexSettings NewSettings(const v1::AttachRequest& request, std::string path) {
  IndexSettings settings;
  MakeNew(&settings);
  settings.name = request.index();
  settings.dim = request.dimension();
  settings.metric = MetricFromProto(request.metric());
  settings.default_n = DefaultN(request.default_n());
  settings.prefault = PrefaultFromProto(request.prefault());
  settings.attached_path = std::move(path);
  return settings;
}

IndexSettings NewSettings(const v1::RebuildRequest& request,
                          const IndexSettings& source) {
  IndexSettings settings = source;
  MakeNew(&settings);
  settings.name = request.target_index();
  if (request.metric() != v1::METRIC_UNSPECIFIED) {
    settings.metric = MetricFromProto(request.metric());
  }
  if (request.tree_count() != 0) {
    settings.default_tree_count = request.tree_count();
  }
  if (request.seed() != 0) settings.seed = request.seed();
  settings.dot_layout =
      DotLayoutFromProto(request.dot_layout(), source.dot_layout);
  settings.hamming_layout =
      HammingLayoutFromProto(request.hamming_layout(), source.hamming_layout);
  settings.build_rules =
      BuildRulesFromProto(request.rules(), source.build_rules);
  settings.unbuilt_through = 0;
  settings.rolled_back_from = 0;
  settings.attached_path.clear();
  settings.lease_seconds = 0;
  RenewLease(&settings);
  return settings;
}

absl::Status Update(const v1::UpdateSettingsRequest& request,
                    IndexSettings* settings) {
  const bool allowed_duplicates = settings->allow_duplicate_labels;
  if (request.has_dimension()) settings->dim = request.dimension();
  if (request.has_metric()) {
    settings->metric = MetricFromProto(request.metric());
  }
  if (request.has_default_n()) {
    settings->default_n = DefaultN(request.default_n());
  }
  if (request.has_default_tree_count()) {
    settings->default_tree_count =
        DefaultTreeCount(request.default_tree_count());
  }
  if (request.has_seed()) settings->seed = Seed(request.seed());
  if (request.has_dot_layout()) {
    settings->dot_layout =
        DotLayoutFromProto(request.dot_layout(), LayoutKind::kDot24);
  }
  if (request.has_hamming_layout()) {
    settings->hamming_layout = HammingLayoutFromProto(request.hamming_layout(),
                                                      LayoutKind::kHamming16);
  }
  if (request.has_prefault()) {
    settings->prefault = PrefaultFromProto(request.prefault());
  }
  if (request.has_verbosity()) settings->verbosity = request.verbosity();
  if (request.has_feature_names()) {
    settings->feature_names.assign(request.feature_names().names().begin(),
                                   request.feature_names().names().end());
  }
  if (request.has_allow_duplicate_labels()) {
    settings->allow_duplicate_labels = request.allow_duplicate_labels();
  }
  if (request.has_build_rules()) {
    settings->build_rules =
        BuildRulesFromProto(request.build_rules(), BuildRules::kAnnod);
  }
  return CheckUpdatedSettings(request, *settings, allowed_duplicates);
}

BuildSpec SpecOf(const v1::BuildRequest& request, const IndexSettings& index) {
  BuildSpec spec;
  spec.tree_count = request.tree_count() == 0 ? index.default_tree_count
                                              : request.tree_count();
  spec.seed = request.seed() == 0 ? index.seed : request.seed();
  spec.threads = request.thread_count();
  spec.dot_layout = DotLayoutFromProto(request.dot_layout(), index.dot_layout);
  spec.hamming_layout =
      HammingLayoutFromProto(request.hamming_layout(), index.hamming_layout);
  spec.rules = BuildRulesFromProto(request.rules(), index.build_rules);
  spec.with_graph = !request.no_graph();
  spec.metric = index.metric;
  return spec;
}

BuildSpec SpecOf(const v1::RebuildRequest& request, const IndexSettings& target,
                 int source_tree_count) {
  BuildSpec spec;
  spec.tree_count = request.tree_count();
  if (spec.tree_count == 0) spec.tree_count = source_tree_count;
  if (spec.tree_count == 0) spec.tree_count = target.default_tree_count;
  spec.seed = target.seed;
  spec.threads = request.thread_count();
  spec.dot_layout = target.dot_layout;
  spec.hamming_layout = target.hamming_layout;
  spec.rules = target.build_rules;
  spec.metric = target.metric;
  spec.source = request.index();
  return spec;
}

}  // namespace annod
