// Reads the examples of docs/format.md: the formats are as described there, and
// what this version of them wrote stays readable.
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "core/staging/staging.h"
#include "core/storage/index_settings.h"
#include "core/storage/labels.h"
#include "core/storage/version_files.h"
#include "core/version/manifest.h"
#include "gtest/gtest.h"
#include "tests/core/harness/staging_harness.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

constexpr char kSettings[] = R"({
  "allow_duplicate_labels": 0,
  "attached_path": "",
  "build_rules": "annod",
  "create_time": "2026-01-02T03:04:05+00:00",
  "default_n": 10,
  "default_tree_count": 50,
  "dim": 3,
  "dot_layout": "dot-24",
  "feature_names": [],
  "feature_names_through": 0,
  "format": 1,
  "hamming_layout": "hamming-16",
  "incarnation": "incarnation of the test index",
  "metric": "euclidean",
  "name": "test",
  "prefault": "advise",
  "rolled_back_from": 0,
  "seed": 1234567890987654321,
  "unbuilt_through": 0,
  "verbosity": 0,
  "xxh3_64": "335730f001eb7ea3"
}
)";

// As written before settings could change.
constexpr char kFirstSettings[] = R"({
  "attached_path": "",
  "create_time": "2026-01-02T03:04:05+00:00",
  "default_n": 10,
  "default_tree_count": 50,
  "dim": 3,
  "dot_layout": "dot-24",
  "format": 1,
  "incarnation": "incarnation of the test index",
  "metric": "euclidean",
  "name": "test",
  "seed": 1234567890987654321,
  "xxh3_64": "4f13920dd8b3adba"
}
)";

constexpr char kManifest[] = R"({
  "build_seconds": 0.007117507,
  "create_time": "2026-11-21T09:51:01+00:00",
  "dim": 3,
  "feature_names": [],
  "files": [
    {
      "bytes": 168,
      "name": "forest.ann",
      "xxh3_64": "844df9f8d04994ff"
    },
    {
      "bytes": 99,
      "name": "labels.bin",
      "xxh3_64": "f38aa6dbf9ec456d"
    }
  ],
  "format": 1,
  "incarnation": "incarnation of the test index",
  "item_count": 2,
  "journal_through": 1,
  "label_count": 2,
  "layout": "minkowski-16",
  "metric": "euclidean",
  "seed": 1234567890987654321,
  "slot_count": 2,
  "tree_count": 2,
  "version": 1,
  "xxh3_64": "3147a1efe47f491b"
}
)";

// As written before items could be removed.
constexpr char kFirstJournal[] =
    "41 4e 4e 4f 44 4a 4e 4c 01 00 00 00 03 00 00 00 "
    "02 00 00 00 00 00 00 00 3e ed 5d 43 67 6b 67 d8 "
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 00 11 bd 4c 68 dd 3d 89 1f "
    "42 54 43 48 01 00 00 00 80 00 00 00 00 00 00 00 "
    "40 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 "
    "04 00 00 00 00 00 00 00 b5 3f b9 84 17 e6 00 d7 "
    "00 00 00 00 00 00 00 00 f0 c0 05 d2 9a 4d d7 a6 "
    "02 00 00 00 04 00 00 00 03 00 00 00 00 00 00 00 "
    "00 00 80 40 00 00 a0 40 00 00 c0 40 00 00 00 00 "
    "00 00 a0 40 00 00 c0 40 00 00 e0 40 00 00 00 00 "
    "6f 62 6f 65 00 00 00 00 00 00 00 00 00 00 00 00 "
    "42 54 43 48 02 00 00 00 40 00 00 00 00 00 00 00 "
    "c0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 00 06 a9 af 78 e2 36 06 38 "
    "00 00 00 00 00 00 00 00 e2 fe 2b 41 39 75 25 ad ";

constexpr char kJournal[] =
    "41 4e 4e 4f 44 4a 4e 4c 02 00 00 00 03 00 00 00 "
    "02 00 00 00 00 00 00 00 3e ed 5d 43 67 6b 67 d8 "
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 00 d0 56 5a ec 26 20 10 61 "
    "42 54 43 48 01 00 00 00 80 00 00 00 00 00 00 00 "
    "40 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 "
    "04 00 00 00 00 00 00 00 b5 3f b9 84 17 e6 00 d7 "
    "00 00 00 00 00 00 00 00 f0 c0 05 d2 9a 4d d7 a6 "
    "02 00 00 00 04 00 00 00 03 00 00 00 00 00 00 00 "
    "00 00 80 40 00 00 a0 40 00 00 c0 40 00 00 00 00 "
    "00 00 a0 40 00 00 c0 40 00 00 e0 40 00 00 00 00 "
    "6f 62 6f 65 00 00 00 00 00 00 00 00 00 00 00 00 "
    "42 54 43 48 02 00 00 00 40 00 00 00 00 00 00 00 "
    "c0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 00 06 a9 af 78 e2 36 06 38 "
    "00 00 00 00 00 00 00 00 e2 fe 2b 41 39 75 25 ad "
    "42 54 43 48 03 00 00 00 50 00 00 00 00 00 00 00 "
    "c0 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 00 9d dc 81 d0 5a 19 8d 0e "
    "00 00 00 00 00 00 00 00 78 aa 5a 76 3c 57 57 4f "
    "02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
    "42 54 43 48 02 00 00 00 40 00 00 00 00 00 00 00 "
    "50 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 00 13 ff c6 f2 24 97 7f 73 "
    "00 00 00 00 00 00 00 00 7a f0 dc 20 28 0d 10 76 ";

