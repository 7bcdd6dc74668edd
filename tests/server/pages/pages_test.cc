#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/metrics/metrics_page.h"
#include "server/pages/amounts.h"
#include "server/pages/html.h"
#include "server/pages/index_page.h"
#include "server/pages/pictures.h"
#include "server/pages/status_page.h"

namespace annod {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHostile[] = "<script>alert('x')</script>\" onload=\"y\x01";

ServerFacts SomeFacts() {
  ServerFacts facts;
  facts.now = absl::FromUnixSeconds(1'800'000'000);
  facts.start_time = facts.now - absl::Hours(30);
  facts.address = "127.0.0.1:7077";
  facts.figures.indexes["words"].workers = {{"serving", 2}};
  facts.figures.indexes["words"].items = 20000;
  return facts;
}

TEST(Html, EscapesAllButWhatStandsInTheSource) {
  Html html;
  html.Markup("<b title=\"").Text(kHostile).Markup("\">").Text("a\nb");
  EXPECT_EQ(html.text(),
            "<b title=\"&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; "
            "onload=&quot;y\xEF\xBF\xBD\">a b");
}

TEST(Amounts, AreReadable) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(1234567), "1,234,567");
  EXPECT_EQ(CountText(-1234), "-1,234");
  EXPECT_EQ(BytesText(999), "999 B");
  EXPECT_EQ(BytesText(21'540'000), "21.5 MB");
  EXPECT_EQ(RateText(0), "0");
  EXPECT_EQ(RateText(0.049), "0.05");
  EXPECT_EQ(RateText(12.34), "12.3");
  EXPECT_EQ(RateText(1234.4), "1,234");
  EXPECT_EQ(SecondsText(0.00123), "1.23 ms");
  EXPECT_EQ(SecondsText(2.34), "2.3 s");
  EXPECT_EQ(SecondsText(14.6), "15 s");
  EXPECT_EQ(SecondsText(1234), "1,234 s");
  EXPECT_EQ(SecondsText(std::numeric_limits<double>::infinity()), "over 10 s");
  EXPECT_EQ(AgeText(absl::Seconds(59)), "59 s");
  EXPECT_EQ(AgeText(absl::Seconds(61)), "1 min 1 s");
  EXPECT_EQ(AgeText(absl::Minutes(119)), "1 h 59 min");
  EXPECT_EQ(AgeText(absl::Hours(76)), "3 d 4 h");
  EXPECT_EQ(AgeText(-absl::Seconds(3)), "0 s") << "clocks may go back";
}

TEST(StatusPage, NothingHostileBecomesMarkup) {
  ServerFacts facts = SomeFacts();
  facts.address = kHostile;
  facts.unready = kHostile;
  facts.figures.indexes[kHostile].workers = {{kHostile, 1}};
  facts.figures.indexes[kHostile].build_progress = 0.5;
  facts.figures.conditions = {kHostile};
  facts.figures.counts[kHostile] = 3;
  facts.log = {{facts.now, true, kHostile}};
  facts.versions = {{kHostile, kHostile}};
  ProcessFacts process;
  process.role = kHostile;
  process.last_end = kHostile;
  facts.processes = {process};
  const HttpResponse page = StatusPage(facts, CallHistory());
  EXPECT_THAT(page.body, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page.body, Not(HasSubstr("<script")));
  EXPECT_THAT(page.body, Not(HasSubstr("\" onload")));
  EXPECT_THAT(page.body, Not(HasSubstr("\x01")));
}

TEST(StatusPage, ABrowserMayLoadAndRunNothing) {
  const HttpResponse page = StatusPage(SomeFacts(), CallHistory());
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  std::string policy;
  for (const auto& [name, value] : page.headers) {
    if (name == "Content-Security-Policy") policy = value;
  }
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; style-src 'sha256-"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(page.body, Not(HasSubstr("style=\"")));
}

