// Blobs of the original library become files and blobs again, as it made them.

#include "core/formats/convert.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "core/annoy/node_fields.h"
#include "core/file_system.h"
#include "core/formats/native_blob.h"
#include "core/formats/serialized.h"
#include "core/search/forest_index.h"
#include "gtest/gtest.h"
#include "tests/core/annoy/golden_index.h"
#include "tests/core/forest/build_file.h"
#include "tests/core/forest/golden_build.h"
#include "tests/core/formats/golden_blobs.h"

namespace annod {
namespace {

NodeLayout LayoutOf(const GoldenBlobs& golden, LayoutKind kind) {
  return *MakeNodeLayout(kind, golden.metric, golden.dim);
}

Serialized Read(const GoldenBlobs& golden, const std::string& bytes,
                bool assert_shape) {
  SerializedReadOptions options;
  if (assert_shape) {
    options.metric = golden.metric;
    options.dim = golden.dim;
  }
  absl::StatusOr<Serialized> read = ReadSerialized(bytes, options);
  EXPECT_TRUE(read.ok()) << golden.name << ": " << read.status();
  return read.ok() ? *std::move(read) : Serialized();
}

// The bytes that `input` becomes; "" after a failure.
std::string Convert(const Serialized& input, const ConvertOptions& options,
                    ConvertResult* result = nullptr) {
  const std::string path = FreshPath("converted");
  const auto converted =
      ConvertSerialized(input, options, FileSystem::Posix(), path);
  EXPECT_TRUE(converted.ok()) << converted.status();
  if (!converted.ok()) return "";
  const std::string bytes = FileBytes(path);
  EXPECT_EQ(converted->bytes, bytes.size());
  EXPECT_FALSE(FileSystem::Posix()->Stat(path + ".forest").ok());
  if (result != nullptr) *result = *converted;
  return bytes;
}

ConvertOptions To(Format format) {
  ConvertOptions options;
  options.to = format;
  return options;
}
ConvertOptions To(Format format, LayoutKind layout) {
  ConvertOptions options = To(format);
  options.layout = layout;
  return options;
}

void ExpectAnswers(const GoldenBlobs& golden, const std::string& file,
                   bool as_recorded) {
  ForestOpenOptions options;
  options.verify = Verify::kFull;
  const auto index =
      ForestIndex::OpenBytes(file, golden.metric, golden.dim, options);
  ASSERT_TRUE(index.ok()) << golden.name << ": " << index.status();
  EXPECT_EQ((*index)->slot_count(), golden.slot_count);
  EXPECT_EQ((*index)->item_count(), golden.item_count);
  EXPECT_EQ((*index)->tree_count(), golden.tree_count);
  const SearchScratchPtr scratch = NewSearchScratch();
  for (const GoldenBlobs::Query& query : golden.queries) {
    SearchOptions search;
    search.n = query.n;
    search.search_k = as_recorded ? query.search_k : 1 << 20;
    std::vector<Neighbor> found, exact;
    ASSERT_TRUE(
        (*index)
            ->Search(query.vector, search, scratch.get(), &found, nullptr)
            .ok());
    if (!as_recorded) {
      search.engine = Engine::kExact;
      ASSERT_TRUE(
          (*index)
              ->Search(query.vector, search, scratch.get(), &exact, nullptr)
              .ok());
      EXPECT_EQ(found, exact) << golden.name;
      continue;
    }
    std::vector<int32_t> ids;
    for (const Neighbor& neighbor : found) ids.push_back(neighbor.id);
    EXPECT_EQ(ids, query.ids) << golden.name;
    for (size_t k = 0; k < found.size() && k < query.distances.size(); ++k) {
      EXPECT_TRUE(IsGoldenDistance(golden.metric, found[k].distance,
                                   query.distances[k]))
          << golden.name;
    }
  }
}

TEST(ConvertTest, ForestsBecomeTheFileThatWasSaved) {
  int equal = 0;
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    const std::string saved = golden.SavedNodes();
    for (const char* kind : {"native", "portable", "saved", "ondisk"}) {
      if (golden.bytes.count(kind) == 0) continue;
      SCOPED_TRACE(golden.name + " " + kind);
      const Serialized input = Read(golden, golden.bytes.at(kind), true);
      ConvertResult result;
      const std::string file =
          Convert(input, To(Format::kNative, golden.layout), &result);
      EXPECT_FALSE(result.rebuilt);
      ExpectAnswers(golden, file, /*as_recorded=*/true);
      if (saved.empty()) continue;
      EXPECT_TRUE(file == saved);
      ++equal;
    }
  }
  EXPECT_EQ(equal, 25);
}

TEST(ConvertTest, WideIdsBecomeNarrowOnes) {
  int converted = 0;
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    if (!golden.wide()) continue;
    for (const char* kind : {"native", "portable", "saved", "ondisk"}) {
      if (golden.bytes.count(kind) == 0) continue;
      SCOPED_TRACE(golden.name + " " + kind);
      const Serialized input = Read(golden, golden.bytes.at(kind), true);
      ConvertResult result;
      const std::string file = Convert(input, To(Format::kNative), &result);
      EXPECT_FALSE(result.rebuilt);
      EXPECT_EQ(result.layout->kind, NarrowKind(golden.layout));
      ExpectAnswers(golden, file, /*as_recorded=*/false);
      ++converted;
    }
  }
  EXPECT_EQ(converted, 16);
}

