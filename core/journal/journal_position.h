#ifndef ANNOD_CORE_JOURNAL_JOURNAL_POSITION_H_
#define ANNOD_CORE_JOURNAL_JOURNAL_POSITION_H_

#include <cstdint>

namespace annod {

// A place between two records of a journal: behind the first `end` bytes of a
// segment and everything in the segments before.
struct JournalPosition {
  int64_t segment = 0;
  uint64_t end = 0;

  friend bool operator==(const JournalPosition& a, const JournalPosition& b) {
    return a.segment == b.segment && a.end == b.end;
  }
  friend bool operator<(const JournalPosition& a, const JournalPosition& b) {
    return a.segment != b.segment ? a.segment < b.segment : a.end < b.end;
  }
};

}  // namespace annod

#endif  // ANNOD_CORE_JOURNAL_JOURNAL_POSITION_H_
