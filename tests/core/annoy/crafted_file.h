#ifndef ANNOD_TESTS_CORE_ANNOY_CRAFTED_FILE_H_
#define ANNOD_TESTS_CORE_ANNOY_CRAFTED_FILE_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/search/forest_index.h"
#include "gtest/gtest.h"

namespace annod {

// A file written node by node.
class CraftedFile {
 public:
  explicit CraftedFile(const NodeLayout& layout) : layout_(layout) {}

  // Appends a node of zeros; its number.
  int Add(int32_t descendants) {
    bytes_.resize(bytes_.size() + layout_.node_bytes);
    const int node = node_count() - 1;
    SetInt(node, 0, descendants);
    return node;
  }
  int AddItem(float value) {
    const int node = Add(1);
    SetFloat(node, layout_.vector_offset, value);
    return node;
  }
  int AddBucket(const std::vector<int32_t>& ids) {
    const int node = Add(static_cast<int32_t>(ids.size()));
    for (size_t k = 0; k < ids.size(); ++k) SetChild(node, k, ids[k]);
    return node;
  }
  int AddSplit(int32_t descendants, int32_t left, int32_t right) {
    const int node = Add(descendants);
    SetChild(node, 0, left);
    SetChild(node, 1, right);
    SetFloat(node, layout_.vector_offset, 1.0f);
    return node;
  }
  int AddCopy(int of) {
    const int node = Add(0);
    std::memcpy(&bytes_[node * layout_.node_bytes],
                &bytes_[of * layout_.node_bytes], layout_.node_bytes);
    return node;
  }

  void SetInt(int node, size_t offset, int32_t value) {
    std::memcpy(&bytes_[node * layout_.node_bytes + offset], &value,
                sizeof(value));
  }
  void SetFloat(int node, size_t offset, float value) {
    std::memcpy(&bytes_[node * layout_.node_bytes + offset], &value,
                sizeof(value));
  }
  void SetChild(int node, size_t index, int32_t value) {
    SetInt(node, layout_.children_offset + 4 * index, value);
  }

  int node_count() const {
    return static_cast<int>(bytes_.size() / layout_.node_bytes);
  }
  absl::StatusOr<std::shared_ptr<const ForestIndex>> Open(
      Verify verify, std::vector<std::string>* notes = nullptr) const {
    ForestOpenOptions options;
    options.verify = verify;
    options.notes = notes;
    return ForestIndex::OpenBytes(bytes_, layout_.metric, layout_.dim, options);
  }

 private:
  const NodeLayout layout_;
  std::vector<char> bytes_;
};

// Euclidean, dimension 1, so a bucket holds three: items 0..5, buckets 6 and 7,
// root 8 and its copy 9.
inline CraftedFile SmallTree() {
  CraftedFile file(
      *MakeNodeLayout(LayoutKind::kMinkowski16, Metric::kEuclidean, 1));
  for (int i = 0; i < 6; ++i) file.AddItem(static_cast<float>(i));
  file.AddBucket({0, 1, 2});
  file.AddBucket({3, 4, 5});
  file.AddCopy(file.AddSplit(6, 6, 7));
  return file;
}

// The status says DataLoss and, somewhere, `part`.
inline void ExpectDataLoss(const absl::Status& status,
                           const std::string& part) {
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_NE(std::string(status.message()).find(part), std::string::npos)
      << "'" << part << "' is not in: " << status;
}

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_ANNOY_CRAFTED_FILE_H_