// An index that was loaded from a file knows its roots as it found them: the
// copies, last first, and some of the originals, whose trees then count twice.
TEST(ConvertTest, RootsOfALoadedIndexAreFoundOnce) {
  int indexes = 0, counted_twice = 0;
  for (const GoldenIndex& golden : ReadAllGolden()) {
    if (!golden.finite || golden.header_bytes != 0) continue;
    SCOPED_TRACE(golden.name);
    SerializedReadOptions options;
    options.metric = golden.metric;
    options.dim = golden.dim;
    const auto file = ReadSerialized(golden.bytes, options);
    ASSERT_TRUE(file.ok()) << file.status();
    ForestData loaded = *file->forest;
    if (!IsBlobLayout(loaded.layout.kind)) continue;
    EXPECT_EQ(loaded.roots.size(), golden.annoy_tree_count);
    loaded.tree_roots = loaded.roots;
    loaded.tree_count = static_cast<int>(loaded.roots.size());
    std::string blob;
    ASSERT_TRUE(WriteNativeBlob(loaded, [&blob](absl::string_view bytes) {
                  blob.append(bytes.data(), bytes.size());
                  return absl::OkStatus();
                }).ok());
    const auto read = ReadSerialized(blob, options);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->forest->tree_count, golden.tree_count);
    EXPECT_TRUE(Convert(*read, To(Format::kNative, loaded.layout.kind)) ==
                golden.bytes);
    ++indexes;
    counted_twice += golden.annoy_tree_count != golden.tree_count;
  }
  EXPECT_GT(indexes, 50);
  EXPECT_GT(counted_twice, 10);
}

TEST(ConvertTest, FilesBecomeTheBlobsTheOriginalMakes) {
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    if (golden.bytes.count("native") == 0 || golden.SavedNodes().empty()) {
      continue;
    }
    SCOPED_TRACE(golden.name);
    const Serialized input = Read(golden, golden.bytes.at("saved"), true);
    const std::string blob =
        Convert(input, To(Format::kNativeBlob, golden.layout));
    std::string want = golden.bytes.at("native");
    // The original has room for more nodes; here room is what is used.
    const size_t id_bytes = golden.wide() ? 8 : 4;
    const size_t head = golden.metric == Metric::kHamming ? 16 : 0;
    const int64_t nodes = LoadId(want.data() + head, id_bytes, id_bytes);
    StoreId(want.data() + head, 2 * id_bytes + 8, id_bytes, nodes);
    want.resize(head + 3 * id_bytes + 8 + golden.tree_count * id_bytes +
                nodes * LayoutOf(golden, golden.layout).node_bytes);
    EXPECT_TRUE(blob == want);

    const std::string portable =
        Convert(input, To(Format::kPortable, golden.layout));
    ASSERT_EQ(portable.size(), want.size() + 28);
    EXPECT_EQ(portable.substr(0, 20),
              golden.bytes.at("portable").substr(0, 20));
    EXPECT_EQ(LoadField<uint64_t>(portable.data(), 20), want.size());
    EXPECT_TRUE(portable.substr(28) == want);
    // And back.
    EXPECT_TRUE(Convert(Read(golden, portable, false),
                        To(Format::kNative, golden.layout)) ==
                golden.SavedNodes());
  }
}

