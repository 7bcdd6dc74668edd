#include "core/staging/staged_follower.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "core/file_system.h"
#include "core/journal/journal_reader.h"
#include "core/status_macros.h"
#include "core/storage/checksum.h"
#include "core/storage/version_files.h"

namespace annod {
namespace {

// A segment is sealed at half of this, so that most need one mapping only.
constexpr uint64_t kReserveBytes = 2 * kSegmentBytes;

absl::Status Gone(const std::string& path) {
  return absl::UnavailableError(absl::StrCat(
      "journal '", path, "' went into a version that is not open here yet"));
}

absl::Status Damaged(const std::string& path, uint64_t offset,
                     absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("journal '", path, "' at offset ", offset, ": ", what));
}

}  // namespace

absl::StatusOr<std::unique_ptr<StagedFollower>> StagedFollower::Open(
    const std::string& index_directory, const IndexSettings& settings,
    Base base) {
  const JournalIdentity identity = {Xxh3(settings.incarnation),
                                    static_cast<uint32_t>(settings.dim)};
  ANNOD_ASSIGN_OR_RETURN(
      std::unique_ptr<const PublishedJournal> published,
      PublishedJournal::Open(index_directory, identity.index_tag));
  auto follower = absl::WrapUnique(new StagedFollower(
      JoinPath(index_directory, kStagingDirectory), identity,
      std::move(published), std::move(base),
      settings.metric == Metric::kAngular ? settings.dim : 0));
  ANNOD_RETURN_IF_ERROR(follower->View().status());
  return follower;
}

StagedFollower::StagedFollower(
    std::string directory, const JournalIdentity& identity,
    std::unique_ptr<const PublishedJournal> published, Base base, int norm_dim)
    : directory_(std::move(directory)),
      identity_(identity),
      published_(std::move(published)),
      base_(std::move(base)),
      records_(std::make_shared<StagedRecords>(norm_dim)),
      read_{base_.contained_through, 0},
      removed_(base_.slot_count),
      replaced_(base_.slot_count),
      view_(std::make_shared<const StagedView>(records_, 0, nullptr, nullptr, 0,
                                               0, 0)) {}

std::string StagedFollower::PathOf(int64_t segment) const {
  return JoinPath(directory_, SegmentName(segment));
}

absl::StatusOr<std::shared_ptr<const StagedView>> StagedFollower::View() {
  if (published_->retired()) {
    return absl::UnavailableError(
        absl::StrCat("the journal in '", directory_, "' was made anew"));
  }
  if (published_->failed()) has_failed_.store(true, std::memory_order_relaxed);
  const JournalPosition target = published_->position();
  const auto newest = [&]() -> std::shared_ptr<const StagedView> {
    MutexLock lock(&view_mu_);
    const bool current = !(view_position_ < target) || published_->failed();
    return current ? view_ : nullptr;
  };
  std::shared_ptr<const StagedView> view = newest();
  if (view != nullptr) return view;
  MutexLock lock(&mu_);
  view = newest();  // another thread may have read it meanwhile
  if (view != nullptr) return view;
  ANNOD_RETURN_IF_ERROR(ReadTo(target));
  view = std::make_shared<const StagedView>(
      records_, records_->size(), removed_.Share(), replaced_.Share(),
      item_count_, removed_count_, slot_count_);
  MutexLock view_lock(&view_mu_);
  view_ = view;
  view_position_ = target;
  return view;
}

absl::Status StagedFollower::ReadTo(JournalPosition target) {
  while (read_.segment < target.segment) {
    ANNOD_RETURN_IF_ERROR(EnterNextSegment());
  }
  // A segment that was not entered is in the version.
  if (read_.segment > target.segment || read_.end == 0) return absl::OkStatus();
  return ReadSegmentTo(target.end);
}

absl::Status StagedFollower::EnterNextSegment() {
  const int64_t next = read_.segment + 1;
  const std::string path = PathOf(next);
  auto map = GrowingMap::Open(path, kReserveBytes);
  if (absl::IsNotFound(map.status())) return Gone(path);
  ANNOD_RETURN_IF_ERROR(map.status());
  if ((*map)->initial_bytes() < sizeof(SegmentHeader)) {
    return Damaged(path, 0, "has no whole header");
  }
  const auto header =
      SegmentReader((*map)->Prefix(sizeof(SegmentHeader)), next, identity_)
          .ReadHeader();
  if (!header.ok()) {
    return absl::Status(
        header.status().code(),
        absl::StrCat("journal '", path, "' ", header.status().message()));
  }
  if (read_.end != 0) {
    // 0: the writer has been started again and does not know any more.
    if (header->previous_end == 0) return Gone(PathOf(read_.segment));
    ANNOD_RETURN_IF_ERROR(ReadSegmentTo(header->previous_end));
  }
  map_ = map->get();
  records_->Keep(*std::move(map));
  read_ = {next, sizeof(SegmentHeader)};
  return absl::OkStatus();
}

absl::Status StagedFollower::ReadSegmentTo(uint64_t end) {
  const std::string path = PathOf(read_.segment);
  if (end < read_.end) {
    return Damaged(path, end, absl::StrCat("ends before ", read_.end));
  }
  if (end > map_->room()) {
    auto map = GrowingMap::Open(path, 2 * end);
    if (absl::IsNotFound(map.status())) return Gone(path);
    ANNOD_RETURN_IF_ERROR(map.status());
    if ((*map)->initial_bytes() < end) {
      return Damaged(path, (*map)->initial_bytes(),
                     absl::StrCat("ends before ", end));
    }
    map_ = map->get();
    records_->Keep(*std::move(map));
  }
  const uint64_t bytes = map_->Measure();
  if (bytes < end) {
    return Damaged(
        path, bytes,
        absl::StrCat("the end of the file; ", end, " bytes were acknowledged"));
  }
  SegmentReader reader(map_->Prefix(end), read_.segment, identity_, read_.end);
  for (;;) {
    JournalBatch batch;
    switch (reader.Next(end, &batch)) {
      case SegmentReader::Found::kBatch: {
        const size_t first = records_->size();
        if (!records_->Append(batch)) {
          return absl::ResourceExhaustedError(absl::StrCat(
              "journal '", path, "' has more than ", kNoRecord, " records"));
        }
        Note(first);
        break;
      }
      case SegmentReader::Found::kMark:
        break;
      case SegmentReader::Found::kEnd:
        return absl::OkStatus();
      case SegmentReader::Found::kDamage:
        return Damaged(path, reader.offset(), reader.damage());
    }
    read_.end = reader.offset();
  }
}

void StagedFollower::Note(size_t first) {
  for (size_t number = first; number < records_->size(); ++number) {
    const StagedRecord& record = records_->at(number);
    const bool is_item = record.vector != nullptr;
    const bool is_first = record.older == kNoRecord;
    const bool was_item =
        !is_first && records_->at(record.older).vector != nullptr;
    item_count_ += int64_t{is_item} - int64_t{was_item};
    if (is_item) slot_count_ = std::max(slot_count_, int64_t{record.id} + 1);
    if (record.id >= base_.slot_count || !base_.has_item(record.id)) continue;
    replaced_.Add(record.id);
    // Who adds an item with the id of a removed one does not ask for that back.
    if (!is_item) removed_.Add(record.id);
    const bool was_removed = !is_first && !was_item;
    removed_count_ += int64_t{!is_item} - int64_t{was_removed};
  }
}

}  // namespace annod
