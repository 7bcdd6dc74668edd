#ifndef ANNOD_CLIENT_CTL_COMMON_PROGRESS_H_
#define ANNOD_CLIENT_CTL_COMMON_PROGRESS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace annod::ctl {

// Shows on stderr how far something has come: a bar that redraws itself on a
// terminal, else a line every few seconds. One thread at a time.
class Progress {
 public:
  // `verb`: what is done, e.g. "add"; `unit`: of what is counted, e.g. "rows",
  // empty if Update() gets no count. `quiet`: show nothing but a bar on a
  // terminal.
  Progress(std::string verb, std::string unit, bool quiet);
  // Ends the bar's line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Cheap when called often. `fraction` in [0, 1] if known; `count` units done;
  // `seconds_left` if known better than from the time passed; `note` follows
  // the verb, e.g. a phase.
  void Update(std::optional<double> fraction, int64_t count,
              std::optional<double> seconds_left = std::nullopt,
              const std::string& note = "");

  // The last state, always shown.
  void Done(int64_t count);

  double seconds() const;

 private:
  std::string Describe(std::optional<double> fraction, int64_t count,
                       std::optional<double> seconds_left,
                       const std::string& note) const;
  void Show(const std::string& text, bool last);

  const std::string verb_;
  const std::string unit_;
  const bool quiet_;
  const bool terminal_;
  const absl::Time start_;
  absl::Time next_show_;
  size_t shown_width_ = 0;
  bool open_line_ = false;
};

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_COMMON_PROGRESS_H_