constexpr char kLabels[] =
    "41 4e 4e 4f 44 4c 42 4c 01 00 00 00 00 00 00 00 "
    "02 00 00 00 00 00 00 00 0b 00 00 00 00 00 00 00 "
    "df 17 ca 1c ea ad 33 41 bc de e7 e2 c2 31 6f d8 "
    "00 00 00 00 00 00 00 00 06 00 00 00 00 00 00 00 "
    "0b 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00 "
    "01 00 00 00 00 00 00 00 76 69 6f 6c 69 6e 63 65 "
    "6c 6c 6f ";

constexpr char kNumber[] = "000001 3ea67d46dfda02f2\n";

std::string FromHex(const char* text) {
  return absl::HexStringToBytes(absl::StrReplaceAll(text, {{" ", ""}}));
}

TEST(FormatExampleTest, Settings) {
  const auto settings = IndexSettingsFromJson(kSettings);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->dim, 3);
  EXPECT_EQ(settings->incarnation, TestSettings().incarnation);
  EXPECT_EQ(IndexSettingsToJson(*settings), kSettings);
  const auto first = IndexSettingsFromJson(kFirstSettings);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(IndexSettingsToJson(*first), kSettings);
}

TEST(FormatExampleTest, ManifestFile) {
  const auto manifest = ManifestFromJson(kManifest);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->files.size(), 2u);
  EXPECT_EQ(ManifestToJson(*manifest), kManifest);
}

TEST(FormatExampleTest, Number) {
  EXPECT_EQ(*ParseSealedNumber(kNumber, "CURRENT"), 1);
  EXPECT_EQ(SealedNumberText(1), kNumber);
}

TEST(FormatExampleTest, Labels) {
  const TempDir dir;
  const std::string bytes = FromHex(kLabels);
  OverwriteFile(dir.Path("labels.bin"), bytes);
  const auto labels =
      LabelTable::Open(FileSystem::Posix(), dir.Path("labels.bin"));
  ASSERT_TRUE(labels.ok()) << labels.status();
  EXPECT_EQ((*labels)->IdOf("violin"), 0);
  EXPECT_EQ((*labels)->LabelOf(1), "cello");
  ASSERT_TRUE(WriteLabels(FileSystem::Posix(), dir.Path("again"),
                          {{0, "violin"}, {1, "cello"}})
                  .ok());
  EXPECT_EQ(FileContents(dir.Path("again")), bytes);
}

TEST(FormatExampleTest, Journal) {
  const TempDir dir;
  FileSystem* const fs = FileSystem::Posix();
  ASSERT_TRUE(fs->CreateDirectory(dir.Path("staging")).ok());
  OverwriteFile(dir.Path("staging/RELEASED"), kNumber);
  const std::string path = dir.Path("staging/00000002.journal");
  Staging::Base base;
  base.slot_count = 2;
  base.journal_through = 1;
  const auto open = [&] {
    return Staging::Open(fs, dir.path(), TestSettings(), StagingOptions(),
                         base);
  };
  const auto read = [&](const char* hex) {
    OverwriteFile(path, FromHex(hex));
    const auto staging = open();
    EXPECT_TRUE(staging.ok()) << staging.status();
    return *Contents(staging->get());
  };
  EXPECT_EQ(read(kFirstJournal), (Model{{2, {3, "oboe"}}, {3, {4, ""}}}));
  EXPECT_EQ(read(kJournal), (Model{{2, RemovedItem()}, {3, {4, ""}}}));
  ASSERT_TRUE(fs->RemoveFile(path).ok());
  const auto staging = open();
  ASSERT_TRUE(staging.ok()) << staging.status();
  ItemList list;
  list.Add(2, 3, "oboe").Add(3, 4);
  ASSERT_TRUE((*staging)->Add(list.items()).ok());
  ASSERT_TRUE((*staging)->Remove({}, {"oboe"}).ok());
  EXPECT_EQ(absl::BytesToHexString(FileContents(path)),
            absl::BytesToHexString(FromHex(kJournal)));
}

}  // namespace
}  // namespace annod
