#include "core/staging/staged_records.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/simd/sequential.h"

namespace annod {
namespace {

const StagedRecord& RecordOf(const StagedRecords::Pages& pages,
                             uint32_t number) {
  return pages[number / kPageRecords]->records[number % kPageRecords];
}

}  // namespace

void StagedRecords::AppendOne(int32_t id, const float* vector,
                              absl::string_view label) {
  if (size_ % kPageRecords == 0) {
    auto pages = std::make_shared<Pages>(*pages_);
    pages->push_back(std::make_shared<Page>());
    pages_ = std::move(pages);
    shared_pages_ = pages_;
  }
  const auto number = static_cast<uint32_t>(size_++);
  StagedRecord* const record = Mutable(number);
  record->id = id;
  record->vector = vector;
  if (norm_dim_ > 0 && vector != nullptr) {
    record->squared_norm =
        SequentialDot(vector, vector, static_cast<size_t>(norm_dim_));
  }
  record->label_text = label.data();
  record->label_bytes = static_cast<uint32_t>(label.size());
  const auto [place, is_new] = newest_of_id_.try_emplace(id, number);
  if (!is_new) {
    record->older = place->second;
    Mutable(place->second)->newer.store(number, std::memory_order_relaxed);
    place->second = number;
  }
  if (label.empty()) return;
  const auto [named, is_new_label] =
      newest_of_label_.try_emplace(label, number);
  if (!is_new_label) {
    record->older_of_label = named->second;
    named->second = number;
  }
}

bool StagedRecords::Append(const JournalBatch& batch) {
  if (batch.items.size() + batch.removed.size() >= kNoRecord - size_) {
    return false;
  }
  MutexLock lock(&mu_);
  for (const int32_t id : batch.removed) AppendOne(id, nullptr, {});
  const char* label = batch.labels;
  for (size_t i = 0; i < batch.items.size(); ++i) {
    const JournalItem& item = batch.items[i];
    AppendOne(item.id, batch.vector(i), {label, item.label_bytes});
    label += item.label_bytes;
  }
  return true;
}

StagedItemState StagedRecords::Find(int32_t id, size_t limit) const {
  MutexLock lock(&mu_);
  const auto place = newest_of_id_.find(id);
  if (place == newest_of_id_.end()) return {};
  for (uint32_t number = place->second; number != kNoRecord;) {
    const StagedRecord& record = RecordOf(*shared_pages_, number);
    if (number < limit) {
      return {true, record.vector == nullptr ? nullptr : &record};
    }
    number = record.older;
  }
  return {};
}

std::vector<int32_t> StagedRecords::IdsOfLabel(absl::string_view label,
                                               size_t limit) const {
  std::vector<int32_t> ids;
  MutexLock lock(&mu_);
  const auto place = newest_of_label_.find(label);
  if (place == newest_of_label_.end()) return ids;
  for (uint32_t number = place->second; number != kNoRecord;) {
    const StagedRecord& record = RecordOf(*shared_pages_, number);
    if (number < limit &&
        record.newer.load(std::memory_order_relaxed) >= limit) {
      ids.push_back(record.id);
    }
    number = record.older_of_label;
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace annod
