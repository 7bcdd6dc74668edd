#include "client/ctl/manual/synonyms.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/ctl/manual/suggest.h"
#include "core/metric.h"

namespace annod::ctl {
namespace {

// Words of others, and what they are here, the likeliest first; both separated
// by blanks.
struct Synonym {
  absl::string_view words;
  absl::string_view meant;
};

constexpr Synonym kOptions[] = {
    {"d f dims dimension dimensions ndim vector_size n_features", "dim"},
    {"m space dist distance distance_metric metric_type similarity", "metric"},
    {"k nn top topk top_k num limit count size n_neighbors n_neighbours "
     "num_neighbors neighbors",
     "n k default_n"},
    {"t tree ntrees n_trees num_trees n_estimators", "trees"},
    {"j n_jobs jobs nthreads n_threads num_threads workers", "threads json"},
    {"ef efsearch ef_search nprobe n_probe", "beam beams search_k"},
    {"i id ids item items item_id key", "item id ids items"},
    {"l label labels name names tag", "label labels"},
    {"v q x vec query embedding point", "vector"},
    {"q in input file infile input_file query_file path queries", "queries"},
    {"o out outfile output_file dest", "output"},
    {"include_distances with_distances return_distances", "distances"},
    {"include_labels with_labels return_labels", "labels"},
    {"sep separator delim", "delimiter"},
    {"format type filetype", "input_format json"},
    {"fill fillna fill_value na nan", "missing_value"},
    {"radius max_dist", "max_distance"},
    {"without skip", "exclude"},
    {"only include filter subset", "allow"},
    {"random_state random_seed", "seed"},
    {"overwrite replace f", "force reset"},
    {"y force confirm", "yes"},
    {"host hostname address addr url uri endpoint target port connect s",
     "server"},
    {"deadline", "timeout"},
    {"v", "version"},
    {"mmap", "prefault"},
    {"n", "default_n"},
};

// Options whose value says what was an option elsewhere.
constexpr Synonym kValues[] = {
    {"exact brute_force bruteforce flat", "engine exact"},
    {"hnsw", "engine graph"},
    {"no_header noheader", "header no"},
    {"skip_header has_header with_header", "header yes"},
    {"no_labels", "label_column none"},
};

constexpr Synonym kCommands[] = {
    {"search find knn nn nns lookup similar neighbors neighbours get_nns "
     "get_nns_by_item get_nns_by_vector",
     "query"},
    {"insert put push upsert append ingest add_item add_items", "add"},
    {"load import", "add deserialize attach"},
    {"index", "create list"},
    {"open mmap", "attach"},
    {"save dump download write", "serialize export"},
    {"delete del rm", "drop remove"},
    {"destroy drop_index delete_index", "drop"},
    {"ls indexes indices show_indexes", "list"},
    {"show describe desc stat stats status get_n_items get_n_trees", "info"},
    {"stat show inspect n_trees", "info"},
    {"ping alive ready", "health"},
    {"create_index", "create"},
    {"new make mk init", "create build"},
    {"build_index", "build"},
    {"train", "build fit"},
    {"rollback swap switch", "activate"},
    {"copy clone", "rebuild"},
    {"update set config configure alter", "settings"},
    {"evaluate recall", "eval"},
    {"benchmark load_test", "bench"},
    {"check validate test", "verify"},
    {"get_item get_item_vector cat get", "get vector"},
    {"get_distance dist", "distance"},
    {"cancel abort", "cancel-build"},
    {"unload close", "unbuild detach"},
    {"usage", "help"},
};

std::string Normal(absl::string_view word) {
  word = word.substr(0, word.find('='));
  word = word.substr(std::min(word.find_first_not_of('-'), word.size()));
  return absl::StrReplaceAll(absl::AsciiStrToLower(word), {{"-", "_"}});
}

std::vector<absl::string_view> Words(absl::string_view text) {
  return absl::StrSplit(text, ' ', absl::SkipEmpty());
}

bool Has(absl::string_view words, absl::string_view word) {
  const std::vector<absl::string_view> all = Words(words);
  return std::find(all.begin(), all.end(), word) != all.end();
}

// An option as it is written, "-n", or "": the command has none of that name.
std::string OptionCalled(absl::string_view name, const CommandEntry& command) {
  for (const OptionEntry& option : command.options) {
    if (option.argument) continue;
    for (const std::string& there : option.names) {
      if (Normal(there) == Normal(name)) return option.names.front();
    }
  }
  return "";
}

std::string DidYouMean(const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::string text = "; did you mean ";
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) absl::StrAppend(&text, i + 1 < words.size() ? ", " : " or ");
    absl::StrAppend(&text, words[i]);
  }
  return text + "?";
}

// The argument that a file is given as, "INPUT_FILE"; empty: none.
std::string FileArgument(const CommandEntry& command, absl::string_view kind) {
  for (const OptionEntry& option : command.options) {
    const std::string& name = option.names.front();
    if (option.argument && name != "NAME" &&
        (absl::StrContains(name, kind) || absl::StrContains(name, "FILE"))) {
      return name;
    }
  }
  return "";
}

