// What Staging::Open() makes of journals that were damaged.
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/journal/journal_format.h"
#include "core/journal/journal_position.h"
#include "core/staging/staging.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/harness/staging_harness.h"
#include "tests/core/testing/corruption.h"
#include "tests/core/testing/fault_file_system.h"
#include "tests/core/testing/temp_dir.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;

class StagingDamageTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Staging>> TryOpen(
      const IndexSettings& settings = TestSettings()) {
    StagingOptions options;
    options.acknowledged = acknowledged_;
    options.publish = [this](JournalPosition end) { published_ = end; };
    return Staging::Open(&fs_, dir_.path(), settings, options, {});
  }

  // The staged items, or why they cannot be had.
  absl::StatusOr<Model> Reopen() {
    auto staging = TryOpen();
    if (!staging.ok()) return staging.status();
    return Contents(staging->get());
  }

  void Add(Staging* staging, int32_t id, float value, std::string label) {
    ItemList list;
    list.Add(id, value, std::move(label)).Add(id + 100, value);
    const auto ids = staging->Add(list.items());
    ASSERT_TRUE(ids.ok()) << ids.status();
    list.ApplyTo(*ids, &all_);
    steps_.push_back(all_);
  }

  std::string SegmentPath(int64_t segment) const {
    return dir_.Path(absl::StrCat("staging/", SegmentName(segment)));
  }

  const TempDir dir_;
  FaultFileSystem fs_{FileSystem::Posix(), dir_.path()};  // syncs are fast
  JournalPosition acknowledged_;  // that recovery knows of
  JournalPosition published_;
  Model all_;
  std::vector<Model> steps_ = {Model()};  // after each call
};

TEST_F(StagingDamageTest, ACutLastSegmentHoldsWholeCallsOnly) {
  {
    const auto staging = TryOpen();
    Add(staging->get(), 1, 10, "one");
    Add(staging->get(), 2, 20, "two");
    Add(staging->get(), 1, 11, "three");
  }
  const std::string bytes = FileContents(SegmentPath(1));
  size_t whole = 0;
  ForEachTruncation(bytes, [&](const std::string& cut) {
    OverwriteFile(SegmentPath(1), cut);
    const auto model = Reopen();
    ASSERT_TRUE(model.ok()) << model.status();
    while (whole + 1 < steps_.size() && *model == steps_[whole + 1]) ++whole;
    ASSERT_EQ(*model, steps_[whole]);
    FileSystem::Posix()->RemoveFile(SegmentPath(2)).IgnoreError();
  });
  EXPECT_EQ(whole, 3u);  // the mark behind the last call is not missed
}

TEST_F(StagingDamageTest, NothingBeforeTheAcknowledgedEndMayBeMissing) {
  {
    const auto staging = TryOpen();
    Add(staging->get(), 1, 10, "one");
    Add(staging->get(), 2, 20, "two");
  }
  acknowledged_ = published_;
  const std::string bytes = FileContents(SegmentPath(1));
  ForEachTruncation(bytes, [&](const std::string& cut) {
    OverwriteFile(SegmentPath(1), cut);
    const auto model = Reopen();
    if (cut.size() >= acknowledged_.end) {
      ASSERT_TRUE(model.ok()) << model.status();
      ASSERT_EQ(*model, all_);
      FileSystem::Posix()->RemoveFile(SegmentPath(2)).IgnoreError();
      return;
    }
    ASSERT_EQ(model.status().code(), kDataLoss) << cut.size();
    ASSERT_THAT(std::string(model.status().message()),
                HasSubstr(SegmentPath(1)));
    ASSERT_EQ(FileContents(SegmentPath(1)), cut);  // nothing is cut off
  });
  ASSERT_TRUE(FileSystem::Posix()->RemoveFile(SegmentPath(1)).ok());
  const auto model = Reopen();
  EXPECT_EQ(model.status().code(), kDataLoss) << model.status();
  EXPECT_THAT(std::string(model.status().message()), HasSubstr("is missing"));
}

