#include "core/formats/convert.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/formats/forest_vectors.h"
#include "core/formats/native_blob.h"
#include "core/formats/native_writer.h"
#include "core/formats/portable_blob.h"
#include "core/status_macros.h"

namespace annod {
namespace {

constexpr int kDefaultTrees = 50;

class Converter {
 public:
  Converter(const Serialized& input, const ConvertOptions& options,
            FileSystem* fs, const std::string& path)
      : input_(input), options_(options), fs_(fs), path_(path) {
    result_.slot_count = input.slot_count;
    result_.item_count = input.item_count;
  }

  absl::StatusOr<ConvertResult> Run() {
    absl::Status status;
    switch (options_.to) {
      case Format::kNative:
        status = ToNative(path_);
        break;
      case Format::kNativeBlob:
      case Format::kPortable:
        status = ToBlob();
        break;
      case Format::kCanonical:
        status = ToCanonical();
        break;
    }
    if (!status.ok()) {
      // The first error is the one to tell.
      if (created_) fs_->RemoveFile(path_).IgnoreError();
      return status;
    }
    ANNOD_ASSIGN_OR_RETURN(const FileInfo info, fs_->Stat(path_));
    result_.bytes = info.size;
    return result_;
  }

 private:
  bool to_blob() const { return options_.to != Format::kNative; }

  absl::StatusOr<NodeLayout> LayoutToWrite() const {
    LayoutKind kind = LayoutsForMetric(input_.metric).front();
    if (options_.layout.has_value()) {
      kind = *options_.layout;
      if (to_blob() && !IsBlobLayout(kind)) {
        return absl::InvalidArgumentError(
            absl::StrCat("a blob cannot be of layout ", LayoutName(kind),
                         ": its readers take it for ",
                         LayoutName(LayoutsForMetric(input_.metric).front())));
      }
    } else if (input_.forest.has_value()) {
      const LayoutKind narrow = NarrowKind(input_.forest->layout.kind);
      if (!to_blob() || IsBlobLayout(narrow)) kind = narrow;
    }
    return MakeNodeLayout(kind, input_.metric, input_.dim);
  }

  // Writes with `write` to a new file at path_.
  template <typename Write>
  absl::Status WithFile(const std::string& path, const Write& write) {
    ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                           fs_->CreateFile(path));
    created_ = created_ || path == path_;
    ANNOD_RETURN_IF_ERROR(write(
        [&file](absl::string_view bytes) { return file->Append(bytes); }));
    ANNOD_RETURN_IF_ERROR(file->Sync());
    return file->Close();
  }

  absl::Status ToNative(const std::string& path) {
    ANNOD_ASSIGN_OR_RETURN(const NodeLayout layout, LayoutToWrite());
    result_.layout = layout;
    if (!options_.rebuild && input_.forest.has_value() &&
        CanKeepTrees(input_.forest->layout, layout)) {
      result_.tree_count = input_.forest->tree_count;
      return WithFile(path, [&](const ByteSink& sink) -> absl::Status {
        ANNOD_ASSIGN_OR_RETURN(
            result_.node_count,
            WriteNativeFile(*input_.forest, input_.item_count, layout, sink));
        return absl::OkStatus();
      });
    }
    return Build(layout, path);
  }

