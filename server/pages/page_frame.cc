#include "server/pages/page_frame.h"

#include <openssl/sha.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace annod {
namespace {

constexpr char kStyle[] = R"css(
:root { color-scheme: light dark;
  --back: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5b6675; --edge: #d9dee5;
  --accent: #1f6feb; --good: #146c37; --good-back: #d9f2e1; --warn: #7a4d00; --warn-back: #fdeecb;
  --bad: #a3171f; --bad-back: #fbdcdd; }
@media (prefers-color-scheme: dark) { :root {
  --back: #11151b; --card: #191f28; --ink: #e4e9f0; --soft: #97a3b3; --edge: #2c3541;
  --accent: #6ea8fe; --good: #7fdba0; --good-back: #143823; --warn: #f2c66d; --warn-back: #3d2f0d;
  --bad: #ff9a9f; --bad-back: #471a1d; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 16px; background: var(--back); color: var(--ink);
  font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; }
a { color: var(--accent); }
header { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: baseline; margin-bottom: 12px; }
h1 { font-size: 22px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 0 0 8px; }
h3 { font-size: 14px; margin: 0 0 4px; color: var(--soft); font-weight: 600; }
section { background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: 12px 14px; margin-bottom: 14px; }
.soft, footer { color: var(--soft); font-size: 13px; }
bdi { overflow-wrap: anywhere; }
.pill { display: inline-block; padding: 0 8px; border-radius: 10px; font-size: 13px; font-weight: 600; white-space: nowrap; }
.good { color: var(--good); background: var(--good-back); }
.warn { color: var(--warn); background: var(--warn-back); }
.bad { color: var(--bad); background: var(--bad-back); }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; color: var(--soft); font-size: 13px; font-weight: 600; }
th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--edge); vertical-align: middle; }
tr:last-child td { border-bottom: 0; }
td { font-variant-numeric: tabular-nums; }
p { margin: 0; }
ul { margin: 0; padding-left: 18px; }
li { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 16px; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 13px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
progress { width: 160px; accent-color: var(--accent); vertical-align: middle; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 14px 28px; }
.columns > section { margin-bottom: 0; }
.columns + section { margin-top: 14px; }
.spark { width: 120px; height: 24px; display: block; }
.wide .spark { width: 100%; height: 64px; margin-bottom: 8px; }
.curve { width: 100%; max-width: 520px; display: block; }
.line { fill: none; stroke: var(--accent); stroke-width: 1.6; vector-effect: non-scaling-stroke; }
.area { fill: var(--accent); opacity: .16; }
.grid { fill: none; stroke: var(--edge); }
circle { fill: var(--accent); }
svg text { fill: var(--soft); font-size: 11px; }
@media (max-width: 760px) {
  body { padding: 10px; }
  thead { display: none; }
  table, tbody, tr, td { display: block; }
  tr { padding: 8px 0; border-bottom: 1px solid var(--edge); }
  tr:last-child { border-bottom: 0; }
  td { display: flex; justify-content: space-between; gap: 12px; padding: 2px 0; border: 0; text-align: right; }
  td::before { content: attr(data-name); color: var(--soft); text-align: left; white-space: nowrap; }
  td:first-child { font-size: 16px; }
  .columns { grid-template-columns: minmax(0, 1fr); }
}
)css";

std::string StyleHash() {
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(kStyle), sizeof(kStyle) - 1,
         hash);
  return absl::Base64Escape(
      absl::string_view(reinterpret_cast<const char*>(hash), sizeof(hash)));
}

const std::string& ContentPolicy() {
  static const auto* const policy = new std::string(absl::StrCat(
      "default-src 'none'; style-src 'sha256-", StyleHash(),
      "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));
  return *policy;
}

}  // namespace

HttpResponse MakePage(int status, const std::string& title, const Html& body) {
  Html page;
  page.Markup(
          "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width, "
          "initial-scale=1\"><meta name=\"color-scheme\" content=\"light "
          "dark\"><title>")
      .Text(title)
      .Markup("</title><style>")
      .Markup(kStyle)
      .Markup("</style></head><body>\n")
      .Add(body)
      .Markup("</body></html>\n");
  HttpResponse response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body = page.text();
  response.headers = {{"Content-Security-Policy", ContentPolicy()},
                      {"Referrer-Policy", "no-referrer"}};
  return response;
}

void Cell(const char* name, const Html& content, Html* page) {
  page->Markup("<td data-name=\"")
      .Text(name)
      .Markup("\"><span>")
      .Add(content)
      .Markup("</span></td>");
}

void Cell(const char* name, const std::string& text, Html* page) {
  Html content;
  content.Text(text);
  Cell(name, content, page);
}

Html Pill(const std::string& grade, const std::string& text) {
  Html pill;
  pill.Markup("<span class=\"pill ")
      .Text(grade)
      .Markup("\">")
      .Text(text)
      .Markup("</span>");
  return pill;
}

}  // namespace annod