TEST_F(StagingDamageTest, NothingIsAcknowledgedIntoAFileThatIsNotThere) {
  const struct {
    const char* what;
    std::function<void(const std::string& path)> damage;
  } kCases[] = {
      {"was cut to 70 bytes",
       [](const std::string& path) {
         ASSERT_EQ(truncate(path.c_str(), 70), 0);
       }},
      {"was removed",
       [](const std::string& path) { ASSERT_EQ(unlink(path.c_str()), 0); }},
      {"others by somebody else",
       [](const std::string& path) {
         ASSERT_EQ(truncate(path.c_str(), 1 << 20), 0);
       }},
      {"another file",
       [](const std::string& path) {
         OverwriteFile(path, std::string(1 << 20, 'x'));
       }},
  };
  for (const auto& test : kCases) {
    for (const bool by_writing : {true, false}) {
      SCOPED_TRACE(absl::StrCat(test.what, by_writing ? " by writing" : ""));
      FileSystem::Posix()
          ->RemoveRecursively(dir_.Path("staging"))
          .IgnoreError();
      auto staging = TryOpen();
      ASSERT_TRUE(staging.ok()) << staging.status();
      Add(staging->get(), 1, 10, "one");
      Add(staging->get(), 2, 20, "two");
      EXPECT_TRUE((*staging)->CheckFiles().ok());
      const JournalPosition before = published_;
      test.damage(SegmentPath(1));
      if (!by_writing) {
        EXPECT_EQ((*staging)->CheckFiles().code(), kDataLoss);
      }
      ItemList list;
      list.Add(3, 30, "three");
      for (const absl::Status& status :
           {(*staging)->Add(list.items()).status(),
            (*staging)->Remove({1}, {}).status(),
            (*staging)->AddWithoutSync(list.items()).status(),
            (*staging)->Flush((*staging)->flush_ticket()),
            (*staging)->Freeze().status(), (*staging)->failure()}) {
        EXPECT_EQ(status.code(), kDataLoss) << status;
        EXPECT_THAT(std::string(status.message()), HasSubstr(SegmentPath(1)));
      }
      EXPECT_EQ(published_, before);
    }
  }
}

TEST_F(StagingDamageTest, AHoleBehindTheLastSegmentIsNotSearched) {
  const auto staging = TryOpen();
  Add(staging->get(), 1, 10, "one");
  const std::string whole = FileContents(SegmentPath(1));
  ASSERT_EQ(truncate(SegmentPath(1).c_str(), int64_t{1} << 38), 0);
  const auto model = Reopen();
  EXPECT_EQ(model.status().code(), kDataLoss) << model.status();
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("it has 274877906944 bytes"));
  OverwriteFile(SegmentPath(1), whole);
  EXPECT_EQ(*Reopen(), all_);
}

TEST_F(StagingDamageTest, ASealedSegmentThatGoesMissingIsNoticed) {
  const auto staging = TryOpen();
  Add(staging->get(), 1, 10, "one");
  ASSERT_TRUE((*staging)->Freeze().ok());
  Add(staging->get(), 2, 20, "two");
  EXPECT_TRUE((*staging)->CheckFiles().ok());
  ASSERT_TRUE(FileSystem::Posix()->RemoveFile(SegmentPath(1)).ok());
  EXPECT_EQ((*staging)->CheckFiles().code(), kDataLoss);
}

TEST_F(StagingDamageTest, ASegmentThatIsNoFileIsNeverWaitedFor) {
  {
    const auto staging = TryOpen();
    Add(staging->get(), 1, 10, "one");
  }
  ASSERT_TRUE(FileSystem::Posix()->RemoveFile(SegmentPath(1)).ok());
  ASSERT_EQ(mkfifo(SegmentPath(1).c_str(), 0600), 0);
  const auto model = Reopen();
  EXPECT_EQ(model.status().code(), kDataLoss) << model.status();
  EXPECT_THAT(std::string(model.status().message()), HasSubstr("a FIFO"));
}

TEST_F(StagingDamageTest, AnyFlippedByteOfAcknowledgedCallsIsDataLoss) {
  {
    const auto staging = TryOpen();
    Add(staging->get(), 1, 10, "one");
    Add(staging->get(), 2, 20, "two");
  }
  const std::string bytes = FileContents(SegmentPath(1));
  const size_t last_mark = bytes.size() - sizeof(RecordHeader);
  ForEachFlip(bytes, [&](const std::string& damaged) {
    OverwriteFile(SegmentPath(1), damaged);
    const auto model = Reopen();
    if (damaged.compare(0, last_mark, bytes, 0, last_mark) == 0) {
      ASSERT_TRUE(model.ok()) << model.status();  // the mark is only a help
      ASSERT_EQ(*model, all_);
    } else {
      ASSERT_EQ(model.status().code(), kDataLoss) << model.status();
      ASSERT_THAT(std::string(model.status().message()),
                  HasSubstr(SegmentPath(1)));
    }
  });
}

