#include "server/rpc/index_checks.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/forest/build_rules.h"
#include "core/status_macros.h"
#include "server/rpc/conversions.h"
#include "server/rpc/errors.h"
#include "server/rpc/field_checks.h"
#include "server/rpc/request_checks.h"

namespace annod {
namespace {

constexpr int kMaxTrees = 10000;
constexpr int kMaxBuildThreads = 1024;
constexpr int kMaxVerbosity = 2;
constexpr size_t kMaxPathBytes = 4095;

absl::Status CheckMetric(v1::Metric metric) {
  if (v1::Metric_IsValid(metric) && metric != v1::METRIC_UNSPECIFIED) {
    return absl::OkStatus();
  }
  return FieldError("metric",
                    v1::Metric_IsValid(metric) ? v1::Metric_Name(metric)
                                               : absl::StrCat(metric),
                    "METRIC_ANGULAR, METRIC_EUCLIDEAN, METRIC_MANHATTAN, "
                    "METRIC_DOT or METRIC_HAMMING");
}

// The enums that CreateIndex, UpdateSettings, Build and Rebuild share.
template <typename Request>
absl::Status CheckLayouts(const Request& request) {
  if (!v1::DotLayout_IsValid(request.dot_layout())) {
    return FieldError("dot_layout", absl::StrCat(request.dot_layout()),
                      "DOT_LAYOUT_UNSPECIFIED, DOT_LAYOUT_24 or DOT_LAYOUT_16");
  }
  if (!v1::HammingLayout_IsValid(request.hamming_layout())) {
    return FieldError("hamming_layout", absl::StrCat(request.hamming_layout()),
                      "HAMMING_LAYOUT_UNSPECIFIED, HAMMING_LAYOUT_16 or "
                      "HAMMING_LAYOUT_12");
  }
  return absl::OkStatus();
}

template <typename Request>
absl::Status CheckLayoutsFit(const Request& request, Metric metric) {
  if (request.dot_layout() != v1::DOT_LAYOUT_UNSPECIFIED &&
      metric != Metric::kDot) {
    return FieldError("dot_layout", v1::DotLayout_Name(request.dot_layout()),
                      "DOT_LAYOUT_UNSPECIFIED unless the metric is METRIC_DOT");
  }
  if (request.hamming_layout() != v1::HAMMING_LAYOUT_UNSPECIFIED &&
      metric != Metric::kHamming) {
    return FieldError(
        "hamming_layout", v1::HammingLayout_Name(request.hamming_layout()),
        "HAMMING_LAYOUT_UNSPECIFIED unless the metric is METRIC_HAMMING");
  }
  return absl::OkStatus();
}

absl::Status CheckRules(absl::string_view field, v1::BuildRules rules) {
  if (v1::BuildRules_IsValid(rules)) return absl::OkStatus();
  return FieldError(field, absl::StrCat(rules),
                    "BUILD_RULES_ANNOD, BUILD_RULES_ANNOY_1_17, "
                    "BUILD_RULES_ANNOY_1_16 or BUILD_RULES_SCIKIT_PLOTS_0_4");
}

absl::Status CheckPrefault(v1::Prefault prefault) {
  if (v1::Prefault_IsValid(prefault)) return absl::OkStatus();
  return FieldError("prefault", absl::StrCat(prefault),
                    "PREFAULT_NONE, PREFAULT_ADVISE, PREFAULT_POPULATE or "
                    "PREFAULT_LOCK");
}

// `names` is the repeated field; `dim` 0: not known yet.
template <typename Names>
absl::Status CheckFeatureNames(const Names& names, int dim) {
  const absl::Status valid = ValidateFeatureNames(
      std::vector<std::string>(names.begin(), names.end()), dim);
  if (valid.ok()) return absl::OkStatus();
  return FieldError("feature_names", absl::StrCat(names.size(), " names"),
                    absl::StrCat("none, or one for each dimension, different, "
                                 "of 1 to ",
                                 kMaxFeatureNameBytes, " bytes"),
                    valid.message());
}

// What CreateIndex and UpdateSettings have in common.
template <typename Request>
absl::Status CheckSettings(const Request& request, const Limits& limits) {
  ANNOD_RETURN_IF_ERROR(CheckIndexName(request.index()));
  ANNOD_RETURN_IF_ERROR(
      CheckRange("dimension", request.dimension(), 0, limits.max_dimension));
  ANNOD_RETURN_IF_ERROR(
      CheckRange("default_n", request.default_n(), 0, limits.max_n));
  ANNOD_RETURN_IF_ERROR(CheckRange(
      "default_tree_count", request.default_tree_count(), -1, kMaxTrees));
  ANNOD_RETURN_IF_ERROR(CheckLayouts(request));
  ANNOD_RETURN_IF_ERROR(CheckPrefault(request.prefault()));
  ANNOD_RETURN_IF_ERROR(CheckRange("verbosity", request.verbosity(),
                                   -kMaxVerbosity, kMaxVerbosity));
  return CheckRules("build_rules", request.build_rules());
}

}  // namespace

absl::Status CheckCreateIndex(const v1::CreateIndexRequest& request,
                              const Limits& limits) {
  ANNOD_RETURN_IF_ERROR(CheckSettings(request, limits));
  ANNOD_RETURN_IF_ERROR(CheckMetric(request.metric()));
  ANNOD_RETURN_IF_ERROR(CheckRange("lease_seconds", request.lease_seconds(), 0,
                                   kMaxLeaseSeconds));
  ANNOD_RETURN_IF_ERROR(
      CheckLayoutsFit(request, MetricFromProto(request.metric())));
  return CheckFeatureNames(request.feature_names(), request.dimension());
}

absl::Status CheckRenewLease(const v1::RenewLeaseRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckIndexName(request.index()));
  return CheckRange("lease_seconds", request.lease_seconds(), -1,
                    kMaxLeaseSeconds);
}

