#include "client/ctl/common/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/ctl/common/output.h"

namespace annod::ctl {
namespace {

constexpr absl::Duration kRedraw = absl::Milliseconds(100);
constexpr absl::Duration kNextLine = absl::Seconds(5);
constexpr int kBarCells = 24;

std::string HumanSeconds(double seconds) {
  if (seconds < 60) return absl::StrFormat("%.0f s", std::ceil(seconds));
  const int64_t whole = std::llround(std::min(seconds, 1e9));
  if (whole < 3600) {
    return absl::StrFormat("%d min %02d s", whole / 60, whole % 60);
  }
  return absl::StrFormat("%d h %02d min", whole / 3600, whole / 60 % 60);
}

}  // namespace

Progress::Progress(std::string verb, std::string unit, bool quiet)
    : verb_(std::move(verb)),
      unit_(std::move(unit)),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(absl::Now()),
      next_show_(start_ + (terminal_ ? kRedraw : kNextLine)) {}

Progress::~Progress() {
  if (open_line_) std::fputc('\n', stderr);
}

double Progress::seconds() const {
  return absl::ToDoubleSeconds(absl::Now() - start_);
}

std::string Progress::Describe(std::optional<double> fraction, int64_t count,
                               std::optional<double> seconds_left,
                               const std::string& note) const {
  std::string text = verb_;
  if (!note.empty()) absl::StrAppend(&text, " ", note);
  const double elapsed = seconds();
  if (fraction.has_value()) {
    const double done = std::clamp(*fraction, 0.0, 1.0);
    if (terminal_) {
      const int cells = static_cast<int>(done * kBarCells);
      absl::StrAppend(&text, "  [", std::string(cells, '#'),
                      std::string(kBarCells - cells, '.'), "]");
    }
    absl::StrAppendFormat(&text, " %3.0f %%", 100 * done);
    if (!seconds_left.has_value() && done > 0 && done < 1) {
      seconds_left = elapsed / done * (1 - done);
    }
  }
  if (!unit_.empty()) {
    absl::StrAppend(&text, "  ", WithCommas(count), " ", unit_);
    if (elapsed > 0) {
      absl::StrAppend(&text, "  ",
                      WithCommas(static_cast<int64_t>(count / elapsed)), " ",
                      unit_, "/s");
    }
  }
  if (seconds_left.has_value() && *seconds_left > 0) {
    absl::StrAppend(&text, "  ", HumanSeconds(*seconds_left), " left");
  }
  return text;
}

void Progress::Show(const std::string& text, bool last) {
  if (terminal_) {
    const size_t padding = shown_width_ - std::min(shown_width_, text.size());
    std::fprintf(stderr, "\r%s%s", text.c_str(),
                 std::string(padding, ' ').c_str());
    shown_width_ = text.size();
    open_line_ = !last;
    if (last) std::fputc('\n', stderr);
    std::fflush(stderr);
  } else if (!quiet_) {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  next_show_ = absl::Now() + (terminal_ ? kRedraw : kNextLine);
}

void Progress::Update(std::optional<double> fraction, int64_t count,
                      std::optional<double> seconds_left,
                      const std::string& note) {
  if (absl::Now() < next_show_) return;
  Show(Describe(fraction, count, seconds_left, note), /*last=*/false);
}

void Progress::Done(int64_t count) {
  Show(absl::StrCat(Describe(1.0, count, std::nullopt, ""),
                    absl::StrFormat("  %.1f s", seconds())),
       /*last=*/true);
}

}  // namespace annod::ctl
