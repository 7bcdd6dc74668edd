#ifndef ANNOD_SERVER_CONFIG_SETTINGS_H_
#define ANNOD_SERVER_CONFIG_SETTINGS_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nlohmann/json_fwd.hpp"
#include "server/config/config.h"

namespace annod {

// The table of all settings: what reads, writes, checks and documents the
// fields of Config one by one walks over it, so that a setting is known
// everywhere or nowhere.

using SettingField =
    std::variant<std::string*, bool*, int*, int64_t*, double*, absl::Duration*,
                 Durability*, std::vector<std::string>*>;

struct Setting {
  const char* name;  // the name in JSON, and after "--" on the command line
  const char* unit;  // or the form of its value
  // Bounds of a number, both allowed; of a duration in seconds. Unused else.
  double min;
  double max;
  bool reloadable;  // SIGHUP changes it
  const char* help;
  SettingField (*field)(Config*);

  bool is_bool() const;
  bool is_list() const;
  // "[1, 1000]", "[0s, 10m]", or "" if there are no bounds.
  std::string Range() const;
  // The value of this setting in `config`, as the command line would take it.
  std::string Text(const Config& config) const;
};

// All settings, in the order of the documentation.
const std::vector<Setting>& AllSettings();

// Null if there is no such setting.
const Setting* FindSetting(absl::string_view name);

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

#endif  // ANNOD_SERVER_CONFIG_SETTINGS_H_