absl::Status CheckUpdateSettings(const v1::UpdateSettingsRequest& request,
                                 const Limits& limits) {
  ANNOD_RETURN_IF_ERROR(CheckSettings(request, limits));
  if (request.has_metric()) {
    ANNOD_RETURN_IF_ERROR(CheckMetric(request.metric()));
  }
  return CheckFeatureNames(request.feature_names().names(), 0);
}

absl::Status CheckUpdatedSettings(const v1::UpdateSettingsRequest& request,
                                  const IndexSettings& index,
                                  bool allowed_duplicate_labels) {
  ANNOD_RETURN_IF_ERROR(CheckLayoutsFit(request, index.metric));
  if (allowed_duplicate_labels && !index.allow_duplicate_labels) {
    return FieldError("allow_duplicate_labels", "false",
                      "true or absent, as several items may have one label");
  }
  return CheckFeatureNames(index.feature_names, index.dim);
}

absl::Status CheckAttach(const v1::AttachRequest& request,
                         const Limits& limits) {
  ANNOD_RETURN_IF_ERROR(CheckIndexName(request.index()));
  const std::string& path = request.path();
  if (path.empty() || path[0] != '/' || path.size() > kMaxPathBytes ||
      path.find('\0') != std::string::npos) {
    return TextError(
        "path", path,
        absl::StrCat("an absolute path of at most ", kMaxPathBytes, " bytes"));
  }
  ANNOD_RETURN_IF_ERROR(
      CheckRange("dimension", request.dimension(), 1, limits.max_dimension));
  ANNOD_RETURN_IF_ERROR(CheckMetric(request.metric()));
  ANNOD_RETURN_IF_ERROR(
      CheckRange("default_n", request.default_n(), 0, limits.max_n));
  return CheckPrefault(request.prefault());
}

absl::Status CheckBuild(const v1::BuildRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckIndexName(request.index()));
  ANNOD_RETURN_IF_ERROR(
      CheckRange("tree_count", request.tree_count(), -1, kMaxTrees));
  ANNOD_RETURN_IF_ERROR(
      CheckRange("thread_count", request.thread_count(), 0, kMaxBuildThreads));
  ANNOD_RETURN_IF_ERROR(CheckLayouts(request));
  return CheckRules("rules", request.rules());
}

absl::Status CheckBuildLayout(const v1::BuildRequest& request,
                              const IndexSettings& index) {
  return CheckLayoutsFit(request, index.metric);
}

absl::Status CheckRebuild(const v1::RebuildRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckIndexName(request.index()));
  if (!ValidateIndexName(request.target_index()).ok()) {
    return TextError("target_index", request.target_index(),
                     "1 to 64 characters of A-Z a-z 0-9 _ - ., the first a "
                     "letter or digit");
  }
  if (request.metric() != v1::METRIC_UNSPECIFIED) {
    ANNOD_RETURN_IF_ERROR(CheckMetric(request.metric()));
  }
  ANNOD_RETURN_IF_ERROR(
      CheckRange("tree_count", request.tree_count(), -1, kMaxTrees));
  ANNOD_RETURN_IF_ERROR(
      CheckRange("thread_count", request.thread_count(), 0, kMaxBuildThreads));
  ANNOD_RETURN_IF_ERROR(CheckLayouts(request));
  return CheckRules("rules", request.rules());
}

absl::Status CheckRebuildLayout(const v1::RebuildRequest& request,
                                Metric metric) {
  return CheckLayoutsFit(request, metric);
}

}  // namespace annod