  absl::Status Build(const NodeLayout& layout, const std::string& path) {
    ForestBuildOptions build;
    build.metric = input_.metric;
    build.dim = input_.dim;
    build.layout = layout.kind;
    build.threads = options_.threads;
    build.progress = options_.progress;
    build.cancel = options_.cancel;
    build.tree_count = kDefaultTrees;
    std::unique_ptr<VectorSource> source;
    if (input_.canonical.has_value()) {
      const CanonicalHeader& header = input_.canonical->header;
      if (header.tree_count > 0) build.tree_count = header.tree_count;
      // To scikit-plots a seed of 0 is the default.
      if (header.seed.value_or(0) != 0) build.seed = *header.seed;
      build.rules = RulesOfCanonicalVersion(header.version);
      source = std::make_unique<CanonicalVectors>(*input_.canonical);
    } else {
      build.tree_count = input_.forest->tree_count;
      source = std::make_unique<ForestVectors>(&*input_.forest);
    }
    build.tree_count = options_.tree_count.value_or(build.tree_count);
    build.seed = options_.seed.value_or(build.seed);
    build.rules = options_.rules.value_or(build.rules);
    ANNOD_ASSIGN_OR_RETURN(const ForestBuildResult built,
                           BuildForest(*source, build, fs_, path));
    created_ = created_ || path == path_;
    result_.rebuilt = true;
    result_.seed = build.seed;
    result_.rules = build.rules;
    result_.tree_count = built.tree_count;
    result_.node_count = built.node_count;
    return absl::OkStatus();
  }

  absl::Status WriteBlob(const ForestData& forest) {
    result_.layout = forest.layout;
    result_.tree_count = forest.tree_count;
    result_.node_count = forest.node_count;
    return WithFile(path_, [&](const ByteSink& sink) {
      return options_.to == Format::kPortable ? WritePortableBlob(forest, sink)
                                              : WriteNativeBlob(forest, sink);
    });
  }

  absl::Status ToBlob() {
    ANNOD_ASSIGN_OR_RETURN(const NodeLayout layout, LayoutToWrite());
    if (!options_.rebuild && input_.forest.has_value() &&
        input_.forest->layout.kind == layout.kind) {
      return WriteBlob(*input_.forest);
    }
    // A blob begins with counts that are known last, so there is a file first.
    const std::string forest_path = absl::StrCat(path_, ".forest");
    absl::Status status = ToNative(forest_path);
    if (status.ok()) status = WriteBlobOfFile(forest_path);
    const absl::Status removed = fs_->RemoveFile(forest_path);
    return status.ok() ? removed : status;
  }

  absl::Status WriteBlobOfFile(const std::string& forest_path) {
    ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> mapped,
                           fs_->MapReadOnly(forest_path, Prefault::kNone));
    const absl::Span<const char> bytes(mapped->data(), mapped->size());
    ANNOD_ASSIGN_OR_RETURN(const ForestData forest,
                           FindRoots(bytes, *result_.layout));
    return WriteBlob(forest);
  }

  absl::Status ToCanonical() {
    if (options_.layout.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("a canonical blob has no nodes that could be of layout ",
                       LayoutName(*options_.layout)));
    }
    CanonicalHeader header;
    std::unique_ptr<VectorSource> source;
    if (input_.canonical.has_value()) {
      header = input_.canonical->header;
      source = std::make_unique<CanonicalVectors>(*input_.canonical);
    } else {
      header.metric = input_.metric;
      header.dim = input_.dim;
      header.slot_count = input_.slot_count;
      header.tree_count = input_.forest->tree_count;
      source = std::make_unique<ForestVectors>(&*input_.forest);
    }
    header.tree_count = options_.tree_count.value_or(header.tree_count);
    if (options_.seed.has_value()) header.seed = options_.seed;
    result_.tree_count = header.tree_count;
    result_.seed = header.seed;
    result_.filled_holes = input_.slot_count - input_.item_count;
    return WithFile(path_, [&](const ByteSink& sink) {
      return WriteCanonicalBlob(header, *source, input_.item_count,
                                options_.fill_holes, sink);
    });
  }

  const Serialized& input_;
  const ConvertOptions& options_;
  FileSystem* const fs_;
  const std::string& path_;
  bool created_ = false;
  ConvertResult result_;
};

}  // namespace

absl::StatusOr<ConvertResult> ConvertSerialized(const Serialized& input,
                                                const ConvertOptions& options,
                                                FileSystem* fs,
                                                const std::string& path) {
  return Converter(input, options, fs, path).Run();
}

}  // namespace annod
