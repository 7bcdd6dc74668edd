#include "core/storage/labels.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/annoy/node_layout.h"
#include "core/status_macros.h"
#include "core/storage/checksum.h"
#include "core/storage/labels_format.h"
#include "core/utf8.h"

namespace annod {
namespace {

absl::Status Damaged(const std::string& path, const std::string& message) {
  return absl::DataLossError(absl::StrCat("labels '", path, "': ", message));
}

class MappedLabelTable final : public LabelTable {
 public:
  MappedLabelTable(std::string path, std::unique_ptr<MappedFile> file)
      : path_(std::move(path)), file_(std::move(file)) {}

  absl::Status Init() {
    ANNOD_RETURN_IF_ERROR(CheckHeader());
    ANNOD_RETURN_IF_ERROR(CheckItems());
    return CheckOrder();
  }

  int64_t size() const override { return count_; }

  std::pair<int32_t, absl::string_view> At(int64_t position) const override {
    return {ids_[position], Text(position)};
  }

  absl::string_view LabelOf(int32_t id) const override {
    const int32_t* const end = ids_ + count_;
    const int32_t* const found = std::lower_bound(ids_, end, id);
    if (found == end || *found != id) return {};
    return Text(found - ids_);
  }

  std::optional<int32_t> IdOf(absl::string_view label) const override {
    const uint32_t* const found = LowerBound(label);
    if (found == by_label_ + count_ || Text(*found) != label) {
      return std::nullopt;
    }
    return ids_[*found];
  }

  std::vector<int32_t> IdsOf(absl::string_view label) const override {
    std::vector<int32_t> ids;
    for (const uint32_t* found = LowerBound(label);
         found != by_label_ + count_ && Text(*found) == label; ++found) {
      ids.push_back(ids_[*found]);
    }
    return ids;
  }

 private:
  // The first place in `by_label_` whose text is not below `label`.
  const uint32_t* LowerBound(absl::string_view label) const {
    return std::lower_bound(
        by_label_, by_label_ + count_, label,
        [this](uint32_t position, absl::string_view wanted) {
          return Text(position) < wanted;
        });
  }

  absl::string_view Text(int64_t position) const {
    return absl::string_view(text_ + ends_[position],
                             ends_[position + 1] - ends_[position]);
  }

  absl::Status CheckHeader() {
    LabelsHeader header;
    if (file_->size() < sizeof(header)) {
      return Damaged(path_, absl::StrCat("has ", file_->size(),
                                         " bytes, a header ", sizeof(header)));
    }
    std::memcpy(&header, file_->data(), sizeof(header));
    if (std::memcmp(header.magic, kLabelsMagic, sizeof(header.magic)) != 0) {
      return Damaged(path_, "does not start with ANNODLBL");
    }
    const absl::string_view bytes(file_->data(), file_->size());
    const uint64_t header_checksum =
        Xxh3(bytes.substr(0, offsetof(LabelsHeader, header_checksum)));
    if (header_checksum != header.header_checksum) {
      return Damaged(
          path_,
          absl::StrCat("header has checksum ", ChecksumToHex(header_checksum),
                       ", expected ", ChecksumToHex(header.header_checksum)));
    }
    if (header.format_version > kLabelsFormatVersion) {
      return absl::FailedPreconditionError(absl::StrCat(
          "labels '", path_, "' has format ", header.format_version,
          "; this program reads formats up to ", kLabelsFormatVersion));
    }
    if (header.label_count > uint64_t{kMaxItemId} + 1 ||
        header.text_bytes > header.label_count * kMaxLabelBytes ||
        LabelsFileBytes(header.label_count, header.text_bytes) !=
            file_->size()) {
      return Damaged(path_, absl::StrCat(header.label_count, " labels of ",
                                         header.text_bytes,
                                         " bytes do not make a file of ",
                                         file_->size(), " bytes"));
    }
    const uint64_t checksum = Xxh3(bytes.substr(sizeof(header)));
    if (checksum != header.payload_checksum) {
      return Damaged(
          path_,
          absl::StrCat("contents have checksum ", ChecksumToHex(checksum),
                       ", expected ", ChecksumToHex(header.payload_checksum)));
    }
    format_version_ = header.format_version;
    count_ = static_cast<int64_t>(header.label_count);
    text_bytes_ = header.text_bytes;
    const char* const data = file_->data();
    ends_ = reinterpret_cast<const uint64_t*>(data + sizeof(header));
    ids_ = reinterpret_cast<const int32_t*>(ends_ + count_ + 1);
    by_label_ = reinterpret_cast<const uint32_t*>(ids_ + count_);
    text_ = reinterpret_cast<const char*>(by_label_ + count_);
    return absl::OkStatus();
  }