TEST(ConvertTest, CanonicalBlobsAreBuiltAgainAsTheOriginalDoes) {
  int equal = 0;
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    SCOPED_TRACE(golden.name);
    const Serialized input = Read(golden, golden.bytes.at("canonical"), false);
    ConvertResult result;
    std::string file =
        Convert(input, To(Format::kNative, golden.layout), &result);
    EXPECT_TRUE(result.rebuilt);
    EXPECT_EQ(result.tree_count, golden.tree_count);
    EXPECT_EQ(result.seed.value(), golden.seed.value_or(kDefaultSeed));
    // Holes come back as items, in the original too.
    EXPECT_EQ(result.item_count, golden.slot_count);
    if (golden.item_count != golden.slot_count) continue;
    ExpectAnswers(golden, file, /*as_recorded=*/true);
    std::string want;
    if (golden.bytes.count("native") != 0) {
      want = Convert(Read(golden, golden.bytes.at("native"), true),
                     To(Format::kNative, golden.layout));
    }
    ZeroUnusedBytes(LayoutOf(golden, golden.layout), &want);
    EXPECT_TRUE(file == want);
    ++equal;
  }
  EXPECT_EQ(equal, 10);
}

TEST(ConvertTest, CanonicalBlobsAreWrittenAsTheOriginalDoes) {
  for (const GoldenBlobs& golden : ReadGoldenBlobs()) {
    SCOPED_TRACE(golden.name);
    // Version 1, whatever the input.
    const bool holes = golden.item_count != golden.slot_count;
    ConvertOptions options = To(Format::kCanonical);
    options.fill_holes = true;
    options.seed = golden.seed;
    ConvertResult result;
    std::string blob = Convert(Read(golden, golden.bytes.at("portable"), false),
                               options, &result);
    EXPECT_EQ(result.filled_holes, golden.slot_count - golden.item_count);
    std::string want = golden.bytes.at("canonical");
    if (golden.wide()) {
      want = Convert(Read(golden, want, false), To(Format::kCanonical));
    }
    if (golden.seed.has_value()) {  // the verbosity goes with it there
      want[29] = 0;
      std::memset(&want[40], 0, 4);
    }
    EXPECT_TRUE(blob == want);
    if (!holes) continue;
    options.fill_holes = false;
    const auto refused =
        ConvertSerialized(Read(golden, golden.bytes.at("portable"), false),
                          options, FileSystem::Posix(), FreshPath("refused"));
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_NE(std::string(refused.status().message()).find("7 of 10 ids"),
              std::string::npos)
        << refused.status();
    EXPECT_FALSE(
        FileSystem::Posix()->Stat(testing::TempDir() + "/refused").ok());
  }
}

TEST(ConvertTest, ABlobOfAnUnbuiltIndexGetsTreesWhenItNeedsThem) {
  const GoldenBlobs golden = ReadGoldenBlobs().front();
  const Serialized input =
      Read(golden, golden.bytes.at("canonical-unbuilt"), false);
  ConvertResult result;
  Convert(input, To(Format::kNative), &result);
  EXPECT_EQ(result.tree_count, 50);
  ConvertOptions options = To(Format::kPortable);
  options.tree_count = 3;
  const std::string portable = Convert(input, options, &result);
  EXPECT_EQ(result.tree_count, 3);
  EXPECT_EQ(Read(golden, portable, false).forest->tree_count, 3);
  EXPECT_EQ(Convert(input, To(Format::kCanonical)),
            golden.bytes.at("canonical-unbuilt"));
}

