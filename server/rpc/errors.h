#ifndef ANNOD_SERVER_RPC_ERRORS_H_
#define ANNOD_SERVER_RPC_ERRORS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace annod {

// Domain of every ErrorInfo that annod sends.
inline constexpr char kErrorDomain[] = "annod";

// Reasons, stable for programs; the services' comments say which call uses
// which (proto/annod/v1).
inline constexpr char kInvalidField[] = "INVALID_FIELD";
inline constexpr char kIndexNotFound[] = "INDEX_NOT_FOUND";
inline constexpr char kItemNotFound[] = "ITEM_NOT_FOUND";
inline constexpr char kLabelNotFound[] = "LABEL_NOT_FOUND";
inline constexpr char kLabelAmbiguous[] = "LABEL_AMBIGUOUS";
inline constexpr char kAnswerShort[] = "ANSWER_SHORT";
inline constexpr char kRecallUnreachable[] = "RECALL_UNREACHABLE";
inline constexpr char kNoGraph[] = "NO_GRAPH";
inline constexpr char kVersionNotServed[] = "VERSION_NOT_SERVED";
inline constexpr char kFileNotFound[] = "FILE_NOT_FOUND";
inline constexpr char kIndexExists[] = "INDEX_EXISTS";
inline constexpr char kIndexEmpty[] = "INDEX_EMPTY";
inline constexpr char kIndexNotBuilt[] = "INDEX_NOT_BUILT";
inline constexpr char kIndexLoading[] = "INDEX_LOADING";
inline constexpr char kIndexFailed[] = "INDEX_FAILED";
inline constexpr char kIndexAttached[] = "INDEX_ATTACHED";
inline constexpr char kIndexDropped[] = "INDEX_DROPPED";
inline constexpr char kIndexNotAttached[] = "INDEX_NOT_ATTACHED";
inline constexpr char kIndexNotEmpty[] = "INDEX_NOT_EMPTY";
inline constexpr char kVersionNotFound[] = "VERSION_NOT_FOUND";
inline constexpr char kVersionRejected[] = "VERSION_REJECTED";
inline constexpr char kBuildNotRunning[] = "BUILD_NOT_RUNNING";
inline constexpr char kNoLease[] = "NO_LEASE";
inline constexpr char kBuildRunning[] = "BUILD_RUNNING";
inline constexpr char kLabelTaken[] = "LABEL_TAKEN";
inline constexpr char kLimitReached[] = "LIMIT_REACHED";
inline constexpr char kOverloaded[] = "OVERLOADED";
inline constexpr char kStreamIdle[] = "STREAM_IDLE";
inline constexpr char kWriterUnavailable[] = "WRITER_UNAVAILABLE";
inline constexpr char kStorageFailed[] = "STORAGE_FAILED";
inline constexpr char kFileRejected[] = "FILE_REJECTED";
inline constexpr char kDraining[] = "DRAINING";
inline constexpr char kHoles[] = "HOLES";
inline constexpr char kBlobRejected[] = "BLOB_REJECTED";
inline constexpr char kCredentialsMissing[] = "CREDENTIALS_MISSING";
inline constexpr char kCredentialsInvalid[] = "CREDENTIALS_INVALID";
inline constexpr char kNotAllowed[] = "NOT_ALLOWED";
inline constexpr char kQuotaReached[] = "QUOTA_REACHED";
inline constexpr char kReadOnlyReplica[] = "READ_ONLY_REPLICA";

using ReasonMetadata = std::vector<std::pair<std::string, std::string>>;

// A status that carries google.rpc.ErrorInfo with that reason and metadata.
absl::Status ReasonError(absl::StatusCode code, absl::string_view reason,
                         absl::string_view message,
                         const ReasonMetadata& metadata = {});

// The same status with an ErrorInfo added, unless it is OK or has one.
absl::Status WithReason(absl::Status status, absl::string_view reason,
                        const ReasonMetadata& metadata = {});

// The same status with `metadata` added to its ErrorInfo, if it has one.
absl::Status WithMetadata(absl::Status status, const ReasonMetadata& metadata);

// INVALID_ARGUMENT for a field of a request: "<field> is <value>; it must be
// <limit>", or `message` if given, with ErrorInfo and BadRequest. The value is
// cut to 100 bytes and made printable.
absl::Status FieldError(absl::string_view field, absl::string_view value,
                        absl::string_view limit,
                        absl::string_view message = "");

// NOT_FOUND naming the index.
absl::Status IndexNotFoundError(absl::string_view index);

// Reason of a status made here; empty if it has none.
std::string ReasonOf(const absl::Status& status);

// `text` cut to `max_bytes` with unprintable bytes escaped: fit for a message.
// Error details travel in headers, of which a call may send 8 KiB.
inline constexpr size_t kMaxPrintedBytes = 100;
inline constexpr size_t kMaxPrintedPathBytes = 512;
std::string Printable(absl::string_view text,
                      size_t max_bytes = kMaxPrintedBytes);

}  // namespace annod

#endif  // ANNOD_SERVER_RPC_ERRORS_H_
