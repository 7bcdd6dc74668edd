#include "tests/endurance/service_check.h"

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace annod::endurance {
namespace {

constexpr size_t kOthers = 200;
constexpr size_t kBatch = 8192;

void CheckItems(Client* client, const std::vector<int32_t>& ids, bool settled,
                History* history, Report* report) {
  std::set<int32_t> found;
  for (size_t from = 0; from < ids.size(); from += kBatch) {
    const size_t to = std::min(ids.size(), from + kBatch);
    const auto items = client->FindItems(
        kIndex, absl::MakeConstSpan(ids).subspan(from, to - from));
    if (!items.ok()) {
      return report->Fault(
          absl::StrCat("items cannot be read: ", items.status().ToString()));
    }
    for (const client::StoredItem& item : items->items) {
      found.insert(item.id);
      if (item.vector != testing::VectorOf(item.id)) {
        report->Fault(absl::StrCat("item ", item.id, " has another vector"));
      }
    }
  }
  history->items.Compare(ids, found, settled, "item", report);
}

void CheckIndexes(Client* client, const std::vector<int32_t>& numbers,
                  bool settled, History* history, Report* report) {
  const auto indexes = client->ListIndexes();
  if (!indexes.ok()) {
    return report->Fault(absl::StrCat("indexes cannot be listed: ",
                                      indexes.status().ToString()));
  }
  std::set<int32_t> found;
  for (const client::IndexInfo& info : *indexes) {
    if (!info.quarantined.empty()) {
      report->Fault(absl::StrCat(
          info.index, " has a damaged version: ", info.quarantined[0].reason));
    }
    absl::string_view name = info.index;
    int32_t number = 0;
    if (absl::ConsumePrefix(&name, "side-") &&
        absl::SimpleAtoi(name, &number)) {
      found.insert(number);
    } else if (info.index == kIndex && info.version < history->version) {
      report->Fault(absl::StrCat("version ", history->version.load(),
                                 " was built, ", info.version, " is served"));
    }
  }
  history->indexes.Compare(numbers, found, settled, "index", report);
}

}  // namespace

void CheckService(const std::string& address, Thoroughness thoroughness,
                  bool settled, History* history, std::mt19937* random,
                  Report* report) {
  const auto client = testing::MakeClient(address);
  const bool all = thoroughness == Thoroughness::kAll;
  CheckItems(
      client.get(),
      all ? history->items.All() : history->items.ToCheck(kOthers, random),
      settled, history, report);
  CheckIndexes(client.get(), history->indexes.All(), settled, history, report);
}

}  // namespace annod::endurance
