// The JSON files of the data directory and those that hold a number: manifest,
// settings, verified record, CURRENT and RELEASED. Once as they are, once with
// the checksum made right.

#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/storage/checked_json.h"
#include "core/storage/index_settings.h"
#include "core/storage/version_files.h"
#include "core/version/manifest.h"
#include "core/version/verified_record.h"
#include "tests/core/testing/memory_file_system.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

std::string Sealed(absl::string_view text) {
  nlohmann::json object =
      nlohmann::json::parse(text.begin(), text.end(), nullptr,
                            /*allow_exceptions=*/false);
  if (!object.is_object()) return std::string(text);
  int format = 1;
  if (object.contains("format") && object["format"].is_number_integer()) {
    format = object["format"].get<int>();
  }
  object.erase("format");
  object.erase("xxh3_64");
  try {
    return SealJson(object, format);
  } catch (const std::exception&) {  // text that is not UTF-8
    return std::string(text);
  }
}

void ReadManifest(absl::string_view text) {
  const auto manifest = ManifestFromJson(text);
  if (!manifest.ok()) return;
  const std::string written = ManifestToJson(*manifest);
  const auto again = ManifestFromJson(written);
  Require(again.ok(), "what was written can be read");
  Require(ManifestToJson(*again) == written, "and says the same");
}

void ReadSettings(absl::string_view text) {
  const auto settings = IndexSettingsFromJson(text);
  if (!settings.ok()) return;
  Require(ValidateIndexSettings(*settings).ok(), "valid settings");
  const std::string written = IndexSettingsToJson(*settings);
  const auto again = IndexSettingsFromJson(written);
  Require(again.ok(), "what was written can be read");
  Require(IndexSettingsToJson(*again) == written, "and says the same");
}

std::vector<FileIdentity> Files() { return {{"forest.ann", 7, 4096, 5}}; }

void ReadRecord(absl::string_view text) {
  MemoryFileSystem fs;
  Require((*fs.CreateFile("/record"))->Append(text).ok(), "a file");
  const auto facts = ReadVerified(&fs, "/record", Files());
  if (facts.has_value()) Require(facts->item_count >= 0, "a count");
}

void ReadNumber(absl::string_view text) {
  const auto number = ParseSealedNumber(text, "CURRENT");
  if (!number.ok()) return;
  Require(*ParseSealedNumber(SealedNumberText(*number), "CURRENT") == *number,
          "the same number");
}

void Run(absl::string_view bytes) {
  Input input(bytes);
  const size_t kind = input.Choice(4);
  const std::string text(input.Rest());
  if (kind == 3) return ReadNumber(text);
  for (const std::string& contents : {text, Sealed(text)}) {
    if (kind == 0) ReadManifest(contents);
    if (kind == 1) ReadSettings(contents);
    if (kind == 2) ReadRecord(contents);
  }
}

std::string Record() {
  MemoryFileSystem fs;
  bool trusted = false;
  const auto facts = VerifyOnce(
      &fs, "/record", "/lock", Files(),
      [] {
        return VerifiedFacts{LayoutKind::kDot24, 12};
      },
      &trusted);
  Require(facts.ok(), "a record");
  return *fs.ReadFile("/record", kMaxJsonBytes);
}

std::vector<std::string> Seeds() {
  Manifest manifest;
  manifest.version = 3;
  manifest.dim = 2;
  manifest.slot_count = 5;
  manifest.item_count = 4;
  manifest.tree_count = 2;
  manifest.create_time = "2024-05-17T00:00:00Z";
  manifest.incarnation = "0123456789abcdef";
  manifest.feature_names = {{"a", "b"}};
  manifest.beam_curve = {{{10, 0.5}, {20, 0.75}}, 250, 100};
  manifest.files = {{"forest.ann", 4096, 77}};
  IndexSettings settings;
  settings.name = "items";
  settings.dim = 2;
  settings.feature_names = {"a", "b"};
  settings.incarnation = "0123456789abcdef";
  settings.create_time = "2024-05-17T00:00:00Z";
  return {std::string(1, '\0') + ManifestToJson(manifest),
          "\1" + IndexSettingsToJson(settings), "\2" + Record(),
          "\3" + SealedNumberText(12)};
}

const Registration kJson({"json", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
