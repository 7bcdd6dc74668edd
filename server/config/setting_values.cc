#include "server/config/setting_values.h"

#include <cstdint>
#include <limits>
#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"

namespace annod {
namespace {

using nlohmann::json;

absl::Status BadValue(const Setting& setting, absl::string_view value,
                      absl::string_view wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("setting ", setting.name, ": ", value, " is not ", wanted));
}

// FormatDuration writes "5m0s"; people write "5m".
std::string DurationText(absl::Duration duration) {
  if (duration > absl::ZeroDuration()) {
    const int64_t seconds = absl::ToInt64Seconds(duration);
    if (absl::Seconds(seconds) == duration) {
      if (seconds % 3600 == 0) return absl::StrCat(seconds / 3600, "h");
      if (seconds % 60 == 0) return absl::StrCat(seconds / 60, "m");
    }
  }
  return duration == absl::ZeroDuration() ? "0s"
                                          : absl::FormatDuration(duration);
}

const char* DurabilityText(Durability durability) {
  return durability == Durability::kFsync ? "fsync" : "os";
}

struct ToText {
  std::string operator()(const std::string* v) const { return *v; }
  std::string operator()(const bool* v) const { return *v ? "true" : "false"; }
  std::string operator()(const int* v) const { return absl::StrCat(*v); }
  std::string operator()(const int64_t* v) const { return absl::StrCat(*v); }
  std::string operator()(const double* v) const { return absl::StrCat(*v); }
  std::string operator()(const absl::Duration* v) const {
    return DurationText(*v);
  }
  std::string operator()(const Durability* v) const {
    return DurabilityText(*v);
  }
  std::string operator()(const std::vector<std::string>* v) const {
    return absl::StrJoin(*v, ",");
  }
};

// The table wants a mutable Config; reading through it changes nothing.
SettingField ConstField(const Setting& setting, const Config& config) {
  return setting.field(const_cast<Config*>(&config));
}

struct FromText {
  const Setting& setting;
  absl::string_view text;

  absl::Status Bad(absl::string_view wanted) const {
    return BadValue(setting, absl::StrCat("'", text, "'"), wanted);
  }
  absl::Status operator()(std::string* v) const {
    *v = std::string(text);
    return absl::OkStatus();
  }
  absl::Status operator()(bool* v) const {
    return absl::SimpleAtob(text, v) ? absl::OkStatus() : Bad("true or false");
  }
  absl::Status operator()(int* v) const {
    return absl::SimpleAtoi(text, v) ? absl::OkStatus() : Bad("a whole number");
  }
  absl::Status operator()(int64_t* v) const {
    return absl::SimpleAtoi(text, v) ? absl::OkStatus() : Bad("a whole number");
  }
  absl::Status operator()(double* v) const {
    return absl::SimpleAtod(text, v) ? absl::OkStatus() : Bad("a number");
  }
  absl::Status operator()(absl::Duration* v) const {
    return absl::ParseDuration(text, v)
               ? absl::OkStatus()
               : Bad("a duration such as 3s, 500ms or 5m");
  }
  absl::Status operator()(Durability* v) const {
    if (text != "fsync" && text != "os") return Bad("fsync or os");
    *v = text == "fsync" ? Durability::kFsync : Durability::kOs;
    return absl::OkStatus();
  }
  absl::Status operator()(std::vector<std::string>* v) const {
    *v = absl::StrSplit(text, ',', absl::SkipEmpty());
    return absl::OkStatus();
  }
};

struct ToJson {
  template <typename T>
  json operator()(const T* v) const {
    return *v;
  }
  json operator()(const absl::Duration* v) const { return DurationText(*v); }
  json operator()(const Durability* v) const { return DurabilityText(*v); }
};

struct FromJson {
  const Setting& setting;
  const json& value;

