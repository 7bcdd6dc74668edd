#ifndef ANNOD_CORE_ID_SET_H_
#define ANNOD_CORE_ID_SET_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/types/span.h"

namespace annod {

// A set of item ids as somebody else's bitmap. Empty if default-made. Cheap to
// copy.
class IdSetView {
 public:
  IdSetView() = default;
  // `marks` has a bit for each id in [0, id_count), of which `size` are set.
  IdSetView(const uint64_t* marks, int64_t id_count, int64_t size)
      : marks_(marks), id_count_(id_count), size_(size) {}

  bool Contains(int32_t id) const {
    if (id < 0 || id >= id_count_) return false;
    const auto bit = static_cast<uint32_t>(id);
    return marks_[bit / 64] >> (bit % 64) & 1;
  }
  int64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  const uint64_t* marks_ = nullptr;
  int64_t id_count_ = 0;
  int64_t size_ = 0;
};

// A set of item ids that also remembers their order of arrival. Takes a bit for
// each id there may be and 4 bytes for each there is; clearing costs
// what was added, not what could have been. Not thread-safe while it changes.
class IdSet {
 public:
  // Empties the set and makes room for ids in [0, id_count), 2^31 at most.
  void Reset(int64_t id_count) {
    for (size_t k = 0; k < size_; ++k) marks_[Word(ids_[k])] = 0;
    size_ = 0;
    id_count_ = id_count;
    const size_t words = static_cast<size_t>(id_count) / 64 + 1;
    if (marks_.size() < words) marks_.resize(words);
  }

  // Adds the `count` ids of type `Id` (int32_t or int64_t) stored at `list`,
  // which need not be aligned. Those outside [0, id_count) are ignored. Written
  // without branches that depend on what is in the set already: they would be
  // guessed wrong half of the time.
  template <typename Id>
  void AddList(const char* list, size_t count) {
    if (ids_.size() < size_ + count) ids_.resize(2 * (size_ + count));
    int32_t* const ids = ids_.data();
    uint64_t* const marks = marks_.data();
    size_t size = size_;
    for (size_t k = 0; k < count; ++k) {
      Id stored;
      std::memcpy(&stored, list + k * sizeof(stored), sizeof(stored));
      if (stored < 0 || stored >= id_count_) continue;
      const int32_t id = static_cast<int32_t>(stored);
      const uint64_t word = marks[Word(id)];
      marks[Word(id)] = word | uint64_t{1} << (static_cast<uint32_t>(id) % 64);
      ids[size] = id;
      size += ~(word >> (static_cast<uint32_t>(id) % 64)) & 1;
    }
    size_ = size;
  }

  void Add(int32_t id) {
    AddList<int32_t>(reinterpret_cast<const char*>(&id), 1);
  }

  // In order of arrival. Valid until the next change, as is view().
  const int32_t* data() const { return ids_.data(); }
  size_t size() const { return size_; }
  absl::Span<const int32_t> ids() const { return {ids_.data(), size_}; }
  IdSetView view() const {
    return IdSetView(marks_.data(), id_count_, static_cast<int64_t>(size_));
  }

 private:
  static size_t Word(int32_t id) { return static_cast<uint32_t>(id) / 64; }

  std::vector<uint64_t> marks_;  // a bit an id
  std::vector<int32_t> ids_;     // the first size_ are the set
  size_t size_ = 0;
  int64_t id_count_ = 0;
};

}  // namespace annod

#endif  // ANNOD_CORE_ID_SET_H_
