#include "client/ctl/common/values.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/utf8.h"

namespace annod::ctl {
namespace {

// Texts that say something when they are empty: none.
constexpr absl::string_view kMayBeEmpty[] = {"--label_fill", "add --label",
                                             "create --feature_names",
                                             "settings --feature_names"};
// Texts that are sent to the server, besides the names of indexes.
constexpr absl::string_view kSent[] = {
    "--label", "--label_fill", "--feature_names", "remove --labels",
    "NAME",    "INDEX",        "TARGET"};

template <typename Names>
bool Has(const Names& names, const CLI::App& command, const std::string& name) {
  const std::string full = absl::StrCat(command.get_name(), " ", name);
  return std::any_of(
      std::begin(names), std::end(names),
      [&](absl::string_view one) { return one == name || one == full; });
}

std::string Quoted(const std::string& text) {
  return absl::StrCat("'", text.substr(0, 40), "'");
}

bool IsBlank(absl::string_view text) {
  return text.find_first_not_of(" \t\r\n") == absl::string_view::npos;
}

bool IsDigits(absl::string_view text) {
  absl::ConsumePrefix(&text, "-");
  return !text.empty() &&
         text.find_first_not_of("0123456789") == absl::string_view::npos;
}

// Each takes the value, may rewrite it, and returns what is wrong.

std::string CheckWhole(std::string& text) {
  int64_t value = 0;
  uint64_t large = 0;
  if (absl::SimpleAtoi(text, &value)) {
    text = absl::StrCat(value);  // 010 is ten
  } else if (absl::SimpleAtoi(text, &large)) {
    text = absl::StrCat(large);
  } else {
    return absl::StrCat(Quoted(text), IsDigits(text) ? " is too large a number"
                                                     : " is no whole number");
  }
  return "";
}

std::string CheckNumber(std::string& text) {
  double value = 0;
  if (!ParseDecimal(text, &value)) {
    return absl::StrCat(Quoted(text), " is no number");
  }
  if (!std::isfinite(value)) {
    return absl::StrCat(Quoted(text), " is no finite number");
  }
  return "";
}

std::string CheckUtf8(std::string& text) {
  return IsValidUtf8(text) ? "" : "is not UTF-8";
}

void CheckOption(const CLI::App& command, CLI::Option* option) {
  if (option->get_items_expected_max() == 0) return;  // a flag
  const std::string name = option->get_name();
  // Checks added later run first.
  const std::string type = option->get_type_name();
  const auto is = [&type](absl::string_view wanted) {
    return type.substr(0, type.find(':')) == wanted;
  };
  if (is("INT") || is("UINT") || is("N")) {
    option->transform(CLI::Validator(CheckWhole, ""));
  } else if (is("FLOAT") || is("SECONDS")) {
    option->transform(CLI::Validator(CheckNumber, ""));
  }
  if (Has(kSent, command, name)) {
    option->transform(CLI::Validator(CheckUtf8, ""));
  }
  if (Has(kMayBeEmpty, command, name)) return;
  option->transform(CLI::Validator(
      [](std::string& text) -> std::string {
        return IsBlank(text) ? "is empty" : "";
      },
      ""));
}

}  // namespace

bool ParseDecimal(absl::string_view text, double* value) {
  return text.find_first_of("xX") == absl::string_view::npos &&
         absl::SimpleAtod(text, value);
}

CLI::Validator Positive() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        double value = 0;
        if (ParseDecimal(text, &value) && value > 0) return "";
        return absl::StrCat(Quoted(text), " is not a number above 0");
      },
      "POSITIVE");
}

std::vector<std::string> SplitList(const std::string& name,
                                   absl::string_view text) {
  absl::string_view list = text;
  if (absl::ConsumePrefix(&list, "[")) absl::ConsumeSuffix(&list, "]");
  std::vector<std::string> elements = absl::StrSplit(list, ',');
  for (const std::string& element : elements) {
    if (!IsBlank(element)) continue;
    throw CLI::ValidationError(
        name, elements.size() == 1
                  ? absl::StrCat("'", text, "' is an empty list")
                  : absl::StrCat("an element of '", text.substr(0, 40),
                                 "' is empty"));
  }
  return elements;
}

std::vector<absl::string_view> SplitComponents(const std::string& name,
                                               absl::string_view text) {
  std::vector<absl::string_view> components;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    if (IsBlank(part)) {
      throw CLI::ValidationError(
          name, absl::StrCat("component ", components.size(), " of '",
                             text.substr(0, 40), "' is empty"));
    }
    for (const absl::string_view component :
         absl::StrSplit(part, absl::ByAnyChar(" \t"), absl::SkipEmpty())) {
      components.push_back(component);
    }
  }
  return components;
}

void CheckValues(CLI::App* app) {
  for (CLI::Option* option :
       app->get_options([](CLI::Option*) { return true; })) {
    CheckOption(*app, option);
  }
  for (CLI::App* command :
       app->get_subcommands([](CLI::App*) { return true; })) {
    CheckValues(command);
  }
}

}  // namespace annod::ctl
