#ifndef ANNOD_CLIENT_CTL_ARGUMENTS_H_
#define ANNOD_CLIENT_CTL_ARGUMENTS_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/forest/build_rules.h"
#include "core/forest/node_layout.h"
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

// "--dot_layout": 16 or 24; `*layout` keeps its value if not given.
CLI::Option* AddDotLayoutOption(CLI::App* command, int* layout);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_ARGUMENTS_H_
