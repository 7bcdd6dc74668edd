#include "server/rpc/errors.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/rpc/error_details.pb.h"

namespace annod {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";

void AddErrorInfo(absl::string_view reason, const ReasonMetadata& metadata,
                  absl::Status* status) {
  google::rpc::ErrorInfo info;
  info.set_domain(kErrorDomain);
  info.set_reason(std::string(reason));
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[key] = value;
  }
  status->SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
}

}  // namespace

std::string Printable(absl::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return absl::CHexEscape(text);
  return absl::StrCat(absl::CHexEscape(text.substr(0, max_bytes)), "...");
}

absl::Status ReasonError(absl::StatusCode code, absl::string_view reason,
                         absl::string_view message,
                         const ReasonMetadata& metadata) {
  absl::Status status(code, message);
  AddErrorInfo(reason, metadata, &status);
  return status;
}

absl::Status WithReason(absl::Status status, absl::string_view reason,
                        const ReasonMetadata& metadata) {
  if (status.ok() || status.GetPayload(kErrorInfoUrl)) return status;
  AddErrorInfo(reason, metadata, &status);
  return status;
}

absl::Status WithMetadata(absl::Status status, const ReasonMetadata& metadata) {
  const auto payload = status.GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) return status;
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[key] = value;
  }
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

absl::Status FieldError(absl::string_view field, absl::string_view value,
                        absl::string_view limit, absl::string_view message) {
  const std::string printable = Printable(value);
  const std::string text =
      message.empty()
          ? absl::StrCat(field, " is ", printable, "; it must be ", limit)
          : std::string(message);
  absl::Status status = absl::InvalidArgumentError(text);
  AddErrorInfo(kInvalidField,
               {{"field", std::string(field)},
                {"value", printable},
                {"limit", std::string(limit)}},
               &status);
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field(std::string(field));
  violation->set_description(text);
  status.SetPayload(kBadRequestUrl, absl::Cord(bad.SerializeAsString()));
  return status;
}

absl::Status IndexNotFoundError(absl::string_view index) {
  const std::string name = Printable(index);
  return ReasonError(
      absl::StatusCode::kNotFound, kIndexNotFound,
      absl::StrCat("index '", name, "' does not exist; ListIndexes names all"),
      {{"index", name}});
}

std::string ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) return "";
  return info.reason();
}

}  // namespace annod
