#include "server/rpc/query_checks.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/annoy/node_layout.h"
#include "core/status_macros.h"
#include "core/storage/labels.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

constexpr int kMaxBeam = 1000000;

using Ids = google::protobuf::RepeatedField<int32_t>;

absl::Status CheckId(absl::string_view field, int64_t id) {
  if (id >= 0 && id <= kMaxItemId) return absl::OkStatus();
  return FieldError(field, absl::StrCat(id),
                    absl::StrCat("in [0, ", kMaxItemId, "]"));
}

absl::Status CheckIds(absl::string_view field, const Ids& ids) {
  for (int i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0 || ids[i] > kMaxItemId) {
      return CheckId(absl::StrCat(field, "[", i, "]"), ids[i]);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckFilter(absl::string_view field, const Ids& ids) {
  if (ids.size() > kMaxFilterItems) {
    const std::string limit = absl::StrCat("at most ", kMaxFilterItems);
    return FieldError(field, absl::StrCat(ids.size()), limit,
                      absl::StrCat(field, " has ", ids.size(),
                                   " elements; it must have ", limit));
  }
  return CheckIds(field, ids);
}

absl::Status CheckFinite(absl::string_view field, float value) {
  if (std::isfinite(value)) return absl::OkStatus();
  return FieldError(field, absl::StrCat(value), "finite");
}

absl::Status CheckLabel(absl::string_view field, const std::string& label,
                        bool may_be_empty) {
  if (ValidateLabel(label).ok() && (may_be_empty || !label.empty())) {
    return absl::OkStatus();
  }
  const std::string limit =
      absl::StrCat(may_be_empty ? "at most " : "1 to ", kMaxLabelBytes,
                   " bytes of UTF-8 without NUL");
  return FieldError(field, label, limit,
                    absl::StrCat(field, " is '", Printable(label), "' (",
                                 label.size(), " bytes); it must be ", limit));
}

absl::Status CheckMinRecall(const v1::GetNnsRequest& request) {
  const double recall = request.min_recall();
  if (!(recall >= 0 && recall <= 1)) {
    return FieldError("min_recall", absl::StrCat(recall), "in [0, 1]");
  }
  if (recall > 0 && request.search_k() > 0) {
    return FieldError("search_k", absl::StrCat(request.search_k()),
                      "0 or -1 if min_recall is given, which chooses it");
  }
  if (recall > 0 && request.beam() > 0) {
    return FieldError("beam", absl::StrCat(request.beam()),
                      "0 if min_recall is given, which chooses it");
  }
  return absl::OkStatus();
}

// Each engine has a setting of its own.
absl::Status CheckSettings(const v1::GetNnsRequest& request) {
  if (request.beam() < 0 || request.beam() > kMaxBeam) {
    return FieldError("beam", absl::StrCat(request.beam()),
                      absl::StrCat("[0, ", kMaxBeam, "]"));
  }
  const bool graph = request.engine() == v1::ENGINE_GRAPH;
  if (request.search_k() > 0 && (graph || request.beam() > 0)) {
    return FieldError("search_k", absl::StrCat(request.search_k()),
                      "0 or -1 for the graph, which has a beam");
  }
  if (request.beam() > 0 && (request.engine() == v1::ENGINE_FOREST ||
                             request.engine() == v1::ENGINE_EXACT)) {
    return FieldError("beam", absl::StrCat(request.beam()),
                      "0 for any engine but the graph");
  }
  return absl::OkStatus();
}

// A vector has no item to leave out: an equal item is another one.
absl::Status CheckExcludeSelf(const v1::GetNnsRequest& request) {
  if (!request.exclude_self()) return absl::OkStatus();
  for (int i = 0; i < request.queries_size(); ++i) {
    const v1::Query& query = request.queries(i);
    if (query.has_item() || query.has_label() ||
        query.target_case() == v1::Query::TARGET_NOT_SET) {
      continue;
    }
    return FieldError(
        "exclude_self", "true", "false unless all queries are items or labels",
        absl::StrCat("exclude_self is true, but queries[", i,
                     "] is a vector; it must be false unless all queries are "
                     "items or labels"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckQueryOptions(const v1::GetNnsRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckExcludeSelf(request));
  ANNOD_RETURN_IF_ERROR(CheckFilter("exclude_items", request.exclude_items()));
  ANNOD_RETURN_IF_ERROR(CheckFilter("allow_items", request.allow_items()));
  if (request.has_max_distance()) {
    ANNOD_RETURN_IF_ERROR(CheckFinite("max_distance", request.max_distance()));
  }
  if (request.has_missing_value()) {
    ANNOD_RETURN_IF_ERROR(
        CheckFinite("missing_value", request.missing_value()));
  }
  ANNOD_RETURN_IF_ERROR(CheckMinRecall(request));
  ANNOD_RETURN_IF_ERROR(CheckSettings(request));
  if (request.version() < 0) {
    return FieldError("version", absl::StrCat(request.version()),
                      "0 or a version number");
  }
  if (request.label_fill().empty()) return absl::OkStatus();
  return CheckLabel("label_fill", request.label_fill(), /*may_be_empty=*/true);
}

absl::Status CheckSparseQuery(const v1::GetNnsRequest& request, int position,
                              const IndexSettings& index) {
  const v1::SparseVector& sparse = request.queries(position).sparse();
  const auto field = [position](absl::string_view name) {
    return absl::StrCat("queries[", position, "].sparse.", name);
  };
  if (!request.has_missing_value()) {
    return FieldError("missing_value", "not set", "given for sparse queries",
                      absl::StrCat("queries[", position,
                                   "] is sparse; missing_value must be given"));
  }
  const int count = sparse.positions_size();
  if (count != sparse.values_size()) {
    return FieldError(
        field("values"), absl::StrCat(sparse.values_size(), " values"),
        absl::StrCat(count, " values"),
        absl::StrCat(field("values"), " has ", sparse.values_size(),
                     " elements; positions has ", count));
  }
  if (count > index.dim) {
    return FieldError(
        field("positions"), absl::StrCat(count, " positions"),
        absl::StrCat("at most ", index.dim),
        absl::StrCat(field("positions"), " has ", count, " elements; index '",
                     index.name, "' has dimension ", index.dim));
  }
  for (int i = 0; i < count; ++i) {
    const int32_t at = sparse.positions(i);
    if (at < 0 || at >= index.dim) {
      return FieldError(absl::StrCat(field("positions["), i, "]"),
                        absl::StrCat(at),
                        absl::StrCat("in [0, ", index.dim - 1, "]"));
    }
    if (!std::isfinite(sparse.values(i))) {
      return CheckFinite(absl::StrCat(field("values["), i, "]"),
                         sparse.values(i));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckGetItems(const v1::GetItemsRequest& request) {
  const int64_t count = int64_t{request.ids_size()} + request.labels_size();
  if (count < 1 || count > kMaxItemsAsked) {
    const std::string limit = absl::StrCat("1 to ", kMaxItemsAsked);
    return FieldError(
        "ids", absl::StrCat(count), limit,
        absl::StrCat("ids and labels have ", count,
                     " elements together; they must have ", limit));
  }
  ANNOD_RETURN_IF_ERROR(CheckIds("ids", request.ids()));
  for (int i = 0; i < request.labels_size(); ++i) {
    ANNOD_RETURN_IF_ERROR(CheckLabel(absl::StrCat("labels[", i, "]"),
                                     request.labels(i),
                                     /*may_be_empty=*/false));
  }
  return absl::OkStatus();
}

absl::Status CheckGetDistance(const v1::GetDistanceRequest& request) {
  ANNOD_RETURN_IF_ERROR(CheckId("i", request.i()));
  return CheckId("j", request.j());
}

}  // namespace annod
