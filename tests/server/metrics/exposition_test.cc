// What Prometheus' own checker says of the text annod exposes.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/text_serializer.h"
#include "server/metrics/collector.h"
#include "server/metrics/metric_catalog.h"
#include "server/metrics/metrics_page.h"

namespace annod {
namespace {

using ::testing::HasSubstr;

// A page with a series of every family.
std::string FullExposition() {
  absl::StatusOr<std::unique_ptr<MetricsPage>> page = MetricsPage::Create(1);
  EXPECT_TRUE(page.ok()) << page.status();
  const auto writer = (*page)->Writer(0);
  for (const MetricInfo& info : MetricCatalog()) {
    LabelPairs labels;
    for (const char* label : info.labels) labels.emplace_back(label, "a\"b\\");
    switch (info.kind) {
      case MetricKind::kCounter:
        writer->GetCounter(info.name, labels).Add(1.5);
        break;
      case MetricKind::kHistogram:
        writer->GetHistogram(info.name, labels).Observe(0.2);
        break;
      default:
        writer->GetGauge(info.name, labels).Set(-1);
    }
  }
  const Collector collector(page->get(), 1);
  return prometheus::TextSerializer().Serialize(collector.Collect());
}

// Runs `promtool check metrics` on `text`; returns its exit status and output.
int CheckWithPromtool(const std::string& text, std::string* output) {
  const std::string input_path = testing::TempDir() + "/metrics.txt";
  const std::string output_path = testing::TempDir() + "/promtool.txt";
  std::ofstream(input_path) << text;
  const int status = std::system(("promtool check metrics < '" + input_path +
                                  "' > '" + output_path + "' 2>&1")
                                     .c_str());
  std::stringstream content;
  content << std::ifstream(output_path).rdbuf();
  *output = content.str();
  return status;
}

TEST(Exposition, PromtoolFindsNothingToComplainAbout) {
  std::string output;
  const int status = CheckWithPromtool(FullExposition(), &output);
  EXPECT_EQ(status, 0) << output << "\n(promtool is in Debian's prometheus)";
  EXPECT_EQ(output, "");
}

TEST(Exposition, PromtoolWouldComplain) {
  std::string output;
  EXPECT_NE(
      CheckWithPromtool("# TYPE a_counter counter\na_counter 1\n", &output), 0);
  EXPECT_THAT(output, HasSubstr("_total"));
}

TEST(Exposition, HoldsEveryFamilyOfTheCatalogWithHelpAndType) {
  const std::string text = FullExposition();
  for (const MetricInfo& info : MetricCatalog()) {
    EXPECT_THAT(text, HasSubstr(std::string("# HELP ") + info.name + " "));
    EXPECT_THAT(text, HasSubstr(std::string("# TYPE ") + info.name + " "));
  }
}

}  // namespace
}  // namespace annod
