#include "server/worker/query/answer.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "server/rpc/errors.h"

namespace annod {
namespace {

// What an id and a distance take on the wire, at most, and a label beside its
// text.
constexpr int64_t kNeighborBytes = 9;
constexpr int64_t kLabelOverheadBytes = 3;

// Queries that an ANSWER_SHORT names.
constexpr size_t kMaxNamedQueries = 5;

}  // namespace

Answer::Answer(const v1::GetNnsRequest& request, const ItemView& items, int n,
               int64_t max_bytes, v1::GetNnsResponse* response)
    : request_(request),
      items_(items),
      n_(n),
      max_bytes_(max_bytes),
      response_(response) {
  response->mutable_results()->Reserve(request.queries_size());
}

absl::Status Answer::CheckSize(int64_t more_bytes) {
  bytes_ += more_bytes;
  if (bytes_ <= max_bytes_) return absl::OkStatus();
  return ReasonError(
      absl::StatusCode::kResourceExhausted, kLimitReached,
      absl::StrCat("queries[", response_->results_size() - 1,
                   "] makes the answer larger than ", max_bytes_,
                   " bytes (max_message_bytes); send fewer queries in a call, "
                   "or ask for a smaller n or no labels or vectors"),
      {{"limit", absl::StrCat(max_bytes_)}});
}

absl::Status Answer::Add(absl::Span<const Neighbor> neighbors) {
  v1::NeighborList* result = response_->add_results();
  const int count = static_cast<int>(neighbors.size());
  int64_t bytes = kNeighborBytes * count;
  if (request_.include_vectors()) {
    bytes += int64_t{count} * items_.index().settings.dim *
             static_cast<int64_t>(sizeof(float));
  }
  ANNOD_RETURN_IF_ERROR(CheckSize(bytes));
  if (count < n_) {
    result->set_truncated(true);
    ++short_count_;
    if (request_.strict() && first_short_.size() < kMaxNamedQueries) {
      first_short_.emplace_back(response_->results_size() - 1,
                                neighbors.size());
    }
  }
  result->mutable_ids()->Reserve(count);
  for (const Neighbor& neighbor : neighbors) result->add_ids(neighbor.id);
  if (request_.include_distances()) {
    result->mutable_distances()->Reserve(count);
    for (const Neighbor& neighbor : neighbors) {
      result->add_distances(neighbor.distance);
    }
  }
  if (request_.include_labels()) {
    ANNOD_RETURN_IF_ERROR(AddLabels(neighbors, result));
  }
  if (request_.include_vectors()) {
    ANNOD_RETURN_IF_ERROR(AddVectors(neighbors, result));
  }
  return absl::OkStatus();
}

absl::Status Answer::AddLabels(absl::Span<const Neighbor> neighbors,
                               v1::NeighborList* result) {
  int64_t bytes = 0;
  for (const Neighbor& neighbor : neighbors) {
    absl::string_view label = items_.LabelOf(neighbor.id);
    if (label.empty()) label = request_.label_fill();
    result->add_labels(label.data(), label.size());
    bytes += static_cast<int64_t>(label.size()) + kLabelOverheadBytes;
  }
  return CheckSize(bytes);
}

absl::Status Answer::AddVectors(absl::Span<const Neighbor> neighbors,
                                v1::NeighborList* result) const {
  const auto dim = static_cast<size_t>(items_.index().settings.dim);
  std::string* vectors = result->mutable_vectors();
  vectors->resize(neighbors.size() * dim * sizeof(float));
  // The bytes of a string are aligned for floats: it comes from the heap or is
  // shorter than one.
  auto* const rows = reinterpret_cast<float*>(&(*vectors)[0]);
  for (size_t i = 0; i < neighbors.size(); ++i) {
    ANNOD_RETURN_IF_ERROR(items_.GetVector(
        neighbors[i].id, absl::Span<float>(rows + i * dim, dim)));
  }
  return absl::OkStatus();
}

absl::Status Answer::Finish() const {
  if (!request_.strict() || short_count_ == 0) return absl::OkStatus();
  const std::string named = absl::StrJoin(
      first_short_, ", ",
      [](std::string* out, const std::pair<int, size_t>& query) {
        absl::StrAppend(out, "queries[", query.first, "] found ", query.second);
      });
  return ReasonError(
      absl::StatusCode::kFailedPrecondition, kAnswerShort,
      absl::StrCat(short_count_, " of ", request_.queries_size(),
                   " queries found fewer than n = ", n_, " items: ", named,
                   first_short_.size() < static_cast<size_t>(short_count_)
                       ? ", ..."
                       : ""),
      {{"index", items_.index().settings.name},
       {"n", absl::StrCat(n_)},
       {"short_count", absl::StrCat(short_count_)},
       {"first_query", absl::StrCat(first_short_[0].first)},
       {"first_found", absl::StrCat(first_short_[0].second)}});
}

}  // namespace annod
