#ifndef ANNOD_SERVER_CONFIG_SETTING_VALUES_H_
#define ANNOD_SERVER_CONFIG_SETTING_VALUES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json_fwd.hpp"
#include "server/config/config.h"
#include "server/config/settings.h"

namespace annod {

// The value of a setting in a Config: read and written as text and as JSON,
// compared and checked, by its type and what the table says of it.

// The value as the command line would take it.
std::string ValueText(const Setting& setting, const Config& config);
// "[1, 1000]", "[0s, 10m]", or "" if there are no bounds.
std::string RangeText(const Setting& setting);

// Converts and assigns. InvalidArgument naming the setting, the value and the
// form expected; bounds are ValidateConfig's. A list is separated by commas.
absl::Status SetFromText(const Setting& setting, absl::string_view text,
                         Config* config);
absl::Status SetFromJson(const Setting& setting, const nlohmann::json& value,
                         Config* config);
nlohmann::json GetAsJson(const Setting& setting, const Config& config);

// InvalidArgument, naming setting, value and range, if the number or duration
// lies outside the bounds of the table.
absl::Status CheckBounds(const Setting& setting, const Config& config);

// Takes the reloadable settings over from `wanted` into `*running`. Returns the
// names of the others that differ: they need a restart.
std::vector<std::string> ApplyReloadable(const Config& wanted, Config* running);

}  // namespace annod

#endif  // ANNOD_SERVER_CONFIG_SETTING_VALUES_H_
