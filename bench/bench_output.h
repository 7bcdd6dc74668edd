#ifndef ANNOD_BENCH_BENCH_OUTPUT_H_
#define ANNOD_BENCH_BENCH_OUTPUT_H_

#include <string>
#include <vector>

#include "bench/engines/bench_engine.h"
#include "bench/engines/hdf5_dataset.h"
#include "bench/measurement.h"
#include "bench/recall_curve.h"

namespace annod {

// What a reader must know to judge the numbers: machine, compilers, data.
std::string DescribeRun(const std::string& data_path, const BenchDataset& data,
                        const BenchOptions& build,
                        const MeasureOptions& measure);

// One line for each engine and setting.
std::string CurveTable(const std::vector<EngineCurve>& curves);

// Queries a second at recalls .90, .95 and .99; then how many times as fast our
// engines are as each of the others, and how many times as long the others'
// builds take. Of an engine with variants the best counts.
std::string RatioTables(const std::vector<EngineCurve>& curves);

// One line for each engine and setting, {"engine", "params", "recall", "qps",
// "build_s", "index_bytes", "distances_per_query"}; the last is null if
// unknown. `params`: those of the index and the setting.
std::string JsonLines(const std::vector<EngineCurve>& curves);

}  // namespace annod

#endif  // ANNOD_BENCH_BENCH_OUTPUT_H_
