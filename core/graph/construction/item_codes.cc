#include "core/graph/construction/item_codes.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/forest/random.h"
#include "core/graph/codes/code_book.h"
#include "core/graph/codes/graph_space.h"
#include "core/graph/codes/packing.h"
#include "core/graph/codes/projection_training.h"
#include "core/graph/codes/turn.h"
#include "core/graph/construction/sampled_answers.h"
#include "core/parallel.h"

namespace annod {
namespace {

constexpr int64_t kRowsAtATime = 256;           // rows a thread takes at a time
constexpr uint64_t kTurnNumber = ~uint64_t{0};  // no tree has it

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

  std::vector<float> Vectors(const std::vector<int32_t>& items) {
    std::vector<float> vectors;
    vectors.reserve(items.size() * dim());
    for (const int32_t item : items) {
      const float* const vector = Vector(item);
      vectors.insert(vectors.end(), vector, vector + dim());
    }
    return vectors;
  }

 private:
  const ForestData& forest_;
  const GraphSpace& space_;
  const Projection& projection_;
  std::vector<float> vector_, projected_;
  ProjectionScratch scratch_;
};

// Items spread evenly over `items`, but for those that are `apart`.
std::vector<int32_t> Sampled(const std::vector<int32_t>& items,
                             const std::vector<int32_t>& apart) {
  const auto size = static_cast<int64_t>(items.size());
  const int64_t most = std::min(size, kSampleItems);
  std::vector<int32_t> sampled;
  for (int64_t k = 0; k < most; ++k) {
    const int32_t item = items[k * size / most];
    if (std::binary_search(apart.begin(), apart.end(), item)) continue;
    sampled.push_back(item);
  }
  return sampled.empty() ? items : sampled;
}

// Sums of differences and bits do not bear it.
bool MayTurn(const NodeLayout& layout) {
  return layout.metric != Metric::kManhattan &&
         layout.metric != Metric::kHamming && layout.dim >= 2;
}

}  // namespace

void NumberAndEncode(const ForestData& forest, const Clusters& order,
                     uint64_t seed, int threads,
                     const std::atomic<bool>* cancel, BuiltGraph* graph) {
  graph->items = order.items;
  const auto size = static_cast<int64_t>(graph->items.size());
  graph->rows.assign(forest.slot_count, -1);
  for (int64_t row = 0; row < size; ++row) {
    graph->rows[graph->items[row]] = static_cast<int32_t>(row);
  }
  const GraphSpace::Lengths lengths = GraphSpace::LengthsOf(forest);
  graph->apart = lengths.apart;
  graph->middle = lengths.middle;
  const NodeLayout& layout = forest.layout;
  const std::vector<int32_t> sampled = Sampled(graph->items, graph->apart);
  Projection& projection = graph->graph.projection;
  Turn& turn = graph->graph.turn;
  const auto sample_as_coded = [&] {
    const GraphSpace space(layout, turn, &lengths);
    return Codable(forest, space, projection).Vectors(sampled);
  };
  std::vector<float> sample = sample_as_coded();
  graph->projection =
      TrainProjection(sample, forest, GraphSpace(layout, turn, &lengths),
                      graph->items, threads, cancel);
  projection = graph->projection.view();
  if (!projection.active() && MayTurn(layout)) {
    const auto dim = static_cast<size_t>(layout.dim);
    seed = std::max<uint64_t>(1, TreeSeed(seed, kTurnNumber));
    graph->turn_factors = TurnFactors(seed, dim);
    turn = {seed, graph->turn_factors, dim};
  }
  if (projection.active() || turn.active()) sample = sample_as_coded();
  const GraphSpace space(layout, turn, &lengths);
  const auto train_book = [&] {
    Codable codable(forest, space, projection);
    const int dim = codable.dim();
    std::vector<float>* const centre = &graph->centre;
    if (projection.active()) return TrainCodeBookWithRest(sample, dim, centre);
    if (layout.metric != Metric::kDot) {
      return TrainCodeBook(sample, dim, centre);
    }
    const SampledAnswers answers = SampleAnswers(forest, sampled, graph->middle,
                                                 graph->apart, threads, cancel);
    graph->lift = answers.lift;
    return TrainProductCodeBook(
        sample, answers.items.empty() ? sample : codable.Vectors(answers.items),
        dim, centre);
  };
  const CodeBook book = train_book();
  graph->codes = CodeRows(size, book.row_bytes());
  ParallelFor(threads, size, kRowsAtATime, cancel,
              [&](int, int64_t begin, int64_t end) {
                Codable codable(forest, space, projection);
                for (int64_t row = begin; row < end; ++row) {
                  book.Encode(codable.Vector(graph->items[row]),
                              graph->codes.row(row));
                }
              });

  graph->graph.book = book;
  graph->graph.codes = graph->codes.row(0);
  graph->graph.items = graph->items;
  graph->graph.rows = graph->rows;
  graph->graph.apart = graph->apart;
}

CodedItems PackItems(const BuiltGraph& graph, int bits, int threads,
                     const std::atomic<bool>* cancel) {
  const Packing packing(graph.graph.book, graph.codes, bits);
  CodedItems packed;
  packed.book = packing.book();
  packed.codes = CodeRows(graph.codes.count(), packed.book.row_bytes());
  ParallelFor(threads, static_cast<int64_t>(graph.codes.count()), kRowsAtATime,
              cancel, [&](int, int64_t begin, int64_t end) {
                for (int64_t row = begin; row < end; ++row) {
                  packing.Pack(graph.codes.row(row), packed.codes.row(row));
                }
              });
  return packed;
}

CodedItems WidenRows(const ForestData& forest, const BuiltGraph& graph,
                     absl::Span<const int32_t> rows, int threads,
                     const std::atomic<bool>* cancel) {
  CodedItems wide;
  wide.book = WidenedBook(graph.graph.book);
  wide.codes = CodeRows(rows.size(), wide.book.row_bytes());
  const GraphSpace space(forest.layout, graph.graph.turn);
  ParallelFor(threads, static_cast<int64_t>(rows.size()), kRowsAtATime, cancel,
              [&](int, int64_t begin, int64_t end) {
                Codable codable(forest, space, graph.graph.projection);
                for (int64_t k = begin; k < end; ++k) {
                  wide.book.Encode(codable.Vector(graph.items[rows[k]]),
                                   wide.codes.row(k));
                }
              });
  return wide;
}

void UseCodes(CodedItems packed, BuiltGraph* graph) {
  graph->codes = std::move(packed.codes);
  graph->graph.book = packed.book;
  graph->graph.codes = graph->codes.row(0);
}

}  // namespace annod
