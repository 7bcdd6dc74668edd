#include "client/ctl/common/input_options.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <limits>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/annoy/vector_check.h"
#include "core/utf8.h"

namespace annod::ctl {
namespace {

// '\0' for "auto".
char ParseDelimiter(const std::string& text) {
  if (text == "auto") return '\0';
  if (text == "comma") return ',';
  if (text == "semicolon") return ';';
  if (text == "tab" || text == "\\t") return '\t';
  if (text == "pipe") return '|';
  if (text == "blank" || text == "space") return ' ';
  const bool letter =
      text.size() == 1 && (std::isalnum(text[0]) != 0 || text[0] == '"' ||
                           text[0] == '.' || text[0] == '-' || text[0] == '+');
  if (text.size() == 1 && !letter) return text[0];
  throw CLI::ValidationError(
      "--delimiter", absl::StrCat("'", text.substr(0, 40),
                                  "' is not auto, comma, semicolon, tab, pipe, "
                                  "blank or one character"));
}

void AddColumnOption(CLI::App* command, const std::string& name,
                     const std::string& help, std::string* column) {
  command
      ->add_option_function<std::string>(
          name,
          [name, column](const std::string& text) {
            if (text.empty()) {
              throw CLI::ValidationError(
                  name,
                  "is empty; it must be auto, first, last, none, or a "
                  "column's name or number");
            }
            *column = text;
          },
          help)
      ->type_name("auto|first|last|none|NAME|NUMBER");
}

void AddBitOptions(CLI::App* command, VectorReaderOptions* options) {
  CLI::Option* const threshold = AddThresholdOption(
      command, &options->threshold,
      "for hamming: components above this are 1, the others 0; without it only "
      "0 and 1 are taken");
  command
      ->add_flag("--packed_bits", options->packed_bits,
                 "for hamming: each byte (.bvecs, uint8 of .npy, .npz, .hdf5) "
                 "holds eight components, the first in the highest bit, as "
                 "numpy.packbits makes them")
      ->excludes(threshold);
}

}  // namespace

CLI::Option* AddThresholdOption(CLI::App* command,
                                std::optional<float>* threshold,
                                const std::string& help) {
  return command
      ->add_option_function<double>(
          "--threshold",
          [threshold](double value) {
            if (std::abs(value) > std::numeric_limits<float>::max()) {
              throw CLI::ValidationError("--threshold",
                                         "is beyond what a float32 holds");
            }
            *threshold = static_cast<float>(value);
          },
          help)
      ->type_name("FLOAT");
}

void AddInputOptions(CLI::App* command, VectorReaderOptions* options) {
  command
      ->add_option("--input_format", options->format,
                   "what the file is, if its name does not tell")
      ->check(CLI::IsMember(
          {"csv", "vec", "jsonl", "npy", "npz", "fvecs", "bvecs", "hdf5"}));
  command
      ->add_option_function<std::string>(
          "--header",
          [options](const std::string& text) { options->header = text; },
          "is the first line of a .csv a header: yes, no or auto (default)")
      ->expected(0, 1)
      ->default_str("yes")
      ->check(CLI::IsMember({"yes", "no", "auto"}));
  command
      ->add_option_function<std::string>(
          "--delimiter",
          [options](const std::string& text) {
            options->delimiter = ParseDelimiter(text);
          },
          "between the columns of a .csv: auto (default), comma, semicolon, "
          "tab, pipe, blank, or a character")
      ->type_name("NAME|CHARACTER");
  AddColumnOption(command, "--label_column",
                  "the labels of a .csv: auto (default) is the column named "
                  "label, or a first column of text; numbers count from 1",
                  &options->label_column);
  AddColumnOption(command, "--id_column",
                  "the ids of a .csv: auto (default) is the column named id",
                  &options->id_column);
  AddBitOptions(command, options);
}

void AddCompanionOptions(CLI::App* command, VectorReaderOptions* options) {
  command->add_option("--labels", options->labels_path,
                      "file with the label of each row, one a line");
  command->add_option("--ids", options->ids_path,
                      "file with the id of each row, one a line");
}

void AppendInputFields(
    const InputDescription& input,
    std::vector<std::pair<std::string, std::string>>* fields) {
  fields->emplace_back("input", input.format);
  if (!input.delimiter.empty()) {
    fields->emplace_back("header", input.header);
    fields->emplace_back("delimiter", input.delimiter);
  }
  fields->emplace_back("labels", input.labels);
  fields->emplace_back("row ids", input.ids);
  if (!input.bits.empty()) fields->emplace_back("bits", input.bits);
  for (const std::string& note : input.notes) {
    fields->emplace_back("note", note);
  }
}

Json InputJson(const InputDescription& input) {
  Json json{{"format", input.format},
            {"header", input.header},
            {"labels", input.labels},
            {"ids", input.ids}};
  if (!input.delimiter.empty()) json["delimiter"] = input.delimiter;
  if (!input.bits.empty()) json["bits"] = input.bits;
  if (!input.notes.empty()) json["notes"] = input.notes;
  if (!input.warnings.empty()) json["warnings"] = input.warnings;
  return json;
}

void PrintWarnings(const InputDescription& input) {
  for (const std::string& warning : input.warnings) {
    std::fprintf(stderr, "annodctl: warning: %s\n", warning.c_str());
  }
}

absl::Status CheckInputDim(const std::string& path, const VectorReader& reader,
                           const std::string& index, int dim) {
  if (reader.dim() == dim) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path == "-" ? "standard input" : path, ": vectors of ", reader.dim(),
      reader.dim() == 1 ? " component" : " components", "; '", index,
      "' takes ", dim));
}

