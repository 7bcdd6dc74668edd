#include "client/ctl/charts/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "client/ctl/charts/chart_axis.h"

namespace annod::ctl {
namespace {

constexpr double kWidth = 800, kHeight = 500;
// Edges of the plot: room is left for titles and labels around it, and for the
// legend to the right if there is one.
constexpr double kLeft = 90, kTop = 64, kBottom = 432;
constexpr double kRight = 776, kRightOfLegend = 636;
constexpr int kMarkCount = 8;

struct EngineColour {
  absl::string_view engine;
  const char* colour;
};
constexpr EngineColour kEngineColours[] = {
#include "client/ctl/charts/engine_colours.inc"
};

// Of series that are no engines. Told apart by the colour-blind too (Okabe and
// Ito).
constexpr const char* kColours[kMarkCount] = {"#0072b2", "#d55e00", "#009e73",
                                              "#cc79a7", "#e69f00", "#56b4e9",
                                              "#000000", "#888888"};

const char* ColourOf(const ChartSeries& series, size_t index) {
  for (const EngineColour& one : kEngineColours) {
    if (one.engine == series.name) return one.colour;
  }
  return kColours[index % kMarkCount];
}

std::string Escaped(absl::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // Control characters are not XML, not even as references.
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    }
  }
  return out;
}

std::string Text(double x, double y, absl::string_view attributes,
                 absl::string_view text) {
  return absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y,
                         attributes, Escaped(text));
}

std::string Line(double x1, double y1, double x2, double y2,
                 absl::string_view style) {
  return absl::StrFormat(
      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n",
      x1, y1, x2, y2, style);
}

// A closed polygon around (x, y), given as offsets.
std::string Polygon(double x, double y,
                    const std::vector<std::pair<double, double>>& offsets) {
  std::string out = "<polygon points=\"";
  for (const auto& [dx, dy] : offsets) {
    absl::StrAppendFormat(&out, "%.1f,%.1f ", x + dx, y + dy);
  }
  out.back() = '"';
  return out;
}