TEST(StatusPage, ShowsTwoHundredIndexesAndSaysHowManyMore) {
  ServerFacts facts = SomeFacts();
  for (int i = 0; i < 1000; ++i) {
    facts.figures.indexes[absl::StrCat("index-", i)].workers = {{"empty", 1}};
  }
  const HttpResponse page = StatusPage(facts, CallHistory());
  EXPECT_THAT(page.body, HasSubstr("801 more are not shown"));
  EXPECT_LT(page.body.size(), 300'000);
}

TEST(StatusPage, TheHealthOfEachProcessIsTold) {
  ServerFacts facts = SomeFacts();
  ProcessFacts good;
  good.role = "worker";
  good.alive = true;
  good.ready = true;
  const auto health = [&facts](const ProcessFacts& process) {
    facts.processes = {process};
    const std::string page = StatusPage(facts, CallHistory()).body;
    const std::string cell = "<td data-name=\"health\"><span>";
    const size_t at = page.find(cell) + cell.size();
    return page.substr(at, page.find("</td>", at) - at);
  };
  EXPECT_THAT(health(good), HasSubstr("pill good\">serves<"));
  ProcessFacts process = good;
  process.role = "writer";
  process.ready = false;
  EXPECT_THAT(health(process), HasSubstr("pill good\">answers<"));
  process = good;
  process.ready = false;
  EXPECT_THAT(health(process), HasSubstr("pill warn\">loading<"));
  process.silent_seconds = 123.4;
  EXPECT_THAT(health(process), HasSubstr("pill warn\">silent for 123 s<"));
  process.stalled = true;
  EXPECT_THAT(health(process), HasSubstr("pill bad\">does not answer<"));
  process.alive = false;
  EXPECT_THAT(health(process), HasSubstr("pill bad\">being restarted<"));
}

TEST(StatusPage, TellsThatItDrainsAndThatNothingIsThere) {
  ServerFacts facts;
  facts.draining = true;
  facts.unready = "draining";
  const std::string page = StatusPage(facts, CallHistory()).body;
  EXPECT_THAT(page, HasSubstr("pill warn\">draining<"));
  EXPECT_THAT(page, HasSubstr("Indexes (0)</h2><p class=\"soft\">There is "
                              "none.</p>"));
}

TEST(IndexPage, TellsWhatTheWorkerAnswered) {
  v1::IndexInfo info;
  info.mutable_build()->set_phase(v1::BUILD_PHASE_TREES);
  info.mutable_build()->set_seconds_left(90);
  info.mutable_graph_shape()->set_code_components(64);
  info.mutable_graph_shape()->set_code_bits(1);
  info.mutable_graph_shape()->set_turned(true);
  info.set_lease_seconds(60);
  info.set_lease_expire_time("2026-11-30T04:12:07Z");
  for (int i = 0; i < 103; ++i) info.add_feature_names(absl::StrCat("f", i));
  info.add_recall_curve()->set_recall(0.5);
  ServerFacts facts = SomeFacts();
  facts.figures.indexes["words"].workers = {{"failed", 1}, {"serving", 2}};
  const std::string page = IndexPage("words", facts, CallHistory(), info).body;
  EXPECT_THAT(page, HasSubstr("about 1 min 30 s left"));
  EXPECT_THAT(page, HasSubstr("64 components of 1 bit, turned"));
  EXPECT_THAT(page, HasSubstr("60 s, dropped at 2026-11-30T04:12:07Z unless "
                              "renewed"));
  EXPECT_THAT(page, HasSubstr("f99, and 3 more"));
  EXPECT_THAT(page, Not(HasSubstr("f100")));
  EXPECT_THAT(page, HasSubstr("recall@10 of the forest by search_k"));
  EXPECT_THAT(page, HasSubstr("pill bad\">failed in 1 of 3, serving in 2 of "
                              "3<"));
}

TEST(IndexPage, NothingHostileBecomesMarkup) {
  v1::IndexInfo info;
  info.set_index("words");
  info.set_state(v1::INDEX_STATE_FAILED);
  info.set_state_reason(kHostile);
  info.set_attached_path(kHostile);
  info.set_layout(kHostile);
  info.set_create_time(kHostile);
  info.add_feature_names(kHostile);
  info.add_quarantined()->set_reason(kHostile);
  const HttpResponse page =
      IndexPage("words", SomeFacts(), CallHistory(), info);
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page.body, Not(HasSubstr("<script")));
  EXPECT_THAT(page.body, Not(HasSubstr("\" onload")));
}

TEST(IndexPage, WithoutAnAnswerOfAWorkerTheMetricsAreShown) {
  const HttpResponse page =
      IndexPage("words", SomeFacts(), CallHistory(),
                absl::DeadlineExceededError("Deadline Exceeded"));
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("settings not shown"));
  EXPECT_THAT(page.body, HasSubstr("annod_queries_total{index=&quot;words"));
}

TEST(IndexPage, IsNotFoundIfNobodyKnowsTheIndex) {
  const HttpResponse page = IndexPage(kHostile, SomeFacts(), CallHistory(),
                                      absl::NotFoundError("no index"));
  EXPECT_EQ(page.status, 404);
  EXPECT_THAT(page.body, Not(HasSubstr("<script")));
}

TEST(RecallCurve, DrawsOnePointAndEqualOnes) {
  EXPECT_EQ(RecallCurve({}, "beam", "").text(), "");
  for (const auto& points : {std::vector<CurvePoint>{{10, 1}},
                             std::vector<CurvePoint>{{10, 0.5}, {10, 0.5}},
                             std::vector<CurvePoint>{{1, 0}, {1e9, 1}}}) {
    const std::string svg = RecallCurve(points, "beam", "title").text();
    EXPECT_THAT(svg, HasSubstr("<circle"));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
  }
}

TEST(Sparkline, DrawsValuesOfAnyKind) {
  EXPECT_EQ(Sparkline({1}, "").text(), "");
  const double infinity = std::numeric_limits<double>::infinity();
  for (const auto& values :
       {std::vector<double>{0, 0}, std::vector<double>{1, infinity, 0}}) {
    const std::string svg = Sparkline(values, "title").text();
    EXPECT_THAT(svg, HasSubstr("<path"));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
  }
}

}  // namespace
}  // namespace annod
