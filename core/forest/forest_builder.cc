#include "core/forest/forest_builder.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/annoy/item_slots.h"
#include "core/cpu_count.h"
#include "core/forest/build_progress.h"
#include "core/forest/compat_splitter.h"
#include "core/forest/fast_splitter.h"
#include "core/forest/hamming_splitter.h"
#include "core/forest/parted_grower.h"
#include "core/forest/random.h"
#include "core/forest/slot_writer.h"
#include "core/forest/subtree.h"
#include "core/forest/tree_grower.h"
#include "core/forest/tree_pipeline.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr int kMaxTrees = 10000;
constexpr int kMaxThreads = 1024;
constexpr int64_t kMaxNodes = std::numeric_limits<int32_t>::max();

absl::StatusOr<NodeLayout> LayoutToWrite(const ForestBuildOptions& options) {
  LayoutKind kind = LayoutsForMetric(options.metric).front();
  if (options.metric == Metric::kDot) kind = options.dot_layout;
  return MakeNodeLayout(options.layout.value_or(kind), options.metric,
                        options.dim);
}

absl::Status CheckOptions(const VectorSource& source,
                          const ForestBuildOptions& options) {
  if (options.tree_count != -1 &&
      (options.tree_count < 1 || options.tree_count > kMaxTrees)) {
    return absl::InvalidArgumentError(
        absl::StrCat("tree_count is ", options.tree_count,
                     "; it must be -1 or between 1 and ", kMaxTrees));
  }
  if (options.threads < 0 || options.threads > kMaxThreads) {
    return absl::InvalidArgumentError(
        absl::StrCat("threads is ", options.threads,
                     "; it must be between 0 and ", kMaxThreads));
  }
  const int64_t slots = source.slot_count();
  if (slots < 0 || slots > int64_t{kMaxItemId} + 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("the source has ", slots, " slots; between 0 and ",
                     int64_t{kMaxItemId} + 1, " are possible"));
  }
  return absl::OkStatus();
}

int ThreadsToUse(const ForestBuildOptions& options) {
  if (options.rules != BuildRules::kAnnod) return 1;
  int threads = options.threads;
  if (threads == 0) {
    threads = UsableCpus().count;
  }
  return std::clamp(threads, 1, kMaxThreads);
}

// Fills one new file; the caller removes it if Run() fails.
class Builder {
 public:
  Builder(const VectorSource& source, const ForestBuildOptions& options,
          const NodeLayout& layout, FileSystem* fs, const std::string& path)
      : source_(source),
        options_(options),
        layout_(layout),
        fs_(fs),
        path_(path),
        progress_(options.progress) {}

  absl::StatusOr<ForestBuildResult> Run(WritableFile* file) {
    file_ = file;
    ANNOD_RETURN_IF_ERROR(AddSlots());
    ANNOD_RETURN_IF_ERROR(GrowTrees());
    ANNOD_RETURN_IF_ERROR(CopyRoots());
    ANNOD_RETURN_IF_ERROR(file_->Sync());
    progress_.Finish();

    ForestBuildResult result;
    result.slot_count = counts_.slots;
    result.item_count = counts_.items;
    result.tree_count = static_cast<int>(roots_.size());
    result.node_count = node_count_ + static_cast<int64_t>(roots_.size());
    result.bytes = file_->size();
    result.layout = layout_;
    return result;
  }

 private:
  // One of the threads that grow trees.
  struct Worker {
    std::unique_ptr<PartedGrower> parted;  // for kAnnod
    // For the others, which follow another program.
    std::unique_ptr<Splitter> splitter;
    std::unique_ptr<TreeGrower> grower;
  };

  bool Cancelled() const {
    return options_.cancel != nullptr &&
           options_.cancel->load(std::memory_order_relaxed);
  }

  absl::Status AddSlots() {
    const auto report = [this](double fraction) {
      progress_.SlotsWritten(fraction);
      return !Cancelled();
    };
    ANNOD_ASSIGN_OR_RETURN(counts_,
                           WriteSlots(source_, layout_, report, file_));
    if (counts_.slots == 0 && options_.tree_count == -1) {
      return absl::InvalidArgumentError(
          "there are no items: tree_count -1 would make an empty file, which "
          "nothing can load");
    }
    node_count_ = counts_.slots;
    return absl::OkStatus();
  }

  std::unique_ptr<Splitter> NewSplitter(const ItemSlots* items) const {
    if (layout_.metric == Metric::kHamming) {
      return std::make_unique<HammingSplitter>(items);
    }
    if (options_.rules == BuildRules::kAnnod) {
      return std::make_unique<FastSplitter>(items);
    }
    return std::make_unique<CompatSplitter>(items);
  }

  std::function<void(int64_t)> Placed() {
    return [this](int64_t count) { progress_.ItemsPlaced(count); };
  }

