#ifndef ANNOD_CORE_STAGING_ID_MARKS_H_
#define ANNOD_CORE_STAGING_ID_MARKS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/id_set.h"

namespace annod {

// A set of ids in [0, id_count): a bit each. Not thread-safe while it changes.
class IdMarks {
 public:
  explicit IdMarks(int64_t id_count)
      : words_((static_cast<size_t>(id_count) + 63) / 64),
        id_count_(id_count) {}

  // `id` must be in range.
  bool Contains(int32_t id) const { return words_[id / 64] >> (id % 64) & 1; }
  void Add(int32_t id) {
    size_ += Contains(id) ? 0 : 1;
    words_[id / 64] |= uint64_t{1} << (id % 64);
  }
  IdSetView view() const { return IdSetView(words_.data(), id_count_, size_); }

 private:
  std::vector<uint64_t> words_;
  int64_t id_count_;
  int64_t size_ = 0;
};

// The same as its one writer holds it: what it has shared does not change any
// more, for then it copies first.
class SharedMarks {
 public:
  explicit SharedMarks(int64_t id_count)
      : marks_(std::make_shared<IdMarks>(id_count)) {}

  bool Contains(int32_t id) const { return marks_->Contains(id); }
  void Add(int32_t id) {
    if (Contains(id)) return;
    if (shared_) marks_ = std::make_shared<IdMarks>(*marks_);
    shared_ = false;
    marks_->Add(id);
  }
  std::shared_ptr<const IdMarks> Share() {
    shared_ = true;
    return marks_;
  }

 private:
  std::shared_ptr<IdMarks> marks_;
  bool shared_ = false;
};

}  // namespace annod

#endif  // ANNOD_CORE_STAGING_ID_MARKS_H_
