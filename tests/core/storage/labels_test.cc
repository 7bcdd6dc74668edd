#include "core/storage/labels.h"

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/storage/checksum.h"
#include "core/storage/labels_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/testing/corruption.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ElementsAre;

using Labels = std::vector<std::pair<int32_t, absl::string_view>>;

class LabelsTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::shared_ptr<const LabelTable>> WriteAndOpen(
      const Labels& labels, bool allow_duplicates = false) {
    FileSystem::Posix()->RemoveFile(path_).IgnoreError();
    const absl::Status status =
        WriteLabels(FileSystem::Posix(), path_, labels, allow_duplicates);
    if (!status.ok()) return status;
    return LabelTable::Open(FileSystem::Posix(), path_);
  }

  const TempDir dir_;
  const std::string path_ = dir_.Path("labels.bin");
};

TEST_F(LabelsTest, FindsBothWays) {
  std::map<int32_t, std::string> model;
  for (int i = 0; i < 1000; ++i) {
    model[i * 7] = absl::StrCat("label ", (i * 7919) % 1000);
  }
  const Labels labels(model.begin(), model.end());
  const auto table = WriteAndOpen(labels);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->size(), 1000);
  for (int id = -1; id < 7001; ++id) {
    const auto found = model.find(id);
    EXPECT_EQ((*table)->LabelOf(id), found == model.end() ? "" : found->second);
  }
  for (const auto& [id, label] : model) EXPECT_EQ((*table)->IdOf(label), id);
  for (const char* absent : {"", "label", "label 1000", "zzz"}) {
    EXPECT_EQ((*table)->IdOf(absent), std::nullopt) << absent;
  }
}

TEST_F(LabelsTest, SeveralIdsMayHaveOneLabel) {
  const auto table = WriteAndOpen(
      {{1, "b"}, {3, "a"}, {5, "b"}, {6, "bb"}, {2147483646, "b"}}, true);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->size(), 5);
  EXPECT_THAT((*table)->IdsOf("a"), ElementsAre(3));
  EXPECT_THAT((*table)->IdsOf("b"), ElementsAre(1, 5, 2147483646));
  EXPECT_THAT((*table)->IdsOf("bb"), ElementsAre(6));
  EXPECT_THAT((*table)->IdsOf("c"), ElementsAre());
  EXPECT_EQ((*table)->IdOf("b"), 1);
  EXPECT_EQ((*table)->LabelOf(5), "b");
  EXPECT_EQ(FileContents(path_)[8], 2);  // the format
}

TEST_F(LabelsTest, UniqueLabelsKeepTheFormatOfEarlierPrograms) {
  ASSERT_TRUE(WriteAndOpen({{1, "b"}, {3, "a"}}, true).ok());
  EXPECT_EQ(FileContents(path_)[8], 1);
}

TEST_F(LabelsTest, HoldsTheBounds) {
  const std::string longest(kMaxLabelBytes, 'z');
  const auto table = WriteAndOpen({{0, longest}, {2147483646, "\xC3\xB6"}});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->LabelOf(0), longest);
  EXPECT_EQ((*table)->IdOf("\xC3\xB6"), 2147483646);
  const auto empty = WriteAndOpen({});
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ((*empty)->size(), 0);
  EXPECT_EQ((*empty)->LabelOf(0), "");
  EXPECT_EQ((*empty)->IdOf("a"), std::nullopt);
}