// Where an option is given that this command does not have.
std::string Elsewhere(const std::string& name, const CommandEntry& root,
                      const CommandEntry& command) {
  if (name == "metric") {
    return "; the metric of an index is given to annodctl create (rebuild "
           "makes an index of its items with another one)";
  }
  if (name == "dim") {
    return "; the dimension of an index is given to annodctl create, or its "
           "first item tells it";
  }
  if (name == "distances" && !command.path.empty() &&
      command.path.back() == "query") {
    return "; distances are always printed";
  }
  std::vector<std::string> commands;
  for (const CommandEntry* one : AllCommands(root)) {
    const bool of_files = !one->path.empty() && one->path[0] == "file";
    if (of_files == (!command.path.empty() && command.path[0] == "file") &&
        !OptionCalled(name, *one).empty()) {
      commands.push_back(one->Name());
    }
  }
  constexpr size_t kMostNamed = 6;
  if (commands.empty() || commands.size() > kMostNamed) return "";
  return absl::StrCat("; it is one of ", absl::StrJoin(commands, ", "));
}

bool IsWholeNumber(absl::string_view word) {
  int64_t ignored;
  return absl::SimpleAtoi(word, &ignored);
}

}  // namespace

std::string MeantByOption(const std::string& word, const CommandEntry& root,
                          const CommandEntry& command) {
  const std::string name = Normal(word);
  const std::string same = OptionCalled(name, command);
  if (!same.empty()) return DidYouMean({same});
  for (const Synonym& one : kValues) {
    if (!Has(one.words, name)) continue;
    const std::vector<absl::string_view> meant = Words(one.meant);
    const std::string option = OptionCalled(meant[0], command);
    if (!option.empty()) {
      return DidYouMean({absl::StrCat(option, " ", meant[1])});
    }
  }
  std::string known;
  // hnswlib's -M is no metric.
  const bool capital = word.find('M') == word.find_first_not_of('-');
  for (const Synonym& one : kOptions) {
    if (!Has(one.words, name) || (capital && name.size() == 1)) continue;
    for (const absl::string_view meant : Words(one.meant)) {
      if (known.empty()) known = std::string(meant);
      for (const CommandEntry* at : {&command, &root}) {
        const std::string option = OptionCalled(meant, *at);
        if (!option.empty()) return DidYouMean({option});
      }
    }
  }
  for (const auto& [words, kind] :
       {std::make_pair("in input file infile input_file path data", "INPUT"),
        std::make_pair("o out output outfile output_file", "OUT")}) {
    const std::string argument = FileArgument(command, kind);
    if (Has(words, name) && !argument.empty()) {
      return absl::StrCat("; ", argument, " is given without an option");
    }
  }
  if (known.empty()) {
    std::vector<std::string> names;
    for (const CommandEntry* one : {&command, &root}) {
      for (const OptionEntry& option : one->options) {
        if (option.argument) continue;
        names.insert(names.end(), option.names.begin(), option.names.end());
      }
    }
    const std::string nearest =
        Nearest(absl::AsciiStrToLower(word.substr(0, word.find('='))), names);
    if (!nearest.empty()) return DidYouMean({nearest});
    known = name;
  }
  return Elsewhere(known, root, command);
}

std::string MeantByCommand(const std::string& word, const CommandEntry& root,
                           const CommandEntry& group) {
  const std::string name = Normal(word);
  std::vector<std::string> names;
  for (const CommandEntry& one : group.commands) {
    if (Normal(one.path.back()) == name) return DidYouMean({one.path.back()});
    names.push_back(one.path.back());
  }
  for (const Synonym& one : kCommands) {
    if (!Has(one.words, name)) continue;
    std::vector<std::string> meant;
    for (const absl::string_view there : Words(one.meant)) {
      if (std::find(names.begin(), names.end(), there) != names.end()) {
        meant.emplace_back(there);
      }
    }
    if (!meant.empty()) return DidYouMean(meant);
  }
  if (Has("serve server start run daemon", name) && group.path.empty()) {
    return "; the server is annod: annod --data_dir=FOLDER";
  }
  if (name == "version" && group.path.empty()) {
    return DidYouMean({"--version"});
  }
  const std::string nearest = Nearest(absl::AsciiStrToLower(word), names);
  if (!nearest.empty()) return DidYouMean({nearest});
  // "annodctl verify" for "annodctl file verify"
  for (const CommandEntry* one : AllCommands(root)) {
    if (!one->path.empty() && one->path.back() == word) {
      return DidYouMean({one->Name()});
    }
  }
  return "";
}

std::string MeantByArgument(const std::string& word,
                            const CommandEntry& command) {
  if (command.path == std::vector<std::string>{"list"}) {
    return absl::StrCat("; did you mean annodctl info ", word, "?");
  }
  const bool numbers =
      !word.empty() &&
      word.find_first_not_of("0123456789+-.,eE ") == std::string::npos;
  absl::string_view likely = "label labels";
  if (IsWholeNumber(word)) {
    likely = "item ids items i dim trees";
  } else if (numbers) {
    likely = "vector ids items";
  } else if (ParseMetric(word).ok()) {
    likely = "metric";
  } else if (absl::StrContains(word, '.') || absl::StrContains(word, '/')) {
    likely = "queries output";
  }
  for (const absl::string_view name : Words(likely)) {
    const std::string option = OptionCalled(name, command);
    if (!option.empty()) return DidYouMean({absl::StrCat(option, " ", word)});
  }
  return "";
}

}  // namespace annod::ctl
