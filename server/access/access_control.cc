#include "server/access/access_control.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/status_macros.h"
#include "server/access/method_roles.h"
#include "server/access/named_indexes.h"
#include "server/config/child_options.h"

namespace annod {
namespace {

constexpr char kAllIndexes[] = "*";
constexpr char kAnonymous[] = "anonymous";
// The calls whose callers stream items to us.
constexpr absl::string_view kItemStreams[] = {
    "/annod.v1.AdminService/AddItems", "/annod.v1.AdminService/Fit",
    "/annod.v1.AdminService/Deserialize"};

absl::string_view ShortName(absl::string_view method) {
  return method.substr(method.rfind('/') + 1);
}

bool IsItemStream(absl::string_view method) {
  for (const absl::string_view stream : kItemStreams) {
    if (method == stream) return true;
  }
  return false;
}

// Null if nobody is known by it.
const Identity* Find(const AccessSnapshot& snapshot,
                     const Credential& credential) {
  switch (credential.kind) {
    case Credential::Kind::kToken:
      return snapshot.policy->FindToken(credential.token);
    case Credential::Kind::kCertificate:
      return snapshot.policy->FindCertificate(*credential.certificate);
    case Credential::Kind::kNone:
    case Credential::Kind::kMalformed:
      return nullptr;
  }
  return nullptr;
}

bool IsExpired(const Identity& identity) {
  return identity.expires != absl::InfiniteFuture() &&
         absl::Now() >= identity.expires;
}

// The supervisor, who asks by a socket that only the user who runs annod can
// reach (RunDirectory). What callers send comes by TCP.
bool IsOwnCall(const grpc::ServerContextBase& context,
               absl::string_view method) {
  const auto& metadata = context.client_metadata();
  return metadata.find(kOwnCallMetadata) != metadata.end() &&
         absl::StartsWith(context.peer(), "unix:") &&
         RoleNeeded(method) == AccessRole::kRead;
}

std::atomic<const AccessControl*> process_access{nullptr};

}  // namespace

std::string NameOfCaller(const grpc::ServerContextBase& context) {
  const AccessControl* const access = process_access.load();
  return access == nullptr ? kAnonymous : access->NameOf(context);
}

void SetProcessAccess(const AccessControl* access) {
  process_access.store(access);
}

AccessControl::AccessControl(LiveAccess* live, const LiveConfig* config,
                             MetricsWriter* metrics)
    : live_(live), config_(config) {
  if (metrics == nullptr || live->Get() == nullptr) return;
  const auto refusals = [metrics](const char* reason) {
    return metrics->GetCounter("annod_access_refusals_total",
                               {{"reason", reason}});
  };
  missing_ = refusals("credentials_missing");
  invalid_ = refusals("credentials_invalid");
  not_allowed_ = refusals("not_allowed");
  quota_ = refusals("quota_reached");
  file_refused_ = metrics->GetGauge("annod_access_file_refused", {});
  file_refused_.Set(live_->is_refused() ? 1 : 0);
}

void AccessControl::LookAgain(bool by_force) {
  live_->LookAgain(by_force);
  file_refused_.Set(live_->is_refused() ? 1 : 0);
}

absl::StatusOr<std::shared_ptr<const Caller>> AccessControl::Admit(
    const grpc::ServerContextBase& context, absl::string_view method) const {
  std::shared_ptr<const AccessSnapshot> snapshot = live_->Get();
  if (snapshot == nullptr || IsOwnCall(context, method)) {
    // Not owned: nothing is counted.
    return std::shared_ptr<const Caller>(std::shared_ptr<void>(), &anybody_);
  }
  Credential credential =
      CredentialOf(context, snapshot->policy->knows_certificates());
  ANNOD_ASSIGN_OR_RETURN(const Identity* const identity,
                         Resolve(*snapshot, credential));
  ANNOD_RETURN_IF_ERROR(CheckRole(identity, method));
  auto caller = std::make_shared<Caller>(std::move(snapshot), identity,
                                         std::move(credential));
  if (identity != nullptr) ANNOD_RETURN_IF_ERROR(Count(method, caller.get()));
  return caller;
}

absl::StatusOr<const Identity*> AccessControl::Resolve(
    const AccessSnapshot& snapshot, const Credential& credential) const {
  const Identity* const identity = Find(snapshot, credential);
  // A certificate that nobody has named has proved who it is, and that is no
  // one here.
  const bool says_nothing =
      credential.kind == Credential::Kind::kNone ||
      (credential.kind == Credential::Kind::kCertificate &&
       identity == nullptr);
  if (says_nothing) return nullptr;
  if (identity == nullptr || IsExpired(*identity)) return Invalid();
  return identity;
}

AccessRole AccessControl::AnonymousRole() const {
  return ParseAccessRole(config_->Get()->anonymous_role)
      .value_or(AccessRole::kNone);
}

absl::Status AccessControl::CheckRole(const Identity* identity,
                                      absl::string_view method) const {
  const std::optional<AccessRole> needed = RoleNeeded(method);
  if (identity == nullptr) {
    const bool may = needed.has_value() && AnonymousRole() >= *needed;
    return may ? absl::OkStatus() : Missing();
  }
  if (needed.has_value() && identity->role >= *needed) return absl::OkStatus();
  const absl::string_view needs =
      needed.has_value() ? RoleName(*needed) : "nobody's";
  return NotAllowed(*identity,
                    absl::StrCat("has the role ", RoleName(identity->role),
                                 "; ", ShortName(method), " needs ", needs),
                    {{"needs", std::string(needs)}});
}

absl::Status AccessControl::CheckIndexOf(const Identity* identity,
                                         absl::string_view index) const {
  if (identity == nullptr) return absl::OkStatus();
  const bool may =
      index == kAllIndexes ? identity->MayUseAll() : identity->MayUse(index);
  if (may) return absl::OkStatus();
  const std::string name = Printable(index);
  return NotAllowed(*identity,
                    index == kAllIndexes
                        ? "may not do this to all indexes"
                        : absl::StrCat("may not use an index '", name, "'"),
                    {{"index", name}});
}

std::string AccessControl::NameOf(
    const grpc::ServerContextBase& context) const {
  const std::shared_ptr<const AccessSnapshot> snapshot = live_->Get();
  if (snapshot == nullptr) return kAnonymous;
  const Identity* const identity = Find(
      *snapshot, CredentialOf(context, snapshot->policy->knows_certificates()));
  return identity == nullptr || IsExpired(*identity) ? kAnonymous
                                                     : identity->name;
}

absl::Status AccessControl::CheckIndex(const Caller& caller,
                                       absl::string_view index) const {
  return CheckIndexOf(caller.identity(), index);
}

absl::Status AccessControl::CheckIndexes(
    const Caller& caller, const google::protobuf::Message& request) const {
  if (caller.identity() == nullptr) return absl::OkStatus();
  for (const std::string& index : IndexesNamedIn(request)) {
    ANNOD_RETURN_IF_ERROR(CheckIndexOf(caller.identity(), index));
  }
  return absl::OkStatus();
}

absl::StatusOr<const Identity*> AccessControl::IdentityNow(
    const AccessSnapshot& now, const Caller& caller) const {
  if (&now != caller.snapshot_.get()) return Resolve(now, caller.credential_);
  const Identity* const identity = caller.identity();
  if (identity != nullptr && IsExpired(*identity)) return Invalid();
  return identity;
}

absl::Status AccessControl::Recheck(const Caller& caller,
                                    absl::string_view method) const {
  return RecheckAll(caller, method, {});
}

absl::Status AccessControl::Recheck(const Caller& caller,
                                    absl::string_view method,
                                    absl::string_view index) const {
  return RecheckAll(caller, method, {&index, 1});
}

absl::Status AccessControl::Recheck(
    const Caller& caller, absl::string_view method,
    const google::protobuf::Message& request) const {
  const std::vector<std::string> named = caller.identity() == nullptr
                                             ? std::vector<std::string>()
                                             : IndexesNamedIn(request);
  const std::vector<absl::string_view> indexes(named.begin(), named.end());
  return RecheckAll(caller, method, indexes);
}

absl::Status AccessControl::RecheckAll(
    const Caller& caller, absl::string_view method,
    absl::Span<const absl::string_view> indexes) const {
  const std::shared_ptr<const AccessSnapshot> now = live_->Get();
  if (now == nullptr) return absl::OkStatus();
  ANNOD_ASSIGN_OR_RETURN(const Identity* const identity,
                         IdentityNow(*now, caller));
  ANNOD_RETURN_IF_ERROR(CheckRole(identity, method));
  for (const absl::string_view index : indexes) {
    ANNOD_RETURN_IF_ERROR(CheckIndexOf(identity, index));
  }
  return absl::OkStatus();
}

absl::Status AccessControl::Count(absl::string_view method,
                                  Caller* caller) const {
  const Identity& identity = *caller->identity_;
  AccessUsage* const usage = caller->snapshot_->usage.at(&identity).get();
  // Taken back by the caller's end, also where it is refused here.
  caller->usage_ = usage;
  const int64_t calls = usage->calls.fetch_add(1) + 1;
  caller->is_item_stream_ = IsItemStream(method);
  const int64_t streams =
      caller->is_item_stream_ ? usage->item_streams.fetch_add(1) + 1 : 0;
  const AccessQuotas& quotas = identity.quotas;
  if (quotas.calls_in_flight > 0 && calls > quotas.calls_in_flight) {
    return QuotaError(identity, "calls_in_flight", calls,
                      quotas.calls_in_flight);
  }
  if (quotas.item_streams > 0 && streams > quotas.item_streams) {
    return QuotaError(identity, "item_streams", streams, quotas.item_streams);
  }
  return absl::OkStatus();
}

absl::Status AccessControl::QuotaError(const Identity& identity,
                                       absl::string_view quota, int64_t value,
                                       int64_t limit) const {
  quota_.Add();
  return ReasonError(
      absl::StatusCode::kResourceExhausted, kQuotaReached,
      absl::StrCat(
          "identity '", identity.name, "' would have ", value,
          quota == "item_streams" ? " calls of AddItems, Fit and Deserialize"
                                  : " calls",
          " under way in this worker; its quotas.", quota, " is ", limit),
      {{"quota", std::string(quota)},
       {"value", absl::StrCat(value)},
       {"limit", absl::StrCat(limit)}});
}

absl::Status AccessControl::Missing() const {
  missing_.Add();
  return ReasonError(absl::StatusCode::kUnauthenticated, kCredentialsMissing,
                     "this call needs a token, sent as the metadata "
                     "'authorization: Bearer TOKEN', or a client certificate "
                     "that this server knows");
}

absl::Status AccessControl::Invalid() const {
  invalid_.Add();
  return ReasonError(absl::StatusCode::kUnauthenticated, kCredentialsInvalid,
                     "the token or certificate is not valid, or not any more");
}

absl::Status AccessControl::NotAllowed(const Identity& identity,
                                       absl::string_view why,
                                       ReasonMetadata metadata) const {
  not_allowed_.Add();
  metadata.emplace_back("role", std::string(RoleName(identity.role)));
  return ReasonError(absl::StatusCode::kPermissionDenied, kNotAllowed,
                     absl::StrCat("'", identity.name, "' ", why), metadata);
}

}  // namespace annod