TEST_F(StagingDamageTest, SealedSegmentsAreStrict) {
  {
    const auto staging = TryOpen();
    Add(staging->get(), 1, 10, "one");
    ASSERT_TRUE((*staging)->Freeze().ok());
    Add(staging->get(), 2, 20, "two");
  }
  const std::string first = FileContents(SegmentPath(1));
  const std::string second = FileContents(SegmentPath(2));
  const size_t end = first.size() - sizeof(RecordHeader);  // the mark is behind
  const auto check = [&](const std::string& damaged) {
    OverwriteFile(SegmentPath(1), damaged);
    const auto model = Reopen();
    if (damaged.compare(0, end, first, 0, end) == 0) {
      ASSERT_TRUE(model.ok()) << model.status();
      ASSERT_EQ(*model, all_);
    } else {
      ASSERT_EQ(model.status().code(), kDataLoss) << model.status();
    }
    FileSystem::Posix()->RemoveFile(SegmentPath(3)).IgnoreError();
    OverwriteFile(SegmentPath(2), second);
  };
  ForEachTruncation(first, check);
  ForEachFlip(first, check);
}

TEST_F(StagingDamageTest, SegmentsCannotBeMissingSwappedOrForeign) {
  {
    const auto staging = TryOpen();
    Add(staging->get(), 1, 10, "one");
    ASSERT_TRUE((*staging)->Freeze().ok());
    Add(staging->get(), 2, 20, "two");
    ASSERT_TRUE((*staging)->Freeze().ok());
    Add(staging->get(), 3, 30, "three");
  }
  const std::string first = FileContents(SegmentPath(1));
  const std::string second = FileContents(SegmentPath(2));
  for (const int64_t missing : {1, 2}) {
    const std::string kept = FileContents(SegmentPath(missing));
    ASSERT_TRUE(FileSystem::Posix()->RemoveFile(SegmentPath(missing)).ok());
    const absl::Status status = Reopen().status();
    EXPECT_EQ(status.code(), kDataLoss);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("segment ", missing, " is missing")));
    OverwriteFile(SegmentPath(missing), kept);
  }
  OverwriteFile(SegmentPath(1), second);
  OverwriteFile(SegmentPath(2), first);
  EXPECT_EQ(Reopen().status().code(), kDataLoss);
  OverwriteFile(SegmentPath(1), first);
  OverwriteFile(SegmentPath(2), second);
  IndexSettings other = TestSettings();
  other.incarnation = "another";
  EXPECT_EQ(TryOpen(other).status().code(), kDataLoss);
  other = TestSettings();
  other.dim = kTestDim + 1;  // still fits the padding
  EXPECT_EQ(TryOpen(other).status().code(), kDataLoss);
  EXPECT_EQ(*Reopen(), all_);
}

TEST_F(StagingDamageTest, AStaleRecordNeverPasses) {
  {
    const auto staging = TryOpen();
    Add(staging->get(), 1, 10, "one");
    Add(staging->get(), 1, 11, "two");
  }
  const std::string bytes = FileContents(SegmentPath(1));
  const size_t batch_bytes =
      (bytes.size() - sizeof(SegmentHeader)) / 2 - sizeof(RecordHeader);
  const std::string stale = bytes.substr(sizeof(SegmentHeader), batch_bytes);
  OverwriteFile(SegmentPath(1), bytes + stale);
  const auto staging = TryOpen();
  ASSERT_TRUE(staging.ok()) << staging.status();
  EXPECT_EQ((*staging)->recovered_cut_bytes(), stale.size());
  EXPECT_EQ(*Contents(staging->get()), all_);
}

TEST_F(StagingDamageTest, ReleasedNumberIsWholeOrDataLoss) {
  {
    const auto staging = TryOpen();
    Add(staging->get(), 1, 10, "one");
    const auto snapshot = (*staging)->Freeze();
    Staging::Base base;
    base.journal_through = (*snapshot)->through_segment();
    (*staging)->Release(**snapshot, base);
    ASSERT_TRUE((*staging)->RemoveReleased().ok());
    all_.clear();
    Add(staging->get(), 2, 20, "two");
  }
  const std::string path = dir_.Path("staging/RELEASED");
  const std::string bytes = FileContents(path);
  const auto check = [&](const std::string& damaged) {
    OverwriteFile(path, damaged);
    ASSERT_EQ(Reopen().status().code(), kDataLoss);
  };
  ForEachTruncation(bytes, check);
  ForEachFlip(bytes, check);
  OverwriteFile(path, bytes);
  EXPECT_EQ(*Reopen(), all_);
}

}  // namespace
}  // namespace annod
