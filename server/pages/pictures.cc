#include "server/pages/pictures.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/pages/amounts.h"

namespace annod {
namespace {

// In the picture's own units; the style gives them a size.
constexpr double kSparkWidth = 120;
constexpr double kSparkHeight = 24;
constexpr double kWidth = 360;
constexpr double kHeight = 200;
constexpr double kLeft = 44;
constexpr double kRight = 346;
constexpr double kTop = 12;
constexpr double kBottom = 164;

std::string At(double x, double y) {
  return absl::StrFormat("%.1f,%.1f", x, y);
}

Html& Number(double value, Html* svg) {
  return svg->Text(absl::StrFormat("%.1f", value));
}

void Label(double x, double y, bool is_right, const std::string& text,
           Html* svg) {
  svg->Markup("<text x=\"");
  Number(x, svg).Markup("\" y=\"");
  Number(y, svg).Markup("\"");
  if (is_right) {
    svg->Markup(" text-anchor=\"end\"");
  } else {
    svg->Markup(" text-anchor=\"middle\"");
  }
  svg->Markup(">").Text(text).Markup("</text>");
}

void GridLine(double y, Html* svg) {
  svg->Markup("<path class=\"grid\" d=\"M")
      .Text(At(kLeft, y))
      .Markup(" L")
      .Text(At(kRight, y))
      .Markup("\"/>");
}

}  // namespace

Html Sparkline(const std::vector<double>& values, const std::string& title) {
  Html svg;
  if (values.size() < 2) return svg;
  const double most = *std::max_element(values.begin(), values.end());
  std::string line;
  for (size_t i = 0; i < values.size(); ++i) {
    const double x = kSparkWidth * static_cast<double>(i) /
                     static_cast<double>(values.size() - 1);
    const double part = most > 0 ? std::min(1.0, values[i] / most) : 0;
    absl::StrAppend(&line, i == 0 ? "M" : " L",
                    At(x, kSparkHeight - 1 - (kSparkHeight - 2) * part));
  }
  svg.Markup(
         "<svg class=\"spark\" viewBox=\"0 0 120 24\" role=\"img\" "
         "preserveAspectRatio=\"none\"><title>")
      .Text(title)
      .Markup("</title><path class=\"area\" d=\"")
      .Text(absl::StrCat(line, " L", At(kSparkWidth, kSparkHeight), " L",
                         At(0, kSparkHeight), " Z"))
      .Markup("\"/><path class=\"line\" d=\"")
      .Text(line)
      .Markup("\"/></svg>");
  return svg;
}

Html RecallCurve(const std::vector<CurvePoint>& points, const std::string& axis,
                 const std::string& title) {
  Html svg;
  if (points.empty()) return svg;
  double least = 1;
  double low = points.front().setting;
  double high = low;
  for (const CurvePoint& point : points) {
    least = std::min(least, point.recall);
    low = std::min(low, point.setting);
    high = std::max(high, point.setting);
  }
  // The scale begins at a tenth below all of them.
  const double floor = std::min(0.9, std::floor(least * 10) / 10);
  const double from = std::log(std::max(low, 1e-9));
  const double to = std::log(std::max(high, 1e-9));
  const auto x_of = [&](double setting) {
    if (to <= from) return (kLeft + kRight) / 2;
    const double part = (std::log(setting) - from) / (to - from);
    return kLeft + (kRight - kLeft) * part;
  };
  const auto y_of = [&](double recall) {
    return kBottom - (kBottom - kTop) * (recall - floor) / (1 - floor);
  };

  svg.Markup(
         "<svg class=\"curve\" viewBox=\"0 0 360 200\" role=\"img\"><title>")
      .Text(title)
      .Markup("</title>");
  static constexpr int kLines = 4;
  for (int i = 0; i <= kLines; ++i) {
    const double recall = floor + (1 - floor) * i / kLines;
    GridLine(y_of(recall), &svg);
    Label(kLeft - 6, y_of(recall) + 4, /*is_right=*/true,
          absl::StrFormat("%.3g", recall), &svg);
  }
  std::string line;
  for (const CurvePoint& point : points) {
    absl::StrAppend(&line, line.empty() ? "M" : " L",
                    At(x_of(point.setting), y_of(point.recall)));
  }
  svg.Markup("<path class=\"line\" d=\"").Text(line).Markup("\"/>");
  double last_label = -kWidth;
  for (const CurvePoint& point : points) {
    const double x = x_of(point.setting);
    svg.Markup("<circle r=\"3\" cx=\"");
    Number(x, &svg).Markup("\" cy=\"");
    Number(y_of(point.recall), &svg)
        .Markup("\"><title>")
        .Text(absl::StrCat(axis, " ", CountText(point.setting), ": recall ",
                           RecallText(point.recall)))
        .Markup("</title></circle>");
    if (x - last_label < 52) continue;  // they would overlap
    last_label = x;
    Label(x, kBottom + 16, /*is_right=*/false, CountText(point.setting), &svg);
  }
  Label((kLeft + kRight) / 2, kHeight - 4, /*is_right=*/false, axis, &svg);
  svg.Markup("</svg>");
  return svg;
}

}  // namespace annod
