#ifndef ANNOD_SERVER_PAGES_FIGURES_H_
#define ANNOD_SERVER_PAGES_FIGURES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "prometheus/metric_family.h"

namespace annod {

// What the metrics say, in the form that pages show.

// GetNns calls of an index since annod started, and live recall; all only grow.
struct CallFigures {
  double calls = 0;
  double failed = 0;            // of these, not OK
  std::vector<double> buckets;  // by kHistogramBounds, not cumulative
  double recall_matches = 0;
  double recall_expected = 0;
  double recall_samples = 0;
};

struct IndexFigures {
  std::map<std::string, int> workers;  // how many have it in each state
  double version = 0;
  double items = 0;
  double staged = 0;
  double removed = 0;
  double mapped_bytes = 0;
  double resident_bytes = 0;
  double journal_bytes = 0;
  double build_progress = 0;  // 0: none runs
  bool read_only = false;
  CallFigures calls;
};

struct Figures {
  std::map<std::string, IndexFigures> indexes;
  // Trouble that is there now, in words.
  std::vector<std::string> conditions;
  // Trouble that is counted, in words, since annod started.
  std::map<std::string, double> counts;
};

Figures ReadFigures(const std::vector<prometheus::MetricFamily>& families);

}  // namespace annod

#endif  // ANNOD_SERVER_PAGES_FIGURES_H_
