#ifndef ANNOD_CLIENT_CTL_CHARTS_SVG_CHART_H_
#define ANNOD_CLIENT_CTL_CHARTS_SVG_CHART_H_

#include <string>
#include <vector>

#include "client/ctl/charts/chart_axis.h"

namespace annod::ctl {

struct ChartAxis {
  std::string title;  // with the unit, as "latency, ms"; the scale is added
  AxisScale scale = AxisScale::kLinear;
};

struct ChartPoint {
  double x = 0;
  double y = 0;
  std::string note;  // shown when the pointer rests on the point; may be empty
};

struct ChartSeries {
  // For the legend; one of an engine has that engine's colour.
  std::string name;
  std::vector<ChartPoint> points;  // joined by a line in this order
};

struct Chart {
  std::string title;
  std::string subtitle;  // a smaller line below; may be empty
  ChartAxis x;
  ChartAxis y;
  // Marks and the colours of what is no engine repeat after eight.
  std::vector<ChartSeries> series;
};

// The chart as a complete SVG document of 800 x 500 units: lines with a mark at
// every point, axes with ticks at round values, a grid, and a legend if there
// is more than one series, on white, so that a dark page around it does not
// matter; <title> and <desc> say the same in words. It holds neither script nor
// reference to another file, and the same chart gives the same bytes. Points
// that have no place (HasPlace()) are left out, and the line with them joins
// their neighbours; a chart without points is axes alone. Text may be any
// UTF-8; what XML does not allow in it becomes '?'.
std::string SvgOf(const Chart& chart);

}  // namespace annod::ctl

#endif  // ANNOD_CLIENT_CTL_CHARTS_SVG_CHART_H_