  absl::Status Bad(absl::string_view wanted) const {
    std::string shown =
        value.dump(-1, ' ', false, json::error_handler_t::replace);
    if (shown.size() > 100) shown = shown.substr(0, 100) + "...";
    return BadValue(setting, shown, wanted);
  }
  absl::Status Text() const {
    if (!value.is_string()) return Bad("a string");
    return SetText(value.get_ref<const std::string&>());
  }
  absl::Status SetText(const std::string& text) const {
    return std::visit(FromText{setting, text}, field);
  }
  absl::Status operator()(std::string*) const { return Text(); }
  absl::Status operator()(absl::Duration*) const { return Text(); }
  absl::Status operator()(Durability*) const { return Text(); }
  absl::Status operator()(bool* v) const {
    if (!value.is_boolean()) return Bad("true or false");
    *v = value.get<bool>();
    return absl::OkStatus();
  }
  absl::Status operator()(double* v) const {
    if (!value.is_number()) return Bad("a number");
    *v = value.get<double>();
    return absl::OkStatus();
  }
  absl::Status operator()(int* v) const { return Integer(v); }
  absl::Status operator()(int64_t* v) const { return Integer(v); }
  template <typename T>
  absl::Status Integer(T* v) const {
    // Any integer in 64 bits arrives whole: beyond that JSON makes it a double.
    const bool fits =
        value.is_number_unsigned()
            ? value.get<uint64_t>() <=
                  static_cast<uint64_t>(std::numeric_limits<T>::max())
            : value.is_number_integer() &&
                  value.get<int64_t>() >= std::numeric_limits<T>::min();
    if (!fits) return Bad("a whole number that fits");
    *v = value.get<T>();
    return absl::OkStatus();
  }
  absl::Status operator()(std::vector<std::string>* v) const {
    std::vector<std::string> strings;
    if (!value.is_array()) return Bad("a list of strings");
    for (const json& element : value) {
      if (!element.is_string()) return Bad("a list of strings");
      strings.push_back(element.get<std::string>());
    }
    *v = std::move(strings);
    return absl::OkStatus();
  }

  SettingField field;
};

struct ToNumber {
  double operator()(const int* v) const { return *v; }
  double operator()(const int64_t* v) const { return *v; }
  double operator()(const double* v) const { return *v; }
  double operator()(const absl::Duration* v) const {
    return absl::ToDoubleSeconds(*v);
  }
  template <typename T>
  double operator()(const T*) const {
    return 0;
  }
};

}  // namespace

std::string RangeText(const Setting& setting) {
  if (setting.min == 0 && setting.max == 0) return "";
  Config config;
  if (std::holds_alternative<absl::Duration*>(setting.field(&config))) {
    return absl::StrCat("[", DurationText(absl::Seconds(setting.min)), ", ",
                        DurationText(absl::Seconds(setting.max)), "]");
  }
  return absl::StrCat("[", static_cast<int64_t>(setting.min), ", ",
                      static_cast<int64_t>(setting.max), "]");
}

std::string ValueText(const Setting& setting, const Config& config) {
  return std::visit(ToText(), ConstField(setting, config));
}

absl::Status SetFromText(const Setting& setting, absl::string_view text,
                         Config* config) {
  return std::visit(FromText{setting, text}, setting.field(config));
}

absl::Status SetFromJson(const Setting& setting, const json& value,
                         Config* config) {
  const SettingField field = setting.field(config);
  return std::visit(FromJson{setting, value, field}, field);
}

json GetAsJson(const Setting& setting, const Config& config) {
  return std::visit(ToJson(), ConstField(setting, config));
}

absl::Status CheckBounds(const Setting& setting, const Config& config) {
  if (setting.min == 0 && setting.max == 0) return absl::OkStatus();
  const double value = std::visit(ToNumber(), ConstField(setting, config));
  // Written so that a NaN fails too.
  if (value >= setting.min && value <= setting.max) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "setting ", setting.name, ": ", ValueText(setting, config),
      " is outside ", RangeText(setting), " (", setting.unit, ")"));
}

std::vector<std::string> ApplyReloadable(const Config& wanted,
                                         Config* running) {
  std::vector<std::string> need_restart;
  for (const Setting& setting : AllSettings()) {
    const json value = GetAsJson(setting, wanted);
    if (value == GetAsJson(setting, *running)) continue;
    if (!setting.reloadable) {
      need_restart.push_back(setting.name);
      continue;
    }
    // Its own rendering: cannot fail.
    SetFromJson(setting, value, running).IgnoreError();
  }
  return need_restart;
}

}  // namespace annod
