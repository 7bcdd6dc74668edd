#include "core/journal/journal_writer.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/status_macros.h"

namespace annod {

JournalWriter::JournalWriter(FileSystem* fs, std::string directory,
                             const JournalIdentity& identity,
                             std::vector<JournalSegment> segments,
                             int64_t next_segment)
    : fs_(fs),
      directory_(std::move(directory)),
      identity_(identity),
      sealed_(std::move(segments)),
      next_segment_(next_segment),
      last_end_(sealed_.empty() ? 0 : sealed_.back().end) {}

std::string JournalWriter::PathOf(int64_t segment) const {
  return JoinPath(directory_, SegmentName(segment));
}

absl::Status JournalWriter::Create(int64_t segment, uint64_t previous_end) {
  SegmentHeader header = {};
  std::memcpy(header.magic, kSegmentMagic, sizeof(header.magic));
  header.format_version = kSegmentFormatVersion;
  header.dim = identity_.dim;
  header.segment = static_cast<uint64_t>(segment);
  header.index_tag = identity_.index_tag;
  header.previous_end = previous_end;
  header.header_checksum = SegmentHeaderChecksum(header);
  const std::string path = PathOf(segment);
  // An earlier attempt that failed may have left one: it never held a batch.
  absl::Status removed = fs_->RemoveFile(path);
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                         fs_->CreateFile(path));
  absl::Status status = file->Append(absl::string_view(
      reinterpret_cast<const char*>(&header), sizeof(header)));
  if (status.ok()) status = file->Sync();
  if (status.ok()) status = fs_->SyncDirectory(directory_);
  absl::StatusOr<FileInfo> info = fs_->Stat(path);
  if (status.ok()) status = info.status();
  if (!status.ok()) {
    fs_->RemoveFile(path).IgnoreError();  // the first error counts
    return status;
  }
  file_ = std::move(file);
  created_ = *info;
  return absl::OkStatus();
}

absl::StatusOr<int64_t> JournalWriter::PrepareSegment() {
  if (open_) return last_segment();
  ANNOD_RETURN_IF_ERROR(Create(next_segment_, last_end_));
  ++next_segment_;
  open_ = true;
  unsynced_ = false;
  written_end_ = sizeof(SegmentHeader);
  durable_end_ = sizeof(SegmentHeader);
  return last_segment();
}

absl::Status JournalWriter::CutToWritten() {
  if (file_ != nullptr) return absl::OkStatus();
  ANNOD_ASSIGN_OR_RETURN(
      file_, fs_->OpenForAppend(PathOf(last_segment()), written_end_));
  return absl::OkStatus();
}

absl::Status JournalWriter::AppendBytes(absl::string_view bytes) {
  ANNOD_RETURN_IF_ERROR(CutToWritten());
  absl::Status status = file_->Append(bytes);
  if (status.ok()) {
    written_end_ += bytes.size();
    return absl::OkStatus();
  }
  // Part of the record may be there. If it cannot be cut off now, it will be
  // before anything else is done to the segment.
  file_.reset();
  CutToWritten().IgnoreError();
  return status;
}

absl::Status JournalWriter::Append(EncodedBatch* batch) {
  ANNOD_RETURN_IF_ERROR(PrepareSegment().status());
  ANNOD_RETURN_IF_ERROR(
      AppendBytes(batch->Seal(last_segment(), written_end_, durable_end_)));
  unsynced_ = true;
  return absl::OkStatus();
}

absl::Status JournalWriter::Sync() {
  if (!open_ || !unsynced_) return absl::OkStatus();
  ANNOD_RETURN_IF_ERROR(CutToWritten());
  ANNOD_RETURN_IF_ERROR(file_->Sync());
  durable_end_ = written_end_;
  unsynced_ = false;
  // Lets a later recovery tell damage to these records from a torn tail. Not
  // synced itself, and only a help: a failure is none of the callers' business.
  AppendBytes(EncodeMark(identity_, last_segment(), written_end_, durable_end_))
      .IgnoreError();
  return absl::OkStatus();
}

void JournalWriter::DropUnsynced() {
  if (!open_) return;
  // The next segment's header will say where this one ends, whatever lies
  // behind. Cutting it as well spares a restart before then from finding it.
  file_.reset();
  fs_->OpenForAppend(PathOf(last_segment()), durable_end_)
      .status()
      .IgnoreError();
  sealed_.push_back({last_segment(), durable_end_});
  last_end_ = durable_end_;
  open_ = false;
  unsynced_ = false;
}

absl::Status JournalWriter::Seal() {
  if (!open_) return absl::OkStatus();
  ANNOD_RETURN_IF_ERROR(Sync());
  file_.reset();
  // The mark behind the end is not durable and does not count.
  sealed_.push_back({last_segment(), durable_end_});
  last_end_ = durable_end_;
  open_ = false;
  return absl::OkStatus();
}

absl::Status JournalWriter::CheckSegment(const JournalSegment& segment) const {
  const bool is_open = open_ && segment.number == last_segment();
  const std::string path = PathOf(segment.number);
  const absl::StatusOr<FileInfo> info = fs_->Stat(path);
  if (absl::IsNotFound(info.status())) {
    return absl::DataLossError(
        absl::StrCat("journal '", path, "' was removed; its first ",
                     segment.end, " bytes hold items and removals"));
  }
  ANNOD_RETURN_IF_ERROR(info.status());
  if (is_open &&
      (info->inode != created_.inode || info->device != created_.device)) {
    return absl::DataLossError(absl::StrCat(
        "journal '", path, "' is another file than the one being written"));
  }
  // What is written goes to the end of the file, wherever that is. A rest that
  // could not be cut off is cut before.
  if (is_open && file_ != nullptr && info->size > segment.end) {
    return absl::DataLossError(
        absl::StrCat("journal '", path, "' has ", info->size, " bytes; ",
                     segment.end, " were written, others by somebody else"));
  }
  if (info->size >= segment.end) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("journal '", path, "' was cut to ",
                                          info->size, " bytes; ", segment.end,
                                          " were written"));
}

absl::Status JournalWriter::CheckOpenSegment() const {
  if (!open_) return absl::OkStatus();
  return CheckSegment({last_segment(), written_end_});
}

std::vector<JournalSegment> JournalWriter::segments() const {
  std::vector<JournalSegment> all = sealed_;
  if (open_) all.push_back({last_segment(), written_end_});
  return all;
}

std::vector<int64_t> JournalWriter::Forget(int64_t through) {
  std::vector<int64_t> forgotten;
  auto kept = sealed_.begin();
  for (; kept != sealed_.end() && kept->number <= through; ++kept) {
    forgotten.push_back(kept->number);
  }
  sealed_.erase(sealed_.begin(), kept);
  return forgotten;
}

JournalPosition JournalWriter::end(bool durable) const {
  if (open_) return {last_segment(), durable ? durable_end_ : written_end_};
  return {last_segment(), last_end_};
}

uint64_t JournalWriter::total_bytes() const {
  uint64_t bytes = 0;
  for (const JournalSegment& segment : segments()) bytes += segment.end;
  return bytes;
}

}  // namespace annod
