#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/annoy/node_layout.h"
#include "core/file_system.h"
#include "core/status_macros.h"
#include "core/storage/checksum.h"
#include "core/storage/labels.h"
#include "core/storage/labels_format.h"
#include "core/utf8.h"

namespace annod {
namespace {

using Labels = std::vector<std::pair<int32_t, absl::string_view>>;

template <typename T>
absl::string_view BytesOf(const std::vector<T>& values) {
  return absl::string_view(reinterpret_cast<const char*>(values.data()),
                           values.size() * sizeof(T));
}

absl::Status CheckInput(const Labels& labels) {
  for (size_t i = 0; i < labels.size(); ++i) {
    const auto& [id, label] = labels[i];
    if (id < 0 || id > kMaxItemId || (i > 0 && id <= labels[i - 1].first)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "id ", id, " of label ", i, " is not above the one before"));
    }
    if (label.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the label of id ", id, " is empty"));
    }
    ANNOD_RETURN_IF_ERROR(ValidateLabel(label));
  }
  return absl::OkStatus();
}

// Positions by ascending text, equal ones by ascending id.
std::vector<uint32_t> SortByLabel(const Labels& labels) {
  std::vector<uint32_t> order(labels.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const int text = labels[a].second.compare(labels[b].second);
    return text != 0 ? text < 0 : a < b;
  });
  return order;
}

// Place in `order` of the first label that is equal to the one before it; 0 if
// none is.
size_t FirstDuplicate(const Labels& labels,
                      const std::vector<uint32_t>& order) {
  for (size_t i = 1; i < order.size(); ++i) {
    if (labels[order[i]].second == labels[order[i - 1]].second) return i;
  }
  return 0;
}

struct StateDeleter {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

// Checksums the labels' text without joining it first.
class PayloadChecksum {
 public:
  PayloadChecksum() : state_(XXH3_createState()) {
    XXH3_64bits_reset(state_.get());
  }
  void Add(absl::string_view bytes) {
    XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
  }
  uint64_t Get() const { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, StateDeleter> state_;
};

absl::Status AppendText(const Labels& labels, WritableFile* file) {
  constexpr size_t kBufferBytes = size_t{1} << 20;
  std::string buffer;
  for (const auto& [id, label] : labels) {
    buffer.append(label.data(), label.size());
    if (buffer.size() >= kBufferBytes) {
      ANNOD_RETURN_IF_ERROR(file->Append(buffer));
      buffer.clear();
    }
  }
  return file->Append(buffer);
}

}  // namespace

absl::Status WriteLabels(FileSystem* fs, const std::string& path,
                         const Labels& labels, bool allow_duplicates) {
  ANNOD_RETURN_IF_ERROR(CheckInput(labels));
  const std::vector<uint32_t> by_label = SortByLabel(labels);
  const size_t duplicate = FirstDuplicate(labels, by_label);
  if (duplicate != 0 && !allow_duplicates) {
    const auto& [id, label] = labels[by_label[duplicate]];
    return absl::InvalidArgumentError(
        absl::StrCat("label '", ForMessage(label), "' belongs to ids ",
                     labels[by_label[duplicate - 1]].first, " and ", id));
  }
  std::vector<uint64_t> ends = {0};
  std::vector<int32_t> ids;
  ends.reserve(labels.size() + 1);
  ids.reserve(labels.size());
  for (const auto& [id, label] : labels) {
    ends.push_back(ends.back() + label.size());
    ids.push_back(id);
  }
  PayloadChecksum checksum;
  checksum.Add(BytesOf(ends));
  checksum.Add(BytesOf(ids));
  checksum.Add(BytesOf(by_label));
  for (const auto& [id, label] : labels) checksum.Add(label);

  LabelsHeader header = {};
  std::memcpy(header.magic, kLabelsMagic, sizeof(header.magic));
  // Programs that know only unique labels read what they can.
  header.format_version =
      duplicate == 0 ? kLabelsFormatUnique : kLabelsFormatVersion;
  header.label_count = labels.size();
  header.text_bytes = ends.back();
  header.payload_checksum = checksum.Get();
  const absl::string_view header_bytes(reinterpret_cast<const char*>(&header),
                                       sizeof(header));
  header.header_checksum =
      Xxh3(header_bytes.substr(0, offsetof(LabelsHeader, header_checksum)));

  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file,
                         fs->CreateFile(path));
  ANNOD_RETURN_IF_ERROR(file->Append(header_bytes));
  ANNOD_RETURN_IF_ERROR(file->Append(BytesOf(ends)));
  ANNOD_RETURN_IF_ERROR(file->Append(BytesOf(ids)));
  ANNOD_RETURN_IF_ERROR(file->Append(BytesOf(by_label)));
  ANNOD_RETURN_IF_ERROR(AppendText(labels, file.get()));
  ANNOD_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace annod
