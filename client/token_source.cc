#include "client/token_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "core/file_system.h"
#include "core/status_macros.h"

namespace annod::client {
namespace {

constexpr size_t kMaxTokenBytes = 8192;
constexpr absl::Duration kLookInterval = absl::Seconds(1);

// A token that may change. Thread-safe.
class TokenSource {
 public:
  explicit TokenSource(const ClientOptions& options)
      : path_(options.token_file), token_(options.token) {
    if (path_.empty()) return;
    absl::MutexLock lock(&mu_);
    LookAgain();
  }

  std::string Header() {
    absl::MutexLock lock(&mu_);
    if (!path_.empty() &&
        absl::AbsDuration(absl::Now() - looked_) >= kLookInterval) {
      LookAgain();
    }
    return absl::StrCat("Bearer ", token_);
  }

 private:
  void LookAgain() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    looked_ = absl::Now();
    absl::StatusOr<std::string> token = ReadTokenFile(path_);
    if (token.ok()) token_ = *std::move(token);
  }

  const std::string path_;
  absl::Mutex mu_;
  std::string token_ ABSL_GUARDED_BY(mu_);
  absl::Time looked_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
};

class TokenInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit TokenInterceptor(TokenSource* source) : source_(source) {}

  void Intercept(
      grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            grpc::experimental::InterceptionHookPoints::
                PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace("authorization",
                                                 source_->Header());
    }
    methods->Proceed();
  }

 private:
  TokenSource* const source_;
};

class TokenInterceptorFactory final
    : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit TokenInterceptorFactory(const ClientOptions& options)
      : source_(options) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new TokenInterceptor(&source_);
  }

 private:
  TokenSource source_;
};

absl::Status CheckToken(absl::string_view token, absl::string_view where) {
  const bool visible = std::all_of(token.begin(), token.end(), [](char c) {
    return absl::ascii_isgraph(c);
  });
  if (visible && !token.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      where, token.empty() ? " is empty"
                           : " holds more than one token, or bytes that no "
                             "token has"));
}

}  // namespace

std::vector<
    std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
TokenInterceptors(const ClientOptions& options) {
  std::vector<
      std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
      all;
  if (!options.token.empty() || !options.token_file.empty()) {
    all.push_back(std::make_unique<TokenInterceptorFactory>(options));
  }
  return all;
}

absl::Status CheckTokenOptions(const ClientOptions& options) {
  if (options.token.empty() && options.token_file.empty()) {
    return absl::OkStatus();
  }
  if (!options.token.empty() && !options.token_file.empty()) {
    return absl::InvalidArgumentError(
        "both a token and a file with one are given");
  }
  if (options.credentials == nullptr && !options.tls.has_value() &&
      !options.allow_plaintext_token && !IsOnThisMachine(options.target)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the token would go to ", options.target,
        " in plain text, where everybody on the way can read it: use TLS, or "
        "allow it (allow_plaintext_token) if the network encrypts"));
  }
  if (!options.token.empty()) return CheckToken(options.token, "the token");
  return ReadTokenFile(options.token_file).status();
}

absl::StatusOr<std::string> ReadTokenFile(const std::string& path) {
  ANNOD_ASSIGN_OR_RETURN(const std::string text,
                         FileSystem::Posix()->ReadFile(path, kMaxTokenBytes));
  std::string token(absl::StripAsciiWhitespace(text));
  ANNOD_RETURN_IF_ERROR(CheckToken(token, absl::StrCat("'", path, "'")));
  return token;
}

bool IsOnThisMachine(absl::string_view target) {
  if (absl::StartsWith(target, "unix:") ||
      absl::StartsWith(target, "unix-abstract:")) {
    return true;
  }
  // Any other target that names its resolver may name several addresses.
  for (const absl::string_view prefix : {"dns:///", "dns:", "ipv4:", "ipv6:"}) {
    if (absl::ConsumePrefix(&target, prefix)) break;
  }
  if (absl::StrContains(target, ',') || absl::StrContains(target, '/')) {
    return false;
  }
  absl::string_view host = target;
  if (absl::ConsumePrefix(&host, "[")) {
    host = host.substr(0, host.find(']'));
  } else {
    host = host.substr(0, host.find(':'));
  }
  const auto is_number = [](char c) {
    return absl::ascii_isdigit(c) || c == '.';
  };
  return absl::EqualsIgnoreCase(host, "localhost") || host == "::1" ||
         (absl::StartsWith(host, "127.") &&
          std::all_of(host.begin(), host.end(), is_number));
}

}  // namespace annod::client
