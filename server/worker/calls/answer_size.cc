#include "server/worker/calls/answer_size.h"

#include <algorithm>
#include <memory>

namespace annod {
namespace {

constexpr int64_t kSmallAnswer = 64 << 10;
constexpr int64_t kLabelBytes = 32;
constexpr int64_t kNumberBytes = sizeof(float);
// An answer exists as a message and as bytes.
constexpr int64_t kCopies = 2;

// Of so many items with so many bytes each; below 2^63, for both are.
int64_t Copies(int64_t items, int64_t item_bytes, const Limits& limits) {
  const double bytes =
      static_cast<double>(items) * static_cast<double>(item_bytes);
  if (bytes <= kSmallAnswer) return 0;
  return kCopies * static_cast<int64_t>(std::min(
                       bytes, static_cast<double>(limits.max_message_bytes)));
}

}  // namespace

int64_t BytesToAnswer(const v1::GetNnsRequest& request, const Catalog& catalog,
                      const Limits& limits) {
  std::shared_ptr<const IndexView> view;
  if (request.include_vectors() || request.n() == 0) {
    view = catalog.Find(request.index());
  }
  int64_t each = kNumberBytes;
  if (request.include_distances()) each += kNumberBytes;
  if (request.include_labels()) {
    each += kLabelBytes + static_cast<int64_t>(request.label_fill().size());
  }
  if (request.include_vectors() && view != nullptr) {
    each += kNumberBytes * view->settings.dim;
  }
  const bool has_default = request.n() == 0 && view != nullptr;
  const int64_t n =
      std::max(1, has_default ? view->settings.default_n : request.n());
  return Copies(n * request.queries_size(), each, limits);
}

int64_t BytesToAnswer(const v1::GetItemsRequest& request, const IndexView& view,
                      const Limits& limits) {
  return Copies(int64_t{request.ids_size()} + request.labels_size(),
                kLabelBytes + kNumberBytes * view.settings.dim, limits);
}

}  // namespace annod
