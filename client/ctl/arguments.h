#ifndef ANNOD_CLIENT_CTL_ARGUMENTS_H_
#define ANNOD_CLIENT_CTL_ARGUMENTS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "core/metric.h"

namespace annod::ctl {

// Option values that more than one command takes. A value that cannot be parsed
// is wrong usage: the error names it and what is accepted.

// "--metric": `*metric` is set when parsing succeeds.
CLI::Option* AddMetricOption(CLI::App* command, Metric* metric);

// "--vector": numbers separated by commas or blanks.
CLI::Option* AddVectorOption(CLI::App* command, std::vector<float>* vector);

// "--dot_layout": 16 or 24; `*layout` keeps its value if not given.
CLI::Option* AddDotLayoutOption(CLI::App* command, int* layout);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_ARGUMENTS_H_
