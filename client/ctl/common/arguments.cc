#include "client/ctl/common/arguments.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/ctl/common/values.h"
#include "client/input/components.h"

namespace annod::ctl {

namespace {

// What other programs call metrics.
std::string MeantByMetric(const std::string& text) {
  std::string name = absl::StrReplaceAll(absl::AsciiStrToLower(text),
                                         {{"_", ""}, {"-", ""}, {" ", ""}});
  if (absl::StartsWith(name, "metric")) name.erase(0, 6);
  if (absl::StartsWith(name, "cos")) return "; did you mean cosine?";
  if (name == "ip" || name == "mips" ||
      (name != text &&
       ParseMetric(name).value_or(Metric::kHamming) == Metric::kDot)) {
    return "; did you mean dot?";
  }
  if (absl::StrContains(name, "sq") &&
      (absl::StrContains(name, "euclid") || absl::StrContains(name, "l2"))) {
    return "; did you mean euclidean, whose distances are not squared?";
  }
  if (name != text && ParseMetric(name).ok()) {
    return absl::StrCat("; did you mean ", name, "?");
  }
  return "";
}

template <typename T>
CLI::Option* AddMetric(CLI::App* command, T* metric) {
  return command
      ->add_option_function<std::string>(
          "--metric",
          [metric](const std::string& text) {
            const absl::StatusOr<Metric> parsed = ParseMetric(text);
            if (!parsed.ok()) {
              throw CLI::ValidationError(
                  "--metric",
                  absl::StrCat(parsed.status().message(), MeantByMetric(text)));
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
                 SplitComponents("--vector", text)) {
              float value;
              if (!input::ParseNumber(part, &value)) {
                throw CLI::ValidationError(
                    "--vector",
                    absl::StrCat("component ", vector->size(), ": '",
                                 part.substr(0, 40), "' is not a number"));
              }
              if (!std::isfinite(value)) {
                throw CLI::ValidationError(
                    "--vector", absl::StrCat("component ", vector->size(),
                                             ": '", part.substr(0, 40),
                                             "' is not a finite number that a "
                                             "float32 holds"));
              }
              vector->push_back(value);
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

namespace {

// An option whose value is one of a few names, each standing for a value.
template <typename Value>
void AddChoice(CLI::App* command, const std::string& name,
               const std::vector<std::pair<std::string, Value>>& choices,
               const std::string& help, const std::string& type_name,
               std::optional<Value>* value) {
  command
      ->add_option_function<std::string>(
          name,
          [name, choices, value](const std::string& text) {
            std::vector<std::string> names;
            for (const auto& [choice, meaning] : choices) {
              if (choice == text) {
                *value = meaning;
                return;
              }
              names.push_back(choice);
            }
            throw CLI::ValidationError(
                name, absl::StrCat("'", text.substr(0, 40), "' is none of ",
                                   absl::StrJoin(names, ", ")));
          },
          help)
      ->type_name(type_name);
}

}  // namespace

void AddPrefaultOption(CLI::App* command,
                       std::optional<v1::Prefault>* prefault) {
  AddChoice<v1::Prefault>(command, "--prefault",
                          {{"none", v1::PREFAULT_NONE},
                           {"advise", v1::PREFAULT_ADVISE},
                           {"populate", v1::PREFAULT_POPULATE},
                           {"lock", v1::PREFAULT_LOCK}},
                          "how versions come into memory: none (when used), "
                          "advise (default), populate or lock",
                          "MODE", prefault);
}

void AddHammingLayoutOption(CLI::App* command,
                            std::optional<v1::HammingLayout>* layout) {
  AddChoice<v1::HammingLayout>(
      command, "--hamming_layout",
      {{"16", v1::HAMMING_LAYOUT_16}, {"12", v1::HAMMING_LAYOUT_12}},
      "layout of hamming files: 16 (default) or 12 (for Annoy up to 1.16)",
      "LAYOUT", layout);
}

void AddBuildRulesOption(CLI::App* command,
                         std::optional<v1::BuildRules>* rules) {
  AddChoice<v1::BuildRules>(
      command, "--rules,--build_rules",
      {{"annod", v1::BUILD_RULES_ANNOD},
       {"annoy-1.17", v1::BUILD_RULES_ANNOY_1_17},
       {"1.17", v1::BUILD_RULES_ANNOY_1_17},
       {"annoy-1.16", v1::BUILD_RULES_ANNOY_1_16},
       {"1.16", v1::BUILD_RULES_ANNOY_1_16},
       {"scikit-plots-0.4", v1::BUILD_RULES_SCIKIT_PLOTS_0_4}},
      "whose builds to make: annod (default), or byte for byte those of Annoy "
      "1.17 or 1.16 or of scikit-plots-0.4",
      "RULES", rules);
}

void AddCompatOption(CLI::App* command, std::optional<v1::BuildRules>* rules) {
  CLI::Option* const other = command->get_option("--rules");
  command
      ->add_flag_callback(
          "--compat", [rules] { *rules = v1::BUILD_RULES_ANNOY_1_17; },
          "byte for byte what Annoy builds with one thread: --rules 1.17")
      ->excludes(other);
}

void AddSettingOptions(CLI::App* command, SettingArguments* arguments) {
  AddHammingLayoutOption(command, &arguments->hamming_layout);
  AddPrefaultOption(command, &arguments->prefault);
  command
      ->add_option(
          "--verbosity", arguments->verbosity,
          "how much builds log, -2 to 2: from 1 on every tree, below 0 "
          "failures only")
      ->type_name("N");
  command
      ->add_option_function<std::string>(
          "--feature_names",
          [arguments](const std::string& text) {
            arguments->feature_names = std::vector<std::string>();
            if (text.empty()) return;
            *arguments->feature_names = absl::StrSplit(text, ',');
          },
          "names of the components, separated by commas; empty: none")
      ->type_name("NAME,NAME,...");
  command->add_flag("--allow_duplicate_labels",
                    arguments->allow_duplicate_labels,
                    "let several items have one label, for good");
  AddBuildRulesOption(command, &arguments->build_rules);
}

void AddTuningOptions(CLI::App* command, client::QueryOptions* options) {
  command->add_option(
      "--search_k", options->search_k,
      "candidates to gather; -1, the default: n times the number of trees");
  AddGraphTuningOptions(command, &options->beam, &options->min_recall);
}

void AddGraphTuningOptions(CLI::App* command, int32_t* beam,
                           double* min_recall) {
  CLI::Option* const search_k = command->get_option("--search_k");
  CLI::Option* const beam_option =
      command
          ->add_option("--beam", *beam,
                       "rows the graph search keeps; default: as many as find "
                       "95 % of the neighbours")
          ->check(Positive())
          ->excludes(search_k);
  command
      ->add_option("--min_recall", *min_recall,
                   "choose engine and setting so that this fraction of the "
                   "true neighbours is found")
      ->check(Between(0, 1))
      ->excludes(search_k)
      ->excludes(beam_option);
}

void AddEngineOption(CLI::App* command, std::string* engine) {
  command
      ->add_option("--engine", *engine,
                   "auto (default), graph, forest or exact")
      ->check(CLI::IsMember({"auto", "graph", "forest", "exact"}));
}

v1::Engine EngineOf(const std::string& name) {
  if (name == "graph") return v1::ENGINE_GRAPH;
  if (name == "forest") return v1::ENGINE_FOREST;
  if (name == "exact") return v1::ENGINE_EXACT;
  return v1::ENGINE_AUTO;
}

CLI::Option* AddDotLayoutOption(CLI::App* command, int* layout) {
  return command
      ->add_option("--dot_layout", *layout,
                   "layout of dot files: 24 (good recall) or 16 (for Annoy "
                   "releases up to 1.17.3)")
      ->check(CLI::IsMember({16, 24}));
}

}  // namespace annod::ctl
