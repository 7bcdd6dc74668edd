#ifndef ANNOD_TESTS_CLIENT_CTL_RUN_ANNODCTL_H_
#define ANNOD_TESTS_CLIENT_CTL_RUN_ANNODCTL_H_

#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace annod {

struct RunResult {
  int exit_status = -1;  // -1: killed by a signal or not started
  std::string out;
  std::string err;

  // `out` as one JSON document; discarded (is_discarded()) if it is none.
  nlohmann::json Json() const;
};

// Runs //client:annodctl as a process of its own, with an empty stdin and,
// besides PATH, the given environment ("NAME=value") only.
RunResult RunAnnodctl(const std::vector<std::string>& arguments,
                      const std::vector<std::string>& environment = {});

// Runs a script of bash, with an empty stdin, where $CTL is annodctl.
RunResult RunShell(const std::string& script,
                   const std::vector<std::string>& environment = {});
// The same of a line, in a folder.
RunResult RunShellIn(const std::string& folder, const std::string& line);

// "0.5,-1,2" with 9 significant digits, for --vector.
std::string VectorText(const std::vector<float>& vector);

}  // namespace annod

#endif  // ANNOD_TESTS_CLIENT_CTL_RUN_ANNODCTL_H_
