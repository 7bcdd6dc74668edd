#include "client/ctl/arguments.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace annod::ctl {

CLI::Option* AddMetricOption(CLI::App* command, Metric* metric) {
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

CLI::Option* AddDotLayoutOption(CLI::App* command, int* layout) {
  return command
      ->add_option("--dot_layout", *layout,
                   "layout of dot files: 24 (good recall) or 16 (for Annoy "
                   "releases up to 1.17.3)")
      ->check(CLI::IsMember({16, 24}));
}

}  // namespace annod::ctl
