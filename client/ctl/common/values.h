#ifndef ANNOD_CLIENT_CTL_COMMON_VALUES_H_
#define ANNOD_CLIENT_CTL_COMMON_VALUES_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace annod::ctl {

// What the values of options must be, and lists of them. A value that is wrong
// is wrong usage; the message names option, value and what is accepted.

// absl::SimpleAtod(), but that hexadecimal numbers are none.
bool ParseDecimal(absl::string_view text, double* value);

// A number from `low` to `high`. `Number` is an arithmetic type.
template <typename Number>
CLI::Validator Between(Number low, Number high) {
  return CLI::Validator(
      [low, high](std::string& text) -> std::string {
        double value = 0;
        if (ParseDecimal(text, &value) && value >= static_cast<double>(low) &&
            value <= static_cast<double>(high)) {
          return "";
        }
        return absl::StrCat("'", text.substr(0, 40), "' is not a number from ",
                            low, " to ", high);
      },
      absl::StrCat("[", low, "-", high, "]"));
}

// A number above 0.
CLI::Validator Positive();

// "1,2,3" or "[1,2,3]" in pieces, none of them empty. `name` is the option's.
std::vector<std::string> SplitList(const std::string& name,
                                   absl::string_view text);

// "0.5,-1, 2" or "0.5 -1 2" in pieces, none of them empty: commas, or blanks,
// or a comma with blanks around it separate.
std::vector<absl::string_view> SplitComponents(const std::string& name,
                                               absl::string_view text);

namespace values_internal {

template <typename T>
T Parse(const std::string& name, const std::string& text) {
  if constexpr (std::is_same_v<T, std::string>) {
    return text;
  } else if constexpr (std::is_integral_v<T>) {
    T value = 0;
    if (absl::SimpleAtoi(text, &value)) return value;
    throw CLI::ValidationError(
        name, absl::StrCat("'", text.substr(0, 40), "' is no whole number",
                           text.size() > 9 ? " of a possible size" : ""));
  } else {
    double value = 0;
    if (ParseDecimal(text, &value)) return value;
    throw CLI::ValidationError(
        name, absl::StrCat("'", text.substr(0, 40), "' is no number"));
  }
}

}  // namespace values_internal

// An option that takes a list separated by commas and may be repeated; `check`,
// if given, is asked about each element. An empty list, or an element that is
// empty, is refused: an option that is given says something.
template <typename T>
CLI::Option* AddListOption(CLI::App* command, const std::string& name,
                           std::vector<T>* list, const std::string& help,
                           const std::string& type_name,
                           const CLI::Validator& check = {}) {
  return command
      ->add_option_function<std::vector<std::string>>(
          name,
          [name, list, check](const std::vector<std::string>& texts) {
            list->clear();
            for (const std::string& text : texts) {
              for (std::string& element : SplitList(name, text)) {
                const std::string wrong = check(element);
                if (!wrong.empty()) throw CLI::ValidationError(name, wrong);
                list->push_back(values_internal::Parse<T>(name, element));
              }
            }
          },
          help)
      ->allow_extra_args(false)  // a list is one word
      ->type_name(type_name);
}

// Makes every option and argument of `app` and its commands refuse an empty
// value, and those that take a number anything that is not a finite decimal
// one; texts that may be empty, such as --label_fill, are left alone. Texts
// that travel to the server must be UTF-8. Called once, when all are added.
void CheckValues(CLI::App* app);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_COMMON_VALUES_H_
