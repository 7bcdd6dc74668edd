#include "core/access/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace annod {
namespace {

constexpr size_t kRandomBytes = 32;

// Finding the algorithm takes longer than hashing a token.
const EVP_MD* Sha256() {
  static const EVP_MD* const algorithm =
      EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

struct HashContext {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  HashContext() = default;
  ~HashContext() { EVP_MD_CTX_free(context); }
  HashContext(const HashContext&) = delete;
  HashContext& operator=(const HashContext&) = delete;
};

}  // namespace

absl::StatusOr<std::string> NewToken() {
  std::array<uint8_t, kRandomBytes> bits;
  if (RAND_bytes(bits.data(), static_cast<int>(bits.size())) != 1) {
    return absl::InternalError("the system gives no random bytes");
  }
  const absl::string_view bytes(reinterpret_cast<const char*>(bits.data()),
                                bits.size());
  std::string token =
      absl::StrCat(kTokenPrefix, absl::WebSafeBase64Escape(bytes));
  OPENSSL_cleanse(bits.data(), bits.size());
  return token;
}

bool IsTokenText(absl::string_view text) {
  return text.size() == kTokenBytes && absl::StartsWith(text, kTokenPrefix) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_';
         });
}

TokenHash HashToken(absl::string_view token) {
  thread_local const HashContext own;
  TokenHash hash = {};
  unsigned size = 0;
  if (own.context == nullptr || Sha256() == nullptr ||
      EVP_DigestInit_ex2(own.context, Sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(own.context, token.data(), token.size()) != 1 ||
      EVP_DigestFinal_ex(own.context, hash.data(), &size) != 1) {
    // Without memory: of no token, for no file holds it (ParseHash).
    hash.fill(0);
  }
  return hash;
}

std::string HashText(const TokenHash& hash) {
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(hash.data()), hash.size()));
}

std::optional<TokenHash> ParseHash(absl::string_view text) {
  TokenHash hash;
  if (text.size() != 2 * hash.size() ||
      !std::all_of(text.begin(), text.end(), absl::ascii_isxdigit)) {
    return std::nullopt;
  }
  const std::string bytes = absl::HexStringToBytes(text);
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  if (hash == TokenHash()) return std::nullopt;
  return hash;
}

bool SameHash(const TokenHash& a, const TokenHash& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace annod
