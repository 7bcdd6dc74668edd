#include "core/access/access_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/access/identity_fields.h"
#include "core/open_file.h"
#include "core/status_macros.h"
#include "core/storage/checked_json.h"
#include "core/storage/json_text.h"
#include "core/utf8.h"
#include "nlohmann/json.hpp"

namespace annod {
namespace {

using nlohmann::ordered_json;

constexpr size_t kMaxIdentities = 10000;

// "line 3, column 14" of a byte, counted from 1. What stands there is not said:
// somebody may have put a token into the file.
std::string Place(absl::string_view text, size_t byte) {
  size_t line = 1;
  size_t column = 1;
  for (size_t i = 0; i + 1 < byte && i < text.size(); ++i) {
    ++column;
    if (text[i] == '\n') {
      ++line;
      column = 1;
    }
  }
  return absl::StrCat("line ", line, ", column ", column);
}

// Reads every object's names, so that none hides another of the same name.
class NameWatch {
 public:
  bool operator()(int depth, ordered_json::parse_event_t event,
                  const ordered_json& parsed) {
    if (event == ordered_json::parse_event_t::object_start) {
      // The depth of an object is that of what it stands in.
      names_.resize(depth + 2);
      names_[depth + 1].clear();
    } else if (event == ordered_json::parse_event_t::key) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!names_[depth].insert(name).second && repeated_.empty()) {
        repeated_ = ForMessage(name);
      }
    }
    return true;
  }
  const std::string& repeated() const { return repeated_; }

 private:
  std::vector<std::set<std::string>> names_;
  std::string repeated_;
};

absl::Status CheckUnique(const std::vector<Identity>& identities) {
  std::set<absl::string_view> names;
  std::set<TokenHash> tokens;
  for (const Identity& identity : identities) {
    if (!names.insert(identity.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("there are two identities '", identity.name, "'"));
    }
    for (const TokenHash& hash : identity.tokens) {
      if (!tokens.insert(hash).second) {
        return absl::InvalidArgumentError(absl::StrCat(
            "identity '", identity.name,
            "': token_sha256: one of the tokens is in the file twice"));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& path) {
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", path, errno);
    if (got == 0) return text;
    text.append(buffer, got);
    if (text.size() > kMaxJsonBytes) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "'", path, "' has more than the ", kMaxJsonBytes, " bytes allowed"));
    }
  }
}

}  // namespace

absl::StatusOr<ordered_json> ParseAccessJson(absl::string_view text) {
  if (ShapeOfJson(text).nesting > kMaxJsonNesting) {
    return absl::InvalidArgumentError(
        absl::StrCat("nested more than ", kMaxJsonNesting, " levels deep"));
  }
  NameWatch names;
  ordered_json document;
  try {
    document = ordered_json::parse(
        text.begin(), text.end(),
        [&names](int depth, ordered_json::parse_event_t event,
                 ordered_json& parsed) { return names(depth, event, parsed); });
  } catch (const ordered_json::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("no JSON from ", Place(text, error.byte), " on"));
  } catch (const std::exception&) {
    return absl::InvalidArgumentError("no JSON");
  }
  if (!names.repeated().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "an object has the field '", names.repeated(), "' more than once"));
  }
  return document;
}

absl::StatusOr<std::shared_ptr<const AccessPolicy>> ParseAccess(
    absl::string_view text) {
  absl::StatusOr<ordered_json> document = ParseAccessJson(text);
  ANNOD_RETURN_IF_ERROR(document.status());
  if (!document->is_object() || document->size() != 1 ||
      !document->contains("identities") ||
      !(*document)["identities"].is_array()) {
    return absl::InvalidArgumentError(
        "it must be an object with one field, 'identities', a list");
  }
  const ordered_json& list = (*document)["identities"];
  if (list.size() > kMaxIdentities) {
    return absl::InvalidArgumentError(
        absl::StrCat("identities: there are ", list.size(), "; at most ",
                     kMaxIdentities, " are possible"));
  }
  std::vector<Identity> identities;
  for (size_t i = 0; i < list.size(); ++i) {
    absl::StatusOr<Identity> identity = ReadIdentity(list[i], i);
    ANNOD_RETURN_IF_ERROR(identity.status());
    identities.push_back(*std::move(identity));
  }
  ANNOD_RETURN_IF_ERROR(CheckUnique(identities));
  return std::make_shared<const AccessPolicy>(std::move(identities));
}

absl::StatusOr<AccessFile> ReadAccessFile(const std::string& path) {
  absl::StatusOr<OpenedFile> file = OpenRegularFile(path, O_RDONLY, "open");
  ANNOD_RETURN_IF_ERROR(file.status());
  absl::StatusOr<std::string> text = ReadAll(file->fd.get(), path);
  ANNOD_RETURN_IF_ERROR(text.status());
  absl::StatusOr<std::shared_ptr<const AccessPolicy>> policy =
      ParseAccess(*text);
  if (!policy.ok()) {
    return absl::Status(
        policy.status().code(),
        absl::StrCat("'", path, "': ", policy.status().message()));
  }
  return AccessFile{*std::move(policy), *std::move(text), file->info};
}

}  // namespace annod
