#include "server/access/quota_metadata.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace annod {
namespace {

// All are printable ASCII without commas (core/access/identity_fields.h).
constexpr char kIdentity[] = "annod-quota-identity";
constexpr char kIndexes[] = "annod-quota-of";
constexpr char kMaxIndexes[] = "annod-quota-indexes";
constexpr char kMaxItems[] = "annod-quota-items";

std::string ValueOf(const grpc::ServerContextBase& context, const char* key) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(key);
  if (found == metadata.end()) return "";
  return {found->second.data(), found->second.size()};
}

int64_t NumberOf(const grpc::ServerContextBase& context, const char* key) {
  int64_t number = 0;
  return absl::SimpleAtoi(ValueOf(context, key), &number) ? number : 0;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> QuotasForWriter(
    const Caller& caller) {
  const Identity* const identity = caller.identity();
  if (identity == nullptr ||
      (identity->quotas.indexes == 0 && identity->quotas.items == 0)) {
    return {};
  }
  return {{kIdentity, identity->name},
          {kIndexes, absl::StrJoin(identity->indexes, ",")},
          {kMaxIndexes, absl::StrCat(identity->quotas.indexes)},
          {kMaxItems, absl::StrCat(identity->quotas.items)}};
}

StoredQuotas QuotasOf(const grpc::ServerContextBase& context) {
  StoredQuotas quotas;
  quotas.identity = ValueOf(context, kIdentity);
  if (quotas.identity.empty()) return quotas;
  quotas.indexes =
      absl::StrSplit(ValueOf(context, kIndexes), ',', absl::SkipEmpty());
  quotas.max_indexes = NumberOf(context, kMaxIndexes);
  quotas.max_items = NumberOf(context, kMaxItems);
  return quotas;
}

}  // namespace annod
