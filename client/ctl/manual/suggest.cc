#include "client/ctl/manual/suggest.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"

namespace annod::ctl {
namespace {

// Nobody misspells longer words by a little.
constexpr size_t kLongestWord = 64;

absl::string_view WithoutDashes(absl::string_view name) {
  return name.substr(std::min(name.find_first_not_of('-'), name.size()));
}

}  // namespace

int EditDistance(absl::string_view a, absl::string_view b) {
  // Three rows of the table of distances between beginnings of both.
  std::vector<int> before, last(b.size() + 1), now(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1,
                         last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
    before = std::exchange(last, now);
  }
  return last[b.size()];
}

std::string Nearest(absl::string_view word,
                    const std::vector<std::string>& names) {
  const absl::string_view wanted = WithoutDashes(word);
  if (wanted.empty() || wanted.size() > kLongestWord) return "";
  std::string nearest;
  int least = 0;
  for (const std::string& name : names) {
    const absl::string_view there = WithoutDashes(name);
    int distance = EditDistance(wanted, there);
    if (wanted.size() > 2 && absl::StartsWith(there, wanted)) distance = 1;
    const int most = std::max<int>(
        1, static_cast<int>(std::max(wanted.size(), there.size())) / 3);
    // A single letter is near to every other one.
    if (distance > most || (there.size() == 1 && distance > 0)) continue;
    if (nearest.empty() || distance < least) {
      nearest = name;
      least = distance;
    }
  }
  return nearest;
}

}  // namespace annod::ctl
