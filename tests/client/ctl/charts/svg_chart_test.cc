#include "client/ctl/charts/svg_chart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace annod::ctl {
namespace {

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

Chart TwoCurves() {
  Chart chart;
  chart.title = "latency by load";
  chart.subtitle = "index words";
  chart.x = {"calls a second", AxisScale::kLinear};
  chart.y = {"latency, ms", AxisScale::kLog};
  chart.series = {{"p50", {{1000, 0.5, ""}, {2000, 0.7, ""}}},
                  {"p99", {{1000, 5, "p99 5 ms"}, {2000, 50, ""}}}};
  return chart;
}

TEST(SvgChartTest, DrawsEveryPointLineTitleAndLegend) {
  const std::string svg = SvgOf(TwoCurves());
  EXPECT_TRUE(absl::StartsWith(svg, "<svg xmlns="));
  EXPECT_TRUE(absl::EndsWith(svg, "</svg>\n"));
  EXPECT_EQ(CountOf(svg, "<polyline"), 2u);
  // Two points a series, and one mark each in the legend.
  EXPECT_EQ(CountOf(svg, "<circle"), 3u);
  EXPECT_EQ(CountOf(svg, "<polygon"), 3u);
  for (const char* text : {"class=\"title\">latency by load<", ">index words<",
                           ">calls a second<", ">latency, ms (log scale)<",
                           ">p50<", ">p99<", "<title>p99 5 ms</title>"}) {
    EXPECT_EQ(CountOf(svg, text), 1u) << text;
  }
}

TEST(SvgChartTest, SaysInWordsWhatItShows) {
  const std::string svg = SvgOf(TwoCurves());
  EXPECT_EQ(CountOf(svg, "<title id=\"title\">latency by load</title>"), 1u);
  EXPECT_EQ(CountOf(svg,
                    "<desc id=\"desc\">latency, ms (log scale) against calls "
                    "a second. index words. p50: 2 points, from 0.5 at 1000 to "
                    "0.7 at 2000. p99: 2 points, from 5 at 1000 to 50 at "
                    "2000.</desc>"),
            1u)
      << svg;
  // Nothing shows through from the page.
  EXPECT_EQ(CountOf(svg, "<rect width=\"800\" height=\"500\" fill=\"#fff\"/>"),
            1u);
}

TEST(SvgChartTest, EnginesHaveTheirColourWhereverTheyStand) {
  Chart chart;
  chart.series = {{"exact", {{1, 1, ""}}}, {"graph", {{1, 2, ""}}}};
  const std::string svg = SvgOf(chart);
  Chart other;
  other.series = {{"graph", {{1, 2, ""}}}};
  // The line and the mark, and both again in the legend.
  EXPECT_EQ(CountOf(svg, "#d55e00"), 4u) << svg;
  EXPECT_EQ(CountOf(svg, "#000000"), 4u) << svg;
  EXPECT_EQ(CountOf(SvgOf(other), "#d55e00"), 2u);
}

TEST(SvgChartTest, PlacesPointsByTheirValues) {
  Chart chart;
  chart.series = {{"", {{0, 0, ""}, {4, 4, ""}}}};
  // One series: no legend, so the plot takes the whole width.
  const std::string svg = SvgOf(chart);
  EXPECT_TRUE(absl::StrContains(svg, "points=\"90.0,432.0 776.0,64.0\""))
      << svg;
}

TEST(SvgChartTest, LeavesOutPointsWithoutAPlace) {
  Chart chart = TwoCurves();
  chart.series[0].points.push_back({3000, 0, ""});
  chart.series[0].points.push_back({NAN, 1, ""});
  EXPECT_EQ(SvgOf(chart), SvgOf(TwoCurves()));
}

TEST(SvgChartTest, TextCannotBecomeMarkup) {
  Chart chart = TwoCurves();
  chart.title = "<script>\"a\" & b\x01</script>";
  chart.series[0].name = "</text><b>";
  chart.series[1].points[0].note = "</title><b>";
  const std::string svg = SvgOf(chart);
  EXPECT_TRUE(absl::StrContains(
      svg, "&lt;script&gt;&quot;a&quot; &amp; b?&lt;/script&gt;"));
  EXPECT_FALSE(absl::StrContains(svg, "<script"));
  EXPECT_FALSE(absl::StrContains(svg, "<b>"));
}

TEST(SvgChartTest, DrawsAxesWithoutPoints) {
  const std::string svg = SvgOf(Chart());
  EXPECT_TRUE(absl::StrContains(svg, "class=\"axis\""));
  EXPECT_FALSE(absl::StrContains(svg, "nan"));
}

}  // namespace
}  // namespace annod::ctl
