#include "core/journal/journal_recovery.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"
#include "core/storage/version_files.h"

namespace annod {
namespace {

absl::Status Damaged(const std::string& path, uint64_t offset,
                     absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("journal '", path, "' at offset ", offset, ": ", what));
}

absl::Status BadHeader(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("journal '", path, "' ", status.message()));
}

absl::string_view BytesOf(const MappedFile& file) {
  return absl::string_view(file.data(), file.size());
}

absl::StatusOr<int64_t> ReadReleased(FileSystem* fs,
                                     const std::string& directory) {
  const auto text = fs->ReadFile(JoinPath(directory, kReleasedFile), 4096);
  if (absl::IsNotFound(text.status())) return 0;
  ANNOD_RETURN_IF_ERROR(text.status());
  return ParseSealedNumber(*text, JoinPath(directory, kReleasedFile));
}

// Removes what nobody needs any more; sorts the numbers of the rest into those
// that are in a version and those that count, both ascending.
absl::Status CleanAndList(FileSystem* fs, const std::string& directory,
                          int64_t noted, int64_t released,
                          std::vector<int64_t>* contained,
                          std::vector<int64_t>* segments) {
  ANNOD_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         fs->ListDirectory(directory));
  for (const std::string& name : names) {
    const std::optional<int64_t> segment = ParseSegmentName(name);
    if (IsTemporaryName(name) || (segment.has_value() && *segment <= noted)) {
      ANNOD_RETURN_IF_ERROR(fs->RemoveFile(JoinPath(directory, name)));
    } else if (segment.has_value()) {
      (*segment <= released ? contained : segments)->push_back(*segment);
    }
  }
  std::sort(contained->begin(), contained->end());
  std::sort(segments->begin(), segments->end());
  for (size_t i = 0; i < segments->size(); ++i) {
    const int64_t expected = released + 1 + static_cast<int64_t>(i);
    if ((*segments)[i] == expected) continue;
    return absl::DataLossError(
        absl::StrCat("journal '", directory, "': segment ", expected,
                     " is missing, ", segments->back(), " is there; ", released,
                     " is the last in a version"));
  }
  return absl::OkStatus();
}

class Recovery {
 public:
  Recovery(FileSystem* fs, const std::string& directory,
           const JournalIdentity& identity, JournalPosition acknowledged,
           const BatchVisitor& visit)
      : fs_(fs),
        directory_(directory),
        identity_(identity),
        acknowledged_(acknowledged),
        visit_(visit) {}

