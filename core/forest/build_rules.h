#ifndef ANNOD_CORE_FOREST_BUILD_RULES_H_
#define ANNOD_CORE_FOREST_BUILD_RULES_H_

#include "absl/strings/string_view.h"

namespace annod {

// Whose random numbers, split rules and order of float operations a build
// follows. All but kAnnod are scalar, use one thread and make byte for byte
// what that program makes with one thread. Kept in settings by name.
enum class BuildRules {
  kAnnod = 1,          // fast, in threads, the same bytes whatever the CPU
  kAnnoy117 = 2,       // Annoy 1.17.1 and later
  kAnnoy116 = 3,       // Annoy up to 1.16
  kScikitPlots04 = 4,  // scikit-plots 0.4
  // The development branch of scikit-plots. Its files have 64-bit ids, so the
  // bytes are equal only with a layout that has them too.
  kScikitPlotsMain = 5,
};

inline constexpr BuildRules kAllBuildRules[] = {
    BuildRules::kAnnod, BuildRules::kAnnoy117, BuildRules::kAnnoy116,
    BuildRules::kScikitPlots04, BuildRules::kScikitPlotsMain};

// "annod", "annoy-1.17", "annoy-1.16", "scikit-plots-0.4",
// "scikit-plots-main".
inline absl::string_view BuildRulesName(BuildRules rules) {
  switch (rules) {
    case BuildRules::kAnnod:
      return "annod";
    case BuildRules::kAnnoy117:
      return "annoy-1.17";
    case BuildRules::kAnnoy116:
      return "annoy-1.16";
    case BuildRules::kScikitPlots04:
      return "scikit-plots-0.4";
    case BuildRules::kScikitPlotsMain:
      return "scikit-plots-main";
  }
  return "unknown";
}

}  // namespace annod

#endif  // ANNOD_CORE_FOREST_BUILD_RULES_H_
