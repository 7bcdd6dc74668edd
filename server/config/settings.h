#ifndef ANNOD_SERVER_CONFIG_SETTINGS_H_
#define ANNOD_SERVER_CONFIG_SETTINGS_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/config/config.h"

namespace annod {

// The table of all settings: what reads, writes, checks and documents the
// fields of Config one by one walks over it (setting_values.h), so that a
// setting is known everywhere or nowhere.

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
};

// All settings, in the order of the documentation.
const std::vector<Setting>& AllSettings();

// Null if there is no such setting.
const Setting* FindSetting(absl::string_view name);

// The setting that was most likely meant by a name that is none, as "port",
// "data-dir" or "worker"; empty if none is near.
absl::string_view SettingMeant(absl::string_view name);

}  // namespace annod

#endif  // ANNOD_SERVER_CONFIG_SETTINGS_H_
