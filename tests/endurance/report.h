#ifndef ANNOD_TESTS_ENDURANCE_REPORT_H_
#define ANNOD_TESTS_ENDURANCE_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace annod::endurance {

// What a sweep has done and found.
struct Report {
  int64_t operations = 0;           // calls, or operations on files
  int64_t stops = 0;                // kills, power cuts, failures
  int64_t acknowledged = 0;         // items added
  int64_t removed = 0;              // items removed, acknowledged
  int64_t lost = 0;                 // of the former, not there after a stop
  int64_t reappeared = 0;           // of the latter, there after a stop
  std::vector<std::string> faults;  // the first few, and all that is not either

  bool ok() const { return lost == 0 && reappeared == 0 && faults.empty(); }

  void Fault(std::string what) {
    if (faults.size() < 20) faults.push_back(std::move(what));
  }
  void Add(const Report& other) {
    operations += other.operations;
    stops += other.stops;
    acknowledged += other.acknowledged;
    removed += other.removed;
    lost += other.lost;
    reappeared += other.reappeared;
    for (const std::string& fault : other.faults) Fault(fault);
  }
};

// One line of it.
std::string Summary(const std::string& kind, const Report& report,
                    double seconds);

}  // namespace annod::endurance

#endif  // ANNOD_TESTS_ENDURANCE_REPORT_H_
