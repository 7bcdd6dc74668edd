#include "core/search/forest_index.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/annoy/forest_data.h"
#include "core/annoy/forest_file.h"
#include "core/annoy/hamming_bits.h"
#include "core/search/candidate_search.h"
#include "core/search/filter_cost.h"
#include "core/search/query.h"
#include "core/search/ranking.h"
#include "core/search/search_scratch.h"
#include "core/simd/distance.h"
#include "core/status_macros.h"

namespace annod {
namespace {

class MappedForest final : public ForestIndex {
 public:
  // `file` holds `bytes`, which the nodes of `forest` are a part of, or is null
  // if the caller does. A negative item count is found when first asked for.
  MappedForest(ForestData forest, int64_t item_count,
               absl::Span<const char> bytes, std::unique_ptr<MappedFile> file)
      : forest_(std::move(forest)),
        bytes_(bytes),
        file_(std::move(file)),
        item_count_(item_count) {}

  const NodeLayout& layout() const override { return forest_.layout; }
  int64_t slot_count() const override { return forest_.slot_count; }
  int tree_count() const override { return forest_.tree_count; }
  int annoy_tree_count() const override {
    return static_cast<int>(forest_.roots.size());
  }
  int64_t node_count() const override { return forest_.node_count; }
  absl::Span<const char> bytes() const override { return bytes_; }

  int64_t item_count() const override {
    int64_t count = item_count_.load(std::memory_order_relaxed);
    if (count >= 0) return count;
    count = 0;
    for (int64_t id = 0; id < slot_count(); ++id) count += HasItem(id);
    item_count_.store(count, std::memory_order_relaxed);
    return count;
  }

  bool HasItem(int64_t id) const override {
    return id >= 0 && id < slot_count() && forest_.node(id).descendants() == 1;
  }

  absl::Status GetVector(int64_t id, absl::Span<float> out) const override;
  absl::StatusOr<float> Distance(int64_t i, int64_t j) const override;
  Engine ChooseEngine(const SearchOptions& options) const override;
  bool ScanIsCheaper(const SearchOptions& options) const override {
    return annod::ScanIsCheaper(
        forest_, options.filter == nullptr ? ItemFilter() : *options.filter,
        options.n, SearchK(options));
  }
  absl::Status Search(absl::Span<const float> query,
                      const SearchOptions& options, SearchScratch* scratch,
                      std::vector<Neighbor>* out,
                      SearchStats* stats) const override;
  absl::Status SearchItem(int64_t id, const SearchOptions& options,
                          SearchScratch* scratch, std::vector<Neighbor>* out,
                          SearchStats* stats) const override;

 private:
  absl::Status CheckId(int64_t id) const;
  int64_t SearchK(const SearchOptions& options) const {
    return options.search_k >= 0 ? options.search_k
                                 : int64_t{options.n} * annoy_tree_count();
  }
  absl::Status SearchQuery(const Query& query, const SearchOptions& options,
                           SearchScratch* scratch, std::vector<Neighbor>* out,
                           SearchStats* stats) const;

