#ifndef ANNOD_CORE_STORAGE_LABELS_FORMAT_H_
#define ANNOD_CORE_STORAGE_LABELS_FORMAT_H_

#include <cstddef>
#include <cstdint>

namespace annod {

// A labels file (docs/format.md, "labels"): this header, then
//   uint64 ends[label_count + 1]   where each label's text begins and ends
//   int32  ids[label_count]        ascending
//   uint32 by_label[label_count]   positions in `ids`, by ascending text,
//                                  equal ones by ascending position
//   char   text[text_bytes]        the labels in the order of `ids`
// All little-endian; every array lies at a multiple of its element's size.
inline constexpr char kLabelsMagic[] = "ANNODLBL";
// 1: no two labels are equal. 2: some are.
inline constexpr uint32_t kLabelsFormatUnique = 1;
inline constexpr uint32_t kLabelsFormatVersion = 2;

struct LabelsHeader {
  char magic[8];
  uint32_t format_version;  // readers refuse anything newer
  uint32_t reserved;        // written as zero, ignored
  uint64_t label_count;
  uint64_t text_bytes;
  uint64_t payload_checksum;  // XXH3-64 of everything behind the header
  uint64_t header_checksum;   // XXH3-64 of the 40 bytes before it
};
static_assert(sizeof(LabelsHeader) == 48 &&
              offsetof(LabelsHeader, header_checksum) == 40);

// `label_count` must be at most 2^31, `text_bytes` at most 2^42.
inline uint64_t LabelsFileBytes(uint64_t label_count, uint64_t text_bytes) {
  return sizeof(LabelsHeader) + (label_count + 1) * sizeof(uint64_t) +
         label_count * (sizeof(int32_t) + sizeof(uint32_t)) + text_bytes;
}

}  // namespace annod

#endif  // ANNOD_CORE_STORAGE_LABELS_FORMAT_H_
