#include "client/ctl/arguments.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace annod::ctl {

namespace {

template <typename T>
CLI::Option* AddMetric(CLI::App* command, T* metric) {
  return command
      ->add_option_function<std::string>(
          "--metric",
          [metric](const std::string& text) {
            const absl::StatusOr<Metric> parsed = ParseMetric(text);
            if (!parsed.ok()) {
              throw CLI::ValidationError(
                  "--metric", std::string(parsed.status().message()));
            }
            *metric = *parsed;
          },
          "angular, euclidean, manhattan, dot or hamming")
      ->type_name("METRIC");
}

}  // namespace

CLI::Option* AddMetricOption(CLI::App* command, Metric* metric) {
  return AddMetric(command, metric);
}

CLI::Option* AddMetricOption(CLI::App* command, std::optional<Metric>* metric) {
  return AddMetric(command, metric);
}

CLI::Option* AddVectorOption(CLI::App* command, std::vector<float>* vector) {
  return command
      ->add_option_function<std::string>(
          "--vector",
          [vector](const std::string& text) {
            vector->clear();
            for (const absl::string_view part :
                 absl::StrSplit(absl::string_view(text),
                                absl::ByAnyChar(", \t"), absl::SkipEmpty())) {
              float value;
              if (!absl::SimpleAtof(part, &value)) {
                throw CLI::ValidationError(
                    "--vector",
                    absl::StrCat("component ", vector->size(), ": '",
                                 part.substr(0, 40), "' is not a number"));
              }
              vector->push_back(value);
            }
            if (vector->empty()) {
              throw CLI::ValidationError("--vector", "no component given");
            }
          },
          "components, as \"0.5,-1,2\"")
      ->type_name("X,Y,...");
}

CLI::Option* AddLayoutOption(CLI::App* command,
                             std::optional<LayoutKind>* layout) {
  return command
      ->add_option_function<std::string>(
          "--layout",
          [layout](const std::string& text) {
            const absl::StatusOr<LayoutKind> parsed = ParseLayout(text);
            if (!parsed.ok()) {
              throw CLI::ValidationError(
                  "--layout", std::string(parsed.status().message()));
            }
            *layout = *parsed;
          },
          "layout to write: dot-24 (default) or dot-16, hamming-16 (default) "
          "or hamming-12; angular-24, minkowski-32, dot-36, hamming-24 for "
          "scikit-plots' files with 64-bit ids")
      ->type_name("LAYOUT");
}

CLI::Option* AddRulesOption(CLI::App* command,
                            std::optional<BuildRules>* rules) {
  return command
      ->add_option_function<std::string>(
          "--rules",
          [rules](const std::string& text) {
            for (const BuildRules choice : kAllBuildRules) {
              if (choice == BuildRules::kAnnod) continue;
              const std::string name(BuildRulesName(choice));
              if (text == name || "annoy-" + text == name) {
                *rules = choice;
                return;
              }
            }
            throw CLI::ValidationError(
                "--rules", "'" + text +
                               "' is none of 1.17, 1.16, scikit-plots-0.4, "
                               "scikit-plots-main");
          },
          "whose build to repeat byte for byte: 1.17 (default with --compat), "
          "1.16, scikit-plots-0.4, scikit-plots-main")
      ->type_name("RULES");
}

CLI::Option* AddDotLayoutOption(CLI::App* command, int* layout) {
  return command
      ->add_option("--dot_layout", *layout,
                   "layout of dot files: 24 (good recall) or 16 (for Annoy "
                   "releases up to 1.17.3)")
      ->check(CLI::IsMember({16, 24}));
}

}  // namespace annod::ctl
