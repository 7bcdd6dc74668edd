#include "core/graph/item_codes.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/graph/code_book.h"
#include "core/graph/parallel.h"

namespace annod {
namespace {

constexpr int64_t kPiece = 256;  // rows a thread takes at a time

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

  const int dim = space.dim();
  const int64_t sampled = std::min(size, kSampleItems);
  std::vector<float> sample(sampled * dim);
  for (int64_t k = 0; k < sampled; ++k) {
    space.Item(forest, graph->items[k * size / sampled],
               sample.data() + k * dim);
  }
  const CodeBook book = space.metric() == Metric::kDot
                            ? TrainProductCodeBook(sample, dim, &graph->centre)
                            : TrainCodeBook(sample, dim, &graph->centre);
  graph->codes = CodeRows(size, book.row_bytes());
  ParallelFor(threads, size, kPiece, cancel,
              [&](int, int64_t begin, int64_t end) {
                std::vector<float> vector(dim);
                for (int64_t row = begin; row < end; ++row) {
                  space.Item(forest, graph->items[row], vector.data());
                  book.Encode(vector.data(), graph->codes.row(row));
                }
              });

  graph->graph.book = book;
  graph->graph.codes = graph->codes.row(0);
  graph->graph.items = graph->items;
  graph->graph.rows = graph->rows;
}

}  // namespace annod