TEST_F(LabelsTest, RefusesWhatItCouldNotReadBack) {
  const std::string too_long(kMaxLabelBytes + 1, 'x');
  const std::vector<Labels> bad = {
      {{1, "a"}, {1, "b"}},  // id twice
      {{2, "a"}, {1, "b"}},  // not ascending
      {{-1, "a"}},
      {{2147483647, "a"}},
      {{1, "a"}, {2, "a"}},  // label twice
      {{1, ""}},
      {{1, too_long}},
      {{1, "\xFF"}},
      {{1, absl::string_view("a\0b", 3)}},
  };
  for (const Labels& labels : bad) {
    EXPECT_EQ(WriteAndOpen(labels).status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(FileSystem::Posix()->Stat(path_).status().code(),
              absl::StatusCode::kNotFound);
  }
}

TEST_F(LabelsTest, AnyDamageIsDataLoss) {
  ASSERT_TRUE(WriteAndOpen({{3, "beta"}, {5, "alpha"}, {9, "gamma"}}).ok());
  const std::string bytes = FileContents(path_);
  const auto check = [&](const std::string& damaged) {
    OverwriteFile(path_, damaged);
    EXPECT_EQ(LabelTable::Open(FileSystem::Posix(), path_).status().code(),
              absl::StatusCode::kDataLoss);
  };
  ForEachTruncation(bytes, check);
  ForEachFlip(bytes, check);
  check(bytes + '\0');
}

// Repairs the checksums after the damage, so that the structure itself has to
// be looked at.
TEST_F(LabelsTest, WellSealedNonsenseIsDataLoss) {
  ASSERT_TRUE(WriteAndOpen({{3, "beta"}, {5, "alpha"}, {9, "gamma"}}).ok());
  const std::string good = FileContents(path_);
  const size_t ends = sizeof(LabelsHeader);
  const size_t ids = ends + 4 * sizeof(uint64_t);
  const size_t by_label = ids + 3 * sizeof(int32_t);
  const size_t text = by_label + 3 * sizeof(uint32_t);
  const auto open_with = [&](size_t offset, auto value) {
    std::string bytes = good;
    std::memcpy(&bytes[offset], &value, sizeof(value));
    LabelsHeader header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    header.payload_checksum =
        Xxh3(absl::string_view(bytes).substr(sizeof(header)));
    std::memcpy(&bytes[0], &header, sizeof(header));
    header.header_checksum = Xxh3(absl::string_view(bytes).substr(
        0, offsetof(LabelsHeader, header_checksum)));
    std::memcpy(&bytes[0], &header, sizeof(header));
    OverwriteFile(path_, bytes);
    return LabelTable::Open(FileSystem::Posix(), path_).status().code();
  };
  constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
  EXPECT_EQ(open_with(ids, int32_t{3}), absl::StatusCode::kOk);
  EXPECT_EQ(open_with(ends, uint64_t{1}), kDataLoss);
  EXPECT_EQ(open_with(ends + 8, uint64_t{0}), kDataLoss);
  EXPECT_EQ(open_with(ends + 8, UINT64_MAX), kDataLoss);
  EXPECT_EQ(open_with(ends + 16, uint64_t{1}), kDataLoss);
  EXPECT_EQ(open_with(ends + 24, uint64_t{13}), kDataLoss);
  EXPECT_EQ(open_with(ids, int32_t{-3}), kDataLoss);
  EXPECT_EQ(open_with(ids, int32_t{5}), kDataLoss);
  EXPECT_EQ(open_with(ids + 8, int32_t{2147483647}), kDataLoss);
  EXPECT_EQ(open_with(by_label, uint32_t{3}), kDataLoss);
  EXPECT_EQ(open_with(by_label, uint32_t{2}), kDataLoss);
  EXPECT_EQ(open_with(by_label, uint32_t{0}), kDataLoss);
  EXPECT_EQ(open_with(text, '\xFF'), kDataLoss);
  EXPECT_EQ(open_with(offsetof(LabelsHeader, label_count), UINT64_MAX),
            kDataLoss);
  EXPECT_EQ(open_with(offsetof(LabelsHeader, label_count), uint64_t{2}),
            kDataLoss);
  EXPECT_EQ(open_with(offsetof(LabelsHeader, text_bytes), UINT64_MAX - 60),
            kDataLoss);
  EXPECT_EQ(open_with(offsetof(LabelsHeader, format_version), uint32_t{3}),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(LabelsTest, EqualLabelsOutOfOrderAreDataLoss) {
  ASSERT_TRUE(WriteAndOpen({{3, "a"}, {5, "a"}}, true).ok());
  const std::string good = FileContents(path_);
  const auto open_with = [&](uint32_t format, uint32_t first, uint32_t second) {
    std::string bytes = good;
    LabelsHeader header;
    std::memcpy(&header, bytes.data(), sizeof(header));
    const size_t by_label =
        sizeof(header) + 3 * sizeof(uint64_t) + 2 * sizeof(int32_t);
    std::memcpy(&bytes[by_label], &first, sizeof(first));
    std::memcpy(&bytes[by_label + sizeof(first)], &second, sizeof(second));
    header.format_version = format;
    header.payload_checksum =
        Xxh3(absl::string_view(bytes).substr(sizeof(header)));
    std::memcpy(&bytes[0], &header, sizeof(header));
    header.header_checksum = Xxh3(absl::string_view(bytes).substr(
        0, offsetof(LabelsHeader, header_checksum)));
    std::memcpy(&bytes[0], &header, sizeof(header));
    OverwriteFile(path_, bytes);
    return LabelTable::Open(FileSystem::Posix(), path_).status().code();
  };
  EXPECT_EQ(open_with(2, 0, 1), absl::StatusCode::kOk);
  EXPECT_EQ(open_with(2, 1, 0), absl::StatusCode::kDataLoss);
  EXPECT_EQ(open_with(2, 0, 0), absl::StatusCode::kDataLoss);
  EXPECT_EQ(open_with(1, 0, 1), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace annod