  std::unique_ptr<PartedGrower> NewPartedGrower(const ItemSlots* items,
                                                int threads) {
    return std::make_unique<PartedGrower>(
        items, SplitRulesOf(options_.rules),
        [this](const ItemSlots* some) { return NewSplitter(some); },
        options_.cancel, Placed(), threads);
  }

  absl::Status GrowTrees() {
    // The mapping ends where the slots end; the file grows behind it.
    ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> slots,
                           fs_->MapReadOnly(path_, Prefault::kNone));
    const ItemSlots items(layout_, slots->data(), counts_.slots);
    std::vector<int32_t> ids;
    ids.reserve(counts_.items);
    for (int64_t id = 0; id < counts_.slots; ++id) {
      if (items.IsItem(static_cast<int32_t>(id))) ids.push_back(id);
    }

    const bool automatic = options_.tree_count == -1;
    const int tree_count = automatic ? kMaxTrees : options_.tree_count;
    progress_.TreesBegin(automatic ? 0 : tree_count * counts_.items);
    const int threads = ThreadsToUse(options_);
    // What is left over helps inside the trees.
    const int tree_threads = std::min(threads, tree_count);
    std::vector<Worker> workers(tree_threads);
    Kiss64 one_stream(options_.seed);

    TreeStages stages;
    stages.grow = [&](int worker, int tree, std::vector<char>* nodes) {
      Worker& state = workers[worker];
      if (options_.rules == BuildRules::kAnnod) {
        if (state.parted == nullptr) {
          state.parted = NewPartedGrower(&items, threads / tree_threads);
        }
        return state.parted->Grow(ids, TreeSeed(options_.seed, tree), nodes);
      }
      if (state.grower == nullptr) {
        state.splitter = NewSplitter(&items);
        state.grower = std::make_unique<TreeGrower>(
            &items, SplitRulesOf(options_.rules), state.splitter.get(),
            options_.cancel, Placed());
      }
      return state.grower->Grow(ids, /*is_root=*/true, &one_stream, nodes);
    };
    stages.take = [&](int tree, std::vector<char>* nodes) {
      return AppendTree(tree, nodes);
    };
    return RunTreePipeline(tree_threads, tree_count, stages);
  }

  absl::StatusOr<bool> AppendTree(int tree, std::vector<char>* nodes) {
    const int64_t added =
        static_cast<int64_t>(nodes->size() / layout_.node_bytes);
    if (node_count_ + added + tree + 1 > kMaxNodes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tree ", tree, " would bring the index to ", node_count_ + added,
          " nodes; with the copies of the roots at most ", kMaxNodes,
          " are possible"));
    }
    // It was grown as if it came right behind the slots.
    RelocateNodes(layout_, counts_.slots, node_count_ - counts_.slots, nodes);
    ANNOD_RETURN_IF_ERROR(
        file_->Append(absl::string_view(nodes->data(), nodes->size())));
    node_count_ += added;
    roots_.push_back(static_cast<int32_t>(node_count_ - 1));
    const double grown = static_cast<double>(node_count_ - counts_.slots);
    if (options_.tree_done) options_.tree_done(tree + 1, added);
    progress_.TreeDone(tree + 1, grown / std::max<int64_t>(1, counts_.slots));
    return options_.tree_count != -1 || node_count_ < 2 * counts_.slots;
  }

  absl::Status CopyRoots() {
    ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> mapped,
                           fs_->MapReadOnly(path_, Prefault::kNone));
    for (const int32_t root : roots_) {
      const char* node = mapped->data() + root * layout_.node_bytes;
      ANNOD_RETURN_IF_ERROR(
          file_->Append(absl::string_view(node, layout_.node_bytes)));
    }
    return absl::OkStatus();
  }

  const VectorSource& source_;
  const ForestBuildOptions& options_;
  const NodeLayout layout_;
  FileSystem* const fs_;
  const std::string& path_;
  BuildProgress progress_;
  WritableFile* file_ = nullptr;
  SlotCounts counts_;
  // Written by one thread at a time while trees grow.
  int64_t node_count_ = 0;
  std::vector<int32_t> roots_;
};

}  // namespace

absl::StatusOr<ForestBuildResult> BuildForest(const VectorSource& source,
                                              const ForestBuildOptions& options,
                                              FileSystem* fs,
                                              const std::string& path) {
  ANNOD_RETURN_IF_ERROR(CheckOptions(source, options));
  ANNOD_ASSIGN_OR_RETURN(const NodeLayout layout, LayoutToWrite(options));
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                         fs->CreateFile(path));
  absl::StatusOr<ForestBuildResult> result =
      Builder(source, options, layout, fs, path).Run(file.get());
  if (result.ok()) {
    const absl::Status closed = file->Close();
    if (!closed.ok()) result = closed;
  }
  file.reset();
  // The first error is the one to tell; a file that cannot even be removed is
  // left to its directory's owner.
  if (!result.ok()) fs->RemoveFile(path).IgnoreError();
  return result;
}

}  // namespace annod
