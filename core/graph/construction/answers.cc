#include "core/graph/construction/answers.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <utility>

#include "absl/types/span.h"
#include "core/graph/codes/code_blocks.h"
#include "core/graph/codes/query_codes.h"
#include "core/graph/construction/refining.h"
#include "core/parallel.h"
#include "core/search/ranking.h"
#include "core/search/search_scratch.h"
#include "core/simd/codes.h"
#include "core/simd/distance.h"

namespace annod {
namespace {

constexpr int64_t kPiece = 256;  // rows a thread takes at a time
constexpr size_t kRowsOfKernel = 4;
// Rows that are compared with some of the longest while those are in the second
// level of the caches, and how many bytes of codes that are.
constexpr size_t kRowsAtOnce = 16;
constexpr size_t kBytesAtOnce = 512 << 10;
constexpr int32_t kNoProduct = INT32_MAX / 2;  // of what only fills a block

// Rows as queries, and what else a thread works in.
class Asker {
 public:
  Asker(const ForestData& forest, const BuiltGraph& graph,
        const GraphSpace& space)
      : forest_(forest), graph_(graph), space_(space) {}

  // The codes of `row` as a query; good until the next call.
  const uint8_t* Encode(int64_t row) {
    Query query = SlotQuery(forest_, graph_.items[row]);
    if (row % 2 == 1) query.floats = FromMiddle(query.floats);
    EncodeQuery(query, space_, graph_.graph.projection, graph_.graph.book,
                &beam_);
    return AlignedCodes(&beam_);
  }

  std::vector<CodeNeighbor> found;
  std::vector<int32_t> ids, distances;
  CodeRows queries, products;

 private:
  const float* FromMiddle(const float* vector) {
    from_middle_.assign(vector, vector + forest_.layout.dim);
    for (size_t i = 0; i < from_middle_.size(); ++i) {
      from_middle_[i] -= graph_.middle[i];
    }
    return from_middle_.data();
  }

