#include "core/graph/construction/graph_builder.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/graph/codes/graph_space.h"
#include "core/graph/codes/packing.h"
#include "core/graph/codes/projection_training.h"
#include "core/graph/construction/answers.h"
#include "core/graph/construction/cluster_pairs.h"
#include "core/graph/construction/clusters.h"
#include "core/graph/construction/code_width.h"
#include "core/graph/construction/companions.h"
#include "core/graph/construction/edges.h"
#include "core/graph/construction/entry_lift.h"
#include "core/graph/construction/item_codes.h"
#include "core/graph/construction/neighbor_lists.h"
#include "core/graph/construction/places.h"
#include "core/graph/construction/rank_exponent.h"
#include "core/graph/construction/reach.h"
#include "core/graph/construction/refining.h"
#include "core/parallel.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr int kSampledRows = 100;
constexpr int kRefineNear = 24;
// Answers that near rows are at least, of as many as they are near rows, where
// they do for inner products.
constexpr double kNearAnswers = 0.5;
constexpr int64_t kBuilderPiece = 256;  // rows a thread takes at a time

// Shares of the whole that are done after each step.
constexpr double kCodesDone = 0.06;
constexpr double kClustersDone = 0.7;
constexpr double kPruneDone = 0.85;
constexpr double kReverseDone = 0.95;

class Stopwatch {
 public:
  // Seconds since construction or the last call.
  double Lap() {
    const absl::Time now = absl::Now();
    const double seconds = absl::ToDoubleSeconds(now - start_);
    start_ = now;
    return seconds;
  }

 private:
  absl::Time start_ = absl::Now();
};

class Builder {
 public:
  Builder(const ForestData& forest, const GraphBuildOptions& options,
          GraphBuildTimes* times)
      : forest_(forest), options_(options), times_(*times) {}

  absl::StatusOr<BuiltGraph> Build() {
    const std::vector<int32_t>& roots = forest_.tree_roots;
    Stopwatch watch;
    const Clusters first = CutTree(forest_, roots[0], options_.cluster_items);
    if (first.items.size() < 2) {
      return absl::FailedPreconditionError(
          "a graph needs 2 items; the forest has fewer");
    }
    graph_.graph.entry_root = roots[0];
    NumberAndEncode(forest_, first, options_.seed, options_.threads,
                    options_.cancel, &graph_);
    times_.codes = watch.Lap();
    lists_ = std::make_unique<NeighborLists>(size(), options_.candidates);
    const size_t trees =
        std::min(roots.size(), static_cast<size_t>(options_.trees));
    for (size_t t = 0; t < trees; ++t) {
      Progress(kCodesDone + (kClustersDone - kCodesDone) *
                                static_cast<double>(t) /
                                static_cast<double>(trees));
      ANNOD_RETURN_IF_ERROR(CheckCancelled());
      AddClusters(t == 0 ? first
                         : CutTree(forest_, roots[t], options_.cluster_items));
    }
    times_.clusters = watch.Lap();
    Progress(kClustersDone);
    if (is_dot()) {
      FindAnswers();
      ANNOD_RETURN_IF_ERROR(CheckCancelled());
      times_.answers = watch.Lap();
    }
    ANNOD_RETURN_IF_ERROR(Refine());
    times_.refine = watch.Lap();
    graph_.graph.degree =
        times_.refine_passes == 0 ? options_.degree : options_.hard_degree;
    WidenCodes();
    graph_.graph.rank_exponent =
        RankExponent(forest_.layout.metric,
                     EdgeCodes().row_bytes() * CodeBook::kByte / EdgeBits(),
                     size(), *lists_);
    EdgeChooser chooser(&EdgeCodes(), EdgeBits(), lists_.get(), degree(),
                        options_.threads, options_.cancel);
    chooser.Choose(options_.first_alpha_squared);
    times_.first_prune = watch.Lap();
    Progress(kPruneDone);
    ANNOD_RETURN_IF_ERROR(CheckCancelled());
    neighbors_ = chooser.BothWays(
        options_.second_alpha_squared,
        answers_ == nullptr ? std::min(options_.filled, degree()) : 0);
    times_.second_prune = watch.Lap();
    Progress(kReverseDone);
    if (answers_ == nullptr) {
      graph_.graph.degree = KeepPlaces(degree(), &neighbors_);
    } else {
      AddCompanions();
      times_.companions = watch.Lap();
    }
    ANNOD_RETURN_IF_ERROR(CheckCancelled());
    times_.repaired = ConnectAll(*lists_, degree(), &neighbors_);
    const int place_bytes = PlaceBytes(size());
    graph_.neighbors = PackPlaces(neighbors_, place_bytes);
    graph_.graph.neighbors = graph_.neighbors;
    graph_.graph.place_bytes = place_bytes;
    neighbors_ = {};
    times_.repair = watch.Lap();
    Pack();
    if (is_dot()) {
      LiftIfFaster(forest_, options_.threads, options_.cancel, &graph_);
    }
    ANNOD_RETURN_IF_ERROR(CheckCancelled());
    times_.packing = watch.Lap();
    Progress(1);
    return std::move(graph_);
  }

