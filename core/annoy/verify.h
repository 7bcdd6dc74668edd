#ifndef ANNOD_CORE_ANNOY_VERIFY_H_
#define ANNOD_CORE_ANNOY_VERIFY_H_

namespace annod {

// How much of a file is checked when it is opened. Whatever is chosen, a search
// stays inside the file and ends.
enum class Verify {
  // Size, roots, and every id that a search may follow. Reads every node.
  kSafe,
  // kSafe and every other invariant of docs/format.md (sums, norms, unit
  // normals, ascending lists, each tree reaching each item once).
  kFull,
  // Sizes and roots only: answers mean nothing if the file is damaged. For
  // files this program has verified before and that have not changed since
  // (same inode, size and modification time).
  kTrusted,
};

}  // namespace annod

#endif  // ANNOD_CORE_ANNOY_VERIFY_H_
