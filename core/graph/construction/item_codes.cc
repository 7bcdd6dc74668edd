#include "core/graph/construction/item_codes.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/graph/codes/code_book.h"
#include "core/graph/codes/projection_training.h"
#include "core/parallel.h"

namespace annod {
namespace {

constexpr int64_t kPiece = 256;  // rows a thread takes at a time

// Makes the vectors that codes are made of.
class Codable {
 public:
  Codable(const ForestData& forest, const GraphSpace& space,
          const Projection& projection)
      : forest_(forest),
        space_(space),
        projection_(projection),
        vector_(space.dim()),
        projected_(projection.dim()) {}

  int dim() const {
    return projection_.active() ? static_cast<int>(projection_.dim())
                                : space_.dim();
  }

  // Of dim() components; good until the next call.
  const float* Vector(int32_t id) {
    space_.Item(forest_, id, vector_.data());
    if (!projection_.active()) return vector_.data();
    projection_.Item(vector_.data(), &scratch_, projected_.data());
    return projected_.data();
  }

  // Of items spread evenly.
  std::vector<float> Sample(const std::vector<int32_t>& items) {
    const auto size = static_cast<int64_t>(items.size());
    const int64_t sampled = std::min(size, kSampleItems);
    std::vector<float> sample(sampled * dim());
    for (int64_t k = 0; k < sampled; ++k) {
      const float* const vector = Vector(items[k * size / sampled]);
      std::copy(vector, vector + dim(), sample.begin() + k * dim());
    }
    return sample;
  }

 private:
  const ForestData& forest_;
  const GraphSpace& space_;
  const Projection& projection_;
  std::vector<float> vector_, projected_;
  ProjectionScratch scratch_;
};

CodeBook TrainBook(absl::Span<const float> sample, int dim, Metric metric,
                   bool projected, std::vector<float>* centre) {
  if (projected) return TrainCodeBookWithRest(sample, dim, centre);
  return metric == Metric::kDot ? TrainProductCodeBook(sample, dim, centre)
                                : TrainCodeBook(sample, dim, centre);
}

}  // namespace

void NumberAndEncode(const ForestData& forest, const GraphSpace& space,
                     const Clusters& order, int threads,
                     const std::atomic<bool>* cancel, BuiltGraph* graph) {
  graph->items = order.items;
  const auto size = static_cast<int64_t>(graph->items.size());
  graph->rows.assign(forest.slot_count, -1);
  for (int64_t row = 0; row < size; ++row) {
    graph->rows[graph->items[row]] = static_cast<int32_t>(row);
  }

  Projection& projection = graph->graph.projection;
  std::vector<float> sample =
      Codable(forest, space, projection).Sample(graph->items);
  graph->projection =
      TrainProjection(sample, forest, space, graph->items, threads, cancel);
  projection = graph->projection.view();
  if (projection.active()) {
    sample = Codable(forest, space, projection).Sample(graph->items);
  }
  const CodeBook book =
      TrainBook(sample, Codable(forest, space, projection).dim(),
                space.metric(), projection.active(), &graph->centre);
  graph->codes = CodeRows(size, book.row_bytes());
  ParallelFor(
      threads, size, kPiece, cancel, [&](int, int64_t begin, int64_t end) {
        Codable codable(forest, space, projection);
        for (int64_t row = begin; row < end; ++row) {
          book.Encode(codable.Vector(graph->items[row]), graph->codes.row(row));
        }
      });

  graph->graph.book = book;
  graph->graph.codes = graph->codes.row(0);
  graph->graph.items = graph->items;
  graph->graph.rows = graph->rows;
}

}  // namespace annod
