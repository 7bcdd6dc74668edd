#ifndef ANNOD_SERVER_PAGES_PICTURES_H_
#define ANNOD_SERVER_PAGES_PICTURES_H_

#include <string>
#include <vector>

#include "server/pages/html.h"

namespace annod {

// Pictures as SVG in the page, coloured by its style.

// A line of values over time, none of them negative; the largest reaches the
// top. `title` says in words what is seen. Nothing for less than two values.
Html Sparkline(const std::vector<double>& values, const std::string& title);

struct CurvePoint {
  double setting;  // above 0; drawn by its logarithm
  double recall;   // [0, 1]
};
// Recall by setting. `axis` names the setting.
Html RecallCurve(const std::vector<CurvePoint>& points, const std::string& axis,
                 const std::string& title);

}  // namespace annod

#endif  // ANNOD_SERVER_PAGES_PICTURES_H_