  const ForestData forest_;
  const absl::Span<const char> bytes_;
  const std::unique_ptr<MappedFile> file_;
  mutable std::atomic<int64_t> item_count_;
};

absl::Status MappedForest::CheckId(int64_t id) const {
  if (id >= 0 && id < slot_count()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(
      "item ", id, " is outside the index's ids [0, ", slot_count(), ")"));
}

absl::Status MappedForest::GetVector(int64_t id, absl::Span<float> out) const {
  ANNOD_RETURN_IF_ERROR(CheckId(id));
  if (out.size() != static_cast<size_t>(dim())) {
    return absl::InvalidArgumentError(
        absl::StrCat("room for ", out.size(),
                     " components given; vectors of the index have ", dim()));
  }
  const NodeView node = forest_.node(id);
  if (metric() == Metric::kHamming) {
    UnpackBits(node.words(), out);
  } else {
    std::memcpy(out.data(), node.floats(), out.size() * sizeof(float));
  }
  return absl::OkStatus();
}

absl::StatusOr<float> MappedForest::Distance(int64_t i, int64_t j) const {
  ANNOD_RETURN_IF_ERROR(CheckId(i));
  ANNOD_RETURN_IF_ERROR(CheckId(j));
  return SlotDistance(forest_, static_cast<int32_t>(i),
                      static_cast<int32_t>(j));
}

Engine MappedForest::ChooseEngine(const SearchOptions& options) const {
  if (options.engine != Engine::kAuto) return options.engine;
  if (options.filter == nullptr || !options.filter->active()) {
    return Engine::kForest;
  }
  return ScanIsCheaper(options) ? Engine::kExact : Engine::kForest;
}

absl::Status MappedForest::Search(absl::Span<const float> query,
                                  const SearchOptions& options,
                                  SearchScratch* scratch,
                                  std::vector<Neighbor>* out,
                                  SearchStats* stats) const {
  out->clear();
  ANNOD_RETURN_IF_ERROR(CheckQueryVector(query, dim()));
  return SearchQuery(MakeQuery(query, layout(), &scratch->words), options,
                     scratch, out, stats);
}

absl::Status MappedForest::SearchItem(int64_t id, const SearchOptions& options,
                                      SearchScratch* scratch,
                                      std::vector<Neighbor>* out,
                                      SearchStats* stats) const {
  out->clear();
  ANNOD_RETURN_IF_ERROR(CheckId(id));
  return SearchQuery(SlotQuery(forest_, static_cast<int32_t>(id)), options,
                     scratch, out, stats);
}

absl::Status MappedForest::SearchQuery(const Query& query,
                                       const SearchOptions& options,
                                       SearchScratch* scratch,
                                       std::vector<Neighbor>* out,
                                       SearchStats* stats) const {
  ANNOD_RETURN_IF_ERROR(CheckSearchOptions(options));
  if (options.engine == Engine::kGraph) {
    return absl::InvalidArgumentError("a forest alone has no graph to search");
  }
  if (ChooseEngine(options) == Engine::kExact) {
    return RankAllItems(forest_, query, options, scratch, out, stats);
  }
  ANNOD_RETURN_IF_ERROR(GatherCandidates(forest_, query, SearchK(options),
                                         options, scratch, stats));
  return RankCandidates(forest_, query, options, scratch, out, stats);
}

absl::StatusOr<std::shared_ptr<const ForestIndex>> OpenMapped(
    absl::Span<const char> bytes, std::unique_ptr<MappedFile> file,
    Metric metric, int dim, const ForestOpenOptions& options) {
  ANNOD_ASSIGN_OR_RETURN(
      ForestFile read,
      ReadForestFile(bytes, metric, dim, options.verify, options.notes));
  const int64_t item_count =
      options.verify == Verify::kTrusted ? options.item_count : read.item_count;
  return std::make_shared<const MappedForest>(
      std::move(read.forest), item_count, bytes, std::move(file));
}

}  // namespace

void SearchScratchDeleter::operator()(SearchScratch* scratch) const {
  delete scratch;
}

SearchScratchPtr NewSearchScratch() {
  return SearchScratchPtr(new SearchScratch);
}

absl::StatusOr<std::shared_ptr<const ForestIndex>> ForestIndex::Open(
    FileSystem* fs, const std::string& path, Metric metric, int dim,
    const ForestOpenOptions& options) {
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> file,
                         fs->MapReadOnly(path, options.prefault));
  const absl::Span<const char> bytes(file->data(), file->size());
  auto index = OpenMapped(bytes, std::move(file), metric, dim, options);
  if (index.ok()) return index;
  return absl::Status(index.status().code(),
                      absl::StrCat(path, ": ", index.status().message()));
}

absl::StatusOr<std::shared_ptr<const ForestIndex>> ForestIndex::OpenBytes(
    absl::Span<const char> bytes, Metric metric, int dim,
    const ForestOpenOptions& options) {
  return OpenMapped(bytes, nullptr, metric, dim, options);
}

}  // namespace annod
