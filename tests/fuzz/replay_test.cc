// Gives every target of this program its corpus, once: seeds, and what fuzzers
// have found. With ANNOD_FUZZ_SEEDS=DIRECTORY in the environment it writes the
// seeds there instead, a directory for each target.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/fuzz/target.h"

namespace annod::fuzz {
namespace {

namespace files = std::filesystem;

files::path CorpusOf(const Target& target) {
  const char* const root = std::getenv("TEST_SRCDIR");
  const files::path base = root == nullptr ? "." : files::path(root) / "annod";
  return base / "tests/fuzz/corpus" / target.name;
}

class Replay : public testing::Test {
 public:
  explicit Replay(const Target& target) : target_(target) {}

  void TestBody() override {
    std::vector<files::path> inputs;
    for (const auto& entry : files::directory_iterator(CorpusOf(target_))) {
      inputs.push_back(entry.path());
    }
    std::sort(inputs.begin(), inputs.end());
    ASSERT_GE(inputs.size(), target_.seeds().size());
    for (const files::path& path : inputs) {
      // The last line before a crash names the input.
      std::cout << target_.name << ": " << path.filename().string()
                << std::endl;
      std::ifstream file(path, std::ios::binary);
      ASSERT_TRUE(file) << path;
      const std::string input{std::istreambuf_iterator<char>(file), {}};
      target_.run(input);
    }
  }

 private:
  const Target& target_;
};

int WriteSeeds(const files::path& directory) {
  for (const Target& target : Targets()) {
    files::create_directories(directory / target.name);
    int number = 0;
    for (const std::string& seed : target.seeds()) {
      const std::string name = absl::StrCat("seed-", ++number);
      std::ofstream(directory / target.name / name, std::ios::binary) << seed;
    }
  }
  return 0;
}

int Main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const char* const seeds = std::getenv("ANNOD_FUZZ_SEEDS");
  if (seeds != nullptr) return WriteSeeds(seeds);
  for (const Target& target : Targets()) {
    testing::RegisterTest(
        "FuzzReplay", target.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
        [&target]() -> Replay* { return new Replay(target); });
  }
  return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace annod::fuzz

int main(int argc, char** argv) { return annod::fuzz::Main(argc, argv); }
