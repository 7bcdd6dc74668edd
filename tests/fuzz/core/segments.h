#ifndef ANNOD_TESTS_FUZZ_CORE_SEGMENTS_H_
#define ANNOD_TESTS_FUZZ_CORE_SEGMENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/storage/index_settings.h"

namespace annod::fuzz {

// Journals of one index, as the two readers of them are given: the writer's
// recovery and the workers' followers.

inline constexpr int kJournalDim = 3;

IndexSettings JournalSettings();
uint64_t JournalTag();

// `bytes` as segment number `segment`, with the checksums that its header and
// its records should have, and what a header must say of that index; records
// are followed by the sizes they give.
std::string SealedSegment(absl::string_view bytes, int64_t segment,
                          uint64_t previous_end);

// Segments of a journal with items, labels and removals.
std::vector<std::string> GoodSegments();

}  // namespace annod::fuzz

#endif  // ANNOD_TESTS_FUZZ_CORE_SEGMENTS_H_
