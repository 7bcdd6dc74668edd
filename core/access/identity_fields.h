#ifndef ANNOD_CORE_ACCESS_IDENTITY_FIELDS_H_
#define ANNOD_CORE_ACCESS_IDENTITY_FIELDS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/access/access_policy.h"
#include "nlohmann/json_fwd.hpp"

namespace annod {

// One of the objects of "identities", number `position` from 0. InvalidArgument
// naming it, by its name if it has one, and the field.
absl::StatusOr<Identity> ReadIdentity(const nlohmann::ordered_json& object,
                                      size_t position);

// Whether the value may be a field's; InvalidArgument saying what it must be.
// Names: 1 to 100 letters, digits and "._@-", so that they can stand in a log.
absl::Status CheckIdentityName(absl::string_view name);
// A pattern of index names: what names are made of, and "*".
absl::Status CheckIndexGlob(absl::string_view glob);

// A point in time as RFC 3339 has it. InvalidArgument.
absl::StatusOr<absl::Time> ParseTimestamp(absl::string_view text);

}  // namespace annod

#endif  // ANNOD_CORE_ACCESS_IDENTITY_FIELDS_H_
