#include "core/version/open_version.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/search/forest_index.h"
#include "core/status_macros.h"
#include "core/storage/checksum.h"
#include "core/storage/labels.h"
#include "core/storage/version_files.h"
#include "core/version/stopwatch.h"
#include "core/version/verified_record.h"

namespace annod {
namespace {

using Forest = std::shared_ptr<const ForestIndex>;

absl::Status Mismatch(absl::string_view where, absl::string_view what,
                      absl::string_view found, absl::string_view expected) {
  return absl::DataLossError(
      absl::StrCat(where, ": ", what, " is ", found, ", expected ", expected));
}

bool Lists(const Manifest& manifest, absl::string_view name) {
  return absl::c_any_of(manifest.files, [&](const ManifestFile& file) {
    return file.name == name;
  });
}

absl::Status CheckAgainstSettings(const std::string& directory,
                                  const Manifest& manifest,
                                  const IndexSettings& settings) {
  if (manifest.dim != settings.dim) {
    return Mismatch(directory, "dimension", absl::StrCat(manifest.dim),
                    absl::StrCat(settings.dim));
  }
  if (manifest.metric != settings.metric) {
    return Mismatch(directory, "metric", MetricName(manifest.metric),
                    MetricName(settings.metric));
  }
  if (!Lists(manifest, kForestFile)) {
    return Mismatch(directory, "the list of files", "without forest.ann",
                    "with it");
  }
  if (Lists(manifest, kLabelsFile) != (manifest.label_count > 0)) {
    return Mismatch(
        directory, "the list of files",
        Lists(manifest, kLabelsFile) ? "with labels.bin" : "without labels.bin",
        absl::StrCat("one for ", manifest.label_count, " labels"));
  }
  return absl::OkStatus();
}

// Sizes are compared here, checksums where nothing is remembered.
absl::StatusOr<std::vector<FileIdentity>> IdentifyFiles(
    FileSystem* fs, const std::string& directory, const Manifest& manifest) {
  std::vector<FileIdentity> files;
  ANNOD_ASSIGN_OR_RETURN(
      FileIdentity own,
      IdentifyFile(fs, JoinPath(directory, kManifestFile), kManifestFile));
  files.push_back(std::move(own));
  for (const ManifestFile& listed : manifest.files) {
    const std::string path = JoinPath(directory, listed.name);
    auto file = IdentifyFile(fs, path, listed.name);
    if (absl::IsNotFound(file.status())) {
      return Mismatch(path, "the file", "missing",
                      absl::StrCat(listed.bytes, " bytes long"));
    }
    ANNOD_RETURN_IF_ERROR(file.status());
    if (file->bytes != listed.bytes) {
      return Mismatch(path, "its size in bytes", absl::StrCat(file->bytes),
                      absl::StrCat(listed.bytes));
    }
    files.push_back(*std::move(file));
  }
  return files;
}

absl::Status CheckChecksums(FileSystem* fs, const std::string& directory,
                            const Manifest& manifest) {
  for (const ManifestFile& listed : manifest.files) {
    const std::string path = JoinPath(directory, listed.name);
    ANNOD_ASSIGN_OR_RETURN(const uint64_t checksum, ChecksumFile(fs, path));
    if (checksum != listed.xxh3_64) {
      return Mismatch(path, "its XXH3-64", ChecksumToHex(checksum),
                      ChecksumToHex(listed.xxh3_64));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckCounts(const std::string& path, const ForestIndex& forest,
                         const Manifest& manifest) {
  if (forest.slot_count() != manifest.slot_count) {
    return Mismatch(path, "its number of slots",
                    absl::StrCat(forest.slot_count()),
                    absl::StrCat(manifest.slot_count));
  }
  if (forest.tree_count() != manifest.tree_count) {
    return Mismatch(path, "its number of trees",
                    absl::StrCat(forest.tree_count()),
                    absl::StrCat(manifest.tree_count));
  }
  if (forest.layout().kind != manifest.layout) {
    return Mismatch(path, "its layout", LayoutName(forest.layout().kind),
                    LayoutName(manifest.layout));
  }
  return absl::OkStatus();
}

// Opens with `open(prefault)`. A forest that may not be locked is populated: it
// is as fast until memory runs short, and better than none.
template <typename OpenForest>
absl::StatusOr<Forest> OpenOrPopulate(Prefault prefault,
                                      std::string* lock_refusal,
                                      OpenForest open) {
  absl::StatusOr<Forest> forest = open(prefault);
  if (prefault != Prefault::kLock ||
      !absl::IsResourceExhausted(forest.status())) {
    return forest;
  }
  *lock_refusal = std::string(forest.status().message());
  return open(Prefault::kPopulate);
}

// Maps a file that has been verified. Without a look at the nodes a file may
// pass for another layout of the metric: then they are looked at.
absl::StatusOr<Forest> OpenTrusted(FileSystem* fs, const std::string& path,
                                   const IndexSettings& settings,
                                   const VerifiedFacts& facts,
                                   std::string* lock_refusal) {
  return OpenOrPopulate(settings.prefault, lock_refusal,
                        [&](Prefault prefault) -> absl::StatusOr<Forest> {
                          ForestOpenOptions options;
                          options.prefault = prefault;
                          options.verify = Verify::kTrusted;
                          // Counting would bring every page into memory.
                          options.item_count = facts.item_count;
                          ANNOD_ASSIGN_OR_RETURN(
                              Forest forest,
                              ForestIndex::Open(fs, path, settings.metric,
                                                settings.dim, options));
                          if (forest->layout().kind == facts.layout) {
                            return forest;
                          }
                          options.verify = Verify::kSafe;
                          return ForestIndex::Open(fs, path, settings.metric,
                                                   settings.dim, options);
                        });
}

absl::StatusOr<Forest> OpenVerifying(FileSystem* fs, const std::string& path,
                                     const IndexSettings& settings,
                                     VerifiedFacts* facts,
                                     std::string* lock_refusal) {
  ForestOpenOptions options;
  options.verify = Verify::kFull;
  ANNOD_ASSIGN_OR_RETURN(
      Forest forest,
      OpenOrPopulate(settings.prefault, lock_refusal, [&](Prefault prefault) {
        options.prefault = prefault;
        return ForestIndex::Open(fs, path, settings.metric, settings.dim,
                                 options);
      }));
  facts->layout = forest->layout().kind;
  facts->item_count = forest->item_count();
  return forest;
}

// The graph beside the forest, if there is one. Its checksum has been compared;
// what its numbers say is looked at unless it was before (`trusted`).
absl::StatusOr<std::shared_ptr<const GraphIndex>> OpenGraph(
    FileSystem* fs, const std::string& directory, const Manifest& manifest,
    const Forest& forest, bool trusted, Prefault prefault) {
  if (!Lists(manifest, kGraphFile)) return nullptr;
  // Unlike the forest it is as useful without: locking is for that one.
  if (prefault == Prefault::kLock) prefault = Prefault::kPopulate;
  return GraphIndex::Open(fs, JoinPath(directory, kGraphFile), forest,
                          /*verify=*/!trusted, prefault);
}

absl::StatusOr<std::vector<OpenVersion::File>> StatFiles(
    FileSystem* fs, const std::string& directory, const Manifest& manifest) {
  std::vector<OpenVersion::File> files;
  for (const ManifestFile& listed : manifest.files) {
    std::string path = JoinPath(directory, listed.name);
    ANNOD_ASSIGN_OR_RETURN(const FileInfo info, fs->Stat(path));
    files.push_back({std::move(path), info});
  }
  return files;
}

std::shared_ptr<OpenVersion> Assemble(const IndexSettings& settings,
                                      Manifest manifest,
                                      std::vector<OpenVersion::File> files,
                                      Forest forest,
                                      std::shared_ptr<const LabelTable> labels,
                                      std::string lock_refusal,
                                      const Stopwatch& watch) {
  auto version = std::make_shared<OpenVersion>();
  version->settings = settings;
  version->manifest = std::move(manifest);
  version->files = std::move(files);
  version->forest = std::move(forest);
  version->labels = std::move(labels);
  version->prefault =
      lock_refusal.empty() ? settings.prefault : Prefault::kPopulate;
  version->lock_refusal = std::move(lock_refusal);
  version->load_seconds = watch.Seconds();
  return version;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const OpenVersion>> OpenVersionFiles(
    FileSystem* fs, const std::string& index_directory,
    const IndexSettings& index_settings, Manifest manifest) {
  const Stopwatch watch;
  const IndexSettings settings = EffectiveSettings(index_settings, manifest);
  const std::string versions = JoinPath(index_directory, kVersionsDirectory);
  const std::string directory =
      JoinPath(versions, VersionName(manifest.version));
  const std::string forest_path = JoinPath(directory, kForestFile);
  ANNOD_RETURN_IF_ERROR(CheckAgainstSettings(directory, manifest, settings));
  // Another index's segment numbers mean nothing here.
  if (manifest.incarnation != settings.incarnation) {
    manifest.journal_through = 0;
  }
  ANNOD_ASSIGN_OR_RETURN(const std::vector<FileIdentity> files,
                         IdentifyFiles(fs, directory, manifest));
  ANNOD_ASSIGN_OR_RETURN(std::vector<OpenVersion::File> mapped,
                         StatFiles(fs, directory, manifest));
  Forest forest;
  std::string lock_refusal;
  const auto verify = [&]() -> absl::StatusOr<VerifiedFacts> {
    ANNOD_RETURN_IF_ERROR(CheckChecksums(fs, directory, manifest));
    VerifiedFacts found;
    ANNOD_ASSIGN_OR_RETURN(forest, OpenVerifying(fs, forest_path, settings,
                                                 &found, &lock_refusal));
    if (found.item_count != manifest.item_count) {
      return Mismatch(forest_path, "its number of items",
                      absl::StrCat(found.item_count),
                      absl::StrCat(manifest.item_count));
    }
    return found;
  };
  bool trusted;
  ANNOD_ASSIGN_OR_RETURN(
      const VerifiedFacts facts,
      VerifyOnce(fs, JoinPath(versions, VerifiedRecordName(manifest.version)),
                 JoinPath(versions, kVerifyLockFile), files, verify, &trusted));
  if (trusted) {
    ANNOD_ASSIGN_OR_RETURN(
        forest, OpenTrusted(fs, forest_path, settings, facts, &lock_refusal));
  }
  ANNOD_RETURN_IF_ERROR(CheckCounts(forest_path, *forest, manifest));
  std::shared_ptr<const LabelTable> labels;
  if (manifest.label_count > 0) {
    const std::string path = JoinPath(directory, kLabelsFile);
    ANNOD_ASSIGN_OR_RETURN(labels, LabelTable::Open(fs, path));
    if (labels->size() != manifest.label_count) {
      return Mismatch(path, "its number of labels",
                      absl::StrCat(labels->size()),
                      absl::StrCat(manifest.label_count));
    }
  }
  ANNOD_ASSIGN_OR_RETURN(
      std::shared_ptr<const GraphIndex> graph,
      OpenGraph(fs, directory, manifest, forest, trusted, settings.prefault));
  auto version = Assemble(settings, std::move(manifest), std::move(mapped),
                          std::move(forest), std::move(labels),
                          std::move(lock_refusal), watch);
  version->graph = std::move(graph);
  return version;
}

absl::Status CheckUnchanged(FileSystem* fs, const OpenVersion& version) {
  for (const auto& [path, before] : version.files) {
    const absl::StatusOr<FileInfo> now = fs->Stat(path);
    if (!now.ok() || now->device != before.device ||
        now->inode != before.inode) {
      continue;
    }
    if (now->size == before.size && now->mtime_ns == before.mtime_ns) continue;
    return absl::DataLossError(
        absl::StrCat("'", path, "' was written to since it was mapped: it has ",
                     now->size, " bytes and had ", before.size));
  }
  return absl::OkStatus();
}

bool VersionStore::IsVerified(int64_t version) const {
  const absl::StatusOr<Manifest> manifest = ReadManifest(version);
  if (!manifest.ok()) return false;
  const std::string versions = JoinPath(directory_, kVersionsDirectory);
  const absl::StatusOr<std::vector<FileIdentity>> files =
      IdentifyFiles(fs_, JoinPath(versions, VersionName(version)), *manifest);
  return files.ok() &&
         ReadVerified(fs_, JoinPath(versions, VerifiedRecordName(version)),
                      *files)
             .has_value();
}

absl::StatusOr<std::shared_ptr<const OpenVersion>> OpenAttached(
    FileSystem* fs, const std::string& index_directory,
    const IndexSettings& settings) {
  const Stopwatch watch;
  const std::string& path = settings.attached_path;
  ANNOD_ASSIGN_OR_RETURN(const FileInfo info, fs->Stat(path));
  ANNOD_ASSIGN_OR_RETURN(FileIdentity file, IdentifyFile(fs, path, path));
  Forest forest;
  std::string lock_refusal;
  const auto verify = [&]() -> absl::StatusOr<VerifiedFacts> {
    VerifiedFacts found;
    ANNOD_ASSIGN_OR_RETURN(
        forest, OpenVerifying(fs, path, settings, &found, &lock_refusal));
    return found;
  };
  bool trusted;
  ANNOD_ASSIGN_OR_RETURN(
      const VerifiedFacts facts,
      VerifyOnce(fs, JoinPath(index_directory, ".verified-attached"),
                 JoinPath(index_directory, kVerifyLockFile), {file}, verify,
                 &trusted));
  if (trusted) {
    ANNOD_ASSIGN_OR_RETURN(
        forest, OpenTrusted(fs, path, settings, facts, &lock_refusal));
  }
  Manifest manifest;
  manifest.version = 1;
  manifest.dim = settings.dim;
  manifest.metric = settings.metric;
  manifest.layout = forest->layout().kind;
  manifest.slot_count = forest->slot_count();
  manifest.item_count = facts.item_count;
  manifest.tree_count = forest->tree_count();
  manifest.create_time = settings.create_time;
  // No checksum: nobody wrote one down when the file was made.
  manifest.files = {{path, file.bytes, /*xxh3_64=*/0}};
  return Assemble(settings, std::move(manifest), {{path, info}},
                  std::move(forest), nullptr, std::move(lock_refusal), watch);
}

}  // namespace annod