// Every golden .ann file through every format and back.
TEST(ConvertTest, FilesComeBackFromEveryFormat) {
  int files = 0, same_bytes = 0;
  for (const GoldenIndex& golden : ReadAllGolden()) {
    if (!golden.finite) continue;
    SCOPED_TRACE(golden.name);
    SerializedReadOptions read;
    read.metric = golden.metric;
    read.dim = golden.dim;
    const auto input = ReadSerialized(golden.bytes, read);
    ASSERT_TRUE(input.ok()) << input.status();
    const LayoutKind kind = input->forest->layout.kind;
    const std::string native = Convert(*input, To(Format::kNative, kind));
    same_bytes += native == golden.bytes.substr(golden.header_bytes);
    ++files;
    for (const Format format : {Format::kNativeBlob, Format::kPortable}) {
      // Older layouts are built again, for no reader of blobs knows them.
      const bool keeps =
          kind != LayoutKind::kDot16 && kind != LayoutKind::kHamming12;
      ConvertResult result;
      const std::string blob =
          Convert(*input, keeps ? To(format, kind) : To(format), &result);
      EXPECT_EQ(result.rebuilt, kind == LayoutKind::kDot16);
      const auto again = ReadSerialized(blob, read);
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_EQ(again->format, format);
      EXPECT_EQ(again->item_count, golden.item_count);
      EXPECT_EQ(again->forest->tree_count, golden.tree_count);
      if (keeps) {
        EXPECT_TRUE(Convert(*again, To(Format::kNative, kind)) == native);
      }
    }
    ConvertOptions fill = To(Format::kCanonical);
    fill.fill_holes = true;
    const std::string canonical_bytes = Convert(*input, fill);
    const auto canonical = ReadSerialized(canonical_bytes, read);
    ASSERT_TRUE(canonical.ok()) << canonical.status();
    EXPECT_EQ(canonical->slot_count, golden.slot_count);
    CanonicalVectors vectors(*canonical->canonical);
    for (const auto& [id, want] : golden.vectors) {
      std::vector<float> got(golden.dim);
      ASSERT_TRUE(vectors.Get(id, absl::MakeSpan(got)));
      EXPECT_EQ(got, want);
    }
  }
  EXPECT_EQ(files, 75);
  EXPECT_EQ(same_bytes, files);
}

TEST(ConvertTest, LayoutsThatDoNotFitAreBuiltAgainOrRefused) {
  for (const GoldenIndex& golden : ReadGoldenFolder("main")) {
    if (golden.metric != Metric::kHamming && golden.metric != Metric::kDot) {
      continue;
    }
    SerializedReadOptions read;
    read.metric = golden.metric;
    read.dim = golden.dim;
    const auto input = ReadSerialized(golden.bytes, read);
    ASSERT_TRUE(input.ok());
    const LayoutKind older = golden.metric == Metric::kDot
                                 ? LayoutKind::kDot16
                                 : LayoutKind::kHamming12;
    ConvertResult result;
    const std::string file =
        Convert(*input, To(Format::kNative, older), &result);
    EXPECT_TRUE(result.rebuilt);
    EXPECT_EQ(result.tree_count, golden.tree_count);
    const auto again = ReadSerialized(file, read);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->forest->layout.kind, older);
    for (const ConvertOptions& options :
         {To(Format::kPortable, older),
          To(Format::kNative, LayoutKind::kAngular12),
          To(Format::kCanonical, older)}) {
      EXPECT_EQ(ConvertSerialized(*input, options, FileSystem::Posix(),
                                  FreshPath("misfit"))
                    .status()
                    .code(),
                absl::StatusCode::kInvalidArgument);
    }
  }
}

}  // namespace
}  // namespace annod
