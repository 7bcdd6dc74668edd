#include "core/replica/fetch_version.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/replica/directory_source.h"
#include "core/storage/version_files.h"
#include "core/version/version_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/replica/published_index.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Says about the index what a directory says, or what a test makes of it.
class OddSource final : public VersionSource {
 public:
  explicit OddSource(VersionSource* source) : source_(source) {}
  absl::StatusOr<std::vector<SourceIndex>> List() override {
    return source_->List();
  }
  absl::StatusOr<SourceVersion> Describe(const std::string& index) override {
    return source_->Describe(index);
  }
  absl::Status Read(const std::string& index, const Manifest& version,
                    uint64_t offset, uint64_t max_bytes,
                    const Sink& sink) override {
    ++reads;
    first_offset = std::min(first_offset, offset);
    return read ? read(offset, max_bytes, sink)
                : source_->Read(index, version, offset, max_bytes, sink);
  }
  std::string PathOf(const std::string&, int64_t,
                     const std::string&) const override {
    return "";
  }

  std::function<absl::Status(uint64_t, uint64_t, const Sink&)> read;
  int reads = 0;
  uint64_t first_offset = UINT64_MAX;

 private:
  VersionSource* const source_;
};

class FetchVersionTest : public ::testing::Test {
 protected:
  FetchVersionTest() { published_.Publish(1); }

  SourceVersion Described() {
    auto version = source_.Describe("test");
    EXPECT_TRUE(version.ok()) << version.status();
    return version.ok() ? *version : SourceVersion();
  }
  absl::Status Fetch(VersionSource* source, const SourceVersion& version,
                     const FetchOptions& options = {}) {
    return FetchVersionFiles(fs_, source, "test", version, fetched_, options);
  }
  void ExpectFetched() {
    for (const char* name : {"forest.ann", "labels.bin", "MANIFEST.json"}) {
      EXPECT_EQ(FileContents(JoinPath(fetched_, name)),
                FileContents(published_.FilePath(1, name)))
          << name;
    }
  }
  bool IsThere(const std::string& path) const { return fs_->Stat(path).ok(); }

  FileSystem* const fs_ = FileSystem::Posix();
  const TempDir dir_;
  PublishedIndex published_{dir_.Path("source")};
  DirectorySource source_{fs_, dir_.Path("source")};
  OddSource odd_{&source_};
  const std::string fetched_ = dir_.Path("fetched");
};

TEST_F(FetchVersionTest, BringsAllFiles) {
  const auto indexes = source_.List();
  ASSERT_EQ(indexes->size(), 1u);
  EXPECT_EQ(indexes->front().name, "test");
  EXPECT_EQ(indexes->front().version, 1);
  uint64_t bytes = 0;
  FetchOptions options;
  options.fetched = [&](uint64_t more) { bytes += more; };
  ASSERT_EQ(Fetch(&source_, Described(), options), absl::OkStatus());
  ExpectFetched();
  EXPECT_EQ(bytes,
            FileContents(published_.FilePath(1)).size() +
                FileContents(published_.FilePath(1, "labels.bin")).size());
  // Once more costs nothing.
  ASSERT_EQ(Fetch(&odd_, Described()), absl::OkStatus());
  EXPECT_EQ(odd_.reads, 0);
}

