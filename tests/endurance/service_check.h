#ifndef ANNOD_TESTS_ENDURANCE_SERVICE_CHECK_H_
#define ANNOD_TESTS_ENDURANCE_SERVICE_CHECK_H_

#include <random>
#include <string>

#include "tests/endurance/load.h"
#include "tests/endurance/report.h"

namespace annod::endurance {

// How much of what a service should hold is looked at.
enum class Thoroughness {
  kRecent,  // what calls were about since the last check, and a few others
  kAll,
};

// Compares what the service at `address`, which serves again after a stop and
// is left alone meanwhile, holds with its history; into `report` goes what is
// wrong. `settled`: every process is another than before the stop, so that no
// call without an answer is still under way; what became of those is known
// after.
void CheckService(const std::string& address, Thoroughness thoroughness,
                  bool settled, History* history, std::mt19937* random,
                  Report* report);

}  // namespace annod::endurance

#endif  // ANNOD_TESTS_ENDURANCE_SERVICE_CHECK_H_