  const ForestData& forest_;
  const BuiltGraph& graph_;
  const GraphSpace& space_;
  BeamScratch beam_;
  std::vector<float> from_middle_;
};

}  // namespace

AnswerFinder::AnswerFinder(const ForestData* forest, const BuiltGraph* graph,
                           int threads, const std::atomic<bool>* cancel)
    : forest_(*forest),
      graph_(*graph),
      space_(forest->layout, graph->graph.turn),
      threads_(threads),
      cancel_(cancel) {}

uint64_t AnswerFinder::WorkBytes(const NodeLayout& layout, int64_t rows,
                                 int threads) {
  const uint64_t codes = PaddedCodeBytes(GraphSpace::DimOf(layout));
  const uint64_t thread =
      kLongest * (kRowsAtOnce * sizeof(int32_t) + sizeof(CodeNeighbor));
  return static_cast<uint64_t>(rows) * sizeof(std::pair<float, int32_t>) +
         kLongest * codes + static_cast<uint64_t>(threads) * thread;
}

// In the order of rows, so that near ones are apart when the best are chosen.
std::vector<int32_t> AnswerFinder::Longest() const {
  std::vector<std::pair<float, int32_t>> by_norm(rows());
  ParallelFor(
      threads_, rows(), kPiece, cancel_, [&](int, int64_t begin, int64_t end) {
        const int dim = forest_.layout.dim;
        for (int64_t row = begin; row < end; ++row) {
          const float* vector = forest_.node(graph_.items[row]).floats();
          // Negated; what is no number is the shortest.
          const float norm = -SquaredL2(vector, graph_.middle.data(), dim);
          by_norm[row] = {norm < 0 ? norm : 0, static_cast<int32_t>(row)};
        }
      });
  const auto count = std::min(rows(), kLongest);
  if (count < rows()) {
    std::nth_element(by_norm.begin(), by_norm.begin() + count, by_norm.end());
  }
  std::vector<int32_t> longest(count);
  std::transform(by_norm.begin(), by_norm.begin() + count, longest.begin(),
                 [](const auto& one) { return one.second; });
  std::sort(longest.begin(), longest.end());
  return longest;
}

void AnswerFinder::AddLongest(NeighborLists* answers) const {
  const std::vector<int32_t> longest = Longest();
  const size_t bytes = graph_.graph.book.row_bytes();
  const size_t items = WholeBlocks(longest.size());
  CodeRows laid_out(items, bytes);
  std::vector<int32_t> offsets(items, kNoProduct);
  for (size_t j = 0; j < longest.size(); ++j) {
    PutInBlocks(graph_.codes.row(longest[j]), j, &laid_out);
    offsets[j] = 0;
  }
  CodeBlocks blocks;
  blocks.data = laid_out.row(0);
  blocks.norms = offsets.data();
  blocks.block_count = items / kBlockItems;
  blocks.bytes = bytes;

  std::vector<std::unique_ptr<Asker>> askers(threads_);
  // Products of kRowsAtOnce queries with all of them.
  const auto multiply = [&](const CodeRows& queries, int32_t* products) {
    const size_t block_bytes = bytes * kBlockItems;
    const size_t at_once = std::max<size_t>(1, kBytesAtOnce / block_bytes);
    for (size_t first = 0; first < blocks.block_count; first += at_once) {
      CodeBlocks some = blocks;
      some.data += first * block_bytes;
      some.norms += first * kBlockItems;
      some.block_count = std::min(at_once, blocks.block_count - first);
      for (size_t r = 0; r < kRowsAtOnce; r += kRowsOfKernel) {
        CodeDistances().four_rows_against_blocks(
            queries.row(r), some, items,
            products + r * items + first * kBlockItems);
      }
    }
  };
  const auto add = [&](int64_t row, const int32_t* products, Asker* asker) {
    // The row itself may be among them.
    const size_t count = CodeDistances().select_smallest(
        products, items, kAnswers + 1, asker->found.data());
    size_t kept = 0;
    for (size_t k = 0; k < count; ++k) {
      const auto j = static_cast<size_t>(asker->found[k].id);
      if (j >= longest.size() || longest[j] == row) continue;
      // They come twice as large.
      asker->found[kept++] = {asker->found[k].distance / 2, longest[j]};
    }
    answers->Add(row, {asker->found.data(), kept});
  };
  ParallelFor(
      threads_, rows(), kPiece, cancel_,
      [&](int worker, int64_t begin, int64_t end) {
        if (askers[worker] == nullptr) {
          askers[worker] = std::make_unique<Asker>(forest_, graph_, space_);
          askers[worker]->queries = CodeRows(kRowsAtOnce, bytes);
          askers[worker]->products = CodeRows(kRowsAtOnce, items * 4);
          askers[worker]->found.resize(items);
        }
        Asker& asker = *askers[worker];
        auto* const products =
            reinterpret_cast<int32_t*>(asker.products.row(0));
        for (int64_t row = begin; row < end; row += kRowsAtOnce) {
          const auto count = std::min<int64_t>(kRowsAtOnce, end - row);
          for (int64_t r = 0; r < count; ++r) {
            std::memcpy(asker.queries.row(r), asker.Encode(row + r), bytes);
          }
          multiply(asker.queries, products);
          for (int64_t r = 0; r < count; ++r) {
            add(row + r, products + static_cast<size_t>(r) * items, &asker);
          }
        }
      });
}

void AnswerFinder::AddNear(const NeighborLists& near,
                           NeighborLists* answers) const {
  const size_t bytes = graph_.graph.book.row_bytes();
  std::vector<std::unique_ptr<Asker>> askers(threads_);
  ParallelFor(
      threads_, rows(), kPiece, cancel_,
      [&](int worker, int64_t begin, int64_t end) {
        if (askers[worker] == nullptr) {
          askers[worker] = std::make_unique<Asker>(forest_, graph_, space_);
        }
        Asker& asker = *askers[worker];
        for (int64_t row = begin; row < end; ++row) {
          near.Sorted(row, &asker.found);
          asker.ids.clear();
          for (const CodeNeighbor& one : asker.found) {
            asker.ids.push_back(one.id);
          }
          asker.distances.resize(asker.ids.size());
          CodeDistances().negative_dot_rows(
              asker.Encode(row), bytes, graph_.codes.rows(), asker.ids.data(),
              asker.ids.size(), asker.distances.data());
          for (size_t k = 0; k < asker.ids.size(); ++k) {
            asker.found[k].distance = asker.distances[k];
          }
          answers->Add(row, asker.found);
        }
      });
}

double AnswerFinder::SampledRecall(const NeighborLists& answers,
                                   int sampled) const {
  std::vector<int32_t> all(rows());
  std::iota(all.begin(), all.end(), 0);
  return annod::SampledRecall(
      answers, rows(), sampled, threads_,
      [&](int64_t row, std::vector<int32_t>* distances) {
        Asker asker(forest_, graph_, space_);
        CodeDistances().negative_dot_rows(
            asker.Encode(row), graph_.graph.book.row_bytes(),
            graph_.codes.rows(), all.data(), all.size(), distances->data());
      });
}

}  // namespace annod