absl::Status CheckColumns(const std::string& path, const VectorReader& reader,
                          const std::vector<std::string>& names) {
  const std::vector<std::string> columns = reader.column_names();
  if (columns.size() != names.size() || columns == names) {
    return absl::OkStatus();
  }
  size_t wrong = 0;
  while (columns[wrong] == names[wrong]) ++wrong;
  if (std::none_of(columns.begin(), columns.end(),
                   [&](const std::string& name) {
                     return absl::c_linear_search(names, name);
                   })) {
    return absl::OkStatus();  // names of another kind
  }
  return absl::InvalidArgumentError(absl::StrCat(
      path == "-" ? "standard input" : path, ": ", reader.description().header,
      ": component ", wrong, " is called '", ForMessage(columns[wrong]),
      "'; that of the index is '", ForMessage(names[wrong]),
      "': bring the columns into the order of the index (annodctl info --json "
      "shows it), or write JSON lines, which name them"));
}

absl::Status CheckTaken(const std::string& path, const VectorReader& reader,
                        Metric metric, absl::Span<const float> row) {
  if (IsTaken(metric, row)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path == "-" ? "standard input" : path, ": ", reader.place(),
                   ": ", FindVectorFault(metric, row)->Message()));
}

absl::Status CheckNoBits(const VectorReaderOptions& options,
                         absl::string_view instead) {
  if (!MakesBits(options)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(options.packed_bits ? "--packed_bits" : "--threshold",
                   " makes bits of the vectors of a file, not of ", instead));
}

std::string PlaceOfRow(const std::string& path,
                       const VectorReaderOptions& options, int64_t row) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) return "";
  if (path == "-") return "";
  const auto reader = OpenVectorFile(path, options);
  if (!reader.ok()) return "";
  std::vector<float> values((*reader)->dim());
  std::string label;
  for (int64_t i = 0; i <= row; ++i) {
    const auto more = (*reader)->Next(absl::MakeSpan(values), &label);
    if (!more.ok() || !*more) return "";
  }
  return (*reader)->place();
}

}  // namespace annod::ctl
