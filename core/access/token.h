#ifndef ANNOD_CORE_ACCESS_TOKEN_H_
#define ANNOD_CORE_ACCESS_TOKEN_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace annod {

// Tokens are 256 random bits, so that nobody guesses one from its hash however
// fast he hashes: a plain SHA-256 keeps them, as it would not keep passwords.
// Their text is "annod_" and base64url of the bits, 49 bytes in all; the prefix
// is what scanners for lost secrets look for.
inline constexpr char kTokenPrefix[] = "annod_";
inline constexpr size_t kTokenBytes = 49;

using TokenHash = std::array<uint8_t, 32>;

// A new token, of the system's randomness. Internal if there is none.
absl::StatusOr<std::string> NewToken();

// Whether the text has the form of a token.
bool IsTokenText(absl::string_view text);

// SHA-256 of the text. Thread-safe; a few hundred nanoseconds.
TokenHash HashToken(absl::string_view token);

// 64 hexadecimal digits, lower case, and back.
std::string HashText(const TokenHash& hash);
std::optional<TokenHash> ParseHash(absl::string_view text);

// In a time that does not depend on where they differ.
bool SameHash(const TokenHash& a, const TokenHash& b);

}  // namespace annod

#endif  // ANNOD_CORE_ACCESS_TOKEN_H_