  absl::Status CheckItems() const {
    if (ends_[0] != 0 || ends_[count_] != text_bytes_) {
      return Damaged(
          path_, absl::StrCat("text runs from ", ends_[0], " to ",
                              ends_[count_], ", expected 0 to ", text_bytes_));
    }
    for (int64_t i = 0; i < count_; ++i) {
      if (ids_[i] < 0 || ids_[i] > kMaxItemId ||
          (i > 0 && ids_[i] <= ids_[i - 1])) {
        return Damaged(path_, absl::StrCat("id ", ids_[i], " at position ", i,
                                           " is not above the one before"));
      }
      // All ends are within the text if none is below the one before it.
      if (ends_[i + 1] <= ends_[i] || ends_[i + 1] > text_bytes_) {
        return Damaged(path_,
                       absl::StrCat("label ", i, " ends at ", ends_[i + 1],
                                    ", begins at ", ends_[i]));
      }
      const absl::Status valid = ValidateLabel(Text(i));
      if (!valid.ok()) {
        return Damaged(path_,
                       absl::StrCat("id ", ids_[i], ": ", valid.message()));
      }
    }
    return absl::OkStatus();
  }

  // Strictly ascending pairs of text and position also show that `by_label_`
  // names each label once.
  absl::Status CheckOrder() const {
    for (int64_t i = 0; i < count_; ++i) {
      if (by_label_[i] >= static_cast<uint64_t>(count_)) {
        return Damaged(path_, absl::StrCat("order names label ", by_label_[i],
                                           " of ", count_));
      }
      if (i == 0) continue;
      const int order = Text(by_label_[i - 1]).compare(Text(by_label_[i]));
      const bool equal_allowed = format_version_ > kLabelsFormatUnique &&
                                 by_label_[i - 1] < by_label_[i];
      if (order > 0 || (order == 0 && !equal_allowed)) {
        return Damaged(
            path_, absl::StrCat("labels ", by_label_[i - 1], " and ",
                                by_label_[i], " are not in ascending order"));
      }
    }
    return absl::OkStatus();
  }

  const std::string path_;
  const std::unique_ptr<MappedFile> file_;
  uint32_t format_version_ = 0;
  int64_t count_ = 0;
  uint64_t text_bytes_ = 0;
  const uint64_t* ends_ = nullptr;
  const int32_t* ids_ = nullptr;
  const uint32_t* by_label_ = nullptr;
  const char* text_ = nullptr;
};

}  // namespace

absl::Status ValidateLabel(absl::string_view label) {
  if (label.size() > kMaxLabelBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("label '", ForMessage(label), "' has ", label.size(),
                     " bytes; the limit is ", kMaxLabelBytes));
  }
  if (label.find('\0') != absl::string_view::npos || !IsValidUtf8(label)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "label '", ForMessage(label), "' must be UTF-8 text without NUL"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const LabelTable>> LabelTable::Open(
    FileSystem* fs, const std::string& path) {
  ANNOD_ASSIGN_OR_RETURN(std::unique_ptr<MappedFile> file,
                         fs->MapReadOnly(path, Prefault::kNone));
  auto table = std::make_shared<MappedLabelTable>(path, std::move(file));
  ANNOD_RETURN_IF_ERROR(table->Init());
  return table;
}

}  // namespace annod
