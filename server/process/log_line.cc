#include "server/process/log_line.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace annod {
namespace {

using Json = nlohmann::ordered_json;

// More of one line says nothing to anybody.
constexpr size_t kMaxLineBytes = 16 << 10;

std::string Escaped(absl::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMaxLineBytes)) {
    if (!absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else {
      absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(c));
    }
  }
  return out;
}

bool IsPlain(absl::string_view value) {
  return !value.empty() && std::none_of(value.begin(), value.end(), [](char c) {
    return c == ' ' || c == '"' || c == '\\' || c == '=' ||
           absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
}

std::string AsText(const LogValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return absl::StrCat(*number);
  }
  if (const auto* number = std::get_if<double>(&value)) {
    return absl::StrFormat("%.3f", *number);
  }
  const auto& text = std::get<std::string>(value);
  if (IsPlain(text)) return text;
  std::string quoted = "\"";
  for (const char c : text.substr(0, kMaxLineBytes)) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return Escaped(quoted);
}

Json AsJson(const LogValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  if (const auto* number = std::get_if<double>(&value)) {
    // As TextLine() has it: more digits mean nothing.
    return std::isfinite(*number) ? Json(std::round(*number * 1000) / 1000)
                                  : Json();
  }
  return std::get<std::string>(value).substr(0, kMaxLineBytes);
}

// What every line has.
bool IsStandard(absl::string_view key) {
  return key == "time" || key == "level" || key == "role" || key == "pid" ||
         key == "message";
}

void AddField(const std::string& key, const LogValue& value, Json* object) {
  if (object->find(key) == object->end()) (*object)[key] = AsJson(value);
}

std::string Dump(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool IsKey(absl::string_view word) {
  return !word.empty() && absl::ascii_islower(word[0]) &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
         });
}

LogValue ValueOf(absl::string_view key, absl::string_view text) {
  const bool numeric = key != "index" && !text.empty() &&
                       std::all_of(text.begin(), text.end(), [](char c) {
                         return absl::ascii_isdigit(c) || c == '-' || c == '.';
                       });
  int64_t whole;
  double number;
  if (numeric && absl::SimpleAtoi(text, &whole)) return whole;
  if (numeric && absl::SimpleAtod(text, &number)) return number;
  return std::string(text);
}

// The position of "key=" at the beginning of a word from `from` on; npos.
size_t FindField(absl::string_view message, size_t from) {
  for (size_t at = from; at < message.size();) {
    const size_t end = message.find_first_of(" =", at);
    if (end == message.npos) return end;
    if (message[end] == '=' && IsKey(message.substr(at, end - at))) return at;
    at = message.find(' ', end);
    if (at == message.npos) return at;
    ++at;
  }
  return message.npos;
}

}  // namespace

std::string LogTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

std::string TextLine(const LogEvent& event) {
  std::string line =
      absl::StrCat(LogTime(event.time), " ", event.level, " ", event.role, "[",
                   event.pid, "] ", Escaped(event.message));
  for (const auto& [key, value] : event.fields) {
    absl::StrAppend(&line, " ", Escaped(key), "=", AsText(value));
  }
  line += '\n';
  return line;
}

std::string JsonLine(const LogEvent& event) {
  Json object = {{"time", LogTime(event.time)},
                 {"level", std::string(event.level)},
                 {"role", std::string(event.role)},
                 {"pid", event.pid}};
  object["message"] = std::string(event.message.substr(0, kMaxLineBytes));
  for (const auto& [key, value] : event.fields) {
    AddField(IsStandard(key) ? "event_" + key : key, value, &object);
  }
  return Dump(object) + "\n";
}

std::string JsonObject(const LogFields& fields) {
  Json object = Json::object();
  for (const auto& [key, value] : fields) AddField(key, value, &object);
  return Dump(object);
}

std::string TakeFields(absl::string_view message, LogFields* fields) {
  size_t at = FindField(message, 0);
  std::string phrase(absl::StripTrailingAsciiWhitespace(message.substr(0, at)));
  while (at < message.size()) {
    const size_t equals = message.find('=', at);
    const std::string key(message.substr(at, equals - at));
    absl::string_view rest = message.substr(equals + 1);
    if (!rest.empty() && rest.front() == '"') {
      rest.remove_prefix(1);
      const size_t last = rest.rfind('"');
      fields->emplace_back(key, std::string(rest.substr(0, last)));
      if (last != rest.npos) {
        rest = absl::StripLeadingAsciiWhitespace(rest.substr(last + 1));
        if (!rest.empty()) fields->emplace_back("detail", std::string(rest));
      }
      break;
    }
    const absl::string_view value = rest.substr(0, rest.find(' '));
    fields->emplace_back(key, ValueOf(key, value));
    at = equals + 1 + value.size() + 1;
    if (at < message.size() && FindField(message, at) != at) {
      fields->emplace_back("detail", std::string(message.substr(at)));
      break;
    }
  }
  return phrase;
}

}  // namespace annod