 private:
  int64_t size() const { return static_cast<int64_t>(graph_.items.size()); }
  int degree() const { return graph_.graph.degree; }
  bool is_dot() const { return forest_.layout.metric == Metric::kDot; }

  void WidenCodes() {
    const bool wanted = options_.code_bits == 0
                            ? BytesConfuse(forest_, graph_, *lists_)
                            : options_.code_bits == CodeBook::kWide &&
                                  MayPack(forest_.layout.metric,
                                          graph_.graph.projection.active());
    if (!wanted) return;
    wide_ =
        Widen(forest_, graph_, options_.threads, options_.cancel, lists_.get());
  }
  const CodeRows& EdgeCodes() const {
    return wide_.codes.count() > 0 ? wide_.codes : graph_.codes;
  }
  int EdgeBits() const {
    return wide_.codes.count() > 0 ? CodeBook::kWide : CodeBook::kByte;
  }

  void Pack() {
    const int bits = options_.code_bits;
    if (wide_.codes.count() > 0 && bits == CodeBook::kWide) {
      UseCodes(std::move(wide_), &graph_);
    } else if (wide_.codes.count() > 0) {
      UseIfFaster(forest_, std::move(wide_), options_.threads, options_.cancel,
                  &graph_);
    } else if (bits == 0) {
      PackIfFaster(forest_, options_.threads, options_.cancel, &graph_);
    } else if (bits < CodeBook::kByte &&
               MayPack(forest_.layout.metric,
                       graph_.graph.projection.active())) {
      UseCodes(PackItems(graph_, bits, options_.threads, options_.cancel),
               &graph_);
    }
  }

  void Progress(double done) const {
    if (options_.progress) options_.progress(done);
  }

  absl::Status CheckCancelled() const {
    if (options_.cancel == nullptr || !options_.cancel->load()) {
      return absl::OkStatus();
    }
    return absl::CancelledError("cancelled while the graph was built");
  }

  void AddClusters(const Clusters& clusters) {
    std::vector<int32_t> rows(clusters.items.size());
    for (size_t k = 0; k < rows.size(); ++k) {
      rows[k] = graph_.rows[clusters.items[k]];
    }
    std::vector<std::unique_ptr<ClusterPairs>> pairs(options_.threads);
    ParallelFor(options_.threads, static_cast<int64_t>(clusters.size()), 1,
                options_.cancel, [&](int worker, int64_t begin, int64_t) {
                  if (pairs[worker] == nullptr) {
                    pairs[worker] = std::make_unique<ClusterPairs>(
                        &graph_.codes, options_.cluster_neighbors);
                  }
                  const int64_t from = clusters.begins[begin];
                  pairs[worker]->Add(
                      absl::MakeSpan(rows).subspan(
                          from, clusters.begins[begin + 1] - from),
                      lists_.get());
                });
  }

  AnswerFinder Finder() const {
    return AnswerFinder(&forest_, &graph_, options_.threads, options_.cancel);
  }

  // Unless items are about equally long and the near ones the answers: then
  // edges to those do best.
  void FindAnswers() {
    answers_ = std::make_unique<NeighborLists>(size(), AnswerFinder::kAnswers);
    Finder().AddNear(*lists_, answers_.get());
    if (Finder().SampledRecall(*answers_, kSampledRows) >=
        kNearAnswers * SampledRecall(graph_.codes, *lists_, kSampledRows,
                                     options_.threads)) {
      answers_.reset();
      return;
    }
    Finder().AddLongest(answers_.get());
  }

  // Hard data: clusters miss many neighbours, which are those of neighbours.
  absl::Status Refine() {
    for (int pass = 0; pass < options_.most_refine_passes; ++pass) {
      times_.list_recall = answers_ != nullptr
                               ? Finder().SampledRecall(*answers_, kSampledRows)
                               : SampledRecall(graph_.codes, *lists_,
                                               kSampledRows, options_.threads);
      if (times_.list_recall >= options_.enough_list_recall) break;
      RefineLists(graph_.codes, kRefineNear, options_.threads, options_.cancel,
                  lists_.get());
      if (answers_ != nullptr) Finder().AddNear(*lists_, answers_.get());
      ANNOD_RETURN_IF_ERROR(CheckCancelled());
      ++times_.refine_passes;
    }
    return absl::OkStatus();
  }

