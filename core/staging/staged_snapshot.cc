#include "core/staging/staged_snapshot.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/journal/journal_recovery.h"
#include "core/status_macros.h"

namespace annod {
namespace {

class MappedSnapshot final : public StagedSnapshot {
 public:
  explicit MappedSnapshot(int64_t through_segment)
      : through_segment_(through_segment) {}

  void Keep(std::unique_ptr<MappedFile> file) {
    files_.push_back(std::move(file));
  }

  // Older batches first.
  void Put(const JournalBatch& batch) {
    for (const int32_t id : batch.removed) newest_[id] = {nullptr, nullptr, 0};
    const char* label = batch.labels;
    for (size_t i = 0; i < batch.items.size(); ++i) {
      const JournalItem& item = batch.items[i];
      newest_[item.id] = {batch.vector(i), label, item.label_bytes};
      label += item.label_bytes;
    }
  }

  void Finish() {
    ids_.reserve(newest_.size());
    for (const auto& [id, record] : newest_) {
      (record.vector == nullptr ? removed_ids_ : ids_).push_back(id);
    }
    std::sort(ids_.begin(), ids_.end());
    std::sort(removed_ids_.begin(), removed_ids_.end());
    records_.reserve(ids_.size());
    for (const int32_t id : ids_) records_.push_back(newest_[id]);
    absl::flat_hash_map<int32_t, Record>().swap(newest_);
  }

  int64_t through_segment() const override { return through_segment_; }
  int64_t item_count() const override {
    return static_cast<int64_t>(ids_.size());
  }
  const std::vector<int32_t>& ids() const override { return ids_; }
  const std::vector<int32_t>& removed_ids() const override {
    return removed_ids_;
  }

  const float* VectorOf(int32_t id) const override {
    const Record* const record = Find(id);
    return record == nullptr ? nullptr : record->vector;
  }

  absl::string_view LabelOf(int32_t id) const override {
    const Record* const record = Find(id);
    if (record == nullptr) return {};
    return absl::string_view(record->label, record->label_bytes);
  }

 private:
  struct Record {
    const float* vector;  // null: the item was removed
    const char* label;
    uint32_t label_bytes;
  };

  const Record* Find(int32_t id) const {
    const auto place = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (place == ids_.end() || *place != id) return nullptr;
    return &records_[place - ids_.begin()];
  }

  const int64_t through_segment_;
  std::vector<std::unique_ptr<MappedFile>> files_;
  absl::flat_hash_map<int32_t, Record> newest_;  // until Finish()
  std::vector<int32_t> ids_;
  std::vector<int32_t> removed_ids_;
  std::vector<Record> records_;  // in the order of ids_
};

}  // namespace

absl::StatusOr<std::shared_ptr<const StagedSnapshot>> MapSnapshot(
    FileSystem* fs, const std::string& directory,
    const JournalIdentity& identity,
    const std::vector<JournalSegment>& segments, int64_t through_segment) {
  auto snapshot = std::make_shared<MappedSnapshot>(through_segment);
  for (const JournalSegment& segment : segments) {
    const std::string path = JoinPath(directory, SegmentName(segment.number));
    ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> file,
                           fs->MapReadOnly(path, Prefault::kNone));
    ANNOD_RETURN_IF_ERROR(
        VisitBatches(*file, path, segment, identity,
                     [&](int64_t number, const JournalBatch& batch) {
                       snapshot->Put(batch);
                       return absl::OkStatus();
                     }));
    snapshot->Keep(std::move(file));
  }
  snapshot->Finish();
  return snapshot;
}

}  // namespace annod
