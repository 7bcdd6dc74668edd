// Labels files, their checksums made right.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/storage/checksum.h"
#include "core/storage/labels.h"
#include "core/storage/labels_format.h"
#include "tests/core/testing/memory_file_system.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

std::string Sealed(std::string file) {
  if (file.size() < sizeof(LabelsHeader)) return file;
  LabelsHeader header = ReadStruct<LabelsHeader>(file, 0);
  header.payload_checksum =
      Xxh3(absl::string_view(file).substr(sizeof(LabelsHeader)));
  header.header_checksum = Xxh3({reinterpret_cast<const char*>(&header),
                                 offsetof(LabelsHeader, header_checksum)});
  WriteStruct(header, 0, &file);
  return file;
}

void Use(const LabelTable& labels) {
  Require(labels.size() >= 0, "a size");
  int32_t last_id = -1;
  for (int64_t i = 0; i < labels.size(); ++i) {
    const auto [id, label] = labels.At(i);
    Require(id > last_id, "ids ascend");
    last_id = id;
    Require(ValidateLabel(label).ok(), "a label as others");
    Require(labels.LabelOf(id) == label, "found by its id");
    const std::vector<int32_t> ids = labels.IdsOf(label);
    Require(!ids.empty() && labels.IdOf(label) == ids.front(),
            "found by its label");
  }
  labels.IdOf("nobody's");
  labels.LabelOf(-1);
}

void Run(absl::string_view bytes) {
  const std::string file(bytes);
  for (const std::string& contents : {file, Sealed(file)}) {
    MemoryFileSystem fs;
    Require((*fs.CreateFile("/labels"))->Append(contents).ok(), "a file");
    const auto labels = LabelTable::Open(&fs, "/labels");
    if (labels.ok()) Use(**labels);
  }
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  for (const bool duplicates : {false, true}) {
    MemoryFileSystem fs;
    std::vector<std::pair<int32_t, absl::string_view>> labels = {
        {0, "zebra"}, {2, "a\xc3\xa4"}, {7, "mouse"}};
    if (duplicates) labels.push_back({9, "zebra"});
    Require(WriteLabels(&fs, "/labels", labels, duplicates).ok(), "labels");
    seeds.push_back(*fs.ReadFile("/labels", size_t{1} << 20));
  }
  return seeds;
}

const Registration kLabels({"labels", Run, Seeds});

}  // namespace
}  // namespace annod::fuzz
