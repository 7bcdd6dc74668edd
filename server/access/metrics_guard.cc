#include "server/access/metrics_guard.h"

#include "absl/time/clock.h"
#include "server/access/credential.h"

namespace annod {
namespace {

constexpr absl::Duration kLookInterval = absl::Seconds(1);

HttpResponse Unauthorized(bool missing) {
  HttpResponse response;
  response.status = 401;
  response.body = missing ? "a token is needed: Authorization: Bearer TOKEN, "
                            "or as the password in a "
                            "browser\n"
                          : "the token is not valid, or not any more\n";
  response.authenticate = "Bearer realm=\"annod\", Basic realm=\"annod\"";
  return response;
}

}  // namespace

std::optional<HttpResponse> MetricsGuard::Refusal(
    absl::string_view authorization) {
  {
    absl::MutexLock lock(&mu_);
    const absl::Time now = absl::Now();
    if (absl::AbsDuration(now - looked_) >= kLookInterval) {
      looked_ = now;
      live_->LookAgain();
    }
  }
  const std::shared_ptr<const AccessSnapshot> snapshot = live_->Get();
  if (snapshot == nullptr) return std::nullopt;
  if (authorization.empty()) return Unauthorized(/*missing=*/true);
  std::optional<TokenHash> token = TokenOf(authorization);
  if (!token.has_value()) token = TokenOfPassword(authorization);
  const Identity* const identity =
      token.has_value() ? snapshot->policy->FindToken(*token) : nullptr;
  if (identity == nullptr || identity->expires <= absl::Now()) {
    return Unauthorized(/*missing=*/false);
  }
  if (identity->MayUseAll()) return std::nullopt;
  HttpResponse response;
  response.status = 403;
  response.body = "this token is not for all indexes, whose names are here\n";
  return response;
}

}  // namespace annod