  absl::StatusOr<RecoveredJournal> Run(int64_t journal_through) {
    ANNOD_ASSIGN_OR_RETURN(const int64_t noted, ReadReleased(fs_, directory_));
    result_.released_through = std::max(noted, journal_through);
    if (noted < journal_through) {
      ANNOD_RETURN_IF_ERROR(WriteReleased(fs_, directory_, journal_through));
    }
    std::vector<int64_t> numbers;
    ANNOD_RETURN_IF_ERROR(CleanAndList(fs_, directory_, noted,
                                       result_.released_through,
                                       &result_.contained, &numbers));
    ANNOD_RETURN_IF_ERROR(CheckNoneIsMissing(numbers));
    ANNOD_RETURN_IF_ERROR(DropUnfinished(&numbers));
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (i + 1 == numbers.size()) {
        ANNOD_RETURN_IF_ERROR(ReadLast(numbers[i]));
      } else {
        ANNOD_RETURN_IF_ERROR(ReadSealed(numbers[i], numbers[i + 1]));
      }
    }
    result_.next_segment =
        numbers.empty() ? result_.released_through + 1 : numbers.back() + 1;
    return std::move(result_);
  }

 private:
  std::string PathOf(int64_t number) const {
    return JoinPath(directory_, SegmentName(number));
  }

  // The end of the journal leaves no gap when it goes missing; only the
  // acknowledged position tells.
  absl::Status CheckNoneIsMissing(const std::vector<int64_t>& numbers) const {
    const int64_t last =
        numbers.empty() ? result_.released_through : numbers.back();
    if (acknowledged_.segment <= last ||
        acknowledged_.end <= sizeof(SegmentHeader)) {
      return absl::OkStatus();
    }
    return Damaged(PathOf(acknowledged_.segment), 0,
                   absl::StrCat("is missing; its first ", acknowledged_.end,
                                " bytes were acknowledged"));
  }

  // True if something behind the header of this segment was acknowledged.
  bool HasAcknowledged(int64_t number) const {
    return number < acknowledged_.segment ||
           (number == acknowledged_.segment &&
            acknowledged_.end > sizeof(SegmentHeader));
  }

  // The last segment may have been stopped at its making. Its header was
  // durable before its first record was written: if there is anything behind
  // the header, it is damaged and not unfinished.
  absl::Status DropUnfinished(std::vector<int64_t>* numbers) {
    if (numbers->empty() || HasAcknowledged(numbers->back())) {
      return absl::OkStatus();
    }
    const std::string path = PathOf(numbers->back());
    ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> file,
                           fs_->MapReadOnly(path, Prefault::kNone));
    const SegmentReader reader(BytesOf(*file), numbers->back(), identity_);
    if (reader.HasWholeHeader() || file->size() > sizeof(SegmentHeader)) {
      return absl::OkStatus();
    }
    ANNOD_RETURN_IF_ERROR(fs_->RemoveFile(path));
    result_.cut_bytes += file->size();
    numbers->pop_back();
    return absl::OkStatus();
  }

  absl::Status ReadSealed(int64_t number, int64_t next) {
    const std::string next_path = PathOf(next);
    ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> next_file,
                           fs_->MapReadOnly(next_path, Prefault::kNone));
    const auto header =
        SegmentReader(BytesOf(*next_file), next, identity_).ReadHeader();
    if (!header.ok()) return BadHeader(next_path, header.status());
    const std::string path = PathOf(number);
    ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> file,
                           fs_->MapReadOnly(path, Prefault::kNone));
    const JournalSegment segment = {number, header->previous_end};
    ANNOD_RETURN_IF_ERROR(
        VisitBatches(*file, path, segment, identity_, visit_));
    result_.segments.push_back(segment);
    return absl::OkStatus();
  }

  absl::Status ReadLast(int64_t number) {
    const std::string path = PathOf(number);
    uint64_t end;
    {
      ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> file,
                             fs_->MapReadOnly(path, Prefault::kNone));
      // Else a file with a hole behind its records would be searched for hours.
      if (file->size() > kMaxSegmentBytes) {
        return Damaged(path, kMaxSegmentBytes,
                       absl::StrCat("it has ", file->size(),
                                    " bytes, a segment has no more than ",
                                    kMaxSegmentBytes));
      }
      SegmentReader reader(BytesOf(*file), number, identity_);
      const auto header = reader.ReadHeader();
      if (!header.ok()) {
        return absl::Status(
            header.status().code(),
            absl::StrCat("journal '", path, "' ", header.status().message()));
      }
      ANNOD_RETURN_IF_ERROR(VisitUntilDamage(&reader, number, file->size()));
      end = reader.offset();
      if (number == acknowledged_.segment && end < acknowledged_.end) {
        return Damaged(
            path, end,
            absl::StrCat(reader.damage().empty() ? "the end of the file"
                                                 : reader.damage(),
                         "; ", acknowledged_.end, " bytes were acknowledged"));
      }
      if (reader.VouchedThrough(end) > end) {
        return Damaged(path, end, reader.damage());
      }
      result_.cut_bytes += file->size() - end;
    }  // unmapped before it is cut
    ANNOD_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                           fs_->OpenForAppend(path, end));
    // What only the page cache had kept since a crash must not be lost later.
    ANNOD_RETURN_IF_ERROR(file->Sync());
    result_.segments.push_back({number, end});
    return absl::OkStatus();
  }

  absl::Status VisitUntilDamage(SegmentReader* reader, int64_t number,
                                uint64_t end) {
    while (true) {
      JournalBatch batch;
      switch (reader->Next(end, &batch)) {
        case SegmentReader::Found::kBatch:
          ANNOD_RETURN_IF_ERROR(visit_(number, batch));
          break;
        case SegmentReader::Found::kMark:
          break;
        case SegmentReader::Found::kEnd:
        case SegmentReader::Found::kDamage:
          return absl::OkStatus();
      }
    }
  }

  FileSystem* const fs_;
  const std::string& directory_;
  const JournalIdentity identity_;
  const JournalPosition acknowledged_;
  const BatchVisitor& visit_;
  RecoveredJournal result_;
};

}  // namespace

absl::Status WriteReleased(FileSystem* fs, const std::string& directory,
                           int64_t through) {
  return WriteFileAtomically(fs, JoinPath(directory, kReleasedFile),
                             SealedNumberText(through));
}

absl::Status VisitBatches(const MappedFile& file, const std::string& path,
                          const JournalSegment& segment,
                          const JournalIdentity& identity,
                          const BatchVisitor& visit) {
  if (segment.end < sizeof(SegmentHeader) || segment.end > file.size()) {
    return Damaged(
        path, file.size(),
        absl::StrCat("has ", file.size(), " bytes, expected ", segment.end));
  }
  SegmentReader reader(BytesOf(file), segment.number, identity);
  const auto header = reader.ReadHeader();
  if (!header.ok()) return BadHeader(path, header.status());
  while (true) {
    JournalBatch batch;
    switch (reader.Next(segment.end, &batch)) {
      case SegmentReader::Found::kBatch:
        ANNOD_RETURN_IF_ERROR(visit(segment.number, batch));
        break;
      case SegmentReader::Found::kMark:
        break;
      case SegmentReader::Found::kEnd:
        return absl::OkStatus();
      case SegmentReader::Found::kDamage:
        return Damaged(path, reader.offset(), reader.damage());
    }
  }
}

absl::StatusOr<RecoveredJournal> RecoverJournal(FileSystem* fs,
                                                const std::string& directory,
                                                const JournalIdentity& identity,
                                                int64_t journal_through,
                                                JournalPosition acknowledged,
                                                const BatchVisitor& visit) {
  return Recovery(fs, directory, identity, acknowledged, visit)
      .Run(journal_through);
}

}  // namespace annod