TEST_F(FetchVersionTest, InPlaceLinksToTheFiles) {
  FetchOptions options;
  options.in_place = true;
  ASSERT_EQ(Fetch(&source_, Described(), options), absl::OkStatus());
  ExpectFetched();
  EXPECT_EQ(fs_->Stat(JoinPath(fetched_, "forest.ann"))->inode,
            fs_->Stat(published_.FilePath(1))->inode);
  // Removing the replica's version leaves the source alone.
  ASSERT_TRUE(fs_->RemoveRecursively(fetched_).ok());
  EXPECT_TRUE(IsThere(published_.FilePath(1)));
  // Of another machine there is nothing to link to.
  EXPECT_EQ(Fetch(&odd_, Described(), options).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(FetchVersionTest, AnIndexThatIsNotAllThereIsToComeYet) {
  const std::string forest = FileContents(published_.FilePath(1));
  OverwriteFile(published_.FilePath(1), forest.substr(0, forest.size() / 2));
  const absl::Status half = source_.Describe("test").status();
  EXPECT_EQ(half.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(half.message()),
              HasSubstr(absl::StrCat("has ", forest.size() / 2, " of ",
                                     forest.size(), " bytes")));
  for (const char* name : {"forest.ann", "MANIFEST.json"}) {
    OverwriteFile(published_.FilePath(1), forest);
    const std::string before = FileContents(published_.FilePath(1, name));
    ASSERT_TRUE(fs_->RemoveFile(published_.FilePath(1, name)).ok());
    EXPECT_EQ(source_.Describe("test").status().code(),
              absl::StatusCode::kUnavailable);
    OverwriteFile(published_.FilePath(1, name), before.substr(0, 10));
    EXPECT_EQ(source_.Describe("test").status().code(),
              absl::StatusCode::kUnavailable);
    OverwriteFile(published_.FilePath(1, name), before);
  }
  // CURRENT, too, may come late or in part.
  const std::string current = dir_.Path("source/test/CURRENT");
  const std::string number = FileContents(current);
  OverwriteFile(current, number.substr(0, 3));
  EXPECT_EQ(source_.Describe("test").status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_THAT(source_.List()->front().revision, IsEmpty());
  OverwriteFile(current, number);
  EXPECT_TRUE(source_.Describe("test").ok());
}

TEST_F(FetchVersionTest, WrongBytesOfTheRightLengthAreRefused) {
  const std::string forest = FileContents(published_.FilePath(1));
  OverwriteFile(published_.FilePath(1), std::string(forest.size(), '\0'));
  for (const bool in_place : {false, true}) {
    FetchOptions options;
    options.in_place = in_place;
    const absl::Status status = Fetch(&source_, Described(), options);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr("XXH3-64"));
    EXPECT_FALSE(IsThere(fetched_));
  }
  OverwriteFile(published_.FilePath(1), forest);
  ASSERT_EQ(Fetch(&source_, Described()), absl::OkStatus());
  ExpectFetched();
}

TEST_F(FetchVersionTest, GoesOnWhereItEnded) {
  const SourceVersion version = Described();
  const std::string forest = FileContents(published_.FilePath(1));
  const std::string begin = forest.substr(0, 100);
  odd_.read = [&](uint64_t, uint64_t, const VersionSource::Sink& sink) {
    const absl::Status taken = sink(begin);
    return taken.ok() ? absl::NotFoundError("gone") : taken;
  };
  EXPECT_EQ(Fetch(&odd_, version).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FileContents(JoinPath(fetched_, "forest.ann")), begin);
  odd_.read = nullptr;
  odd_.first_offset = UINT64_MAX;
  ASSERT_EQ(Fetch(&odd_, version), absl::OkStatus());
  EXPECT_EQ(odd_.first_offset, 100u);
  ExpectFetched();
}

TEST_F(FetchVersionTest, AConnectionThatBreaksIsMadeAnewWithinAFetch) {
  int calls = 0;
  odd_.read = [&](uint64_t offset, uint64_t max_bytes,
                  const VersionSource::Sink& sink) {
    if (++calls > 3) {
      return source_.Read("test", Described().manifest, offset, max_bytes,
                          sink);
    }
    const absl::Status read =
        source_.Read("test", Described().manifest, offset, 7, sink);
    return read.ok() ? absl::UnavailableError("broken") : read;
  };
  ASSERT_EQ(Fetch(&odd_, Described()), absl::OkStatus());
  ExpectFetched();
}

TEST_F(FetchVersionTest, WhatIsLeftOfAnotherVersionIsNotUsed) {
  ASSERT_EQ(Fetch(&source_, Described()), absl::OkStatus());
  published_.Publish(7);
  ASSERT_EQ(Fetch(&source_, Described()), absl::OkStatus());
  EXPECT_EQ(FileContents(JoinPath(fetched_, "forest.ann")),
            FileContents(published_.FilePath(2)));
}

TEST_F(FetchVersionTest, ASourceThatSendsTooMuchOrNothingIsRefused) {
  const SourceVersion version = Described();
  int pieces = 0;
  odd_.read = [&](uint64_t, uint64_t, const VersionSource::Sink& sink) {
    absl::Status taken;
    while (taken.ok()) {  // without end
      ++pieces;
      taken = sink(std::string(1000, 'x'));
    }
    return taken;
  };
  absl::Status status = Fetch(&odd_, version);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              ContainsRegex("sends more than the [0-9]+ bytes that it"));
  EXPECT_LT(pieces, 100);
  odd_.read = [](uint64_t, uint64_t, const VersionSource::Sink&) {
    return absl::OkStatus();
  };
  status = Fetch(&odd_, version);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              ContainsRegex("nothing of the [0-9]+ bytes from 0 on"));
  // It may announce what no disk holds.
  SourceVersion huge = version;
  huge.manifest.files[0].bytes = uint64_t{1} << 46;
  EXPECT_EQ(CheckDescription("test", huge), absl::OkStatus());
  EXPECT_EQ(Fetch(&odd_, huge).code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(FetchVersionTest, ADescriptionThatCannotBeIsRefused) {
  const SourceVersion good = Described();
  ASSERT_EQ(CheckDescription("test", good), absl::OkStatus());
  const auto refused = [&](void (*edit)(SourceVersion*)) {
    SourceVersion bad = good;
    edit(&bad);
    return CheckDescription("test", bad).code();
  };
  constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
  EXPECT_EQ(refused([](SourceVersion* v) { v->settings.name = "other"; }),
            kDataLoss);
  EXPECT_EQ(refused([](SourceVersion* v) {
              v->manifest.files[0].name = "../../settings.json";
            }),
            kDataLoss);
  EXPECT_EQ(refused([](SourceVersion* v) { v->manifest.files[0].name = ""; }),
            kDataLoss);
  EXPECT_EQ(refused([](SourceVersion* v) {
              v->manifest.files[1].name = v->manifest.files[0].name;
            }),
            kDataLoss);
  EXPECT_EQ(refused([](SourceVersion* v) {
              for (ManifestFile& file : v->manifest.files) {
                file.bytes = uint64_t{1} << 63;
              }
            }),
            kDataLoss);
  EXPECT_EQ(refused([](SourceVersion* v) { ++v->manifest.dim; }), kDataLoss);
  EXPECT_EQ(
      refused([](SourceVersion* v) { v->manifest.metric = Metric::kDot; }),
      kDataLoss);
  EXPECT_EQ(
      refused([](SourceVersion* v) { v->settings.attached_path = "/x.ann"; }),
      absl::StatusCode::kFailedPrecondition);
}

TEST_F(FetchVersionTest, EndsWhenTold) {
  FetchOptions options;
  options.stopped = [] { return true; };
  EXPECT_EQ(Fetch(&source_, Described(), options).code(),
            absl::StatusCode::kCancelled);
}

TEST_F(FetchVersionTest, IsInstalledInThePlaceOfADamagedOne) {
  PublishedIndex replica(dir_.Path("replica"));
  replica.Publish(5);
  ASSERT_EQ(Fetch(&source_, Described()), absl::OkStatus());
  ASSERT_EQ(InstallVersion(fs_, fetched_, dir_.Path("replica/test"), 1),
            absl::OkStatus());
  EXPECT_FALSE(IsThere(fetched_));
  EXPECT_EQ(FileContents(replica.FilePath(1)),
            FileContents(published_.FilePath(1)));
}

}  // namespace
}  // namespace annod