  // Puts edges to companions and answers before those chosen so far, of which
  // the nearest keep their places.
  void AddCompanions() {
    std::vector<int32_t> silent;
    for (const int32_t item : options_.measuring) {
      if (graph_.rows[item] >= 0) silent.push_back(graph_.rows[item]);
    }
    const Companions companions(*answers_, size(), silent, options_.threads,
                                options_.cancel);
    const auto most =
        static_cast<size_t>(std::min(options_.companions, degree()));
    std::vector<Companions::Scratch> scratches(options_.threads);
    ParallelFor(
        options_.threads, size(), kBuilderPiece, options_.cancel,
        [&](int worker, int64_t begin, int64_t end) {
          std::vector<int32_t> chosen;
          for (int64_t row = begin; row < end; ++row) {
            const auto places =
                absl::MakeSpan(neighbors_).subspan(row * degree(), degree());
            companions.Of(row, most, &scratches[worker], &chosen);
            Append(companions.AnswersTo(row), most, &chosen);
            Append(places, degree(), &chosen);
            std::copy(chosen.begin(), chosen.end(), places.begin());
          }
        });
  }

  // Appends rows that are not there yet, up to the first -1, until there are
  // `most`.
  static void Append(absl::Span<const int32_t> rows, size_t most,
                     std::vector<int32_t>* chosen) {
    for (const int32_t row : rows) {
      if (row < 0 || chosen->size() >= most) return;
      if (std::find(chosen->begin(), chosen->end(), row) == chosen->end()) {
        chosen->push_back(row);
      }
    }
  }

  const ForestData& forest_;
  const GraphBuildOptions options_;
  GraphBuildTimes& times_;
  BuiltGraph graph_;
  std::unique_ptr<NeighborLists> lists_;
  std::unique_ptr<NeighborLists> answers_;  // dot only; may be null
  CodedItems wide_;                         // none if bytes do
  std::vector<int32_t> neighbors_;
};

}  // namespace

namespace {

uint64_t MostDegree(const GraphBuildOptions& options) {
  return std::max(options.degree, options.hard_degree);
}

// Of a row, whichever codes there will be.
uint64_t MostCodeBytes(const NodeLayout& layout,
                       const GraphBuildOptions& options) {
  const bool wide = options.code_bits == CodeBook::kWide ||
                    (options.code_bits == 0 && MayWiden(layout));
  return CodeRowBytes(static_cast<size_t>(GraphSpace::DimOf(layout)),
                      wide ? CodeBook::kWide : CodeBook::kByte);
}

}  // namespace

uint64_t GraphFileBytes(const NodeLayout& layout, int64_t items, int64_t slots,
                        const GraphBuildOptions& options) {
  constexpr uint64_t kHeadAndPadding = 1024;
  const uint64_t row =
      MostCodeBytes(layout, options) + sizeof(int32_t) +
      static_cast<uint64_t>(PlaceBytes(items)) * MostDegree(options);
  return static_cast<uint64_t>(items) * row +
         static_cast<uint64_t>(slots) * sizeof(int32_t) +
         sizeof(float) * static_cast<uint64_t>(GraphSpace::DimOf(layout)) +
         ProjectionBytes(layout.metric, GraphSpace::DimOf(layout)) +
         kHeadAndPadding;
}

uint64_t GraphBuildBytes(const NodeLayout& layout, int64_t items, int64_t slots,
                         const GraphBuildOptions& options) {
  // The first choice of edges and as many that come back, with their counts and
  // beginnings, and the last choice; the clusters of a tree as ids and as rows.
  const uint64_t row = NeighborLists::BytesPerRow(options.candidates) +
                       2 * sizeof(CodeNeighbor) * MostDegree(options) +
                       sizeof(int32_t) * (1 + MostDegree(options)) +
                       2 * sizeof(int64_t) + 2 * sizeof(int32_t);
  const uint64_t sample =
      2 * sizeof(float) * kSampleItems *
          static_cast<uint64_t>(GraphSpace::DimOf(layout)) +
      ProjectionTrainingBytes(layout.metric, GraphSpace::DimOf(layout),
                              options.threads);
  const uint64_t cluster =
      static_cast<uint64_t>(options.threads) * options.cluster_items *
      (2 * PaddedCodeBytes(GraphSpace::DimOf(layout)) + 32);
  // Bytes while others are tried, of which one may be the best so far.
  const uint64_t tried = PaddedCodeBytes(GraphSpace::DimOf(layout));
  uint64_t answers = 0;
  if (layout.metric == Metric::kDot) {
    answers = static_cast<uint64_t>(items) *
                  NeighborLists::BytesPerRow(AnswerFinder::kAnswers) +
              AnswerFinder::WorkBytes(layout, items, options.threads) +
              Companions::WorkBytes(items, options.threads);
  }
  return GraphFileBytes(layout, items, slots, options) +
         static_cast<uint64_t>(items) * (row + tried) + sample + cluster +
         answers;
}

absl::StatusOr<BuiltGraph> BuildGraph(const ForestData& forest,
                                      const GraphBuildOptions& options,
                                      GraphBuildTimes* times) {
  if (forest.tree_roots.empty()) {
    return absl::FailedPreconditionError("an empty forest has no graph");
  }
  return Builder(forest, options, times).Build();
}

}  // namespace annod