// The mark of the series at `index`; `note` appears when the pointer rests.
std::string Mark(size_t index, const char* colour, double x, double y,
                 absl::string_view note) {
  std::string out;
  switch (index % 4) {
    case 0:
      out = absl::StrFormat("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"", x, y);
      break;
    case 1:
      out = Polygon(x, y, {{-3.2, -3.2}, {3.2, -3.2}, {3.2, 3.2}, {-3.2, 3.2}});
      break;
    case 2:
      out = Polygon(x, y, {{0, -4.4}, {4.2, 3.4}, {-4.2, 3.4}});
      break;
    default:
      out = Polygon(x, y, {{0, -4.6}, {4.6, 0}, {0, 4.6}, {-4.6, 0}});
  }
  absl::StrAppend(&out, " fill=\"", colour, "\"");
  if (note.empty()) return out + "/>\n";
  return absl::StrCat(out, "><title>", Escaped(note), "</title></",
                      index % 4 == 0 ? "circle" : "polygon", ">\n");
}

// The title with the scale, where it is not even.
std::string AxisTitle(const ChartAxis& axis) {
  switch (axis.scale) {
    case AxisScale::kLog:
      return absl::StrCat(axis.title, " (log scale)");
    case AxisScale::kNearOne:
      return absl::StrCat(axis.title, " (log scale towards 1)");
    case AxisScale::kLinear:
      break;
  }
  return axis.title;
}

bool IsPlaced(const Chart& chart, const ChartPoint& point) {
  return HasPlace(chart.x.scale, point.x) && HasPlace(chart.y.scale, point.y);
}

// The picture in words: what it shows, and where each line begins and ends.
std::string Description(const Chart& chart) {
  std::string out =
      absl::StrCat(AxisTitle(chart.y), " against ", AxisTitle(chart.x), ".");
  if (!chart.subtitle.empty()) absl::StrAppend(&out, " ", chart.subtitle, ".");
  for (const ChartSeries& series : chart.series) {
    std::vector<ChartPoint> placed;
    for (const ChartPoint& point : series.points) {
      if (IsPlaced(chart, point)) placed.push_back(point);
    }
    if (placed.empty()) continue;
    absl::StrAppendFormat(&out,
                          " %s: %d points, from %.4g at %.4g to %.4g at %.4g.",
                          series.name, placed.size(), placed.front().y,
                          placed.front().x, placed.back().y, placed.back().x);
  }
  return out;
}

std::string Frame(const Chart& chart, double right) {
  const double middle = (kLeft + right) / 2;
  std::string out;
  out += Text(middle, 26, "class=\"title\"", chart.title);
  if (!chart.subtitle.empty()) {
    out += Text(middle, 46, "class=\"middle small\"", chart.subtitle);
  }
  out += Text(middle, 480, "class=\"middle\"", AxisTitle(chart.x));
  const double y_middle = (kTop + kBottom) / 2;
  out += Text(24, y_middle,
              absl::StrFormat(
                  "class=\"middle\" transform=\"rotate(-90 24 %g)\"", y_middle),
              AxisTitle(chart.y));
  out += Line(kLeft, kBottom, right, kBottom, "axis");
  out += Line(kLeft, kTop, kLeft, kBottom, "axis");
  return out;
}

std::string Ticks(const PlacedAxis& x, const PlacedAxis& y, double right) {
  std::string out;
  for (const AxisTick& tick : x.ticks()) {
    const double at = kLeft + tick.fraction * (right - kLeft);
    out += Line(at, kTop, at, kBottom, "grid");
    if (tick.label.empty()) continue;
    out += Text(at, kBottom + 18, "class=\"middle small\"", tick.label);
  }
  for (const AxisTick& tick : y.ticks()) {
    const double at = kBottom - tick.fraction * (kBottom - kTop);
    out += Line(kLeft, at, right, at, "grid");
    if (tick.label.empty()) continue;
    out += Text(kLeft - 8, at + 4, "class=\"end small\"", tick.label);
  }
  return out;
}

std::string Series(const ChartSeries& series, size_t index, const PlacedAxis& x,
                   const PlacedAxis& y, double right) {
  const char* const colour = ColourOf(series, index);
  std::string line, marks;
  for (const ChartPoint& point : series.points) {
    const std::optional<double> across = x.Fraction(point.x);
    const std::optional<double> up = y.Fraction(point.y);
    if (!across || !up) continue;
    const double px = kLeft + *across * (right - kLeft);
    const double py = kBottom - *up * (kBottom - kTop);
    absl::StrAppendFormat(&line, "%s%.1f,%.1f", line.empty() ? "" : " ", px,
                          py);
    marks += Mark(index, colour, px, py, point.note);
  }
  return absl::StrCat("<polyline points=\"", line, "\" fill=\"none\" stroke=\"",
                      colour, "\" stroke-width=\"1.8\"",
                      index >= kMarkCount ? " stroke-dasharray=\"5 3\"" : "",
                      "/>\n", marks);
}

std::string Legend(const std::vector<ChartSeries>& series) {
  std::string out;
  double y = kTop + 8;
  for (size_t i = 0; i < series.size(); ++i, y += 20) {
    const double x = kRightOfLegend + 16;
    out += absl::StrFormat(
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
        "stroke-width=\"1.8\"/>\n",
        x, y, x + 22, y, ColourOf(series[i], i));
    out += Mark(i, ColourOf(series[i], i), x + 11, y, "");
    out += Text(x + 28, y + 4, "class=\"small\"", series[i].name);
  }
  return out;
}

}  // namespace

std::string SvgOf(const Chart& chart) {
  std::vector<double> xs, ys;
  for (const ChartSeries& series : chart.series) {
    for (const ChartPoint& point : series.points) {
      if (!IsPlaced(chart, point)) continue;
      xs.push_back(point.x);
      ys.push_back(point.y);
    }
  }
  const PlacedAxis x(chart.x.scale, xs), y(chart.y.scale, ys);
  const bool legend = chart.series.size() > 1;
  const double right = legend ? kRightOfLegend : kRight;
  std::string out = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" "
      "width=\"%g\" height=\"%g\" role=\"img\" "
      "aria-labelledby=\"title desc\">\n"
      "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n"
      "<style>text{font:14px sans-serif;fill:#222}.title{font-size:17px;"
      "font-weight:bold;text-anchor:middle}.middle{text-anchor:middle}"
      ".end{text-anchor:end}.small{font-size:12px}"
      ".axis{stroke:#222;stroke-width:1.2}"
      ".grid{stroke:#ddd;stroke-width:1}</style>\n"
      "<rect width=\"%g\" height=\"%g\" fill=\"#fff\"/>\n",
      kWidth, kHeight, kWidth, kHeight, Escaped(chart.title),
      Escaped(Description(chart)), kWidth, kHeight);
  out += Ticks(x, y, right);
  out += Frame(chart, right);
  for (size_t i = 0; i < chart.series.size(); ++i) {
    out += Series(chart.series[i], i, x, y, right);
  }
  if (legend) out += Legend(chart.series);
  return out + "</svg>\n";
}

}  // namespace annod::ctl
