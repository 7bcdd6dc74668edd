#ifndef ANNOD_SERVER_WRITER_STATE_QUOTA_LEDGER_H_
#define ANNOD_SERVER_WRITER_STATE_QUOTA_LEDGER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/access/quota_metadata.h"
#include "server/writer/index/index_set.h"

namespace annod {

// Holds identities to what they may have in all the indexes that they may use:
// what those hold, by whomever it was stored, and what is on its way into them.
// So that calls at the same time cannot exceed it together, what one is granted
// counts until it gives it back, by when the index holds it; in between it
// counts twice. Thread-safe.
class QuotaLedger {
 public:
  // Gives back what was granted when the last copy goes; null if nothing is
  // bounded. The ledger must outlive it.
  using Grant = std::shared_ptr<void>;

  // `indexes` must outlive the object.
  explicit QuotaLedger(const IndexSet* indexes) : indexes_(indexes) {}

  // Items of an index that the next build would find, or a few more: what
  // replaces an item of the version counts beside it until then.
  static int64_t ItemsOf(const WriterIndex& index);

  // For a new index. QUOTA_REACHED.
  absl::StatusOr<Grant> TakeIndex(const StoredQuotas& quotas,
                                  const std::string& name);
  // For `count` items, which take the place of all those of the index
  // `replaced` if that is not empty. QUOTA_REACHED.
  absl::StatusOr<Grant> TakeItems(const StoredQuotas& quotas, int64_t count,
                                  absl::string_view replaced = "");

 private:
  const IndexSet* const indexes_;
  absl::Mutex mu_;
  // Granted, by identity.
  std::map<std::string, std::multiset<std::string>> names_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int64_t> items_ ABSL_GUARDED_BY(mu_);
};

}  // namespace annod

#endif  // ANNOD_SERVER_WRITER_STATE_QUOTA_LEDGER_H_
