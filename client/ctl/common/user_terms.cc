#include "client/ctl/common/user_terms.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "client/error.h"

namespace annod::ctl {
namespace {

// A field of a request, and the option that fills it.
struct Field {
  absl::string_view name;
  absl::string_view option;
};
// Longer names before those they begin with. Only the first query or item is
// one of the command line, the others are rows of files.
constexpr Field kFields[] = {
    {"queries[0].vector_bytes", "--vector"},
    {"queries[0].vector", "--vector"},
    {"queries[0].item", "--item"},
    {"queries[0].label", "--label"},
    {"queries[0].sparse", "--sparse"},
    {"items[0].vector_bytes", "--vector"},
    {"items[0].vector", "--vector"},
    {"items[0].id", "--id"},
    {"items[0].label", "--label"},
    {"options.feature_names", "--feature_names"},
    {"exclude_items", "--exclude"},
    {"only_allow_items", "--allow_none"},
    {"allow_items", "--allow"},
    {"dimension", "--dim"},
    {"default_tree_count", "--trees"},
    {"tree_count", "--trees"},
    {"thread_count", "--threads"},
    {"i", "--i"},
    {"j", "--j"},
    {"n", "--n"},
};
// Options whose fields have their names.
constexpr absl::string_view kSameNames[] = {
    "search_k",      "beam",          "engine",       "min_recall",
    "max_distance",  "missing_value", "strict",       "default_n",
    "verbosity",     "feature_names", "label_fill",   "seed",
    "metric",        "prefault",      "exclude_self", "dot_layout",
    "hamming_layout"};

// Words that only make sense to a program.
constexpr Field kWords[] = {
    {"ListIndexes names all", "annodctl list shows all"},
    {"--engine is ENGINE_", "--engine is "},
    {"ENGINE_GRAPH", "--engine graph"},
    {"ENGINE_FOREST", "--engine forest"},
    {"ENGINE_EXACT", "--engine exact"},
    {"DOT_LAYOUT_UNSPECIFIED unless", "absent unless"},
    {"HAMMING_LAYOUT_UNSPECIFIED unless", "absent unless"},
    {"DOT_LAYOUT_", ""},
    {"HAMMING_LAYOUT_", ""},
    {"METRIC_", ""},
    {"PREFAULT_", ""},
    {"this call needs a token, sent as the metadata 'authorization: Bearer "
     "TOKEN', or a client certificate that this server knows",
     "the server asks who you are: --token_file (or ANNOD_TOKEN_FILE) names "
     "the file of a token, --certificate and --key a certificate that "
     "it knows"},
    {"Rebuild makes", "annodctl rebuild makes"},
    {"lease_seconds gives", "--lease gives"},
    {"has no version yet; call Build first",
     "has no version yet; annodctl build makes one"},
    {"has no version yet; call Build",
     "has no version yet; annodctl build makes one"},
};

// Of the refusal of a vector for a hamming index.
constexpr absl::string_view kBitsWanted = "it must be 0 or 1 for hamming";

// "--vector has 2 components; it must have 3": of "8 bytes", "12 bytes".
std::string ComponentsMessage(absl::string_view option,
                              const std::map<std::string, std::string>& error) {
  int64_t bytes[2] = {0, 0};
  const char* const keys[2] = {"value", "limit"};
  for (int i = 0; i < 2; ++i) {
    const auto found = error.find(keys[i]);
    if (found == error.end()) return "";
    absl::string_view text = found->second;
    if (!absl::ConsumeSuffix(&text, " bytes") ||
        !absl::SimpleAtoi(text, &bytes[i]) || bytes[i] % 4 != 0) {
      return "";
    }
  }
  return absl::StrCat(option, " has ", bytes[0] / 4,
                      bytes[0] == 4 ? " component" : " components",
                      "; the vectors of the index have ", bytes[1] / 4);
}

// `message` with the field that it begins with, or names between blanks,
// replaced.
std::string Renamed(const std::string& message, absl::string_view field,
                    absl::string_view option) {
  std::string out;
  absl::string_view rest = message;
  char before = ' ';
  while (!rest.empty()) {
    const bool begins = before == ' ' || before == ';' || before == '(';
    if (begins && absl::StartsWith(rest, field)) {
      const absl::string_view after = rest.substr(field.size());
      if (after.empty() || absl::StrContains(" ,:;[(.", after.substr(0, 1))) {
        absl::StrAppend(&out, option);
        rest = after;
        before = option.back();
        continue;
      }
    }
    before = rest[0];
    out.push_back(before);
    rest.remove_prefix(1);
  }
  return out;
}

}  // namespace

std::string InUserTerms(const absl::Status& status, const OptionTest& was_given,
                        const OptionTest& takes) {
  std::string message(status.message());
  absl::string_view http = message;
  if (absl::ConsumePrefix(&http, "Received http2 header with status: ")) {
    return absl::StrCat(
        "what answers there is no annod server (HTTP status ", http,
        "); give HOST:PORT of annod's gRPC port, and mind proxies (http_proxy, "
        "no_proxy)");
  }
  const std::map<std::string, std::string> error = ErrorMetadata(status);
  const auto field = error.find("field");
  for (const Field& one : kFields) {
    if (!was_given(std::string(one.option))) continue;
    if (field != error.end() && field->second == one.name &&
        absl::EndsWith(one.name, "vector_bytes")) {
      std::string components = ComponentsMessage(one.option, error);
      if (!components.empty()) return components;
    }
    message = Renamed(message, one.name, one.option);
  }
  for (const absl::string_view name : kSameNames) {
    const std::string option = absl::StrCat("--", name);
    if (was_given(option)) message = Renamed(message, name, option);
  }
  // Which of several is told by its value.
  for (const auto& [list, option] :
       {std::pair("ids[", "--item"), std::pair("labels[", "--label")}) {
    const size_t end = message.find("] is ");
    if (was_given(option) && absl::StartsWith(message, list) &&
        end != std::string::npos) {
      message.replace(0, end + 1, option);
    }
  }
  if (field != error.end() && field->second == "index") {
    message = absl::StrReplaceAll(message, {{"index is ", "NAME is "}});
  }
  if (takes("--threshold") && !was_given("--threshold")) {
    message = absl::StrReplaceAll(
        message,
        {{kBitsWanted,
          absl::StrCat(kBitsWanted, "; --threshold makes bits of numbers, ",
                       "--packed_bits of bytes that hold eight")}});
  }
  for (const Field& word : kWords) {
    message = absl::StrReplaceAll(message, {{word.name, word.option}});
  }
  return message;
}

}  // namespace annod::ctl
