#ifndef ANNOD_TESTS_CORE_HARNESS_STAGING_HARNESS_H_
#define ANNOD_TESTS_CORE_HARNESS_STAGING_HARNESS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/file_system.h"
#include "core/staging/staging.h"
#include "core/storage/index_settings.h"

namespace annod {

// What a test knows of an item. Its vector follows from `value`.
struct ItemModel {
  float value = 0;
  std::string label;

  friend bool operator==(const ItemModel& a, const ItemModel& b) {
    return a.value == b.value && a.label == b.label;
  }
};
std::ostream& operator<<(std::ostream& out, const ItemModel& item);

using Model = std::map<int32_t, ItemModel>;

// What a model of staging says of an id that was removed.
ItemModel RemovedItem();

inline constexpr int kTestDim = 3;

IndexSettings TestSettings();

// One call's items, which own their vectors.
class ItemList {
 public:
  ItemList& Add(std::optional<int32_t> id, float value, std::string label = "");
  absl::Span<const StagedItem> items();
  // The items in order, with the ids that were asked for.
  std::vector<std::pair<std::optional<int32_t>, ItemModel>> Models() const;
  // Ids the items get if the next fresh one is `next_id`.
  std::vector<int32_t> ExpectedIds(int32_t next_id) const;
  // Applies the items to `model`, under the ids that staging gave them.
  void ApplyTo(const std::vector<int32_t>& ids, Model* model) const;

 private:
  struct Owned {
    std::optional<int32_t> id;
    ItemModel model;
    std::vector<float> vector;
  };
  std::vector<Owned> owned_;
  std::vector<StagedItem> items_;
};

// The snapshot's contents as a model; checks that vectors are whole and
// aligned.
Model ModelOf(const StagedSnapshot& snapshot);

// Freezes and reads everything staged.
absl::StatusOr<Model> Contents(Staging* staging);

}  // namespace annod

#endif  // ANNOD_TESTS_CORE_HARNESS_STAGING_HARNESS_H_
