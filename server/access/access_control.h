#ifndef ANNOD_SERVER_ACCESS_ACCESS_CONTROL_H_
#define ANNOD_SERVER_ACCESS_ACCESS_CONTROL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "server/access/caller.h"
#include "server/access/live_access.h"
#include "server/config/live_config.h"
#include "server/metrics/metrics_page.h"
#include "server/rpc/errors.h"

namespace annod {

// Decides who may make which call (docs/access.md). A call is admitted when it
// comes, before its message is parsed, and the indexes it names are asked about
// after that. Thread-safe.
//
// UNAUTHENTICATED with CREDENTIALS_MISSING if the call needs to say who makes
// it, with CREDENTIALS_INVALID if what it says does not hold, which is not told
// in detail; PERMISSION_DENIED with NOT_ALLOWED if the caller is known and may
// not, whether or not there is such an index; RESOURCE_EXHAUSTED with
// QUOTA_REACHED.
class AccessControl {
 public:
  // `metrics` may be null. All must outlive the object.
  AccessControl(LiveAccess* live, const LiveConfig* config,
                MetricsWriter* metrics);

  // See LiveAccess; tells the metrics, too.
  void LookAgain(bool by_force = false);

  // Who makes the call of `method`, as in "/annod.v1.IndexService/GetNns"; he
  // may make such calls. Never null. The supervisor itself may read all
  // (kOwnCallMetadata).
  absl::StatusOr<std::shared_ptr<const Caller>> Admit(
      const grpc::ServerContextBase& context, absl::string_view method) const;

  // Who makes the call, for logs: the name of an identity, "anonymous" if none
  // is known by what the call says, or nobody is told apart. Admits nothing.
  std::string NameOf(const grpc::ServerContextBase& context) const;

  // Whether he may use this index.
  absl::Status CheckIndex(const Caller& caller, absl::string_view index) const;
  // Whether he may use every index that the request names.
  absl::Status CheckIndexes(const Caller& caller,
                            const google::protobuf::Message& request) const;

  // For calls that last: whether he still may make a call of `method`, by what
  // the access file says now, and use this index, or those of this request.
  absl::Status Recheck(const Caller& caller, absl::string_view method) const;
  absl::Status Recheck(const Caller& caller, absl::string_view method,
                       absl::string_view index) const;
  absl::Status Recheck(const Caller& caller, absl::string_view method,
                       const google::protobuf::Message& request) const;

 private:
  absl::Status RecheckAll(const Caller& caller, absl::string_view method,
                          absl::Span<const absl::string_view> indexes) const;
  // Null for somebody without a name, if there may be such.
  absl::StatusOr<const Identity*> Resolve(const AccessSnapshot& snapshot,
                                          const Credential& credential) const;
  // The same for a caller of before, by the file as it is now.
  absl::StatusOr<const Identity*> IdentityNow(const AccessSnapshot& now,
                                              const Caller& caller) const;
  // `identity` is null for somebody without a name.
  absl::Status CheckRole(const Identity* identity,
                         absl::string_view method) const;
  absl::Status CheckIndexOf(const Identity* identity,
                            absl::string_view index) const;
  // Counts the call as one of its caller's.
  absl::Status Count(absl::string_view method, Caller* caller) const;
  absl::Status QuotaError(const Identity& identity, absl::string_view quota,
                          int64_t value, int64_t limit) const;
  AccessRole AnonymousRole() const;
  absl::Status Missing() const;
  absl::Status Invalid() const;
  absl::Status NotAllowed(const Identity& identity, absl::string_view why,
                          ReasonMetadata metadata) const;

  LiveAccess* const live_;
  const LiveConfig* const config_;
  const Caller anybody_;  // of a server where nobody is told apart
  Counter missing_;
  Counter invalid_;
  Counter not_allowed_;
  Counter quota_;
  Gauge file_refused_;
};

// NameOf() of the process's AccessControl, for what has none at hand;
// "anonymous" before there is one. Thread-safe.
std::string NameOfCaller(const grpc::ServerContextBase& context);
// It must outlive all calls of the above.
void SetProcessAccess(const AccessControl* access);

}  // namespace annod

#endif  // ANNOD_SERVER_ACCESS_ACCESS_CONTROL_H_
