#ifndef ANNOD_CLIENT_CTL_COMMON_ARGUMENTS_H_
#define ANNOD_CLIENT_CTL_COMMON_ARGUMENTS_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "annod/v1/types.pb.h"
#include "client/types.h"
#include "core/annoy/node_layout.h"
#include "core/forest/build_rules.h"
#include "core/metric.h"

namespace annod::ctl {

// Option values that more than one command takes. A value that cannot be parsed
// is wrong usage: the error names it and what is accepted.

// "--metric": `*metric` is set when parsing succeeds.
CLI::Option* AddMetricOption(CLI::App* command, Metric* metric);

// "--vector": numbers separated by commas or blanks.
CLI::Option* AddVectorOption(CLI::App* command, std::vector<float>* vector);

// The same, not set if not given.
CLI::Option* AddMetricOption(CLI::App* command, std::optional<Metric>* metric);

// "--layout": a name of node_layout.h; not set if not given.
CLI::Option* AddLayoutOption(CLI::App* command,
                             std::optional<LayoutKind>* layout);

// "--rules": 1.17, 1.16, scikit-plots-0.4 or scikit-plots-main; not set if not
// given.
CLI::Option* AddRulesOption(CLI::App* command,
                            std::optional<BuildRules>* rules);

// The settings that `create` and `settings` share: "--hamming_layout",
// "--prefault", "--verbosity", "--feature_names", "--allow_duplicate_labels"
// and "--rules". What is not given stays unset.
struct SettingArguments {
  std::optional<v1::HammingLayout> hamming_layout;
  std::optional<v1::Prefault> prefault;
  std::optional<int> verbosity;
  std::optional<std::vector<std::string>> feature_names;
  bool allow_duplicate_labels = false;
  std::optional<v1::BuildRules> build_rules;
};
void AddSettingOptions(CLI::App* command, SettingArguments* arguments);
// Of these, "--prefault", "--hamming_layout" and "--rules" alone.
void AddPrefaultOption(CLI::App* command,
                       std::optional<v1::Prefault>* prefault);
void AddHammingLayoutOption(CLI::App* command,
                            std::optional<v1::HammingLayout>* layout);
void AddBuildRulesOption(CLI::App* command,
                         std::optional<v1::BuildRules>* rules);
// "--compat", after and instead of "--rules".
void AddCompatOption(CLI::App* command, std::optional<v1::BuildRules>* rules);

// "--search_k", "--beam", "--min_recall": how far a search goes.
void AddTuningOptions(CLI::App* command, client::QueryOptions* options);

// Of these, "--beam" and "--min_recall" alone, beside a "--search_k".
void AddGraphTuningOptions(CLI::App* command, int32_t* beam,
                           double* min_recall);

// "--engine": which search answers; by name, and back.
void AddEngineOption(CLI::App* command, std::string* engine);
v1::Engine EngineOf(const std::string& name);

// "--dot_layout": 16 or 24; `*layout` keeps its value if not given.
CLI::Option* AddDotLayoutOption(CLI::App* command, int* layout);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_COMMON_ARGUMENTS_H_
